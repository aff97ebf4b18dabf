"""What a dossier lacks and what would be refused: each with its file and what to do, the most important first."""

import json
import shutil

import pytest

from datakit.cli import main
from datakit.dossier import findings, layout, packing, supplies
from datakit.dossier.checking import check, of_the_results
from datakit.dossier.findings import ADVICE, LEVELS, MISSING, REFUSED
from datakit.errors import DatakitError, WrongUse
from tests import dossiers


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return dossiers.make(tmp_path_factory.mktemp("written"))


@pytest.fixture
def mine(written, tmp_path):
    return shutil.copytree(written, tmp_path / written.name)


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def said(folder, level=REFUSED):
    return [str(one) for one in check(folder) if one.level == level]


def test_a_new_dossier_can_be_packed_and_is_not_ready(tmp_path, capsys):
    assert main(["dossier", "new", str(tmp_path / "arbres")]) == 0
    assert main(["dossier", "check", str(tmp_path / "arbres")]) == 0
    told = capsys.readouterr().out
    for name in ("title", "team", "question", "summary", "benefit"):
        assert f"dossier.toml: {name} is not written yet" in told
    assert "README.md: this is still the template's text" in told
    assert "10_question.ipynb: this is still the template's text" in told
    assert "not ready to be handed in" in told


def test_what_is_written_is_no_longer_missing(mine):
    left = said(mine, MISSING)
    assert not said(mine) and not any("not written yet" in one for one in left)
    edit(mine, "notebooks/10_question.ipynb", "## Calcul", "## Notre calcul")
    assert not any("10_question" in one for one in said(mine, MISSING))


def test_findings_come_in_order_of_importance(mine):
    edit(mine, "dossier.toml", 'licence = "BSD-3-Clause"', 'licence = "gratuit"')
    levels = [LEVELS.index(one.level) for one in check(mine)]
    assert levels == sorted(levels) and levels[0] == 0 and levels[-1] == LEVELS.index(ADVICE)


FORM = "dossier.toml"
NOTEBOOK = "notebooks/10_question.ipynb"


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (FORM, 'theme = "trees"', 'theme = "tree"', "dossier.toml: the challenge has no such theme"),
        (FORM, '"BSD-3-Clause"', '"gratuit"', "SPDX has no such licence"),
        (FORM, '"BSD-3-Clause"', '"mit"', "not how SPDX writes"),
        (FORM, '"BSD-3-Clause"', '""', "the licence is missing"),
        (FORM, '"trees-osm"]', '"trees-osn"]', "no data card has this id"),
        (FORM, '"trees-osm"]', '"trees-osm", "iris"]', "data.lock: the form names data that the lock does not"),
        (FORM, "[parameters]", "[parameters]\nseed = 3", "no notebook has it"),
        (FORM, 'notebook = "10_question"', 'notebook = "10_other"', "no notebook has this name"),
        (FORM, 'better = "higher"', 'better = "more"', "better says which way"),
        (FORM, 'parameter = "commune"', 'parameter = "iris"', "has no such parameter"),
        (FORM, "areas = []", 'areas = ["1"]', "compared with itself"),
        (FORM, "[dossier]", "[dosier]", "dossier.toml: unknown"),
        (NOTEBOOK, "origins: str", "origin: str", "its parameters cell has no origins"),
        (NOTEBOOK, '"cells"', '"sells"', "not a notebook that can be read"),
        ("data.lock", '"sha256": "', '"sha256": "0', "data.lock: this is no lock file"),
        ("data.lock", '"ca67d', '"00000', "the file of communes is no longer the one that was locked"),
        ("data/data.lock", "{}", "[]", "data/data.lock: its data.lock has no datasets"),
        ("requirements.lock", "#", "flask\n#", "requirements.lock: a line of this lock of packages cannot be used"),
        ("challenge.toml", "files = 2000", "files = 3", "it has more files than the challenge allows"),
        ("challenge.toml", "unpacked_mb = 500", "unpacked_mb = 0.001", "it is larger than the challenge allows"),
        ("challenge.toml", "files = 2000", 'files = "many"', "files: this must be a whole number"),
        ("README.md", "##", "camille.martin@ville-de-tilleul.fr\n##", "README.md: it holds personal data"),
    ],
)
def test_what_would_be_refused_is_said_with_its_file(mine, name, old, new, expected):
    path = mine / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new).replace("comparison = []", 'comparison = ["1"]'), encoding="utf-8")
    found = said(mine)
    assert any(part in one for one in found for part in expected.split("|")), found
    with pytest.raises(DatakitError) as caught:  # and before anything runs
        packing.pack(mine, progress=False)
    assert "nothing was packed" in str(caught.value) and not (mine / "arbres.zip").exists()


@pytest.mark.parametrize("name", ["data.lock", "requirements.lock", "challenge.toml"])
def test_a_file_that_is_not_there_is_refused(mine, name):
    (mine / name).unlink()
    assert any(one.startswith(f"{name}: ") for one in said(mine))


