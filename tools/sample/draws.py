"""Which city is invented: the seed of all its random numbers, and the planted effects that it goes without.

The bundled sample is the city of seed 2026 with every effect. Another seed draws everything anew; a city without an
effect shows whether what is said of the sample is said because of that effect.
"""

from contextlib import contextmanager
from functools import cache, wraps

import numpy as np

SEED = 2026
EFFECTS = {
    "street": "streets whose trees were lost together",
    "sector": "the sector's effect on the loss of trees",
    "genus": "genera that are lost more often",
    "paved": "trees on paved ground that are lost more often",
    "age": "old trees that are lost more often",
    "young": "trees just planted that are lost more often",
    "poverty": "places where people are poorer",
    "services": "areas without services",
    "older": "old people who live alone in the areas without services",
    "silence": "poorer and older people who report less of what is broken",
    "zones": "a zone without vegetation and a zone with much",
    "heat": "local climate zones that follow what is built",
    "barrier": "parks that lie beyond the railway",
    "warming": "weather that warms",
    "nights": "warm summer nights in the centre",
}
_city: tuple[int, frozenset[str]] = (SEED, frozenset())


def drawn():
    """The seed and the effects left out, in the order of `EFFECTS`, of the city that is being invented."""
    return _city[0], tuple(effect for effect in EFFECTS if effect in _city[1])


def rng(*key):
    """The random numbers of one purpose, named by ``key`` (whole numbers), in the city that is being invented."""
    return np.random.default_rng([_city[0], *key])


def has(effect):
    """Whether the city that is being invented has an effect of `EFFECTS`."""
    if effect not in EFFECTS:
        raise KeyError(effect)
    return effect not in _city[1]


@contextmanager
def city(seed=SEED, without=()):
    """Invent another city inside the block.

    Parameters
    ----------
    seed : int
    without : iterable of str
        Of `EFFECTS`.
    """
    global _city
    if unknown := set(without) - set(EFFECTS):
        raise ValueError(f"no such effect: {', '.join(sorted(unknown))}; there are {', '.join(EFFECTS)}")
    before, _city = _city, (seed, frozenset(without))
    try:
        yield
    finally:
        _city = before


def remembered(function):
    """Keep what a function without arguments returns, for each city its own."""
    kept = cache(lambda city: function())

    @wraps(function)
    def found():
        return kept(_city)

    return found
