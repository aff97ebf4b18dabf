"""Tables that several files of this room are tested with."""

import hashlib
import json
import warnings

import numpy as np
import pytest

import datakit
from datakit.data.cache import DataWarning
from datakit.inclusion import people
from tests.real import FILES
from tools.sample import inclusion as invented
from tools.sample import territory


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """A mirror of the invented files of this theme."""
    folder = tmp_path_factory.mktemp("inclusion")
    territory.make(folder, np.random.default_rng([2026, 10]))
    invented.make(folder, np.random.default_rng([2026, 13]))
    entries = {
        f.parent.name: {
            "filename": f.name,
            "sha256": hashlib.sha256(f.read_bytes()).hexdigest(),
            "bytes": f.stat().st_size,
        }
        for f in folder.glob("*/*")
    }
    lock = {"version": 1, "synthetic": True, "datasets": entries}
    (folder / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="session")
def loaded(sample):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        ids = ["communes", "iris", "bpe", "mednum-bfc", "france-services", "filosofi-iris", "divia-gtfs"]
        ids += [f"census-iris-{k}" for k in ("population", "households", "housing")]
        return {id: datakit.load(id, sample) for id in ids}


@pytest.fixture(scope="session")
def inhabitants(loaded):
    return people.by_iris(
        *(loaded[f"census-iris-{k}"] for k in ("population", "households", "housing")), loaded["filosofi-iris"]
    )


@pytest.fixture(scope="session")
def real(real_mirror, real_cards):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAKIT_CARDS", real_cards)
        return {id: datakit.load(id, real_mirror) for id in FILES if not id.startswith("trees-")}
