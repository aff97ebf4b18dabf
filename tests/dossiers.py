"""A dossier as a team has it, for tests of every room that works on dossiers."""

import zipfile

from datakit.dossier.making import new
from datakit.dossier.packing import pack

WORDS = {
    "title": "Des arbres là où il en manque",
    "team": "Équipe Tilleul",
    "question": "Où manque-t-il des arbres ?",
    "summary": "La carte des arbres, ramenée aux habitants.",
    "benefit": "Une liste de communes où planter d'abord.",
}


def make(folder, name="arbres", **options):
    """A new dossier with its texts written, on the sample."""
    made = new(folder / name, lang="fr", **options)
    form = made / "dossier.toml"
    text = form.read_text(encoding="utf-8")
    for key, value in WORDS.items():
        text = text.replace(f'{key} = ""', f'{key} = "{value}"', 1)
    form.write_text(text, encoding="utf-8")
    return made


def packed(folder, name="arbres", **options):
    """The zip of such a dossier: a run of some seconds."""
    return pack(make(folder, name, **options), progress=False)


def member(done, name):
    """A file of a packed dossier, as text."""
    with zipfile.ZipFile(done.path) as opened:
        return opened.read(name).decode()
