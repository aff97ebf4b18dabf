"""A packed dossier: what its zip holds, whom it names, and that its own validator accepts it."""

import hashlib
import html
import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest
import requests
from rocrate.rocrate import ROCrate

from datakit.cli import main
from datakit.dossier import layout, packing
from datakit.errors import DatakitError, WrongUse
from datakit.settings import challenge
from tests import dossiers


def read(packed, name):
    with zipfile.ZipFile(packed.path) as opened:
        return opened.read(name)


def entities(packed):
    return {one["@id"]: one for one in json.loads(read(packed, layout.CRATE))["@graph"]}


def test_the_zip_holds_what_the_team_wrote_and_what_the_run_made(packed):
    with zipfile.ZipFile(packed.path) as opened:
        names = opened.namelist()
        assert {one.date_time for one in opened.infolist()} == {packing.EPOCH}
    assert names == sorted(names) and len(names) == packed.files
    assert {name.partition("/")[0] for name in names} == {*layout.WRITTEN, *layout.ADDED} - {layout.CARDS}
    answers = json.loads(read(packed, "report/results.json"))["10_question"]
    assert [answer["answered"] for answer in answers] == [True, True]
    run = json.loads(read(packed, "report/run.json"))
    assert run["ok"] and run["dossier"]["late"] is False and run["language"] == "fr"
    for name, digest in run["files"].items():
        assert hashlib.sha256(read(packed, f"report/{name}")).hexdigest() == digest


def test_nothing_in_it_says_where_or_by_whom_it_was_made(packed):
    home, folder = str(Path.home()).encode(), str(packed.path.parent.parent).encode()
    with zipfile.ZipFile(packed.path) as opened:
        for name in opened.namelist():
            assert folder not in opened.read(name), name
            assert home == b"/" or home not in opened.read(name), name


def test_the_home_of_a_person_is_not_named(tmp_path, monkeypatch, run_again):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "camille")
    mine = dossiers.make(tmp_path)
    lock = mine / layout.LOCK
    mirror = json.dumps(str(tmp_path / "camille" / "mirror"))
    lock.write_text(lock.read_text(encoding="utf-8").replace('"origin": "sample"', f'"origin": {mirror}', 1))
    run_again(lambda name, text: text.replace("sample", str(tmp_path / "camille" / "mirror"), 1))
    with zipfile.ZipFile(packing.pack(mine, progress=False).path) as opened:
        assert b"~/mirror" in opened.read(layout.LOCK)
        assert not [name for name in opened.namelist() if b"camille" in opened.read(name)]


def test_a_person_who_opens_the_zip_sees_what_it_says(packed):
    page = html.unescape(read(packed, layout.PREVIEW).decode())
    assert "default-src 'none'" in page  # it fetches nothing
    answers = json.loads(read(packed, "report/results.json"))["10_question"]
    for said in (*dossiers.WORDS.values(), *(answer["sentence"] for answer in answers), "ÉCHANTILLON INVENTÉ"):
        assert said in page
    with zipfile.ZipFile(packed.path) as opened:
        for name in set(re.findall('href="([^"]+)"', page)):
            assert name.startswith("https://") or name in opened.namelist()
    assert not re.search(r"<script|<link|src=", page)  # it opens without a network


