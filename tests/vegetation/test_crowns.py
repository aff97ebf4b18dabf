"""Crowns as discs: as large as their trees say, and who has none is counted."""

import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.trees import canopy, standardise
from datakit.vegetation import crowns, sight
from tests.shapes import frame, load, points


def test_a_disc_has_the_area_of_its_crown():
    trees = points((0, 0), (50, 0), diametre_couronne=[10.0, 4.0])
    found = crowns.discs(trees)
    assert found.geometry.area.to_numpy() == pytest.approx(np.pi / 4 * np.array([100, 16]), rel=1e-9)
    assert found["area"].to_numpy() == pytest.approx(found.geometry.area)
    assert found.index.equals(trees.index)
    assert shapely.equals_exact(shapely.centroid(found.geometry.to_numpy()), trees.geometry.to_numpy(), 1e-9).all()


def test_who_has_no_disc_is_counted():
    shapes = [*shapely.points([(0, 0), (9, 9), (20, 0), (30, 0), (40, 0)]), None, shapely.Point()]
    trees = frame(
        *shapes, diametre_couronne=[5.0, 5, None, 400, 5, 5, 5], statut=["standing"] * 4 + ["lost"] + [None] * 2
    )
    found = crowns.discs(trees)
    assert found.index.tolist() == [0, 1]
    assert crowns.account(trees, found) == crowns.Account(drawn=2, lost=1, no_place=2, no_crown=2)


def test_a_felled_tree_has_no_crown_whatever_column_says_so():
    trees = points(*((10 * k, 0) for k in range(4)), diametre_couronne=[5.0] * 4)
    words = trees.assign(etat=["Abattu", "En place", "A abattre", None])  # condemned and unknown trees stand
    assert crowns.discs(words).index.tolist() == [1, 2, 3]
    assert crowns.account(words, crowns.discs(words)).lost == 1
    assert sight.visible_trees(points((0, 10)), words, frame(), 50).near.tolist() == [3]
    assert crowns.discs(words.assign(statut=["standing", "lost", None, "standing"])).index.tolist() == [0, 2, 3]
    assert len(crowns.discs(trees)) == 4  # nobody says
    raw = load("trees-dijon")  # as loaded, not standardised
    felled = crowns.account(raw, crowns.discs(raw)).lost
    assert felled == (standardise(raw)["statut"] == "lost").sum() > 100


def test_a_crown_that_was_not_measured_follows_its_trunk():
    rng = np.random.default_rng(0)
    dbh = rng.uniform(10, 80, 300)
    trees = points(*rng.uniform(0, 9e4, (300, 2)), dbh=dbh, diametre_couronne=0.2 * dbh, taxon="Tilia cordata")
    truth_ = np.pi / 4 * (0.2 * dbh) ** 2
    trees.loc[trees.index[::3], "diametre_couronne"] = np.nan
    found = crowns.discs(trees, canopy.crown_area(trees))
    assert found["area"].to_numpy() == pytest.approx(truth_, rel=1e-6)
    assert found["how"].eq(crowns.MEASURED).sum() == 200
    assert len(crowns.discs(trees)) == 200  # without the allometry, only those that were measured


def test_discs_refuse_a_table_about_other_trees():
    trees = points((0, 0), (1, 1), diametre_couronne=[5.0, 5.0])
    with pytest.raises(WrongUse, match="one row for each tree"):
        crowns.discs(trees, pd.DataFrame({"area": [1.0]}))
    with pytest.raises(CrsMismatch):
        crowns.discs(trees.set_crs("EPSG:4326", allow_override=True))
