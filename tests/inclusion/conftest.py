"""Tables that several files of this room are tested with."""

import warnings

import pytest

import datakit
from datakit.data.cache import DataWarning
from datakit.inclusion import people
from tests.real import FILES


@pytest.fixture(scope="session")
def loaded():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        ids = ["communes", "iris", "bpe", "mednum-bfc", "france-services", "filosofi-iris", "divia-gtfs"]
        ids += [f"census-iris-{k}" for k in ("population", "households", "housing")]
        return {id: datakit.load(id, "sample") for id in ids}


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
