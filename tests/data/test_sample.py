"""The bundled sample: made again byte for byte, small, said to be invented, and every card opens on it."""

import gzip
import io
import json
import warnings
import zipfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.data.cache import DataWarning
from datakit.data.cards import PACKAGED
from datakit.data.origins import SAMPLE
from tools.make_sample import make
from tools.sample import territory
from tools.sample.vegetation import truth

LOCK = json.loads((SAMPLE / "data.lock").read_text(encoding="utf-8"))
IDS = sorted(LOCK["datasets"])


def unpacked(data):
    """The members of a zip or the text of a gzip; a plain file as it is."""
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_the_sample_is_made_again_byte_for_byte(tmp_path):
    make(tmp_path / "again")
    files = {p.relative_to(SAMPLE): p.read_bytes() for p in SAMPLE.rglob("*") if p.is_file()}
    again = {p.relative_to(tmp_path / "again"): p.read_bytes() for p in (tmp_path / "again").rglob("*") if p.is_file()}
    assert set(files) == set(again)
    # An archive is compared by what is in it: zlib's own bytes differ from one build of Python to another.
    differing = [
        str(name) for name in files if files[name] != again[name] and unpacked(files[name]) != unpacked(again[name])
    ]
    assert [name for name in differing if name != "data.lock"] == []


def test_shapes_put_on_a_grid_are_those_of_shapely_to_the_byte():
    rng = np.random.default_rng(1)
    angle = np.sort(rng.uniform(0, 2 * np.pi, (200, 5)), axis=1)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * rng.uniform(0.02, 3, (200, 1, 1))  # some collapse
    ring[::2] = ring[::2, ::-1]  # half of them the other way round
    shapes = [*shapely.polygons(ring), shapely.Point(0, 0).buffer(9) - shapely.Point(1, 0).buffer(2)]
    shapes += [shapely.LineString([(0.004, 0), (1, 1)]), shapely.set_precision(shapes[0], 0.01)]
    assert shapely.to_wkb(territory.on_grid(shapes, 0.01)).tolist() == [
        shapely.set_precision(shape, 0.01).wkb for shape in shapes
    ]


def test_the_sample_is_small_and_says_that_it_is_invented():
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) <= 10e6
    assert LOCK["synthetic"] is True
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "INVENTED" in readme and "Planted truth" in readme
    assert all("SYNTHETIC SAMPLE" in entry["note"] for entry in LOCK["datasets"].values())


# Cities of which only the names of the columns are known: an invented file would pretend to know the values too.
NAMES_ONLY = {
    f"trees-{city}"
    for city in (
        "bayonne",
        "grand-paris-sud",
        "grenoble-metropole",
        "mulhouse",
        "nevers",
        "saint-quentin",
        "seine-saint-denis",
    )
}


def test_every_card_has_a_sample():
    cards = {p.stem for p in PACKAGED.glob("*.json")}
    assert {id.partition("@")[0] for id in IDS} == cards - NAMES_ONLY and cards > NAMES_ONLY


@pytest.mark.parametrize("id", IDS)
def test_every_card_opens_on_the_sample(id):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        frame = datakit.load(id, "sample")
    card, said = datakit.catalog[id], frame.attrs["datakit"]
    assert said["synthetic"] is True
    assert len(frame) >= 10 or id.startswith("qpv")
    assert said["rows_rejected"] <= 0.05 * said["rows_read"], said["rejects"][:3]
    wanted = [f.name for f in card.fields if not f.optional]
    assert set(wanted) <= set(frame.columns)
    for f in card.fields:
        if f.name in frame and f.type in ("integer", "number", "year"):
            assert frame[f.name].notna().any() or f.optional, f"{f.name} is empty"
    if card.geometry:
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs.to_epsg() == 2154
        there = frame[frame.geometry.notna()]
        assert there.is_valid.all()
        kinds = {kind.removeprefix("Multi") for kind in there.geom_type}
        assert kinds == {card.geometry["type"].removeprefix("Multi")}
        assert len(there)


def test_the_city_is_as_large_as_the_real_one():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        trees = datakit.load("trees-dijon", "sample")
    assert 59_000 <= len(trees) <= 60_000
    assert len(datakit.load("communes", "sample")) == 23
    assert len(datakit.load("iris", "sample")) == 107


