"""No table leaves the room with a figure about too few households: tables made to break the rule."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import WrongUse
from datakit.inclusion import privacy

LABELS = ("iris", "commune")


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "iris": ["a", "b", "c", "d", "e", "f"],
            "commune": ["x", "x", "x", "y", "y", "y"],
            "households": [400, 5, 30, np.nan, 700, 60],
            "poverty_rate": [12.0, 80.0, 21.0, 33.3, 14.0, 45.5],
            "metres": [100.0, 200, 300, 400, 500, 600],
        }
    )


def small(households, town="t"):
    n = len(households)
    return pd.DataFrame({"iris": range(n), "town": town, "households": households, "poor": [40.0] * n})


def values(path):
    """Every number written in a file, as text."""
    return path.read_text(encoding="utf-8")


def write(frame, path, figures=("poverty_rate",), **settings):
    settings = {"count": "households", "public": (*LABELS, "metres"), **settings}
    return privacy.write(frame, path, figures, **settings)


# -- what is hidden ---------------------------------------------------------------------------------------------------


def test_what_is_written_holds_no_figure_under_the_threshold(table, tmp_path):
    path = write(table, tmp_path / "t.csv", within="commune")
    back = pd.read_csv(path).set_index("iris")
    # 5 households; an unknown number; and in each commune the next smallest, which would give the other away
    assert back.poverty_rate.isna().to_dict() == dict(
        zip("abcdef", [False, True, True, True, False, True], strict=True)
    )
    assert back.households.isna().equals(back.poverty_rate.isna())
    assert back.metres.tolist() == [100, 200, 300, 400, 500, 600]
    assert "80.0" not in values(path)
    assert "33.3" not in values(path)


@pytest.mark.parametrize(("number", "shown"), [(11, True), (10.999, False), (10, False), (0, False), (None, False)])
def test_only_a_number_known_to_be_large_is_shown(number, shown):
    out = privacy.suppress(small([300.0, 50.0, number, 60.0]), ["poor"], count="households")
    assert out.poor.notna().tolist()[::2] == [True, shown]
    assert out.households.notna().equals(out.poor.notna())  # the count itself would tell
    assert (out.hidden == "").equals(out.poor.notna())


def test_one_subtraction_does_not_bring_a_figure_back():
    out = privacy.suppress(small([300.0, 40, 5, 90]), ["poor"], count="households", within="town")
    assert (out.hidden != "").tolist() == [False, True, True, False]


def test_two_hidden_areas_that_are_together_too_few_take_a_third():
    out = privacy.suppress(small([300.0, 3, 5, 90]), ["poor"], count="households", within="town")
    assert (out.hidden != "").tolist() == [False, True, True, True]
    enough = privacy.suppress(small([300.0, 6, 5, 90]), ["poor"], count="households", within="town")
    assert (enough.hidden != "").tolist() == [False, True, True, False]


def test_an_empty_area_protects_nobody():
    out = privacy.suppress(small([300.0, 0, 5, 90]), ["poor"], count="households", within="town")
    assert (out.hidden != "").tolist() == [False, True, True, True]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_hidden_can_never_be_had_from_the_total(seed):
    rng = np.random.default_rng(seed)
    table = small(rng.integers(0, 40, 12).astype(float), town=list("aaaabbbbcccc"))
    out = privacy.suppress(table, ["poor"], count="households", within="town")
    assert out.households.dropna().min() >= 11
    for _, rows in out.groupby("town"):
        hidden = table.households[rows.index[rows.hidden != ""]]
        if len(hidden):
            everything = len(hidden) == len(rows)
            assert everything or (hidden.sum() >= 11 and (hidden > 0).sum() >= 2)


def test_nothing_can_be_had_by_subtraction():
    rng = np.random.default_rng(1)
    for _ in range(200):
        number = rng.integers(0, 40, 8)
        table = pd.DataFrame({"commune": "x", "households": number, "poor": rng.integers(0, 9, 8)})
        safe = privacy.safe(table, ["poor"], count="households", within="commune")
        hidden = safe.households.isna()
        if hidden.any() and not hidden.all():
            # the total of the commune is published: what is hidden adds up to enough, and to two areas or more
            assert number[hidden].sum() >= privacy.MIN_HOUSEHOLDS
            assert (number[hidden] > 0).sum() >= 2


def test_rows_keep_their_order_types_and_attrs():
    table = small([50, 5, 60, 70]).set_index(pd.Index([7, 3, 9, 1]))
    table.attrs["datakit"] = {"id": "x"}
    before = table.copy()
    out = privacy.suppress(table, ["poor"], count="households")
    pd.testing.assert_frame_equal(table, before)
    assert out.index.tolist() == [7, 3, 9, 1]
    assert str(out.households.dtype) == "Int64"
    assert out.attrs == {"datakit": {"id": "x"}}


# -- attacks: each was a way to get a hidden figure back --------------------------------------------------------------


class TestAttacks:
    """One class, one attack each: what a reader of the table must not be able to do."""

    def test_subtract_what_is_shown_from_the_total_when_no_larger_area_is_named(self, table, tmp_path):
        table = table.assign(households=[400, 6, 300, 200, 700, 60], poor=[100, 6, 50, 40, 90, 20])
        table, public = table.rename(columns={"commune": "part"}), ("iris", "part", "metres")
        path = write(table, tmp_path / "t.csv", {"poverty_rate": "pct", "poor": "count"}, public=public)
        back = pd.read_csv(path)
        assert back.poor.isna().sum() == back.households.isna().sum() == 2
        assert back.poor.sum() == 306 - 6 - 20  # an intruder who knows 306 learns what two areas have together

    def test_subtract_what_is_shown_from_the_published_total_of_a_commune_that_nobody_named(self, table, tmp_path):
        """One small area among four, and a smaller protector elsewhere: the commune's total less three gave it back."""
        table = table.assign(commune=list("xxxxyy"), households=[400, 6, 300, 200, 700, 60])
        back = pd.read_csv(write(table, tmp_path / "t.csv")).set_index("iris")
        assert back.households.isna().to_dict() == dict(
            zip("abcdef", [False, True, False, True, False, False], strict=True)
        )

    def test_subtract_larger_areas_from_the_total_of_all(self):
        """A commune hidden as a whole is the total less the other communes: one more commune is hidden with it."""
        table = small([6.0, 90, 80, 300, 200], town=list("abbcc"))
        out = privacy.suppress(table, ["poor"], count="households", within="town")
        assert (out.hidden != "").tolist() == [True, True, True, False, False]

    @pytest.mark.parametrize(
        "leak",
        [
            pd.Series(["12 %", "80 %", "21 %", "33.3 %", "14 %", "45.5 %"]),
            pd.Series([12.0, 80.0, 21.0, 33.3, 14.0, 45.5], dtype=object),
            pd.Series([12.0, 80.0, 21.0, 33.3, 14.0, 45.5], dtype="category"),
            pd.Series(["low", "all poor", "low", "low", "low", "low"]),
            pd.Series([False, True, False, False, False, False], dtype=object),
        ],
        ids=["text", "object", "category", "words", "object of truths"],
    )
    def test_read_the_same_figure_in_a_column_that_is_no_number(self, table, tmp_path, leak):
        with pytest.raises(WrongUse, match="told"):
            write(table.assign(told=leak), tmp_path / "t.csv")
        assert not list(tmp_path.iterdir())
        safe = privacy.safe(
            table.assign(told=leak), ["poverty_rate", "told"], count="households", public=(*LABELS, "metres")
        )
        assert safe.told.isna().tolist()[1] and not safe.told.isna().all()
        if isinstance(safe.told.dtype, pd.CategoricalDtype):
            assert 80.0 not in safe.told.cat.categories  # a category that no row has would still tell

    def test_read_a_number_kept_as_text_in_the_table_used_within_the_room(self, table):
        table = table.assign(told=["12 %", "80 %", "21 %", "33.3 %", "14 %", "45.5 %"])
        assert privacy.suppress(table, ["poverty_rate"], count="households").told.isna()[1]

    @pytest.mark.parametrize("name", ["t.csv", "t.geojson"])
    def test_read_the_index(self, table, tmp_path, name):
        shapes = [shapely.box(k, 0, k + 1, 1) for k in range(6)]
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:2154")
        path = write(frame.set_index(pd.Index([f"{k}@example.org" for k in "abcdef"])), tmp_path / name)
        assert "example.org" not in values(path)
        if path.suffix == ".geojson":
            assert not any("id" in feature for feature in json.loads(values(path))["features"])

    @pytest.mark.parametrize(
        "column",
        ["nom", "name", "Nom d'usage", "adresse", "address", "tel", "Tél.", "mel", "e-mail", "e_mail", "emailContact"]
        + ["email", "Prénom", "telephone", "device_id", "numero_telephone", "lastName", "date de naissance", "NIR"],
    )
    def test_read_a_column_about_persons(self, table, tmp_path, column):
        with pytest.raises(WrongUse, match="persons"):
            write(table.assign(**{column: "x"}), tmp_path / "t.csv", public=(*LABELS, "metres", column))
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        "value", ["write to a.b@exemple.fr", "03 80 12 34 56", "+33380123456", "tel. 0380.12.34.56"]
    )
    def test_read_a_value_that_reaches_a_person(self, table, tmp_path, value):
        frame = table.assign(remark=["", "", value, "", None, ""])
        with pytest.raises(WrongUse, match="persons") as refused:
            write(frame, tmp_path / "t.csv", public=(*LABELS, "metres", "remark"))
        assert value not in str(refused.value)

    @pytest.mark.parametrize("column", ["name_iris", "nom_commune", "libelle", "hotel", "renom"])
    def test_but_the_name_of_a_place_may_be_written(self, table, tmp_path, column):
        frame = table.assign(**{column: "Les Grésilles 2"}, siret="13002526500013")
        assert write(frame, tmp_path / "t.csv", public=(*LABELS, "metres", column, "siret")).exists()

    def test_tell_the_area_that_is_too_small_from_the_one_hidden_to_protect_it(self, table):
        safe = privacy.safe(table, ["poverty_rate"], count="households", public=(*LABELS, "metres"), within="commune")
        assert set(safe.hidden) == {"", privacy.HIDDEN}

    def test_divide_the_counts_that_a_share_is_made_of(self):
        table = small([300.0, 5, 40, 80]).assign(people=[600, 9, 80, 160], old=[60, 9, 20, 40])
        table["old_pct"] = 100 * table.old / table.people
        out = privacy.suppress(table, {"old_pct": ("old", "people")}, count="households")
        for column in ("old_pct", "old", "people", "households", "poor"):  # `poor` was not even named
            assert out[column].notna().tolist() == [True, False, False, True], column
        kept = privacy.suppress(table, {"old_pct": ("old", "people")}, count="households", public=("poor",))
        assert kept.poor.notna().all()
        known = privacy.suppress(table, {"old_pct": ("old", "people")}, count="households", public=("people", "poor"))
        assert known.people.notna().all() and known.old.isna().equals(known.old_pct.isna())
        assert known.old.isna().sum() == 2

    def test_point_at_the_one_unemployed_in_a_large_area(self):
        table = small([300.0, 200, 250, 100]).assign(active=[400, 300, 350, 150], jobless=[40, 1, 20, 30])
        table["jobless_pct"] = 100 * table.jobless / table.active
        out = privacy.suppress(table, {"jobless_pct": ("jobless", "active")}, count="households", public=("poor",))
        # The next smallest area goes with it: a total less the others would be the one unemployed.
        for column in ("jobless", "jobless_pct"):
            assert out[column].notna().tolist() == [True, False, True, False]
        assert (out.hidden == "").all() and out.active.notna().all()  # the rest of the row stays

    def test_two_small_counts_do_not_protect_each_other(self):
        table = small([300.0, 200, 250, 100]).assign(jobless=[40, 1, 20, 2])
        out = privacy.suppress(table, {"jobless": "count"}, count="households", public=("poor",))
        assert out.jobless.notna().tolist() == [True, False, False, False]

    @pytest.mark.parametrize(
        ("figures", "columns"),
        [
            ({"poor": "count"}, {"poor": [30, 12, 40, 60]}),
            (["poor_pct"], {"poor_pct": [10.0, 100, 16, 20]}),
            (["poor_share"], {"poor_share": [0.10, 1.0, 0.16, 0.20]}),
            ({"poor_pct": ("poor", "households")}, {"poor_pct": [10, 100, 16, 20], "poor": [30, 12, 40, 60]}),
            ({"rich": "count"}, {"rich": [30, 11, 40, 60]}),
        ],
    )
    def test_know_that_all_households_or_all_but_a_few_are_poor(self, figures, columns):
        table = small([300.0, 12, 250, 300]).drop(columns="poor").assign(**columns)
        out = privacy.suppress(table, figures, count="households")
        for column in columns:
            assert out[column].isna()[1], column
            assert out[column].isna().sum() == 2

    def test_that_nobody_has_a_trait_may_be_said(self):
        table = small([300.0, 200, 250]).assign(jobless=[40, 0, 20])
        out = privacy.suppress(table, {"jobless": "count"}, count="households")
        assert out.jobless.tolist() == [40, 0, 20]

    def test_an_amount_is_no_count(self):
        table = small([300.0, 200, 250]).assign(way=[3.0, 2.0, 4.0])
        assert privacy.suppress(table, {"way": "amount"}, count="households").way.notna().all()

    def test_subtract_communes_from_the_total_of_the_metropole(self):
        """One commune of fewer households than the minimum, and no larger area named: the share came back exactly."""
        towns = small([90.0, 5000, 800, 120]).assign(people=[190, 9000, 1700, 260], old=[17, 900, 150, 40])
        towns["old_pct"] = 100 * towns.old / towns.people
        out = privacy.suppress(towns, {"old_pct": ("old", "people")}, count="households", minimum=100)
        assert (out.hidden != "").tolist() == [True, False, False, True]


