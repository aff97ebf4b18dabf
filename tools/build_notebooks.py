"""Make ``notebooks/*.ipynb`` from ``notebooks/src/*.py``, executed on the sample: ``tools/build_notebooks.py [NAMES]``.

Of each chapter come the participants' edition, ``notebooks/NAME.ipynb``; the one with its solutions,
``notebooks/solutions/NAME.ipynb``; and what checks have to know, ``datakit/workshop/exercises/NAME.json``. One
execution serves all three: first the participants' cells, then each exercise with its solution, in the same kernel.

Then the same in French, in ``notebooks/fr``: prose from the chapter's translation (``tools/make_messages.py``), code
cells as they are, executed with ``DATAKIT_LANG=fr``.

Outputs are kept, so that a reader sees results without running anything and tests have something to compare with. What
would change at each execution without meaning anything (times, versions, random ids) is left out. With ``--check``
nothing is executed or written: it says whether each notebook is its source, executed.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.run.running import run  # noqa: E402
from datakit.workshop import editions  # noqa: E402
from datakit.workshop.recording import EXERCISE_MIME  # noqa: E402
from tools import make_messages  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
EXERCISES = ROOT / "datakit" / "workshop" / "exercises"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}


def from_source(path, lang="en"):
    """The notebook that a py:percent file describes, without outputs, its cell ids made from its content.

    Parameters
    ----------
    path : path
        Of a file of ``notebooks/src``.
    lang : {"en", "fr"}
        Of its prose. Code and ids are the same in both.

    Returns
    -------
    NotebookNode
    """
    nb = jupytext.read(path, fmt="py:percent")
    nb.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    nb.nbformat, nb.nbformat_minor = 4, 5
    seen = {}
    french = make_messages.french_of(path.stem) if lang == "fr" else None
    for cell in nb.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        tags = cell.metadata.get("tags")
        # Who works on an exercise in JupyterLab does not see the solution below it until it is clicked open.
        folded = {"jupyter": {"source_hidden": True, "outputs_hidden": True}} if "solution" in (tags or ()) else {}
        cell.metadata = nbformat.from_dict(({"tags": tags} if tags else {}) | folded)
        if french and cell.cell_type == "markdown":
            cell.source = make_messages.in_french(cell.source, french)
    return nb


def edition(notebooks, lang):
    """The folder of the notebooks in a language."""
    return notebooks if lang == "en" else notebooks / lang


def with_cells(nb, cells):
    """A notebook that has some of the cells of another, each a copy."""
    return nbformat.from_dict({**nb, "cells": [nbformat.from_dict(dict(cell)) for cell in cells]})


def to_run(nb, name, known=False):
    """The notebook whose one execution gives both editions: each solution writes down what its check has to know.

    Parameters
    ----------
    nb : NotebookNode
        The source.
    name : str
    known : bool
        Whether checks begin with what the package knows of the chapter; else with what its source says.
    """
    first = next(k for k, cell in enumerate(nb.cells) if cell.cell_type == "code")
    about = editions.described(nb.cells, name)
    begin = nbformat.v4.new_code_cell(f"from datakit.workshop import recording\nrecording.begin({about!r})")
    cells = editions.participants(nb.cells)
    cells[first:first] = [] if known else [begin]
    for one in editions.exercises(nb.cells, name):
        lines = one.solution.source.splitlines()
        lines[:0] = ["from datakit.workshop import recording", "answer = ..."]
        lines[-1] = f"recording.record({one.id!r}, answer, {one.mistakes!r}, globals())"
        cells.append(nbformat.from_dict({**one.solution, "source": "\n".join(lines)}))
    return with_cells(nb, cells)


def execute(name, notebooks=NOTEBOOKS, origins="sample", timeout=600, lang="en"):
    """Execute one source as ``datakit run`` does, and write what is made of it.

    Parameters
    ----------
    name : str
        Without suffix, for example ``"10_trees_inventory"``.
    notebooks : path
        Where the notebooks go; the source is in ``src`` below it.
    origins : str
        Always the sample for what is shipped.
    lang : {"en", "fr"}
        That of ``DATAKIT_LANG``, which is set for all kernels.

    Returns
    -------
    str or None
        What went wrong.
    """
    bare = from_source(notebooks / "src" / f"{name}.py", lang)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.ipynb"
        nbformat.write(to_run(bare, name, known=lang != "en"), path)
        report = run([path], origins=origins, output=Path(folder) / "report", timeout=timeout, progress=False)
        done = report.notebooks[0]
        if not done.ok:
            return f"{name}: {done.summary()}\n    {(done.error or {}).get('evalue', '')}"
        executed = nbformat.read(Path(folder) / "report" / f"{name}.ipynb", as_version=4)
    outputs = {cell.id: cell.get("outputs", []) for cell in executed.cells}
    texts = made_of(bare, name, outputs, notebooks, lang)
    for text in texts.values():
        for place in (str(ROOT), str(Path.home()) + "/", tempfile.gettempdir() + "/"):
            if len(place) > 2 and place in text:
                return (
                    f"{name}: an output shows a path of this machine ({place}): print less, or make the path relative"
                )
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    size = sum(map(len, texts.values())) / 1e6
    print(f"{name} ({lang}): {done.seconds:.1f} s, {(done.peak_memory or 0) / 1e6:.0f} MB, {size:.2f} MB", flush=True)
    return None


def made_of(bare, name, outputs, notebooks=NOTEBOOKS, lang="en"):
    """The files that are made of an executed chapter: path -> text.

    Parameters
    ----------
    bare : NotebookNode
        Its source.
    name : str
    outputs : dict of str to list
        Of each cell, by its id.
    lang : {"en", "fr"}
        What checks have to know is written in English only.
    """
    folder = edition(notebooks, lang)

    def shown(nb, kept):
        for count, cell in enumerate((c for c in nb.cells if c.cell_type == "code"), 1):
            if kept(cell):
                ours = [o for o in outputs[cell.id] if EXERCISE_MIME not in o.get("data", {})]
                cell.execution_count = count
                cell.outputs = joined(plain(output, count) for output in ours)
        return nbformat.writes(nb) + "\n"

    taken = with_cells(bare, editions.participants(bare.cells))
    solved = with_cells(bare, editions.whole(bare.cells))
    records = [
        o["data"][EXERCISE_MIME] for found in outputs.values() for o in found if EXERCISE_MIME in o.get("data", {})
    ]
    about = editions.described(bare.cells, name)
    order = ("minutes", "goal", "expected", "mistakes", "hints", "data")
    about["exercises"] = {n: {part: one[part] for part in order} for record in records for n, one in record.items()}
    made = {
        folder / f"{name}.ipynb": shown(taken, lambda cell: True),
        folder / "solutions" / f"{name}.ipynb": shown(solved, lambda cell: editions.role(cell) == "solution"),
    }
    return made if lang != "en" else made | {exercises_file(notebooks, name): written(about)}


def written(about):
    """A chapter's exercises as JSON that a person can read: a list of values takes one line."""
    text = json.dumps(about, ensure_ascii=False, indent=1) + "\n"
    return re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s*\]", lambda found: "[" + re.sub(r"\n\s+", " ", found[1]) + "]", text)


