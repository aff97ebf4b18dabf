"""The jury's machine: dossiers run again in a sandbox, and what jurors read and mark.

verifying   Dossiers verified, each in a process of its own, on this machine or on many
rerun       One dossier opened, run again in a sandbox and compared
judging     A second run beside the packed one: answers, figures, cells
supplies    What a dossier needs and does not bring, had before the sandbox starts
inside      What runs in the sandbox
sandbox     Foreign code in bubblewrap or podman, or not at all
guarding    A sandbox while it runs: its output, and its end at the limits
syscalls    The system calls that are refused in it
verdicts    What a second run says of a dossier, answer by answer
strangers   Texts and pictures of a dossier, made safe to show
entries     What a jury has of each dossier: form, report, verdict
sheets      One A4 page a dossier, for jurors who do not program
marking     The spreadsheet that jurors fill in
marks       A jury's marks, read from spreadsheets
ranking     Weighted means, and how far they carry: rank ranges, ties, severity
findings    What the marks say and cannot say, in sentences
comparing   One page for all dossiers, and its table
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
