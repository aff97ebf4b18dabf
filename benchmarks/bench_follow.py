"""What following an experiment says of twelve invented months, and how often it is wrong in a thousand series.

    python benchmarks/bench_follow.py [--series 1000] [--no-runs]

Prints tables: false alarms and power of the change test beside two common ones, on the same series; what is said of
each scenario, with notebooks that really run (`--no-runs` leaves them out: they take minutes).
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.datasets import co2, elnino
from statsmodels.regression.linear_model import GLSAR, OLS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from datakit.dossier import form
from datakit.errors import CannotAnswer
from datakit.follow import change, finding, follow, words
from datakit.follow.series import series
from tests.follow import world

AFTER = 6
LEVEL = change.LEVEL


def noises(n, memory, count, seed=1):
    """Series side by side."""
    generator = np.random.default_rng([seed, n, round(100 * memory)])
    return np.column_stack([world.noise(n, memory, generator) for _ in range(count)])


def usual(values, columns):
    """The p of a step by two common ways: Newey and West's errors with Student's t, and GLSAR."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hac = OLS(values, columns).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True}, use_t=True)
        iterated = GLSAR(values, columns, rho=1).iterative_fit(maxiter=20)
    return hac.pvalues[-1], iterated.pvalues[-1]


def rates(count):
    """False alarms and power, by length of the baseline, comparison and memory."""
    print(
        f"{count} series each; false alarms at {LEVEL:.0%}, and what is found of a step of 2, 3 and 5 times the noise"
    )
    print("before comparison memory | alarms  2     3     5    | detectable  power there | HAC alarms  GLSAR alarms")
    for before, paired in ((24, False), (18, False), (12, False), (24, True), (12, True), (6, True)):
        index = pd.period_range("2027-01", periods=before + AFTER, freq="M") - before
        start, time_ = index[before], np.array([period.ordinal for period in index])
        terms = change._terms(time_, before, start.ordinal, paired)
        columns = np.column_stack([change._columns(time_, *terms), time_ >= start.ordinal])
        rule = change.Rule(time_ - time_[0], columns)
        critical = rule.critical(LEVEL)
        heard = "yes" if paired else "no"
        for memory in (0, 0.3, 0.6, 0.8, 0.95):
            noise = noises(len(index), memory, count)
            seen = rule.look(noise)
            found = [(seen.smallest(effect) > critical).mean() for effect in (0, 2, 3, 5)]
            few = [change.step(pd.Series(noise[:, k], index), start, paired=paired) for k in range(min(count, 200))]
            least = np.array([one.detectable for one in few])
            there = (rule.look(noise[:, : len(few)]).smallest(float(np.median(least))) > critical).mean()
            others = np.array([usual(noise[:, k], columns) for k in range(min(count, 200))]) < LEVEL
            print(
                f"{before:6} {heard:10} {memory:6} | {found[0]:6.3f}  {found[1]:.2f}  {found[2]:.2f}"
                f"  {found[3]:.2f} | {np.median(least):10.1f} {there:12.2f} | {others[:, 0].mean():10.2f}"
                f" {others[:, 1].mean():13.2f}",
                flush=True,
            )


def real():
    """Real series in which nothing began, of statsmodels: every third month is taken for a start."""
    oceans = elnino.load_pandas().data
    monthly = pd.period_range(f"{int(oceans['YEAR'].iloc[0])}-01", periods=12 * len(oceans), freq="M")
    sea = pd.Series(oceans.iloc[:, 1:].to_numpy(float).ravel(), monthly)
    air = co2.load_pandas().data["co2"].resample("MS").mean()
    air.index = air.index.to_period("M")
    print("\nreal series in which nothing began")
    for name, values in (("sea surface, El Niño", sea), ("carbon dioxide, Mauna Loa", air)):
        for before in (24, 12):
            alarms = []
            for k in range(before, len(values) - AFTER, 3):
                with contextlib.suppress(CannotAnswer):
                    alarms.append(change.step(values.iloc[k - before : k + AFTER], values.index[k]).found)
            drift = "" if before >= change.TWO_YEARS else ", no drift in the model: not judged"
            print(f"{name}, {before} months before: alarms {np.mean(alarms):.3f} of {len(alarms)}{drift}", flush=True)


def judged(count):
    """Verdicts on whole series with a season, a placebo date and all: what a city would be told."""
    print(f"\nverdicts in {count} experiments without effect, season of a real shape, memory 0.3")
    folder = Path(tempfile.mkdtemp())
    for paired in (False, True):
        one = form.read(world.dossier(folder / str(paired), paired=paired))
        for first in ("2025-01", "2026-01", "2026-07"):
            said = []
            for seed in range(count):
                rows = world.rows(world.levels([first, "2027-06"], seed=seed), paired=paired)
                made = series(rows, one.indicators[0], one.experiment)
                said += [finding.findings([made], final=True)[0].verdict]
            shares = pd.Series(said).value_counts(normalize=True)
            print(
                f"first month {first}, comparison {'yes' if paired else 'no ':3}:",
                shares.round(3).to_dict(),
                flush=True,
            )
    shutil.rmtree(folder)


SCENARIOS = {
    "planted effect (8 a day)": {"effect": 8.0},
    "none": {},
    "seasonal, no effect": {"amplitude": 3.0},
    "effect, a month missing, one revised": {"effect": 8.0, "missing": "2026-10", "revised": "2027-03"},
    "effect, another schema": {"effect": 8.0, "schema": "2027-04"},
}


def scenarios():
    """Twelve months of mirrors, six before the start, notebooks run on each."""
    print("\ntwelve invented months, six before the start, with a comparison; notebooks run on each")
    for name, said in SCENARIOS.items():
        folder = Path(tempfile.mkdtemp())
        team, there = world.dossier(folder / "team"), folder / "months"
        levels = {key: said[key] for key in ("effect", "amplitude") if key in said}
        table = world.levels(["2026-07", "2027-06"], amplitude=levels.pop("amplitude", 0.0), **levels)
        world.mirrors(there, table)
        if missing := said.get("missing"):
            shutil.rmtree(there / missing)
        if schema := said.get("schema"):
            world.month(there, schema, table.loc[schema].to_dict(), header="SECTEUR;JOUR;AIDES")
        clock = time.monotonic()
        if again := said.get("revised"):
            follow(team, there, folder / "out", month=again, lang="en", progress=False)
            world.month(there, again, (table.loc[again] - 1).to_dict())
        done = follow(team, there, folder / "out", lang="en", progress=False)
        seconds = time.monotonic() - clock
        (one,) = done.findings
        print(f"\n{name} ({seconds:.0f} s): {one.verdict}. {words.sentence(one)}")
        for text in [*words.assumptions(one), *words.remarks(done.findings)]:
            print(f"    {text}")
        clock = time.monotonic()
        follow(team, there, folder / "out", lang="en", progress=False)
        print(f"    the same again: {time.monotonic() - clock:.1f} s")
        shutil.rmtree(folder)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--no-runs", action="store_true")
    args = parser.parse_args()
    rates(args.series)
    real()
    judged(min(args.series, 200))
    if not args.no_runs:
        scenarios()


if __name__ == "__main__":
    main()
