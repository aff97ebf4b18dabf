"""Inventories for tests: the bundled sample, a real one, and invented ones whose truth is known."""

import functools
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd

import datakit
from datakit.trees import standardise
from datakit.trees.inventory import importing
from datakit.trees.inventory.suggest import suggest_crosswalk


def sample():
    """The sample as `datakit.load` gives it."""
    return _sample().copy()


def standard_sample():
    """The sample as `standardise` gives it."""
    return _standard_sample().copy()


@functools.cache
def _sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return datakit.load("trees-dijon", "sample")


@functools.cache
def _standard_sample():
    return standardise(_sample())


def saint_quentin(shared_data):
    """The real inventory of Saint-Quentin, which knows its losses."""
    raw = importing.read_raw(shared_data / "trees-saint-quentin" / "Data_Arbre.csv")
    return standardise(raw, suggest_crosswalk(raw).crosswalk)


def named_trees(taxa, **columns):
    """A table of trees of these taxa."""
    return pd.DataFrame({"taxon": pd.array(taxa, dtype="str"), **columns})


def invented(n=3000, seed=0, sectors=12, home=0.0):
    """An inventory in which old trees of one genus are lost more often; ``home`` moves it eastward."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 80, n)
    genus = rng.choice(["Betula", "Tilia", "Acer"], n)
    risky = 0.03 + 0.3 * (age > 50) + 0.2 * (genus == "Betula")
    gone = rng.random(n) < risky
    frame = {
        "id": [f"T{i}" for i in range(n)],
        "genre": genus,
        "espece": "sp.",
        "annee_plantation": 2020 - age,
        "date_releve": pd.Timestamp("2020-06-01"),
        "etat": np.where(gone, "Abattu", "En place"),
        "secteur": rng.choice([f"S{k}" for k in range(sectors)], n),
        "souche": np.where(gone & (rng.random(n) < 0.9), "arasée", None),
        "couleur": rng.choice(["a", "b"], n),
    }
    points = gpd.points_from_xy(850_000 + home + rng.uniform(0, 4000, n), 6_690_000 + rng.uniform(0, 4000, n))
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:2154")
