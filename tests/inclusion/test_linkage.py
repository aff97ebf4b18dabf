"""One place in two files becomes one, two places stay two, and every merge can be reviewed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.errors import WrongUse
from datakit.geo import territory
from datakit.inclusion import linkage, services


def places(*rows):
    """(source, category, name, address, x, y)"""
    frame = pd.DataFrame(rows, columns=["source", "category", "name", "address", "x", "y"])
    frame.insert(0, "id", [f"p{k}" for k in range(len(frame))])
    frame["hours"] = [None if k % 2 == 0 else f"hours of p{k}" for k in range(len(frame))]
    points = gpd.points_from_xy(frame.pop("x"), frame.pop("y"))
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:2154")


def test_another_spelling_is_the_same_place():
    given = places(
        ("mednum-bfc", "digital", "MJC DES GRESILLES", "11 R CASTELNAU", 0, 0),
        ("inclusion-places", "digital", "M.J.C. des Grésilles", "11 rue Castelnau", 40, 0),
    )
    kept, review = linkage.link(given)
    assert len(kept) == 1
    assert kept.source[0] == "inclusion-places, mednum-bfc"
    assert kept.name[0] == "M.J.C. des Grésilles"
    assert kept.hours[0] == "hours of p1"
    assert review[["decision", "metres"]].to_numpy().tolist() == [["merged", 40.0]]


def test_gaps_are_filled_from_the_other_file():
    given = places(
        ("inclusion-places", "digital", "Cyber-base", "1 rue des Œillets", 0, 0),
        ("mednum-bfc", "digital", "Cyberbase", "1 rue des Oeillets", 10, 0),
    )
    kept, _ = linkage.link(given)
    assert (kept.id[0], kept.hours[0]) == ("p0", "hours of p1")


@pytest.mark.parametrize(
    "other",
    [
        ("inclusion-places", "digital", "Maison des seniors", "11 rue Castelnau", 0, 0),  # same door, another name
        ("inclusion-places", "digital", "MJC des Grésilles", "48 rue Castelnau", 90, 0),  # another number
        ("inclusion-places", "digital", "MJC des Grésilles", "11 rue Castelnau", 900, 0),  # too far
        ("inclusion-places", "library", "MJC des Grésilles", "11 rue Castelnau", 0, 0),  # another service
        ("mednum-bfc", "digital", "MJC des Grésilles", "11 rue Castelnau", 0, 0),  # the file says two itself
    ],
)
def test_two_places_stay_two(other):
    given = places(("mednum-bfc", "digital", "MJC des Grésilles", "11 rue Castelnau", 0, 0), other)
    assert len(linkage.link(given)[0]) == 2


def test_numbers_in_names_tell_two_places_apart():
    given = places(
        ("bpe", "post", "Agence postale 1", None, 0, 0),
        ("dijon-portal", "post", "Agence postale 2", None, 5, 0),
    )
    kept, review = linkage.link(given)
    assert (len(kept), len(review)) == (2, 0)


def test_the_sample_s_pairs_are_found_and_no_others():
    loaded = {id: datakit.load(id, "sample") for id in ("inclusion-places", "mednum-bfc", "france-services", "bpe")}
    every = services.table(
        france_services=loaded["france-services"],
        inclusion_places=loaded["inclusion-places"],
        mednum=loaded["mednum-bfc"],
        bpe=loaded["bpe"],
    ).places
    every = services.locate(every, territory.todays_communes(datakit.load("communes", "sample")))
    kept, review = linkage.link(every)
    merged = review[review.decision == "merged"]
    found = dict(zip(merged.id_left, merged.id_right, strict=True))
    planted = loaded["inclusion-places"].id.str.extract(r"^NAT_(\d\d?)$")[0].dropna()
    assert len(planted) == 24
    assert found == {f"NAT_{k}": f"EXEMPLE_TL_{k}_" for k in planted}
    assert len(kept) == len(every) - 24


def test_nobody_swallows_two_rows_of_one_file():
    given = places(
        ("france-services", "post", "La Poste", None, 0, 0),
        ("bpe", "post", "La Poste", None, 30, 0),
        ("bpe", "post", "La Poste", None, 60, 0),
    )
    kept, review = linkage.link(given)
    assert len(kept) == 2
    assert review.decision.tolist() == ["merged", "doubtful"]
    assert review.metres.tolist() == [30.0, 60.0]  # the nearest of two equals


def test_three_files_make_one_row():
    given = places(
        ("bpe", "library", "Médiathèque Champollion", None, 0, 0),
        ("mednum-bfc", "library", "Mediatheque Champollion", "14 rue Claudel", 10, 0),
        ("dijon-portal@x", "library", "MÉDIATHÈQUE CHAMPOLLION", "14 rue Camille Claudel", 20, 0),
    )
    kept, _ = linkage.link(given)
    assert kept.source.tolist() == ["mednum-bfc, dijon-portal@x, bpe"]


def test_a_chain_over_three_files_never_joins_two_rows_of_one():
    """a1 is near b1, b1 near c1, c1 near a2: each step is a merge, and all of them would make a1 and a2 one place."""
    given = places(
        ("mednum-bfc", "digital", "MJC des Grésilles", "11 rue Castelnau", 0, 0),
        ("bpe", "digital", "MJC des Grésilles", "11 rue Castelnau", 100, 0),
        ("inclusion-places", "digital", "MJC des Grésilles", "11 rue Castelnau", 200, 0),
        ("mednum-bfc", "digital", "MJC des Grésilles", "11 rue Castelnau", 300, 0),
    )
    kept, review = linkage.link(given, near=150)
    assert kept.source.tolist() == ["inclusion-places, mednum-bfc, bpe", "mednum-bfc"]
    assert kept.id.tolist() == ["p2", "p3"]
    assert review.decision.tolist() == ["merged", "merged", "doubtful"]


def test_a_pair_that_a_third_row_has_joined_already_is_told_as_merged():
    sources = ("bpe", "mednum-bfc", "dijon-portal")
    given = places(*((source, "post", "Poste Grangier", None, 0, 0) for source in sources))
    kept, review = linkage.link(given)
    assert (len(kept), review.decision.tolist()) == (1, ["merged"] * 3)


def test_a_flagged_place_is_never_merged():
    given = places(
        ("mednum-bfc", "digital", "MJC", "1 rue X", 0, 0), ("inclusion-places", "digital", "MJC", "1 rue X", 0, 0)
    ).assign(flagged=[True, False])
    assert len(linkage.link(given)[0]) == 2


def test_noise_in_names_is_survived_and_chance_likeness_is_not_merged():
    rng = np.random.default_rng(7)
    street = ["rue des Lilas", "avenue du Drapeau", "boulevard de Strasbourg", "place Galilée", "rue de Jouvence"]
    kinds = ["Bibliothèque", "Espace numérique", "Point Info", "Atelier", "Club informatique", "Maison de quartier"]
    proper = ["Mansart", "Grésilles", "Fontaine d'Ouche", "Maladière", "Toison d'Or", "Montchapet", "Bourroches"]
    rows, n = [], 60
    for k in range(n):
        name = f"{kinds[k % 6]} {proper[k % 7]}"
        address = f"{int(rng.integers(1, 90))} {street[k % 5]}"
        x, y = rng.uniform(0, 4000, 2)
        typo = name.upper() if k % 3 else name.replace("é", "e").replace("o", "0", 1)
        rows += [
            ("inclusion-places", "digital", name, address, x, y),
            ("mednum-bfc", "digital", typo, address.replace("rue", "R").replace("avenue", "av."), x + 30, y),
        ]
    given = places(*rows)
    kept, review = linkage.link(given)
    merged = review[review.decision == "merged"]
    right = [int(a[1:]) // 2 == int(b[1:]) // 2 for a, b in zip(merged.id_left, merged.id_right, strict=True)]
    assert np.mean(right) == 1.0
    assert sum(right) >= 0.95 * n
    assert len(kept) == 2 * n - len(merged)


def test_scores_that_make_no_sense_are_refused():
    with pytest.raises(WrongUse):
        linkage.link(places(("a", "b", "c", "d", 0, 0)), score=50, doubt=60)


def test_an_empty_table_and_a_single_row():
    one = places(("a", "b", "c", None, 0, 0))
    assert len(linkage.link(one)[0]) == 1
    kept, review = linkage.link(one.iloc[:0])
    assert len(kept) == len(review) == 0
