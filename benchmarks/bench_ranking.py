"""How often a jury of equal dossiers is said to have a winner, how often a range covers, and the page of two hundred.

``bench_ranking.py [JURIES]`` draws juries (200 of each kind by default) that differ in severity and taste, and round
their marks to whole numbers, over dossiers that are all worth the same: told apart is any pair of the table. Beside it
stands what resampling the jurors with replacement would say of the same marks, pair by pair. Then a planted winner,
and the page of 3, 30 and 200 dossiers. Targets: at most one jury of twenty (and the noise of so many juries) tells
equal dossiers apart, also where jurors mark only some or one dossier divides them; two hundred are ranked in seconds.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.jury.comparing import page  # noqa: E402
from datakit.jury.entries import Entry  # noqa: E402
from datakit.jury.marks import Marks  # noqa: E402
from datakit.jury.ranking import rank  # noqa: E402
from datakit.jury.verdicts import SAME, Verdict  # noqa: E402
from datakit.settings import challenge  # noqa: E402

RULES = challenge()
WEIGHTS = np.array([one.weight for one in RULES.criteria])
WORTH, SEVERITY, TASTE, REST = 11, 1.5, 1.5, 1.5  # points: invented juries, as human ones may be


def jury(random, jurors, dossiers, seen=1.0, divided=1.0, winner=0.0):
    """Marks of one invented jury; ``seen`` is the share that a juror marks, ``divided`` how the last one divides."""
    shape = (jurors, dossiers, len(WEIGHTS))
    taste = random.normal(0, TASTE, (*shape[:2], 1))
    taste[:, -1] *= divided
    marks = WORTH + random.normal(0, SEVERITY, (jurors, 1, 1)) + taste
    marks[:, 0] += winner
    marks = np.clip(np.round(marks + random.normal(0, REST, shape)), 0, 20)
    marks[random.random(shape[:2]) >= seen] = np.nan
    names = [f"J{i + 1}" for i in range(jurors)], [f"d{i}" for i in range(dossiers)]
    return Marks(*names, [one.id for one in RULES.criteria], marks, ~np.isnan(marks).all(axis=2))


def resampled(marks, random, draws=500):
    """Whether jurors drawn with replacement tell any pair apart, at 95 % for each."""
    own = marks.values @ (WEIGHTS / WEIGHTS.sum())
    means = own[random.integers(0, len(own), (draws, len(own)))].mean(axis=1)
    share = (means[:, :, None] > means[:, None, :]).mean(axis=0)
    return bool((share >= 0.975).any())


def errors(juries, random):
    print("equal dossiers: juries that tell any pair apart; ranges that cover; (resampled jurors, pair by pair)")
    worst = 0.0
    kinds = {"all seen": (1.0, 1.0), "70 % seen": (0.7, 1.0), "one divides": (1.0, 3.0)}
    for jurors, dossiers, (kind, how) in itertools.product((2, 3, 5, 8), (2, 5, 30), kinds.items()):
        apart, cover, other = 0, [], 0
        for _ in range(juries):
            marks = jury(random, jurors, dossiers, *how)
            found = rank(marks, WEIGHTS, draws=1000, seed=int(random.integers(2**31)))
            apart += found.told_apart.any()
            known = ~np.isnan(found.low)
            cover += list(((found.low <= WORTH) & (found.high >= WORTH))[known])
            other += how[0] == 1 and resampled(marks, random)
        worst = max(worst, apart / juries)
        beside = f" ({other / juries:5.0%})" if how[0] == 1 else ""
        each = f"{jurors} jurors, {dossiers:>2} dossiers, {kind:<11}"
        print(f"  {each}: {apart / juries:5.1%}; {np.mean(cover):5.1%}{beside}", flush=True)
    most = 0.05 + 3 * np.sqrt(0.05 * 0.95 / juries)
    return [] if worst <= most else [f"equal dossiers are told apart by {worst:.1%} of juries, more than {most:.1%}"]


def power(juries, random):
    print("one dossier worth more: juries that tell it apart from all others (10 dossiers)")
    for jurors, winner in itertools.product((3, 5, 8), (2, 4, 6)):
        found = [rank(jury(random, jurors, 10, winner=winner), WEIGHTS, draws=1000) for _ in range(juries // 4)]
        share = np.mean([one.dossiers[0] == "d0" and one.told_apart[0, 1:].all() for one in found])
        print(f"  {jurors} jurors, {winner} points more: {share:4.0%}", flush=True)


def pages(random):
    missed = []
    for dossiers in (3, 30, 200):
        marks = jury(random, 7, dossiers, 0.8)
        entries = [Entry(name, Verdict(name, "", f"Dossier inventé {name}", status=SAME)) for name in marks.dossiers]
        start = time.perf_counter()
        found = rank(marks, WEIGHTS)
        ranked = time.perf_counter() - start
        html = page(entries, RULES, marks, found)
        took = time.perf_counter() - start
        print(f"{dossiers:>3} dossiers: ranked in {ranked:.1f} s, with its page {took:.1f} s, {len(html) / 1e3:.0f} kB")
        missed += [f"{dossiers} dossiers take {took:.0f} s"] if took > 20 else []
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("juries", nargs="?", type=int, default=200)
    juries, random = parser.parse_args().juries, np.random.default_rng(2027)
    missed = errors(juries, random)
    power(juries, random)
    missed += pages(random)
    sys.exit("\n".join(missed) if missed else 0)


if __name__ == "__main__":
    main()
