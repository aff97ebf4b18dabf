"""What stands where in a dossier, on disk and in its zip: one list for who packs, who refuses and who runs again."""

from __future__ import annotations

# What the team writes. The zip has the same names.
FORM = "dossier.toml"
CONTACT = "contact.toml"  # never packed
RULES = "challenge.toml"  # the organiser's, a copy
README = "README.md"
NOTEBOOKS = "notebooks"  # .ipynb without outputs; executed in the order of their names
CARDS = "cards"  # data cards of the team's own datasets
DATA = "data"  # a mirror with those datasets, its own data.lock at its top
LOCK = "data.lock"  # the exact files of every dataset that the notebooks use
PACKAGES = "requirements.lock"  # what the team added to the kit's packages, with hashes; may be empty

# What `datakit dossier pack` adds.
REPORT = "report"  # of `datakit run`: results.json, run.json, executed notebooks and their pages
CRATE = "ro-crate-metadata.json"
PREVIEW = "ro-crate-preview.html"

WRITTEN = (FORM, RULES, README, NOTEBOOKS, CARDS, DATA, LOCK, PACKAGES)
ADDED = (REPORT, CRATE, PREVIEW)
ORIGINS = (DATA, "sample")  # where a dossier's own notebooks find data, before what the jury's mirror has
