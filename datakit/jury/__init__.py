"""The jury's machine: dossiers run again in a sandbox, and what jurors read and mark.

verdicts    What a second run says of a dossier, answer by answer
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