@pytest.mark.parametrize("seed", range(30))
def test_no_count_of_a_few_people_comes_back_from_totals(seed):
    """Sums over what is hidden, by town and over all: never of one area alone, nor of a few people, nor of all."""
    rng = np.random.default_rng(seed)
    town = np.repeat(list("abcd"), 5)
    table = small(rng.integers(5, 60, 20).astype(float), town=town)
    table["old"] = np.minimum(rng.integers(0, 30, 20), table.households)
    out = privacy.suppress(table, {"old": "count"}, count="households", within="town", public=("poor",))
    shown = out.old.dropna()
    assert ((shown == 0) | (shown >= privacy.FEW)).all()
    assert (table.households[shown.index] - shown >= privacy.FEW).all()
    gone = out.old.isna()
    wholly = gone.groupby(town).transform("all")
    assert wholly.sum() == 0 or wholly.all() or wholly.groupby(town).first().sum() >= 2
    for name in "abcd":
        rows = gone & (town == name)
        if rows.any() and not wholly[rows].all():
            assert (table.households[rows] > 0).sum() >= 2
            some, of = table.old[rows].sum(), table.households[rows].sum()
            assert (some == 0 or some >= privacy.FEW) and of - some >= privacy.FEW


# -- what is refused --------------------------------------------------------------------------------------------------


