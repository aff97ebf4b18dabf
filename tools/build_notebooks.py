"""Make ``notebooks/*.ipynb`` from ``notebooks/src/*.py``, executed on the sample: ``tools/build_notebooks.py [NAMES]``.

Outputs are kept, so that a reader sees results without running anything and tests have something to compare with. What
would change at each execution without meaning anything (times, versions, random ids) is left out. With ``--check``
nothing is executed or written: it says whether each notebook is its source, executed.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}


def from_source(path):
    """The notebook that a py:percent file describes, without outputs, its cell ids made from its content.

    Parameters
    ----------
    path : path
        Of a file of ``notebooks/src``.

    Returns
    -------
    NotebookNode
    """
    nb = jupytext.read(path, fmt="py:percent")
    nb.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    nb.nbformat, nb.nbformat_minor = 4, 5
    seen = {}
    for cell in nb.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        tags = cell.metadata.get("tags")
        # Who works on an exercise in JupyterLab does not see the solution below it until it is clicked open.
        folded = {"jupyter": {"source_hidden": True, "outputs_hidden": True}} if "solution" in (tags or ()) else {}
        cell.metadata = nbformat.from_dict(({"tags": tags} if tags else {}) | folded)
    return nb


def execute(name, notebooks=NOTEBOOKS, origins="sample", timeout=600):
    """Execute one source as ``datakit run`` does, and write the notebook.

    Parameters
    ----------
    name : str
        Without suffix, for example ``"10_trees_inventory"``.
    notebooks : path
        Where the notebook goes; its source is in ``src`` below it.
    origins : str
        Always the sample for what is shipped.

    Returns
    -------
    str or None
        What went wrong.
    """
    from datakit.run.running import run

    with tempfile.TemporaryDirectory() as folder:
        bare = from_source(notebooks / "src" / f"{name}.py")
        path = Path(folder) / f"{name}.ipynb"
        nbformat.write(bare, path)
        report = run([path], origins=origins, output=Path(folder) / "report", timeout=timeout, progress=False)
        done = report.notebooks[0]
        if not done.ok:
            return f"{name}: {done.summary()}\n    {(done.error or {}).get('line', '')}"
        executed = nbformat.read(Path(folder) / "report" / f"{name}.ipynb", as_version=4)
    kept = {cell.id: cell for cell in executed.cells}
    for count, cell in enumerate((c for c in bare.cells if c.cell_type == "code"), 1):
        cell.execution_count = count
        cell.outputs = joined(plain(output, count) for output in kept[cell.id].outputs)
    text = nbformat.writes(bare) + "\n"
    for place in (str(ROOT), str(Path.home()) + "/", tempfile.gettempdir() + "/"):
        if len(place) > 2 and place in text:
            return f"{name}: an output shows a path of this machine ({place}): print less, or make the path relative"
    (notebooks / f"{name}.ipynb").write_text(text, encoding="utf-8")
    print(f"{name}: {done.seconds:.1f} s, {(done.peak_memory or 0) / 1e6:.0f} MB, {len(text) / 1e6:.2f} MB", flush=True)
    return None


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
        if "ipykernel_" not in value:  # the pattern below takes minutes on a picture's megabyte of base64
            return value.replace(str(cache_folder()), "CACHE")
        return re.sub(r"[^\s\"]*ipykernel_\d+/\d+\.py:\d+: ", "", value).replace(str(cache_folder()), "CACHE")
    return value


def differences(name, notebooks=NOTEBOOKS):
    """Where a notebook is not its source, executed.

    Returns
    -------
    list of str
        Empty when the two are in step.
    """
    path = notebooks / f"{name}.ipynb"
    if not path.exists():
        return [f"{name}: there is no {path.name}"]
    made, kept = from_source(notebooks / "src" / f"{name}.py"), nbformat.read(path, as_version=4)
    found = []
    if len(made.cells) != len(kept.cells):
        found.append(f"{name}: {len(made.cells)} cells in the source, {len(kept.cells)} in the notebook")
    for number, (ours, theirs) in enumerate(zip(made.cells, kept.cells, strict=False), 1):
        if (ours.cell_type, ours.source, ours.metadata) != (theirs.cell_type, theirs.source, theirs.metadata):
            found.append(f"{name}: cell {number} differs: {ours.source.splitlines()[:1] or ['']}")
    for number, cell in enumerate((c for c in kept.cells if c.cell_type == "code"), 1):
        if cell.execution_count != number:
            found.append(f"{name}: code cell {number} was not executed in order")
        found += [f"{name}: code cell {number} shows an error" for o in cell.outputs if o.output_type == "error"]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="for example 10_trees_inventory; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing: say whether each notebook is its source")
    parser.add_argument("--timeout", type=float, default=600)
    args = parser.parse_args()
    there = sorted(path.stem for path in (NOTEBOOKS / "src").glob("*.py"))
    names = [Path(name).stem for name in args.names] or there
    if unknown := [name for name in names if name not in there]:
        parser.error(f"no source named {', '.join(unknown)}: there are {', '.join(there)}")
    if args.check:
        problems = [problem for name in names for problem in differences(name)]
    else:
        os.environ.pop("DATAKIT_ORIGINS", None)
        with ThreadPoolExecutor(2) as pool:
            problems = [p for p in pool.map(lambda name: execute(name, timeout=args.timeout), names) if p]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
