"""The chapters on other data: an inventory of one commune, real beside invented layers, and a rehearsal."""

import json
import zipfile

import nbformat
import pytest
import shapely
import shapely.affinity

import datakit
from datakit.data import mirrors
from tests.chapters import answers, execute

CHAPTERS = (
    "20_vegetation_green",
    "21_vegetation_heat",
    "22_vegetation_ground",
    "23_vegetation_priority",
    "24_vegetation_planting",
)


def said(names, origins, **parameters):
    """What chapters say, by name of chapter and question."""
    books = execute(*names, origins=origins, **parameters)
    return {name: answers(book, solutions=False) for name, book in books.items()}


def figures(answer):
    return {one["name"]: one["value"] for one in answer["figures"]}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A mirror that passes the sample's communes off as real, and one with an inventory of Dijon only."""
    folder = tmp_path_factory.mktemp("given")
    # Other bytes than the sample's own, which the kit would know again wherever it finds them; and of Dijon the middle
    # only: what is mixed does not depend on how much ground there is, and the chapters go over all of it many times.
    towns = json.loads(datakit.fetch("communes", "sample").read_text(encoding="utf-8"))
    (dijon,) = (one for one in towns["features"] if one["properties"]["code"] == "21231")
    whole = shapely.geometry.shape(dijon["geometry"])
    middle = shapely.box(*shapely.affinity.scale(whole.envelope, 0.25, 0.25).bounds)
    dijon["geometry"] = shapely.geometry.mapping(whole & middle)
    (folder / "towns.geojson").write_text(json.dumps(towns, indent=1), encoding="utf-8")
    mirrors.add(folder / "communes", "communes", folder / "towns.geojson")
    assert not datakit.load("communes", str(folder / "communes")).attrs["datakit"]["synthetic"]
    with zipfile.ZipFile(datakit.fetch("trees-dijon", "sample")) as archive:
        header, *rows = archive.read(archive.namelist()[0]).decode().splitlines(keepends=True)
    town = header.split(";").index("code_insee")
    some = [row for row in rows if row.split(";")[town] == "21231"]
    assert 1000 < len(some) < len(rows)
    (folder / "dijon.csv").write_text("".join([header, *some]), encoding="utf-8")
    mirrors.add(folder / "trees", "trees-dijon", folder / "dijon.csv")
    return folder


@pytest.mark.slow
def test_an_inventory_of_one_commune_makes_no_whole_smaller_than_a_part(given):
    # The mirrors pass for real: beside the sample they are given in a rehearsal only.
    found = said(CHAPTERS[:1], f"{given / 'trees'},{given / 'communes'},sample", rehearsal=True)[CHAPTERS[0]]
    green = found["How much of the ground is green?"]
    told = figures(green)
    assert told["where"] == "Dijon" and green["kind"] == "MIXED"
    assert max(told[name] for name in ("woods", "crowns", "parks")) <= told["together"] <= told["total"]
    assert told["total"] == pytest.approx(told["woods"] + told["crowns"] + told["parks"])
    # Nothing else of the chapter changes: its residents live where buildings are known, in Dijon.
    assert all(one["answered"] for one in found.values())


@pytest.mark.slow
def test_real_communes_take_no_invented_layer_and_the_chapters_say_why(given):
    found = said(CHAPTERS, f"{given / 'communes'},sample")
    for chapter in found.values():
        for answer in chapter.values():
            assert not answer["answered"], answer["sentence"]
            assert "is invented in this run, and communes is real" in answer["why"]
            assert "rehearsal" in answer["why"]


@pytest.mark.slow
def test_a_rehearsal_goes_through_and_says_that_it_is_one(given):
    # What is mixed depends neither on the size of cells nor on how often choices are drawn.
    found = said(CHAPTERS, f"{given / 'communes'},sample", rehearsal=True, cell_size=200, draws=50)
    for chapter in found.values():
        assert all(answer["answered"] for answer in chapter.values())
        assert {answer["kind"] for answer in chapter.values()} <= {"MIXED", "SYNTHETIC"}
    assert found[CHAPTERS[0]]["How much of the ground is green?"]["kind"] == "MIXED"


def test_sentences_of_the_shipped_chapters_follow_from_their_figures(root):
    found = {}
    for name in CHAPTERS:
        shown = answers(nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4))
        found |= {question: figures(one) for question, one in shown.items()}
    green = found["How much of the ground is green?"]
    assert max(green[name] for name in ("woods", "crowns", "parks")) <= green["together"] <= green["total"]
    ruled = found["How many residents have what the 3-30-300 rule asks for?"]
    assert ruled["all_three"] <= min(ruled[name] for name in ("three_trees", "canopy_30", "green_300"))
    unequal = found["Have residents of poorer areas less canopy around them?"]
    assert unequal["gap"] == pytest.approx(unequal["rich"] - unequal["poor"])
    changed = found["What would planting change by then, for residents?"]
    assert changed["more"] == pytest.approx(changed["then"] - changed["without"])
    first = found["Where should the city plant first, whatever is chosen?"]
    assert 0 <= first["firm"] <= first["first"]
