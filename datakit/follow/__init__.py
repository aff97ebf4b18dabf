"""The six months of an experiment: a dossier's indicators, computed again each month."""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