def test_data_of_ones_own_is_held_against_card_mirror_and_lock(mine, monkeypatch):
    card = {"name": "benches", "format": "csv"}
    (mine / "cards" / "benches.json").write_text(json.dumps(card), encoding="utf-8")
    assert any(one.startswith("cards/benches.json: this data card cannot be used") for one in said(mine))
    (mine / "cards" / "benches.json").unlink()
    monkeypatch.chdir(mine)
    from datakit.data import mirrors, origins

    sample = origins.SAMPLE / "communes" / "communes.geojson"
    mirrors.add("data", "communes", sample)
    assert not said(mine)  # the same bytes
    (mine / "data" / "communes" / "communes.geojson").write_bytes(sample.read_bytes() + b"\n")
    (found,) = said(mine)
    assert found.startswith("data/communes: ")
    other = mine / "communes.geojson"
    other.write_bytes(sample.read_bytes().replace(b"FeatureCollection", b"FeatureCollection ", 1)[:-1] + b"\n}")
    shutil.rmtree(mine / "data" / "communes")
    mirrors.add("data", "communes", other, check=False)
    (found,) = said(mine)
    assert "data.lock: the file of communes is no longer the one that was locked" in found
    assert "datakit lock communes --origins data" in found


def test_a_lock_of_packages_is_exact_and_agrees_with_the_kit(mine):
    from importlib.metadata import version

    hashed = f" --hash=sha256:{'0' * 64}"
    lock = mine / layout.PACKAGES
    assert supplies.packages(f"a-b==1.0 \\\n    --hash=sha256:{'1' * 64} \\\n   {hashed}\n    # via x\n") == {
        "a-b": "1.0"
    }
    for line in ("a>=1" + hashed, "a==1.0", "-e .", "a @ https://example.org/a.whl" + hashed, "a==1.*" + hashed):
        with pytest.raises(ValueError, match=r"^(a|-e)"):
            supplies.packages(line)
    lock.write_text(f"pandas=={version('pandas')}{hashed}\n", encoding="utf-8")
    assert not said(mine)
    lock.write_text(f"pandas==0.1{hashed}\nno-such-package==1.0{hashed}\n", encoding="utf-8")
    first, second = said(mine)
    assert "pandas has another version than in the kit's lock" in first
    assert "no-such-package is not installed here" in second


def test_results_are_held_against_the_form(packed):
    from datakit.dossier import form

    dossier = form.read(packed.path.parent)
    record = {"notebooks": {"10_question": {"provenance": [{"id": "communes"}, {"id": "iris"}]}}}
    answer = {"id": dossier.indicators[0].question, "answered": True, "why": "", "figures": []}
    found = list(of_the_results(dossier, record, {"10_question": [answer]}))
    assert [one.error.what for one in found] == [
        "the notebooks use data that the form does not name",
        "the form names data that no notebook uses",
        "the answer has no such figure that is a number",
    ]
    answer |= {"answered": False, "why": "no such commune", "id": "other"}
    found = [one for one in of_the_results(dossier, record, {"10_question": [answer]}) if one.level == REFUSED]
    assert [one.error.what for one in found][::2] == [
        "it answered none of its questions",
        "the notebook has no such answer",
    ]


def test_after_packing_an_indicator_that_no_answer_has_is_found_at_once(packed, tmp_path):
    mine = shutil.copytree(packed.path.parent, tmp_path / "arbres")
    assert not said(mine)
    edit(mine, FORM, 'figure = "rate"', 'figure = "ratio"')
    (found,) = said(mine)
    assert "no such figure" in found and "rate" in found


def test_a_late_dossier_is_packed_and_says_so(mine, run_again):
    run_again()
    edit(mine, "challenge.toml", "[challenge]", "[challenge]\ndeadline = 2020-01-31T12:00:00+01:00")
    assert any("the deadline has passed" in one for one in said(mine, ADVICE))
    done = packing.pack(mine, progress=False)
    assert done.late
    record, crate = dossiers.member(done, "report/run.json"), dossiers.member(done, layout.CRATE)
    assert json.loads(record)["dossier"]["late"] is True
    (late,) = [one for one in json.loads(crate)["@graph"] if one["@id"] == "#late"]
    assert late["value"] is True


def test_more_time_than_the_challenge_gives_is_no_dossier(mine, run_again):
    run_again(seconds=901)
    with pytest.raises(DatakitError, match=r"more than challenge.toml allows[^$]*seconds <= 900[^$]*901"):
        packing.pack(mine, progress=False)
    assert not (mine / "arbres.zip").exists()


def test_a_notebook_that_asks_nothing_lacks_answers(mine, run_again):
    path = mine / NOTEBOOK
    path.write_text(path.read_text(encoding="utf-8").replace("with ask(", "with tell("), encoding="utf-8")
    assert any("answers no question" in one for one in said(mine, MISSING))
    run_again(lambda name, text: '{"10_question": []}' if name.endswith("results.json") else text)
    with pytest.raises(DatakitError, match="answered none of its questions"):
        packing.pack(mine, progress=False)


def test_it_is_found_from_its_notebooks(written):
    assert said(written / "notebooks", MISSING) == said(written, MISSING) == said(written / "cards" / "..", MISSING)


def test_another_folder_is_no_dossier(tmp_path):
    with pytest.raises(WrongUse, match="this folder is no dossier"):
        check(tmp_path)
    assert main(["dossier", "check", str(tmp_path)]) == 2


def test_a_finding_reads_like_every_error_of_the_kit():
    text = str(findings.refused("a.toml", "it is wrong", expected="b", found="c", next="d"))
    assert text.splitlines()[0] == "a.toml: it is wrong" and "next:     d" in text