def exercises_file(notebooks, name):
    """Where a chapter's exercises are written: in the package, else (tests) beside the notebooks."""
    return (EXERCISES if notebooks == NOTEBOOKS else notebooks / "exercises") / f"{name}.json"


def plain(output, count):
    """An output without what changes from one execution, or one machine, to the next."""
    output = nbformat.from_dict(scrub({k: v for k, v in output.items() if k not in ("metadata", "transient")}))
    if output.output_type in ("execute_result", "display_data"):
        output.metadata = {}
    if "execution_count" in output:
        output.execution_count = count
    return output


def joined(outputs):
    """Neighbouring texts of one stream as one: where a kernel cuts them depends on how busy the machine is."""
    out = []
    for output in outputs:
        if out and output.output_type == "stream" == out[-1].output_type and output.name == out[-1].name:
            out[-1] = nbformat.from_dict(out[-1] | {"text": out[-1].text + output.text})
        else:
            out.append(output)
    return out


def scrub(value):
    """Texts, however deep, without the temporary file that a warning was raised in and without the cache's place."""
    from datakit.data.fetching import cache_folder

    if isinstance(value, dict):
        return {k: scrub(v) for k, v in value.items()}
    if isinstance(value, list):
        return [scrub(v) for v in value]
    if isinstance(value, str):
        # Tried where a word begins only: a picture is one word of a million letters.
        value = re.sub(r"(?<![^\s\"])[^\s\"]*ipykernel_\d+/\d+\.py:\d+: ", "", value)
        return value.replace(str(cache_folder()), "CACHE")
    return value


