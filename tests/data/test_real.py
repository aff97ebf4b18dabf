"""The whole kit on real data: a mirror of the snapshots, an ordinary static server, every notebook."""

import functools
import http.server
import json
import subprocess
import sys
import threading

import pytest

import datakit
from datakit.data.provenance import dated
from tests.chapters import NOTEBOOKS, answers, execute
from tests.real import FILES

pytestmark = pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")


@pytest.fixture(scope="module")
def address(real_mirror):
    """The address of Python's own static server on the mirror's folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=real_mirror))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _real_cards(real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)


@pytest.mark.parametrize(
    ("id", "rows", "set_aside"),
    [
        ("communes", 24, 0),
        ("communes-population", 23, 0),
        ("census-iris-population", 93, 0),
        ("census-iris-households", 93, 0),
        ("census-iris-housing", 93, 0),
        ("mednum-bfc", 697, 0),
        ("france-services", 26, 0),
        ("divia-gtfs", 1080, 0),
        ("trees-grenoble", 5343, 0),
        ("trees-paris", 3542, 0),
        ("trees-paris-2019", 197, 1),  # a height of 510 m
        ("trees-saint-quentin", 7409, 0),
    ],
)
def test_every_snapshot_loads_over_http(address, id, rows, set_aside):
    frame = datakit.load(id, address)
    said = frame.attrs["datakit"]
    assert (said["rows_read"], said["rows_rejected"]) == (rows, set_aside), said["rejects"]
    assert (said["origin"], said["synthetic"]) == (address, False)


def test_a_snapshot_says_of_which_year_it_is(address):
    """Where its source says so; of the others, a reader sees the day on which they were fetched, called that."""
    of = {id: dated(datakit.load(id, address).attrs["datakit"]) for id in FILES}
    unknown = {"mednum-bfc", "trees-grenoble", "trees-paris", "trees-saint-quentin"}
    assert {id for id, said in of.items() if said.startswith("fetched 20")} == unknown
    assert (of["communes"], of["census-iris-housing"], of["divia-gtfs"]) == ("2018", "2016", "2024-01")


def test_units_and_missing_values_of_real_inventories(address):
    paris = datakit.load("trees-paris", address)
    assert (paris.hauteur.dropna() > 0).all() and paris.hauteur.max() <= 15_000
    assert paris.circonference.isna().any(), "0 means not measured"
    saint_quentin = datakit.load("trees-saint-quentin", address)
    assert 90 <= saint_quentin.circonference.median() <= 110
    assert saint_quentin.etat.value_counts()["EN PLACE"] == 6645


def test_real_places_are_where_they_should_be(address):
    towns = datakit.load("communes", address)
    assert 235e6 < towns.area.sum() < 245e6  # m²
    stops = datakit.load("divia-gtfs", address)
    assert stops.within(towns.union_all().buffer(5000)).mean() > 0.95


RUN = {"00_start_here", "05_open_the_portal", "11_trees_diversity", "30_inclusion_digital", "31_inclusion_access"}


@pytest.mark.slow
def test_the_run_on_real_data_shows_real_rows(address, tmp_path):
    chapters = [name.partition("_")[2] for name in RUN]
    origins = ["--origins", f"{address},sample", "-p", "inventory=trees-saint-quentin", "-p", "draws=20"]
    command = [sys.executable, "-m", "datakit", "run", *chapters, *origins, "--output", tmp_path / "report"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "report" / "run.json").read_text(encoding="utf-8"))
    assert set(record["notebooks"]) == RUN
    shown = {}
    for notebook in record["notebooks"].values():
        for said in notebook["provenance"]:
            shown[said["id"]] = said
    wanted = set(FILES) - {"trees-paris-2019"}
    assert wanted <= set(shown)
    assert all(shown[id]["origin"] == address and not shown[id]["synthetic"] for id in wanted)
    assert shown["iris"]["synthetic"]  # tried, and refused beside real communes: see the next test
    results = json.loads((tmp_path / "report" / "results.json").read_text(encoding="utf-8"))
    told = [one for name in ("30_inclusion_digital", "31_inclusion_access") for one in results[name]]
    said = {figure["name"]: figure["value"] for one in told for figure in one["figures"]}
    true = {
        "all": 23,
        "inhabitants": 257_193,
        "digital_listed": 69,
        "platforms": 1080,
        "boardable": 215,
    }
    assert {name: said[name] for name in true} == true
    assert "SYNTHETIC SAMPLE" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_the_other_chapters_tell_of_real_trees_and_put_no_invented_layer_on_the_real_communes(address):
    others = sorted({source.stem for source in (NOTEBOOKS / "src").glob("*.py")} - RUN)
    books = execute(*others, origins=f"{address},sample", inventory="trees-saint-quentin", draws=20)
    for name, book in books.items():
        said = answers(book, solutions=False).values()
        assert said and all(one["kind"] == "REAL" if one["answered"] else one["why"] for one in said), name
        assert any(one["answered"] for one in said) == ("_trees_" in name), name
        if "_vegetation_" in name:
            assert all("communes is real" in one["why"] for one in said), {one["why"] for one in said}
