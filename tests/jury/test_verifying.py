"""Dossiers run again: honest ones come out the same, and the others for what they are."""

import pytest

from datakit.jury.verifying import verify
from tests import tampered
from tests.jury import sandboxed
from tests.tampered import LIMITS


@pytest.fixture(scope="session")
def rules(tmp_path_factory):
    """The jury's rules, with limits that tests can reach."""
    path = tmp_path_factory.mktemp("jury") / "challenge.toml"
    said = "\n".join(f"{name} = {getattr(LIMITS, name)}" for name in LIMITS.__dataclass_fields__)
    path.write_text(f"[limits]\n{said}\n")
    return path


@pytest.fixture(scope="session")
def honest(tmp_path_factory):
    sandboxed.needed()
    folder = tmp_path_factory.mktemp("honest")
    tampered.write(folder / "ecole", tampered.ANSWERS, tampered.CHANCE)
    return tampered.pack(folder / "ecole", folder / "ecole.zip")


def test_an_honest_dossier_is_within_its_tolerance(honest, rules, tmp_path):
    verdict = verify(honest, tmp_path, rules=rules)
    print(verdict)
    assert (verdict.status, verdict.why, verdict.cells) == ("close", [], [])