def differences(name, notebooks=NOTEBOOKS, lang="en"):
    """Where a notebook is not its source, executed.

    Returns
    -------
    list of str
        Empty when the two are in step.
    """
    bare, folder = from_source(notebooks / "src" / f"{name}.py", lang), edition(notebooks, lang)
    found = differs(with_cells(bare, editions.participants(bare.cells)), folder / f"{name}.ipynb", name)
    solved = with_cells(bare, editions.whole(bare.cells))
    found += differs(
        solved,
        folder / "solutions" / f"{name}.ipynb",
        f"{name}, solutions",
        lambda cell: editions.role(cell) == "solution",
    )
    return found if lang != "en" else found + forgotten(bare, exercises_file(notebooks, name), name)


def differs(made, path, name, executed=lambda cell: True):
    """Where one edition is not its source, executed as far as it should be."""
    if not path.exists():
        return [f"{name}: there is no {path.name}"]
    kept = nbformat.read(path, as_version=4)
    found = []
    if len(made.cells) != len(kept.cells):
        found.append(f"{name}: {len(made.cells)} cells in the source, {len(kept.cells)} in the notebook")
    for number, (ours, theirs) in enumerate(zip(made.cells, kept.cells, strict=False), 1):
        if (ours.cell_type, ours.source, ours.metadata) != (theirs.cell_type, theirs.source, theirs.metadata):
            found.append(f"{name}: cell {number} differs: {ours.source.splitlines()[:1] or ['']}")
    for number, cell in enumerate((c for c in kept.cells if c.cell_type == "code"), 1):
        if cell.execution_count != (number if executed(cell) else None):
            found.append(f"{name}: code cell {number} was not executed in order")
        if cell.outputs and not executed(cell):
            found.append(f"{name}: code cell {number} has outputs, which are in the other edition")
        found += [f"{name}: code cell {number} shows an error" for o in cell.outputs if o.output_type == "error"]
    return found


def forgotten(bare, path, name):
    """Where the file of a chapter's exercises says something else than its source."""
    if not path.exists():
        return [f"{name}: there is no {path.name} in {path.parent.name}"]
    kept = json.loads(path.read_text(encoding="utf-8"))
    found = []
    made = editions.described(bare.cells, name)
    for one in editions.exercises(bare.cells, name):
        made["exercises"][one.id]["mistakes"] = editions.explanations(one.mistakes)
        theirs = kept["exercises"].get(one.id, {})
        said = {k: theirs.get(k) for k in ("minutes", "goal", "hints")}
        said["mistakes"] = [mistake["why"] for mistake in theirs.get("mistakes", ())]
        if said != made["exercises"][one.id]:
            found.append(f"{name}: exercise {one.id} differs in {path.name}")
    if made["parameters"] != kept["parameters"] or made["exercises"].keys() != kept["exercises"].keys():
        found.append(f"{name}: the parameters or the exercises differ in {path.name}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="for example 10_trees_inventory; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing: say whether each notebook is its source")
    parser.add_argument("--lang", choices=("en", "fr"), help="in one language only")
    parser.add_argument("--timeout", type=float, default=600)
    args = parser.parse_args()
    there = sorted(path.stem for path in (NOTEBOOKS / "src").glob("*.py"))
    names = [Path(name).stem for name in args.names] or there
    if unknown := [name for name in names if name not in there]:
        parser.error(f"no source named {', '.join(unknown)}: there are {', '.join(there)}")
    problems = []
    os.environ.pop("DATAKIT_ORIGINS", None)
    for lang in [args.lang] if args.lang else ["en", "fr"]:
        if args.check:
            problems += [f"{lang}: {problem}" for name in names for problem in differences(name, lang=lang)]
            continue
        os.environ["DATAKIT_LANG"] = lang
        with ThreadPoolExecutor(2) as pool:
            made = pool.map(lambda name, lang=lang: execute(name, timeout=args.timeout, lang=lang), names)
            problems += filter(None, made)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
