"""Invented dossiers and verdicts for the tests of the jury's pages: every one says that it is invented."""

import base64
import hashlib
import io
import json
import zipfile

import numpy as np
from PIL import Image, ImageDraw

from datakit.data.provenance import ANSWER_MIME
from datakit.jury import verdicts
from datakit.jury.verdicts import AnswerVerdict, FigureVerdict, Verdict

FORM = """\
[dossier]
title = {title}
theme = {theme}
team = {team}
question = {question}
summary = {summary}
benefit = {benefit}
licence = "etalab-2.0"
data = ["trees-dijon"]
[experiment]
months = 6
parameter = "commune"
areas = ["Quetigny"]
comparison = ["Chenôve"]
"""
TEXTS = {
    "title": "Arroser d’abord (dossier inventé)",
    "theme": "trees",
    "team": "Équipe inventée",
    "question": "Quels jeunes arbres faut-il arroser d’abord ?",
    "summary": "Une liste de tournée pour les agents.",
    "benefit": "Une tournée d’arrosage plus courte de deux heures par semaine, et moins d’arbres perdus en août.",
    "sentence": "Une tournée des 400 arbres que le modèle désigne trouve 62 (48 à 75) arbres perdus, 31 au hasard.",
    "cannot_say": "Pourquoi un arbre meurt ; ni si l’arroser l’aurait sauvé : seul l’essai sur le terrain le dira.",
}


def png(width=900, height=520):
    """A chart that says that it is invented."""
    drawn = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(drawn)
    for i, tall in enumerate((180, 300, 240, 400, 120)):
        left, top = 90 + 150 * i, height - 60 - min(tall, height - 80)
        pen.rectangle((left, top, left + 90, height - 60), fill="#0072B2")
    pen.line((60, height - 60, width - 40, height - 60), fill="black", width=3)
    pen.text((60, 20), "INVENTED PICTURE", fill="#a3280a", font_size=28)
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    return stream.getvalue()


def answer(texts, image=None, data=None, **more):
    """An answer as ``results.json`` has it, and the output of its cell."""
    record = {
        "id": "which-young-trees-first",
        "question": texts["question"],
        "answered": bool(texts["sentence"]),
        "sentence": texts["sentence"],
        "why": "",
        "figures": [{"name": "found", "value": 62, "unit": "trees"}],
        "cannot_say": texts["cannot_say"],
        "alt": "Barres : arbres perdus trouvés par tournée. Image inventée.",
        "kind": "SYNTHETIC",
        "data": [{"id": "trees-dijon", "title": "Arbres de Dijon", "synthetic": True}] if data is None else data,
    } | more
    shown = base64.b64encode(png() if image is None else image).decode()
    html = f'<section><img alt="x" src="data:image/png;base64,{shown}"></section>'
    return record, {"output_type": "display_data", "data": {ANSWER_MIME: record, "text/html": html}}


def dossier(folder, name="equipe", indicators=2, others=2, image=None, data=None, form=None, beside=(), **texts):
    """Write a zip; texts replace those of `TEXTS`. ``beside``: further answers with their outputs, as of `answer`."""
    said = TEXTS | texts
    record, output = answer(said, image, data)
    toml = FORM.format(**{key: json.dumps(value, ensure_ascii=False) for key, value in said.items()})
    for i in range(indicators):
        toml += (
            f'[[indicators]]\nid = "i{i}"\ntitle = "Part des jeunes arbres morts en août ({i + 1}), inventée"\n'
            'notebook = "10_tour"\nquestion = "which-young-trees-first"\nfigure = "found"\nbetter = "lower"\n'
        )
    more = [record | {"id": f"other-{i}", "question": f"Autre {i} ?"} for i in range(others)]
    more += [one for one, _ in beside]
    file = folder / f"{name}.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("dossier.toml", toml if form is None else form)
        packed.writestr("report/results.json", json.dumps({"10_tour": [record, *more]}))
        cells = [{"cell_type": "code", "source": "", "outputs": [output, *(drawn for _, drawn in beside)]}]
        packed.writestr("report/10_tour.ipynb", json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    return file


def verdict(folder, name="equipe", status=verdicts.SAME, file=None, **more):
    """Write ``DIR/NAME/verdict.json`` for a dossier of three answers, the last of the given status."""
    figure = FigureVerdict("found", "trees", 62, 62 if status == verdicts.SAME else 58.5, 5.0, status)
    figures = [figure] if status in (verdicts.SAME, verdicts.CLOSE, verdicts.DIFFERENT) else []
    kept = [verdicts.SAME, verdicts.SAME, status]
    answers = [AnswerVerdict("10_tour", f"q{i}", "?", "x", one, figures) for i, one in enumerate(kept)]
    made = {
        "title": f"Dossier inventé {name}",
        "team": f"Équipe inventée {name}",
        "theme": ("trees", "vegetation", "inclusion")[len(name) % 3],
        "why": ["Le fichier data.lock manque."] if status == verdicts.REFUSED else [],
        "answers": [] if status == verdicts.REFUSED else answers,
    } | more
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file else "0" * 64
    Verdict(name, digest, status=status, **made).write(place)
    return place


def noise(width, height, seed=0):
    """A picture that no format makes small."""
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
