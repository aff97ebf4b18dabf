"""INSEE's squares of 200 m: the publisher's file with its traps, over a server; and what the invented one holds."""

import io
import json
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.data import mirrors
from datakit.data.cards import PACKAGED
from datakit.data.origins import SAMPLE
from datakit.errors import NotAsDescribed
from tools.sample import squares as made
from tools.sample import territory

# INSEE's columns of 2019 and 2021, in its order.
HEADER = (
    "idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo,ind,men,men_pauv,men_1ind,men_5ind,men_prop,men_fmp,"
    "ind_snv,men_surf,men_coll,men_mais,log_av45,log_45_70,log_70_90,log_ap90,log_inc,log_soc,ind_0_3,ind_4_5,ind_6_10,"
    "ind_11_17,ind_18_24,ind_25_39,ind_40_54,ind_55_64,ind_65_79,ind_80p,ind_inc"
)
REST = "3678,0,38,6,21,5,6,0,0,4,2,7.5,9,14,15,24,11,18,5,0"  # of an invented square, as long as a real row
ARCHIVE = "Filosofi2021_carreaux_200m_csv.zip"


def row(north, east, communes, imputed=0, people="109.5,38,2,5,4,37,5,2962132.9"):
    km = f"CRS3035RES1000mN{north // 1000 * 1000}E{east // 1000 * 1000}"
    return f"CRS3035RES200mN{north}E{east},{km},{km},{imputed},{imputed},{communes},{people},{REST}\n"


FEW = "2,0.8,0,0.1,0,0.6,0.1,48229.5"
SQUARES = [
    row(2702400, 3946200, "21231"),
    row(2702400, 3946400, '"21278,21231"', 1, FEW),  # more of it lies in another commune of the Métropole
    row(2702600, 3946400, '"21200,21171"'),  # and of this one, outside
    row(2402600, 3800000, "01004"),
    row(2402800, 3800000, '"52123,13900"'),  # without the comma: 5212313900, which holds 21231
    row(2030000, 4252400, '"2A041,2A247"', 1, FEW),
]
OVERSEAS = row(7650000, 338000, "97411").replace("3035", "2975")


