"""A team's dossier: what it is made of, what would be refused, and one zip that another machine can run again.

layout      What stands where in a dossier, on disk and in its zip
form        What ``dossier.toml`` says
making      A new dossier
checking    What a dossier lacks, and what a jury would refuse
findings    One thing that is wrong, and how much it matters
writing     Of what the team writes: form, notebooks, texts that are still the template's
supplies    Of what it runs on: files, locked data, locked packages
personal    E-mail addresses, telephone numbers, NIR, IBAN and the team's own people
packing     One zip of a dossier, everything run again on locked data
crate       The zip as a Research Object Crate
opening     A stranger's zip, opened into a folder or refused
agreeing    Whether what is in a dossier agrees with its own record
areas       Names beside the codes of areas
scripts     What would be executed in a page of strangers
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
