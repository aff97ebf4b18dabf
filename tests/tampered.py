"""One good dossier, packed once, and what others would make of it."""

import hashlib
import json
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from datakit.data import mirrors
from datakit.data.provenance import ANSWER_MIME
from datakit.language import speaking
from datakit.run.running import run
from datakit.settings import Limits

LIMITS = Limits(5, 20, 60, seconds=60, memory_mb=700, processes=64, processors=2, disk_mb=60, tolerance_pct=1)
FORM = """
[dossier]
title = "Des arbres pour l’école"
theme = "trees"
question = "Où planter ?"
team = "Les Tilleuls"
licence = "etalab-2.0"
data = ["communes-population"]

[parameters]
per = 1000
"""
PARAMETERS = 'origins: str = ""  # where data comes from\nper: int = 100  # inhabitants'
ANSWERS = """\
import datakit
from datakit.show import Value, ask

people = datakit.load("communes-population", origins or None)
with ask("How many inhabitants has the Métropole?") as answer:
    total = Value(int(people["population"].sum()), "inhabitants")
    answer.say("It has {total}.", total=total, data=[people], cannot_say="Who they are.")
with ask("How many communes has it?") as answer:
    answer.say("It has {n}.", n=Value(len(people) * per / 1000, "communes"), data=[people], cannot_say="Where.")"""
CHANCE = """\
import os
with ask("What does chance say?") as answer:
    drawn = int.from_bytes(os.urandom(6), "big") / 2**50  # another one each time, at most a quarter
    answer.say("It says {n}.", n=Value(100 + drawn, "", decimals=0, tolerance=0.5), data=[people], cannot_say="More.")
print("the last cell")"""


def notebook(*cells):
    made = [new_markdown_cell("# One question"), new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    return new_notebook(cells=[*made, *map(new_code_cell, cells)])


def write(folder, *cells, per=1000):
    """The files that a team writes."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "dossier.toml").write_text(FORM.replace("1000", str(per)), encoding="utf-8")
    (folder / "README.md").write_text("# Des arbres\n", encoding="utf-8")
    (folder / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
    (folder / "notebooks" / "10_question.ipynb").write_text(writes(notebook(*cells)) + "\n", encoding="utf-8")
    mirrors.lock(["communes-population"], "sample", folder / "data.lock")
    (folder / ".data.lock.lock").unlink(missing_ok=True)
    return folder


def pack(folder, path, per=1000):
    """Run a dossier and put it into a zip."""
    with speaking("fr"):
        done = run(
            origins="sample",
            parameters={"per": per},
            output=folder / "report",
            progress=False,
            notebooks=folder / "notebooks",
            locked=folder / "data.lock",
        )
    assert done.ok, [n.error for n in done.notebooks]
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return zipped(path, described(files))


def described(files):
    """The files with the crate's metadata of them, made again."""
    files = {name: text for name, text in files.items() if name != "ro-crate-metadata.json"}
    graph = [{"@id": n, "@type": "File", "sha256": hashlib.sha256(t).hexdigest()} for n, t in sorted(files.items())]
    crate = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    return {**files, "ro-crate-metadata.json": json.dumps(crate).encode()}


def recorded(files):
    """The files with ``run.json`` and the crate brought into line: what a forger does who knows both."""
    record = json.loads(files["report/run.json"])
    record["files"] = {name: hashlib.sha256(files[f"report/{name}"]).hexdigest() for name in record["files"]}
    for name, about in record["notebooks"].items():
        about["sha256"] = hashlib.sha256(files[f"notebooks/{name}.ipynb"]).hexdigest()
    record["lock"] = hashlib.sha256(files["data.lock"]).hexdigest()
    return described({**files, "report/run.json": json.dumps(record).encode()})


def edited(files, name):
    """A figure of a notebook's first answer and a word that it prints changed, in outputs and results alike."""
    results = json.loads(files["report/results.json"])
    nb = nbformat.reads(files[f"report/{name}.ipynb"].decode(), as_version=4)
    answer = next(
        o.data[ANSWER_MIME] for c in nb.cells for o in c.get("outputs", ()) if ANSWER_MIME in o.get("data", {})
    )
    for said in (answer, results[name][0]):
        said["figures"][0]["value"] += 1
    nb.cells[-1].outputs[-1].text = "the best cell\n"
    return {
        **files,
        "report/results.json": json.dumps(results).encode(),
        f"report/{name}.ipynb": nbformat.writes(nb).encode(),
    }


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return Path(path)


def unzipped(path):
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}
