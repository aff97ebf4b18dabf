"""Reasons are counted: what a tree has in common with trees that were lost."""

import pandas as pd
import pytest

from datakit.language import speaking
from datakit.trees import reasons


@pytest.fixture
def table():
    genus = ["Betula"] * 100 + ["Tilia"] * 300
    return pd.DataFrame({"genus": genus, "age": [60.0] * 50 + [20.0] * 350, "ground": ["Enrobé", "Pelouse"] * 200})


def test_the_worst_thing_comes_first_and_the_whole_stands_beside_it(table):
    target = [True] * 30 + [False] * 370
    said = reasons.reasons(table, target)
    assert said[0] == "Betula: 30.0 % lost, age 20–60 years: 7.5 % lost; of all trees 7.5 %" or said[0].startswith(
        "Betula: 30.0 % lost"
    )
    assert said[0].endswith("of all trees 7.5 %")
    assert said[399] == reasons.NONE  # a lime: nothing that it has was lost more often than all


def test_rare_values_are_no_reason(table):
    table.loc[0, "genus"] = "Rarissima"
    assert "Rarissima" not in reasons.reasons(table, [True] * 30 + [False] * 370)[0]


def test_reasons_in_french(table):
    with speaking("fr"):
        said = reasons.reasons(table, [True] * 30 + [False] * 370)
    assert said[0].startswith("Betula\u00a0: 30,0\u00a0% perdus")
    assert said[0].endswith("\u202f; de tous les arbres 7,5\u00a0%")


def test_a_table_without_columns_has_no_reasons():
    assert reasons.reasons(pd.DataFrame(index=[0, 1]), [True, False]).tolist() == [reasons.NONE] * 2
