"""Run the chapters on other invented cities, and look for sentences that say what their figures do not.

``python tools/try_cities.py [FOLDER] [--seeds 1 2 ...] [--without EFFECT ...] [--chapters NAME ...]`` makes the bundled
city, one for each seed, and one without each planted effect (`tools/make_sample.py`), runs the chapters on each
(``datakit run --origins CITY``) and writes ``cities.md`` (each question with what is said of each city) and
``cities.csv`` (every figure). It fails where a chapter fails, a number in a sentence is no figure's, or fixed words
compare figures that turn round from one city to another (`datakit.show.sentences`). Cities and runs that are there
already are not made again.
"""

import argparse
import ast
import csv
import json
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.run import running  # noqa: E402
from datakit.show.sentences import loose_numbers, turned  # noqa: E402
from tools.make_sample import make  # noqa: E402
from tools.sample.draws import EFFECTS  # noqa: E402

SEEDS = range(1, 11)
SOURCES = ROOT / "notebooks" / "src"


def cities(seeds, effects):
    """Name -> what to make it with; nothing for the bundled one, which is there."""
    return (
        {"bundled": {}}
        | {f"seed-{seed}": {"seed": seed} for seed in seeds}
        | {f"without-{effect}": {"without": [effect]} for effect in effects}
    )


def answers(folder, name, how, chapters):
    """The answers of the chapters on one city, made and run unless they are there.

    Returns
    -------
    dict of (str, str) to dict
        (Chapter, question) -> record; and the chapters that failed, with their error, under (chapter, "").
    """
    city, report = folder / name / "city", folder / name / "report"
    if how and not (city / "data.lock").exists():
        make(city, **how)
    if not (report / "run.json").exists():
        running.run(chapters, origins=str(city) if how else "sample", output=report)
    report = report if (report / "run.json").exists() else report.with_name("report-failed")
    said = json.loads((report / "results.json").read_text(encoding="utf-8"))
    found = {(chapter, row["question"]): row for chapter, rows in said.items() for row in rows if "question" in row}
    for chapter, one in json.loads((report / "run.json").read_text(encoding="utf-8"))["notebooks"].items():
        if one["status"] != "ok":
            found[chapter, ""] = {"error": one["error"]}
    return found


@cache
def templates(chapter):
    """Where fixed numbers may come from: texts with places for figures, of a chapter or the package, and parameters."""
    texts = list(_of_the_package())
    source = SOURCES / f"{chapter}.py"
    if source.exists():
        code = ast.parse(source.read_text(encoding="utf-8"))
        texts += [node.value for node in ast.walk(code) if _template(node)]
        texts += [ast.unparse(one.value) for one in code.body if isinstance(one, ast.AnnAssign) and one.value]
    return "\n".join(texts)


@cache
def _of_the_package():
    """The texts with places for figures among the constants of all modules."""
    bodies = (ast.parse(module.read_text(encoding="utf-8")).body for module in (ROOT / "datakit").rglob("*.py"))
    constants = (one for body in bodies for one in body if isinstance(one, ast.Assign))
    named = [one for one in constants if getattr(one.targets[0], "id", "").isupper()]
    return [node.value for one in named for node in ast.walk(one) if _template(node)]


def _template(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "{" in node.value


def judge(told):
    """What is wrong, in words.

    Parameters
    ----------
    told : dict of str to dict
        City -> its answers.
    """
    wrong = []
    for city, found in told.items():
        wrong += [f"{city}: {chapter} failed: {row['error']}" for (chapter, _), row in found.items() if "error" in row]
    for chapter, question in sorted({key for found in told.values() for key in found if key[1]}):
        fixed = templates(chapter)
        mine = {city: found[chapter, question] for city, found in told.items() if (chapter, question) in found}
        for city, row in mine.items():
            if row["answered"] and (loose := loose_numbers(row, fixed)):
                wrong.append(f"{chapter}, {city}: {', '.join(loose)} is no figure of \u201c{row['sentence']}\u201d")
        wrong += [f"{chapter}: {words}" for words in turned(mine.values())]
    return wrong


def write(folder, told, wrong):
    """The two tables."""
    lines = ["# What the chapters say of invented cities", "", "SYNTHETIC SAMPLE: every city is invented.", ""]
    lines += [f"- {words}" for words in wrong] or ["No sentence says what its figures do not."]
    rows = []
    for chapter, question in sorted({key for found in told.values() for key in found if key[1]}):
        lines += ["", f"## {chapter}: {question}", "", "| city | sentence |", "|---|---|"]
        for city, found in told.items():
            row = found.get((chapter, question), {"answered": False, "why": "not asked", "figures": []})
            said = row["sentence"] if row["answered"] else f"*No answer: {row['why']}*"
            lines.append(f"| {city} | {' '.join(said.replace('|', '/').splitlines())} |")
            rows += [{"city": city, "chapter": chapter, "question": question, **figure} for figure in row["figures"]]
    (folder / "cities.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "cities.csv").open("w", encoding="utf-8", newline="") as file:
        names = ["city", "chapter", "question", "name", "value", "unit", "low", "high", "how", "decimals"]
        table = csv.DictWriter(file, names, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=ROOT / "reports" / "cities", help="default: %(default)s"
    )
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS, help="default: 1 to 10")
    parser.add_argument("--without", nargs="*", choices=EFFECTS, default=list(EFFECTS), metavar="EFFECT")
    parser.add_argument("--chapters", nargs="*", help="names or themes, as of `datakit run`; default: all")
    asked = parser.parse_args()
    told = {
        name: answers(asked.folder, name, how, asked.chapters or None)
        for name, how in cities(asked.seeds, asked.without).items()
    }
    wrong = judge(told)
    write(asked.folder, told, wrong)
    print("\n".join(wrong) or "No sentence says what its figures do not.")
    print(f"{len(told)} cities: {asked.folder / 'cities.md'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
