"""Data that a dossier needs is had by its digest, from its own folder or what the jury has, and from nowhere else."""

import hashlib
import json

import pytest

from datakit.data.origins import SAMPLE
from datakit.dossier.opening import Opened
from datakit.jury import supplies

TEXT = b"a;b\n1;2\n"
DIGEST = hashlib.sha256(TEXT).hexdigest()
ENTRY = {"filename": "things.csv", "sha256": DIGEST, "bytes": len(TEXT)}


@pytest.fixture
def opened(tmp_path, cache):
    (tmp_path / "opened").mkdir()
    return Opened(tmp_path / "opened", "", None, {}, {}, {"datasets": {"things": ENTRY}})


def mirror(folder, entry=ENTRY, text=TEXT):
    (folder / "things").mkdir(parents=True)
    (folder / "things" / entry["filename"]).write_bytes(text)
    (folder / "data.lock").write_text(json.dumps({"version": 1, "datasets": {"things": entry}}))
    return folder


def had(opened, tmp_path, origins=None):
    supplies.data(opened, tmp_path / "data", origins)
    assert json.loads((tmp_path / "data" / "data.lock").read_text())["datasets"] == opened.lock["datasets"]
    return (tmp_path / "data" / "things" / "things.csv").read_bytes()


def test_the_dossiers_own_comes_first(opened, tmp_path):
    mirror(opened.folder / "data")
    assert had(opened, tmp_path, "sample") == TEXT


def test_the_jurys_mirror_is_asked_by_digest_whatever_its_file_is_called(opened, tmp_path):
    mirror(tmp_path / "mirror", {**ENTRY, "filename": "other.csv"})
    assert had(opened, tmp_path, str(tmp_path / "mirror")) == TEXT


def test_a_served_mirror_is_asked_once_for_many_dossiers(opened, tmp_path, server):
    server.files |= {"/things/things.csv": TEXT, "/data.lock": json.dumps({"datasets": {"things": ENTRY}}).encode()}
    assert had(opened, tmp_path, server.base) == TEXT
    asked = len(server.asked)
    (tmp_path / "again").mkdir()
    assert had(opened, tmp_path / "again", server.base) == TEXT and len(server.asked) == asked


def test_other_bytes_under_the_right_name_are_not_taken(opened, tmp_path, server):
    lock = json.dumps({"datasets": {"things": ENTRY}}).encode()
    server.files |= {"/things/things.csv": TEXT.replace(b"1", b"9"), "/data.lock": lock}
    with pytest.raises(supplies.CannotBeHad, match="locked") as error:
        had(opened, tmp_path, server.base)
    assert error.value.found == "things"


def test_an_address_on_a_dossiers_own_card_is_never_asked(opened, tmp_path, server):
    (opened.folder / "cards").mkdir()
    (opened.folder / "cards" / "things.json").write_text(
        json.dumps({"name": "things", "url": f"{server.base}/things.csv"})
    )
    server.files["/things.csv"] = TEXT
    with pytest.raises(supplies.CannotBeHad):
        had(opened, tmp_path, "publisher")
    assert server.asked == []


def test_the_sample_is_there_whatever_the_origins(opened, tmp_path):
    entry = json.loads((SAMPLE / "data.lock").read_text())["datasets"]["communes-population"]
    opened.lock["datasets"] = {"communes-population": entry}
    mirror(tmp_path / "mirror")
    supplies.data(opened, tmp_path / "data", str(tmp_path / "mirror"))
    assert (tmp_path / "data" / "communes-population" / entry["filename"]).stat().st_size > 100