def packed(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


def published(rows, header=HEADER):
    """The archive of 2021: three files, one for each territory with its own system."""
    met, reun = f"{header}\n" + "".join(rows), f"{header}\n{OVERSEAS}"
    return packed(carreaux_200m_mart__csv=f"{header}\n", carreaux_200m_met__csv=met, carreaux_200m_reun__csv=reun)


@pytest.fixture
def publisher(server, cache, tmp_path, monkeypatch):
    """Returns a function that makes the card's publisher, on loopback, give some bytes, and loads them."""
    raw = json.loads((PACKAGED / "insee-squares.json").read_text(encoding="utf-8"))
    folder = tmp_path / "cards"
    folder.mkdir()
    raw["url"] = f"{server.base}/{ARCHIVE}"
    (folder / "insee-squares.json").write_text(json.dumps(raw), encoding="utf-8")
    monkeypatch.setenv("DATAKIT_CARDS", str(folder))

    def load(data):
        server.files[f"/{ARCHIVE}"] = data
        return datakit.load("insee-squares", "publisher", strict=True)

    return load


def test_the_publishers_archive_is_read(publisher):
    frame = publisher(published(SQUARES))
    said = frame.attrs["datakit"]
    assert (said["origin_kind"], said["synthetic"], said["rows_read"]) == ("publisher", False, 3)
    assert frame.communes.tolist() == ["21231", "21278,21231", "21200,21171"]
    assert frame.imputed.tolist() == [False, True, False]
    one, few = frame.iloc[0], frame.iloc[1]
    assert (one.residents, one.households, one.living_standards_sum) == (109.5, 38, 2962132.9)
    assert (one.floor_area, one.built_1945_1969, one.pop_65_79, one.pop_80_plus) == (3678, 21, 18, 5)
    assert (few.residents, few.households, few.poor_households) == (2, 0.8, 0)
    corners = frame.geometry.to_crs(3035).bounds.round(3).to_numpy()
    assert corners[1].tolist() == [3946400, 2702400, 3946600, 2702600]
    assert frame.crs.to_epsg() == 2154 and shapely.get_num_coordinates(frame.geometry.to_numpy()).tolist() == [5] * 3
    # Neighbours share a side: nothing between them, nothing twice.
    assert frame.geometry.iloc[0].intersection(frame.geometry.iloc[1]).length == pytest.approx(200, rel=0.01)
    assert frame.union_all().area == pytest.approx(frame.area.sum())


def test_every_column_of_the_publisher_has_its_field_and_both_names():
    card = datakit.catalog["insee-squares"]
    assert [f.source[0] for f in card.fields] == HEADER.split(",")
    assert all(f.raw["title"] != f.raw["title_fr"] for f in card.fields)
    kinds = {f.name: f.unit for f in card.fields if f.type == "number"}
    assert set(kinds.values()) == {"inhabitants", "households", "€ per year", "m²"}


def test_the_archive_within_the_archive_of_2019_is_named(publisher, tmp_path):
    """The kit opens no 7z: it says what is inside, and takes the file that another tool unpacked."""
    with pytest.raises(NotAsDescribed, match=r"Filosofi2019_carreaux_200m_csv\.7z") as caught:
        publisher(packed(Filosofi2019_carreaux_200m_csv__7z="7z"))
    assert "200m_met.csv" in caught.value.expected
    rows = [re.sub('"(.{5}),(.{5})"', r"\1\2", r) for r in SQUARES]  # the codes run together
    assert "2127821231" in rows[1] and "5212313900" in rows[4]
    (tmp_path / "carreaux_200m_met.csv").write_text(HEADER + "\n" + "".join(rows), encoding="utf-8")
    mirrors.add(tmp_path / "usb", "insee-squares", tmp_path / "carreaux_200m_met.csv")
    frame = datakit.load("insee-squares", str(tmp_path / "usb"), strict=True)
    assert frame.communes.tolist() == ["21231", "2127821231", "2120021171"]


def test_the_capitals_of_2017_are_read(publisher):
    names = HEADER.replace("lcog_geo", "LCOG").split(",")
    header = ",".join(n.capitalize() for n in names).replace("Lcog", "lcog_geo")
    assert header.startswith("Idcar_200m,") and ",Ind_80p," in header
    frame = publisher(packed(Filosofi2017_carreaux_200m_met__csv=f"{header}\n" + "".join(SQUARES)))
    assert frame.residents.tolist() == [109.5, 2, 109.5] and frame.imputed.sum() == 1


@pytest.mark.parametrize("column", ["i_est_200", "ind", "idcar_200m", "lcog_geo"])
def test_a_file_without_what_the_kit_needs_is_refused(publisher, column):
    """The Parquet copies that go round have no flag: a square would pass for counted."""
    with pytest.raises(NotAsDescribed) as caught:
        publisher(published(SQUARES, HEADER.replace(column + ",", "other,")))
    assert column in str(caught.value)


def test_rows_that_say_nothing_sure_are_set_aside(publisher):
    bad = [
        row(2702800, 3946200, "21231", "2"),
        row(2702800, 3946400, "21231", people="-1" + FEW[1:]),
        row(2702801, 3946600, "21231"),
        SQUARES[0],
        row(2702800, 3946800, "21231", people="," + FEW[2:]),
    ]
    with pytest.raises(datakit.errors.RowsRejected, match="5 of 8 rows"):
        publisher(published([*SQUARES, *bad]))


# -- the invented squares ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample():
    with pytest.warns(datakit.errors.DataWarning, match="insee-squares: 8 of"):
        return datakit.load("insee-squares", "sample")


def test_the_invented_file_has_the_publishers_form():
    file = SAMPLE / "insee-squares" / ARCHIVE
    assert file.stat().st_size < 300_000
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [f"carreaux_200m_{part}.csv" for part in ("met", "mart", "reun")]
        assert {archive.read(name).partition(b"\n")[0].decode() for name in archive.namelist()} == {HEADER}


def test_the_residents_of_squares_are_those_of_the_census(sample):
    who = made.truth()
    census = territory.iris().set_index("iris").population
    assert who.groupby("iris").residents.sum().reindex(census.index).tolist() == census.tolist()
    names = made._names(200, who.north, who.east)
    by_square = who.residents.groupby(names).sum()
    assert set(by_square.index) == set(sample.square)
    assert (by_square.reindex(sample.square).to_numpy() == sample.residents.to_numpy()).all()


def test_people_live_where_houses_stand(sample):
    with pytest.warns(datakit.errors.DataWarning):
        houses = datakit.load("bdtopo-buildings", "sample")
    city = sample[sample.communes == "21231"]
    touched = city.sindex.query(houses.geometry.to_numpy(), predicate="intersects")[1]
    assert len(np.unique(touched)) > 0.99 * len(city) > 600


def test_squares_are_as_small_and_as_imputed_as_real_ones(sample):
    assert 0.4 < sample.imputed.mean() < 0.8 and (sample.residents <= 6).mean() > 0.25
    counted, few = sample[~sample.imputed], sample[sample.imputed]
    assert (counted.households >= 11).all() and (counted.households % 1 == 0).all()
    assert (few.households % 1 != 0).mean() > 0.5 and 0.02 < few.residents.sum() / sample.residents.sum() < 0.2
    assert ((sample.residents * 2) % 1 == 0).all() and (sample.residents % 1 == 0.5).any()
    ages = [c for c in sample if c.startswith("pop_")]
    assert np.allclose(sample[ages].sum(axis=1), sample.residents)
    assert np.allclose(sample.households_flats + sample.households_houses, sample.households)
    assert (sample.poor_households <= 0.8 * sample.households + 0.1).all()
    mean = sample.living_standards_sum / sample.residents
    assert mean.between(made.WINSORISED[0] - 0.1, made.WINSORISED[1] + 0.1).all()
    assert sample.communes.str.contains(",").mean() > 0.05 and sample.communes.str.len().max() >= 17


def test_imputed_figures_are_right_for_the_natural_square_only(sample):
    own = made._described(np.random.default_rng([2026, 14]))
    own["square"] = made._names(200, own.north, own.east)
    both = sample.merge(own[["square", "men", "log_soc", "ind_80p"]], on="square")
    by = both.groupby("square_natural")[["households", "men", "social_housing", "log_soc"]].sum()
    size = both.groupby("square_natural").size()
    assert (by.men >= 11).all()
    assert ((by.households - by.men).abs() <= 0.06 * size).all()
    assert ((by.social_housing - by.log_soc).abs() <= 0.06 * size).all()
    few = both[both.imputed]
    assert (few.social_housing - few.log_soc).abs().mean() > 0.3


def groups(*households, side=200):
    """Groups of a row of squares, from west to east."""
    east = np.arange(len(households)) * side
    return made._Groups(east, np.zeros(len(households), int), np.array(households))


def test_squares_are_grouped_as_insee_groups_them():
    alone = groups(12, 30, 11, 14, 20)
    assert len(set(alone.group)) == 5 and set(alone.natural) == {200}
    # Small ones together; where they are fewer than 11 together, with the smallest large one.
    some = groups(3, 9, 30, 14, 20)
    assert some.group[0] == some.group[1] and len(set(some.group)) == 4 and set(some.natural) == {1000}
    lonely = groups(3, 30, 14, 20, 40)
    assert lonely.group[0] == lonely.group[2] and len(set(lonely.group)) == 4
    # The documentation's second figure: one of four squares of 1 km is too small.
    km = groups(7, *[0] * 4, 12, 4, 5, 0, 0)
    inhabited = pd.Series(km.group)[[0, 5, 6, 7]].tolist()
    assert inhabited[0] == inhabited[2] == inhabited[3] != inhabited[1] and km.natural[0] == 2000