def test_no_text_that_is_written_is_a_formula(table, tmp_path):
    table = table.assign(place=["=1+1", "@SUM(1)", "ici", "-2,5", "là", "ici"])
    path = write(table, tmp_path / "t.csv", public=(*LABELS, "metres", "place"))
    assert pd.read_csv(path).place.tolist() == ["'=1+1", "'@SUM(1)", "ici", "-2,5", "là", "ici"]


def test_with_shapes_too(table, tmp_path):
    shapes = [shapely.box(k, 0, k + 1, 1) for k in range(6)]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:2154")
    path = write(frame, tmp_path / "t.geojson")
    back = gpd.read_file(path)
    assert back.poverty_rate.isna().tolist() == [False, True, True, True, False, True]
    assert len(back) == 6


def test_a_column_that_nobody_declared_stops_the_export(table, tmp_path):
    with pytest.raises(WrongUse, match="metres"):
        write(table, tmp_path / "t.csv", public=LABELS)
    with pytest.raises(WrongUse, match="iris"):
        write(table, tmp_path / "t.csv", public=("commune", "metres"))
    assert not list(tmp_path.iterdir())


def test_an_older_file_survives_a_refusal(table, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(WrongUse):
        write(table, path, public=())
    assert path.read_text(encoding="utf-8") == "before"


def test_another_format_is_refused(table, tmp_path):
    with pytest.raises(WrongUse, match="xlsx"):
        write(table, tmp_path / "t.xlsx")


@pytest.mark.parametrize(
    "wrong",
    [{"count": "homes"}, {"minimum": 1}, {"minimum": float("nan")}, {"within": "street"}, {"figures": ["rich"]}]
    + [{"figures": {"poor": "rate of"}}, {"figures": {"poor": ("old", "people")}}, {"few": 1}, {"public": ("cars",)}],
)
def test_a_rule_that_cannot_be_applied_raises(wrong):
    with pytest.raises(WrongUse):
        privacy.suppress(small([50.0]), **{"figures": ["poor"], "count": "households", **wrong})


def test_a_negative_number_of_households_raises():
    with pytest.raises(WrongUse, match="negative"):
        privacy.suppress(small([50.0, -4]), ["poor"], count="households")


def test_a_share_of_too_few_is_none():
    assert privacy.pct(5, 20, 11) == 25
    assert privacy.pct(5, 20, 10.9) is None
    assert privacy.pct(5, 20, float("nan")) is None
    assert privacy.pct(0, 0, 50) is None
    assert privacy.pct(0, 20, 50) == 0
    assert privacy.pct(4, 20, 50) is None  # a few people
    assert privacy.pct(16, 20, 50) is None  # all but a few