def test_no_file_of_the_sample_holds_an_address_or_a_phone_that_could_be_someones():
    import re

    for file in Path(SAMPLE).rglob("*"):
        if file.suffix in (".csv", ".json", ".geojson", ".txt"):
            text = file.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"\b0[1-9](?:[ .]\d\d){4}\b", text), f"{file.name} has a phone number"
            mails = set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text))
            assert all(m.endswith((".example", "example.org", ".invalid")) for m in mails), file.name


# -- the planted truth of the ground ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted():
    return truth()


@pytest.fixture(scope="module")
def layer():
    """Layers by id, each loaded once."""

    @cache
    def load(id):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            return datakit.load(id, "sample")

    return load


def ends_of(roads):
    """The two ends of each section, to the metre: (x, y) pairs as complex numbers."""
    lines = roads.geometry.to_numpy()
    ends = shapely.get_coordinates([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]).round()
    return (ends[:, 0] + 1j * ends[:, 1]).reshape(2, -1)


def test_the_inhabitants_of_houses_are_those_of_the_census(planted, layer):
    people = planted["residents"]
    census = layer("census-iris-population").set_index("iris").population
    census = census[census.index.str.startswith("21231")]
    assert people.groupby("iris").residents.sum().reindex(census.index).tolist() == census.round().tolist()
    houses = layer("bdtopo-buildings").drop_duplicates("cleabs").set_index("cleabs")
    there = people[people.cleabs.isin(houses.index)]
    assert len(there) > 0.99 * len(people)
    found = houses.loc[there.cleabs]
    away = found.geometry.reset_index(drop=True).distance(there.geometry.reset_index(drop=True))
    assert (away < 1).mean() > 0.99  # all but those that were broken
    assert (found.usage_1 == there.usage_1.to_numpy()).all()
    volume = (found.area * found.hauteur).to_numpy()
    known = ~np.isnan(volume)
    # The volume tells much of it, not all.
    assert 0.4 < np.corrcoef(volume[known], there.residents[known])[0, 1] < 0.95
    unknown = houses.usage_1 == "Indifférencié"
    assert 0.2 < houses.index[unknown].isin(people.cleabs).mean() < 0.6


def test_planted_ground_is_free_and_belongs_to_whom_it_says(planted, layer):
    ground = planted["plantable"]
    total = ground.area.sum()
    for id in ("bdtopo-buildings", "bdtopo-vegetation", "bdtopo-sports"):
        whole = layer(id)[lambda f: f.area > 40]  # the few that were broken and repaired are smaller or bow-ties
        place, other = whole.sindex.query(ground.geometry, predicate="intersects")
        shared = shapely.intersection(ground.geometry.array[place], whole.geometry.array[other])
        assert shapely.area(shared).sum() < 0.002 * total, id
    # Whose it is, by the two real files: parcels and the tax office's table.
    owners = layer("public-parcels")
    public = owners.owner_group.isin(["1", "2", "3", "4", "9"]).groupby(owners.parcel).all()
    lots = layer("cadastre-parcels")
    lots = lots.assign(tenure=np.where(lots.id.map(public).eq(True), "public", "private"))
    point = ground.explode(ignore_index=True).assign(geometry=lambda g: g.geometry.representative_point())
    found = gpd.sjoin(point, lots[["tenure", "geometry"]], predicate="within", lsuffix="planted", rsuffix="found")
    assert (found.tenure_planted == found.tenure_found).mean() > 0.99
    streets = point[~point.index.isin(found.index)]
    assert set(streets.kind) >= {"wide pavement"} and (streets.kind == "wide pavement").mean() > 0.9
    assert not (found.kind == "wide pavement").any()


def test_planted_yards_and_car_parks_lie_in_their_layers(planted, layer):
    ground = planted["plantable"]
    for kind, id, natures in (
        ("schoolyard", "bdtopo-places", ["Enseignement primaire", "Collège", "Lycée"]),
        ("car park", "bdtopo-transport", ["Parking"]),
    ):
        whole = layer(id)[lambda f, natures=natures: f.nature.isin(natures)].union_all()
        mine = ground[ground.kind == kind]
        assert len(mine) > 10
        assert mine.intersection(whole.buffer(0.5)).area.sum() > 0.95 * mine.area.sum()