def test_the_author_is_the_team_and_no_person(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAKIT_AUTHOR", "Camille Martin")
    monkeypatch.setenv("DATAKIT_CARDS", str(tmp_path))
    with packing._signed("Équipe Tilleul"):
        assert os.environ["DATAKIT_AUTHOR"] == "Équipe Tilleul" and "DATAKIT_CARDS" not in os.environ
    assert (os.environ["DATAKIT_AUTHOR"], os.environ["DATAKIT_CARDS"]) == ("Camille Martin", str(tmp_path))


def test_the_crate_names_the_team_the_data_and_the_run(packed):
    assert {one.id for one in ROCrate(packed.path).data_entities} >= {"dossier.toml", "report/run.json"}
    found = entities(packed)
    root, run = found["./"], found["#run"]
    assert root["name"] == dossiers.WORDS["title"] and root["description"] == dossiers.WORDS["summary"]
    assert found[root["author"]["@id"]]["name"] == dossiers.WORDS["team"]
    used = [found[one["@id"]] for one in root["isBasedOn"]]
    lock = json.loads(read(packed, layout.LOCK))["datasets"]
    assert {one["identifier"]: one["sha256"] for one in used} == {id: one["sha256"] for id, one in lock.items()}
    assert {one["@id"] for one in run["result"]} >= {"report/results.json", "report/run.json"}
    assert {"@id": "notebooks/10_question.ipynb"} in run["instrument"]
    for name, one in found.items():
        if "File" in one["@type"]:
            content = read(packed, name)
            assert (one["sha256"], one["contentSize"]) == (hashlib.sha256(content).hexdigest(), str(len(content)))


class Context(requests.adapters.HTTPAdapter):
    """In the place of the network: the terms of JSON-LD that ``rocrate`` brings, those of a later version with them."""

    def send(self, request, **options):
        assert request.url == "https://w3id.org/ro/crate/1.1/context"
        import rocrate

        answer = requests.Response()
        answer.status_code, answer.url, answer.headers["Content-Type"] = 200, request.url, "application/ld+json"
        answer._content = Path(rocrate.__file__).with_name("data").joinpath("ro-crate.jsonld").read_bytes()
        return answer


ADVISED = {
    "The organization SHOULD have a URL.",  # a team may have none
    "The Application SHOULD have a url",  # a notebook has none
    "The SoftwareApplication id SHOULD be an absolute URI",
}


def test_its_own_validator_accepts_the_crate(packed, monkeypatch):
    """Every requirement (MUST) of Process Run Crate 0.5, which has those of RO-Crate 1.1; and most advice."""
    from rocrate_validator import models, services

    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: Context())
    about = {"rocrate_uri": str(packed.path), "profile_identifier": "process-run-crate", "no_cache": True}
    found = services.validate(models.ValidationSettings(requirement_severity="RECOMMENDED", **about))
    both = {"ro-crate-1.1", "process-run-crate-0.5"}
    assert {one.requirement.profile.identifier for one in found.executed_checks} == both
    assert {issue.message for issue in found.get_issues()} == ADVISED
    assert not [issue for issue in found.get_issues() if issue.severity.name == "REQUIRED"]


def test_equal_files_make_equal_bytes(tmp_path, packed):
    whole = tmp_path / "whole"
    with zipfile.ZipFile(packed.path) as opened:
        opened.extractall(whole)
        names = opened.namelist()
    packing._zip(whole, names[::-1], tmp_path / "again.zip", challenge(whole / layout.RULES))
    assert (tmp_path / "again.zip").read_bytes() == packed.path.read_bytes()


def test_a_link_or_a_notebook_that_fails_leaves_no_zip(tmp_path, packed):
    made = tmp_path / "arbres"
    shutil.copytree(packed.path.parent, made)
    before = (made / "arbres.zip").read_bytes()
    (made / "data" / "link").symlink_to("/etc/passwd")
    with pytest.raises(WrongUse, match="a link"):
        packing.pack(made, progress=False)
    (made / "data" / "link").unlink()
    notebook = made / "notebooks" / "10_question.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("import datakit", "import no_such", 1))
    with pytest.raises(DatakitError, match="does not run") as caught:
        packing.pack(made, progress=False)
    assert "no_such" in str(caught.value)
    assert (made / "arbres.zip").read_bytes() == before
    assert not [path.name for path in made.iterdir() if path.name.startswith(".dossier")]


def test_packed_again_it_says_what_is_not_as_before(packed, tmp_path, run_again, capsys):
    mine = shutil.copytree(packed.path.parent, tmp_path / "arbres")
    run_again()
    assert main(["dossier", "pack", str(mine), "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(mine / "arbres.zip")
    (told,) = [line for line in said.err.splitlines() if "there before" in line]
    # The moment of packing is in these; of the results, nothing changed.
    assert told.endswith(": report/run.json, ro-crate-metadata.json")


def test_the_zip_goes_where_it_can_be_written_and_is_called_zip(tmp_path):
    """Looked at before the run: no notebook is executed here."""
    made = dossiers.make(tmp_path)
    (tmp_path / "file").write_text("mine")
    for output, said in (("team", "packed into a .zip"), ("file/team.zip", "cannot be written here")):
        with pytest.raises(WrongUse, match=said):
            packing.pack(made, tmp_path / output, progress=False)
    assert packing._place(made, tmp_path) == tmp_path / "arbres.zip"
    assert packing._place(made, None) == made / "arbres.zip"
    assert packing._place(made, tmp_path / "new" / "team.zip") == tmp_path / "new" / "team.zip"


def test_origins_are_those_of_where_one_stands(tmp_path, monkeypatch):
    (tmp_path / "dossier" / "data").mkdir(parents=True)
    (tmp_path / "a, b").mkdir()
    monkeypatch.chdir(tmp_path)
    made = packing._origins(tmp_path / "dossier", '"a, b",dossier/data,publisher')
    assert made == ["data", str(tmp_path / "a, b"), "publisher", "sample"]
    assert packing._origins(tmp_path / "dossier", None) == ["data", "sample"]
    (tmp_path / "mirror").mkdir()
    (tmp_path / "dossier" / "challenge.toml").write_text('[challenge]\norigins = "mirror"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path.parent)
    assert packing._origins(tmp_path / "dossier", None) == ["data", str(tmp_path / "mirror"), "sample"]
