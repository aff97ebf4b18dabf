"""An invented experiment: a team's dossier with a tiny notebook, and a small mirror for each month.

People helped at counters of two districts, day by day. What is planted is said by who makes it.
"""

import hashlib
import json

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_notebook

ID = "help-counter"
TRIAL, COMPARISON = "nord", "sud"
START = "2027-01"
CARD = {
    "name": ID,
    "title": "People helped at a counter",
    "title_fr": "Personnes aidées à un guichet",
    "description": "One row per day and district.",
    "description_fr": "Une ligne par jour et par quartier.",
    "theme": "inclusion",
    "sources": [{"title": "Invented", "path": "https://data.example.org/help"}],
    "licenses": [{"name": "CC0-1.0", "title": "CC0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
    "attribution": "Invented.",
    "url": None,
    "path": "help.csv",
    "format": "csv",
    "mediatype": "text/csv",
    "encoding": "utf-8",
    "dialect": {"delimiter": ";"},
    "crs": None,
    "update_frequency": "monthly",
    "checked": None,
    "schema": {
        "fields": [
            {"name": "district", "source": "QUARTIER", "type": "string"},
            {"name": "day", "source": "JOUR", "type": "date"},
            {"name": "people", "source": "AIDES", "type": "number"},
        ],
        "missingValues": [""],
    },
}
FORM = """\
[dossier]
title = "Un guichet mobile au quartier nord"
theme = "inclusion"
question = "Un guichet mobile aide-t-il plus de gens ?"
summary = "Un camion, deux aidants."
benefit = "Dix personnes aidées de plus par jour au quartier nord."
licence = "CC-BY-4.0"
team = "Équipe inventée"
data = ["help-counter"]

[[indicators]]
id = "helped"
title = "Personnes aidées par jour"
notebook = "help"
question = "how-many-people-are-helped"
figure = "helped"
better = "higher"

[experiment]
start = {start}-01
months = 6
parameter = "district"
areas = ["nord"]
comparison = [{comparison}]
"""
PARAMETERS = 'district: str = "nord"  # whose counter\norigins: str = ""  # where data comes from'
CODE = """\
import datakit
from datakit.show.answers import Value, ask
with ask("How many people are helped?") as answer:
    table = datakit.load("help-counter")
    days = table.loc[table["district"] == district, "people"]
    if days.empty:
        raise datakit.errors.CannotAnswer(district, "no such district")
    half = 1.96 * days.std() / len(days) ** 0.5
    helped = Value(days.mean(), "personnes par jour", days.mean() - half, days.mean() + half)
    answer.say("{helped} a day.", helped=helped, data=[table], cannot_say="Who they are.")
answer"""


def dossier(folder, *, paired=True, start=START, code=CODE):
    """The team's folder."""
    (folder / "cards").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "cards" / f"{ID}.json").write_text(json.dumps(CARD), encoding="utf-8")
    form = FORM.format(start=start, comparison=f'"{COMPARISON}"' if paired else "")
    (folder / "dossier.toml").write_text(form, encoding="utf-8")
    notebook(folder, code)
    return folder


def notebook(folder, code=CODE):
    """Write the notebook, or another one in its place."""
    cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), new_code_cell(code)]
    nbformat.write(new_notebook(cells=cells), folder / "notebooks" / "help.ipynb")


def season(month):
    """What a month of the year adds: no sine wave, since no season is one."""
    return (0, -1, 2, 3, 1, 4, -6, -9, 5, 4, 2, -3)[month - 1]


def noise(n, memory, generator):
    """Errors of variance 1 that remember the month before."""
    found = generator.standard_normal(n)
    for k in range(1, n):
        found[k] = memory * found[k - 1] + (1 - memory**2) ** 0.5 * found[k]
    return found


def levels(months, *, effect=0.0, amplitude=1.0, memory=0.3, seed=0, start=START):
    """People a day in both districts, by month: a season that they share, errors, and an effect in the north."""
    generator = np.random.default_rng(seed)
    index = pd.period_range(months[0], months[-1], freq="M")
    shared = np.array([amplitude * season(m.month) for m in index])
    table = pd.DataFrame({place: 40 + shared + noise(len(index), memory, generator) for place in (TRIAL, COMPARISON)})
    table.index = index
    table.loc[index >= pd.Period(start, freq="M"), TRIAL] += effect
    return table


def month(folder, name, means, *, header="QUARTIER;JOUR;AIDES", retrieved=None, vintage=None, seed=0):
    """The mirror of a month: every day of it, for each district of ``means``."""
    generator = np.random.default_rng([seed, *map(int, name.split("-"))])
    days = pd.date_range(f"{name}-01", periods=28)
    lines = [header]
    for place, mean in means.items():
        around = generator.normal(0, 3, len(days))
        lines += [
            f"{place};{day:%Y-%m-%d};{mean + off:.6f}" for day, off in zip(days, around - around.mean(), strict=True)
        ]
    file = folder / name / ID / "help.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    entry = {
        "filename": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bytes": file.stat().st_size,
        "url": None,
        "licence": "CC0-1.0",
        "retrieved": retrieved or f"{name}-28T06:00:00Z",
        "synthetic": True,
    }
    lock = {"version": 1, "datasets": {ID: {**entry, "vintage": vintage} if vintage else entry}}
    (folder / name / "data.lock").write_text(json.dumps(lock), encoding="utf-8")


def mirrors(folder, table, **more):
    """A mirror for each month of a table of `levels`."""
    for period, means in table.iterrows():
        month(folder, str(period), means.to_dict(), **more)


def rows(levels, indicator="helped", *, paired=True, **changed):
    """The table that a dossier's months give, without running anything; ``changed``: month -> columns of its rows."""
    made = []
    for period, means in levels.iterrows():
        for area, part in ((TRIAL, "trial"), *(((COMPARISON, "comparison"),) if paired else ())):
            value, name = float(means[area]), str(period)
            row = {"indicator": indicator, "area": area, "part": part, "month": name, "value": value}
            row |= {"low": value - 1, "high": value + 1, "unit": "personnes par jour", "status": "ok", "why": ""}
            row |= {"former": np.nan, "data": name, "code": "c", "synthetic": True, "computed": f"{name}-28T06:00:00Z"}
            row["sources"] = json.dumps([{"id": ID, "title": "Help", "attribution": "Invented.", "synthetic": True}])
            made.append(row | changed.get(name.replace("-", "_"), {}))
    return pd.DataFrame(made)