def test_the_streets_of_the_city_are_one_network_that_seldom_crosses_the_railway(layer):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    streets = layer("bdtopo-roads")[lambda r: r.urbain.fillna(False).astype(bool)]
    _, node = np.unique(ends_of(streets), return_inverse=True)
    a, b = node.reshape(2, -1)
    count, part = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(node.max() + 1,) * 2))
    assert np.bincount(part).max() >= 0.995 * len(part), count  # a broken row may leave a piece alone
    rail = layer("bdtopo-rail")[lambda r: r.position_par_rapport_au_sol == "0"].union_all()
    crossing = streets[streets.intersects(rail)]
    assert (crossing.position_par_rapport_au_sol == "1").all()
    assert 8 <= len(crossing) <= 0.02 * len(streets)
    assert not layer("bdtopo-buildings").intersects(rail.buffer(5)).any()


def test_parks_beyond_the_railway_are_near_only_as_the_crow_flies(planted, layer):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    streets = layer("bdtopo-roads")[lambda r: r.nature != "Type autoroutier"]
    places, node = np.unique(ends_of(streets), return_inverse=True)
    a, b = node.reshape(2, -1)
    graph = coo_array((streets.length.to_numpy(), (a, b)), shape=(len(places),) * 2)
    parks = layer("osm-green")[lambda g: g.access.ne("private").fillna(True) & (g.area >= 10_000)]
    points = shapely.points(places.real, places.imag)
    gates = parks.sindex.query(points, predicate="dwithin", distance=25)[0]
    away = dijkstra(graph, directed=False, indices=np.unique(gates), min_only=True)
    people = gpd.sjoin(planted["residents"], planted["blocks"][["i", "j", "geometry"]], predicate="within")
    place, nearest = shapely.STRtree(points).query(people.geometry, predicate="dwithin", distance=250)
    leg = shapely.distance(people.geometry.array[place], points[nearest])
    # Nobody reaches a street across the rails.
    rail = layer("bdtopo-rail").union_all()
    shapely.prepare(rail)
    ways = shapely.linestrings(
        np.stack([shapely.get_coordinates(people.geometry.array[place]), shapely.get_coordinates(points[nearest])], 1)
    )
    walk = pd.Series(leg + away[nearest])[~shapely.intersects(rail, ways)].groupby(
        place[~shapely.intersects(rail, ways)]
    )
    walk = walk.min().reindex(range(len(people))).to_numpy()
    crow = shapely.distance(people.geometry.array, parks.union_all())
    cut = pd.MultiIndex.from_frame(people[["i", "j"]]).isin(pd.MultiIndex.from_frame(planted["barrier"][["i", "j"]]))
    assert len(planted["barrier"]) >= 9 and people.residents[cut].sum() > 1000
    assert (crow[cut] <= 300).mean() > 0.95
    assert (walk[cut] > 300).all() and np.median(walk[cut] / crow[cut]) > 3
    near = ~cut & (crow > 60) & (crow <= 300)
    assert np.median(walk[near] / crow[near]) < 1.7
    assert (layer("osm-green").access == "private").any()


# -- what the sample must not say -------------------------------------------------------------------------------------


def test_no_real_place_is_called_poor(layer):
    """Planted hardship has names and codes that no real IRIS has; what has a real one is ordinary."""
    areas = layer("iris").set_index("iris")
    fictitious = areas.index[areas.index.str[5:7] == "90"]
    assert set(fictitious) == set(territory.PLANTED)
    assert areas.name[fictitious].tolist() == [territory.PLANTED[code] for code in fictitious]
    assert areas.name[areas.type_iris == "H"].str.contains("ecteur fictif").all()
    incomes = layer("filosofi-iris").set_index("iris").poverty_rate.dropna()
    real = incomes.drop(fictitious)
    assert incomes[fictitious].min() > real.max() and real.median() < 15
    # Of the other communes none stands out, and those that people know as poor do not lead.
    others = incomes.groupby(incomes.index.str[:5]).median().drop(territory.CITY)
    known = ["21166", "21617", "21515", "21355"]
    assert others.max() < 15 and others.max() - others.min() < 6
    assert others.idxmax() not in known and others[known].mean() < others.drop(known).mean()
    assert set(layer("qpv-2024").commune) == {territory.CITY}
