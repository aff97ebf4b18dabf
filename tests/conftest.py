"""What every test gets: an empty environment, a cache of its own, and no network but loopback."""

import gc
import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.things import card, once, server  # noqa: F401  fixtures

# Threads of linear algebra wait for each other by turning in circles: where all processors have work, that takes more
# of them than the work does. It is read when numpy is imported: here, and in each process that a test starts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
OURS = ("DATAKIT_TESTS_GUARDED", "DATAKIT_REAL_DATA")  # settings of the tests, which xdist's workers need too
ROOT = Path(__file__).resolve().parents[1]
GUARD = Path(__file__).with_name("netguard")
# The files that take longest begin, so that the short ones fill the end on both processors.
LONGEST = (
    "run/test_notebooks.py",
    "workshop/test_packing.py",
    "trees/test_trees_chapters.py",
    "jury/test_verifying.py",
    "run/test_axe_browser.py",
    "run/test_running.py",
    "trees/test_importing.py",
    "data/test_real.py",
    "vegetation/test_vegetation_notebooks.py",
    "run/test_spreading.py",
    "project/test_installing.py",
    "run/test_lab_browser.py",
    "trees/test_tree_page.py",
    "project/test_binder.py",
    "jury/test_many_dossiers.py",
    "challenge/test_challenge_making.py",
    "show/test_maps_browser.py",
    "inclusion/test_inclusion_notebook.py",
    "vegetation/test_recipes.py",
    "vegetation/test_vegetation_truth.py",
    "project/test_extras.py",
    "workshop/test_room_browser.py",
    "trees/test_audit.py",
    "cli/test_cli.py",
    "project/test_readme.py",
    "run/test_combining.py",
    "trees/test_choosing.py",
    "project/test_wheel.py",
)


def pytest_configure(config):
    gc.disable()  # until all is collected: of the seconds that this takes, the garbage collector took a quarter
    if "DATAKIT_TESTS_GUARDED" not in os.environ:  # xdist's workers start with it, by PYTHONPATH
        os.environ["DATAKIT_TESTS_GUARDED"] = "1"
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))
    spec = importlib.util.spec_from_file_location("netguard", GUARD / "sitecustomize.py")
    config.netguard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(config.netguard)
    for name in [n for n in os.environ if n.startswith("DATAKIT_") and n not in OURS]:
        del os.environ[name]
    os.environ["MPLBACKEND"] = "agg"
    os.environ["DATAKIT_LANG"] = "en"  # whatever the machine speaks; tests of French say so
    # As the Makefile does: a process that a test starts would compile all that it imports, each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # A shell that runs the tests in the background has them, and all that they start, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    place = {ROOT / "tests" / name: k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))  # stable: the rest stays as it was


def pytest_collection_finish():
    """What collecting imported stays to the end: the garbage collector need not walk through it again and again."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """One cache for the whole session, away from the user's; `cache` gives an empty one to a test that counts on it."""
    os.environ["DATAKIT_CACHE"] = str(tmp_path_factory.mktemp("datakit-cache"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """A setting from outside, or what another test left or loaded, must not change what a test sees."""
    for name in ("DATAKIT_ORIGINS", "DATAKIT_CARDS"):
        monkeypatch.delenv(name, raising=False)
    if ledger := sys.modules.get("datakit.data.provenance"):
        monkeypatch.setattr(ledger, "_used", {})


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, for this test alone."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("DATAKIT_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def root():
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real snapshots: DATAKIT_REAL_DATA, else beside the project; or a skip that says why."""
    named = os.environ.get("DATAKIT_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "SOURCES.json").exists():
        pytest.skip(f"the real snapshots are not there ({folder}); DATAKIT_REAL_DATA names another folder")
    return folder


@pytest.fixture(scope="session")
def real_cards(root):
    """The folder of cards for snapshots whose form differs from the live file: a value for DATAKIT_CARDS."""
    return str(root / "tests" / "cards")


@pytest.fixture(scope="session")
def real_mirror(shared_data, real_cards, tmp_path_factory):
    """The folder of a mirror made from the real snapshots."""
    import warnings

    from tests.real import build

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("DATAKIT_CARDS", real_cards)
        return str(build(tmp_path_factory.mktemp("real"), shared_data))


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """An environment with pip alone, which the kit makes: to be copied, or left as it is."""
    from datakit import extras

    def make(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(extras, "find_spec", lambda name: None)  # as uv makes environments: without pip
            extras.pip(folder / "environment")
        return folder / "environment"

    return once(tmp_path_factory, "bare", make)


@pytest.fixture(scope="module")
def running():
    """A browser for the tests of a file: one for all files would keep its event loop running under theirs."""
    from tests import browser

    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="session")
def honest(tmp_path_factory):
    """A small dossier with three answers, one of which chance decides, for who opens or verifies it."""
    from tests import tampered

    def make(folder):
        tampered.write(folder / "ecole", tampered.ANSWERS, tampered.CHANCE)
        return tampered.pack(folder / "ecole", folder / "ecole.zip")

    return once(tmp_path_factory, "honest", make)
