"""Years, ages, sizes: counted by hand."""

import numpy as np
import pandas as pd
import pytest

from datakit.trees import (
    structure,
)


def test_years_ages_and_diameters():
    frame = pd.DataFrame(
        {
            "date_plantation": ["2007/2008", None, "1998-11-25", "2031"],
            "circonference": [100 * np.pi, 0, np.nan, 31.4],
            "age_estime": [1.0, 40.0, 1.0, 5.0],
        }
    )
    assert structure.planting_year(frame).tolist()[0::2] == [2007, 1998]
    assert structure.age(frame, 2025).tolist() == [18, 40, 27, 5]
    assert structure.trunk_diameter(frame).round(1).tolist()[:1] == [100.0]
    assert structure.trunk_diameter(frame)[1:3].isna().all()
    assert structure.trunk_diameter(frame.astype({"circonference": "str"})).isna().all()  # nobody knows the unit
    assert structure.height(pd.DataFrame({"hauteur": [0.0, 650.0]})).tolist()[1] == 650
    assert structure.height(pd.DataFrame({"hauteur": ["5-10"]})).isna().all()
    table = structure.against_richards(frame)
    assert table.trees.tolist() == [1, 0, 0, 1]
    assert table.target_pct.sum() == 100


def test_a_tree_planted_in_the_year_of_the_survey_is_of_age_zero():
    frame = pd.DataFrame({"annee_plantation": pd.array([2025, 2024, 2026, None], dtype="Int64")})
    assert structure.age(frame, 2025).fillna(-1).tolist() == [0, 1, -1, -1]
    assert structure.age(frame.assign(age_estime=[9.0] * 4), 2025).tolist() == [0, 1, 9, 9]


def test_the_year_of_an_inventory():
    plantings = ["1990-11-25"] * 1500 + ["2091-11-25"]  # a slip of the pen
    frame = pd.DataFrame({"date_plantation": plantings})
    assert structure.survey_year(frame) == 1990
    assert structure.survey_year(frame.assign(date_releve="2019-06-01")) == 2019
    assert structure.survey_year(pd.DataFrame({"genre": ["Acer"]})) is None


def test_structure_by_group():
    frame = pd.DataFrame(
        {"s": ["a"] * 10 + ["b"] * 2, "diametre": [10.0] * 4 + [30] * 3 + [50] * 2 + [70] + [np.nan] * 2}
    )
    table = structure.by(frame, "s").set_index("s")
    assert table.off_pct["a"] == pytest.approx(0) and np.isnan(table.off_pct["b"])
    assert table.measured.tolist() == [10, 0]
    assert structure.by(frame.assign(diametre=10.0), "s").off_pct.tolist() == [60, 60]  # all young: 60 points too many


def test_turnover_is_the_pace_of_the_last_ten_years():
    assert structure.turnover(pd.Series([1.0] * 5 + [50.0] * 95)).value == 200
    assert structure.turnover(pd.Series([50.0])).value == "never"
