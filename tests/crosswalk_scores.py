"""How good the proposals for unknown inventories are: every known crosswalk is left out in turn.

The vocabulary (``datakit/trees/data/words.csv``) is general French and English, but whoever wrote it had read some of
these headers: the figures are those of files like these, not of the file of a city that nobody has seen.
"""

import json
import warnings
from pathlib import Path

import pandas as pd

from datakit.data.cards import Card, read_catalog
from datakit.data.readers import READERS
from datakit.trees.inventory import crosswalks
from datakit.trees.inventory.importing import read_raw
from datakit.trees.inventory.suggest import suggest_crosswalk

HERE = Path(__file__).parent
# The real snapshot, the card whose words answer for it, and those left out with it: they describe the same file.
REAL = {
    "Grenoble, real": ("trees-grenoble-slim/grenoble.geojson", "trees-grenoble", ()),
    "Paris, real": ("trees-paris-sample/les-arbres_sample.geojson", "trees-paris", ()),
    "Paris 2019, real": ("trees-paris-sample/les-arbres_2019_extrait.csv", "trees-paris", ()),
    "Saint-Quentin, real": (
        "trees-saint-quentin/Data_Arbre.csv",
        HERE / "cards" / "trees-saint-quentin.json",
        ("trees-saint-quentin",),
    ),
}


def packaged():
    """(name, table, answers, ids left out): every packaged inventory, with the sample's rows where it has some."""
    catalog = read_catalog()
    sample = Path(crosswalks.__file__).parents[2] / "sample"
    for id in crosswalks.crosswalk_ids():
        card = catalog[id]
        files = [f for f in (sample / id).glob("*") if not f.name.startswith(".")] if (sample / id).exists() else []
        if files:
            raw, geometry, *_ = READERS[card.format](files[0], card)
            yield f"{id[6:]}, sample rows", _as_file(raw, geometry), _answers(card.fields, raw.columns), {id}
        for k in range(max(len(f.source) for f in card.fields)):  # one table for each spelling known
            names = [f.source[min(k, len(f.source) - 1)] for f in card.fields]
            table = pd.DataFrame(columns=list(dict.fromkeys(names)), dtype="str")
            yield f"{id[6:]}, names only {k + 1}", table, _answers(card.fields, table.columns), {id}


def real(shared_data):
    """The same of the real snapshots."""
    catalog = read_catalog()
    for name, (file, id, more) in REAL.items():
        card = catalog[id] if isinstance(id, str) else Card(json.loads(id.read_text(encoding="utf-8")))
        table = read_raw(Path(shared_data) / file)
        yield name, table, _answers(card.fields, table.columns), {card.id, *more}


def _as_file(raw, geometry):
    import geopandas as gpd

    return raw if geometry is None else gpd.GeoDataFrame(raw, geometry=geometry, crs="EPSG:4326")


def _answers(fields, columns):
    """Column to field, from a card."""
    return {s: f.name for f in fields for s in f.source if s in columns}


def scores(cases):
    """One row per case: fields known, proposed, right; and the mistakes in words."""
    known, rows = crosswalks.crosswalk_ids(), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, table, answers, out in cases:
            rest = {id: c for id, c in known.items() if id not in out}
            found = suggest_crosswalk(table, known=rest).table
            given = {r.source: r.field for r in found.itertuples() if isinstance(r.field, str)}
            given = {s: f for s, f in given.items() if f not in ("longitude", "latitude", "latlon")}
            judged = {s: f for s, f in given.items() if s in answers}
            right = {s for s, f in judged.items() if answers[s] == f}
            # A proposal for a column of which no card says anything is neither right nor wrong, unless it takes the
            # place of a field that another column holds.
            stolen = {s for s, f in given.items() if s not in answers and f in answers.values()}
            wrong = [f"{s} as {f}, is {answers[s]}" for s, f in judged.items() if s not in right]
            wrong += [f"{s} as {given[s]}" for s in stolen]
            missed = [f"{s} ({f})" for s, f in answers.items() if s not in right]
            counts = len(answers), len(judged) + len(stolen), len(right)
            rows.append((name, *counts, "; ".join(wrong), "; ".join(missed)))
    return pd.DataFrame(rows, columns=["case", "fields", "proposed", "right", "wrong", "missed"])
