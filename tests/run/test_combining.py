"""One run for every combination of values: refused, executed once, kept, compared; the same on any processes."""

import json

import pandas as pd
import pytest
import small_notebooks as make

from datakit import cli
from datakit.errors import WrongUse
from datakit.run import combining, record
from datakit.run.combining import read_each, run_each
from tests.run.test_running import within


@pytest.fixture
def here(tmp_path, monkeypatch):
    with within(tmp_path, monkeypatch):
        make.ok(tmp_path / "notebooks")
        make.fails(tmp_path / "notebooks")
        for city in ("a", "b"):
            (tmp_path / city).mkdir()
        yield tmp_path


@pytest.fixture
def executed(monkeypatch):
    """Tasks that were executed, by no kernel: 20_fails fails where k is 9."""
    done = []

    def execute(task):
        done.append(task)
        k = task["parameters"].get("k", 3)
        if (task["name"], k) == ("20_fails", 9):
            error = {"ename": "ValueError", "evalue": "too <many>", "cell": 2, "line": "raise"}
            return {"status": "failed", "error": error, "seconds": 1.0, "messages": "Killed: 9"}
        kinds = {"a": "REAL"}
        origins = task["environment"]["DATAKIT_ORIGINS"].rpartition("/")[2]
        figures = [
            {"name": "trees", "value": k, "unit": "trees", "low": 1, "high": 9, "how": "counted"},
            {"name": "first", "value": "<b>Tilia</b>", "unit": "", "low": None, "high": None, "how": ""},
        ]
        said = {"id": "how-many", "question": "How many?", "answered": True, "sentence": f"{k} trees <i>.", "why": ""}
        said |= {"figures": figures, "cannot_say": "Where.", "kind": kinds.get(origins, "SYNTHETIC"), "picture": ""}
        said |= {"data": [{"id": "communes", "sha256": "ab" * 32, "vintage": None}], "alt": ""}
        unknown = {**said, "id": "which", "question": "Which?", "answered": False, "why": "no year", "figures": []}
        used = {"id": "communes", "sha256": "ab" * 32, "synthetic": origins != "a", "title": "", "origin": "sample"}
        told = {"status": "ok", "error": None, "seconds": 2.0, "peak_memory": 10**8, "title": "Les arbres"}
        return told | {"results": [said, unknown], "provenance": [used]}

    monkeypatch.setattr(combining, "execute_one", execute)
    return done


def test_values_are_read_as_they_are_typed():
    typed = ["k=4, 5", 'origins="a,sample",b', "names=x"]
    assert read_each(typed) == {"k": ["4", "5"], "origins": ["a,sample", "b"], "names": ["x"]}
    for wrong in (["k"], ["=4"], ["k="], ["k=4,"], ["k=4,4"], ["k=4", "k=5"]):
        with pytest.raises(WrongUse, match="--each"):
            read_each(wrong)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--each", "labels=a,b"], "did you mean label"),
        (["--each", "k=4,five"], "wrong type"),
        (["--each", "method=mean,mode"], "one of mean, median"),
        (["--each", "origins=a,nowhere"], "no origin"),
        (["--each", "origins=a", "--origins", "sample"], "given twice"),
        (["--each", "k=4,5", "-p", "k=3"], "given twice"),
        (["--each", "k=4,5", "--jobs", "2"], "--workers"),
        (["--each", "k=4,5", "--timeout", "0"], "timeout"),
        (["--workers", "2"], "--each"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--each"),
        (["--each", "k=4,5", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "workers"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(here, executed, capsys, words, said):
    assert cli.main(["run", *words]) == 2
    assert said in capsys.readouterr().err
    assert (not executed and not (here / "reports").exists()) or not list((here / "reports").iterdir())


def test_every_combination_is_executed_and_what_two_share_once(here, executed, capsys):
    make.write(here / "notebooks", "30_same", "print(1)")
    words = ["--each", "k=3,9", "--each", 'origins=a,"b,sample"', "--workers", "1", "-p", "label=é", "--output", "out"]
    assert cli.main(["run", *words]) == 1
    out, err = capsys.readouterr()
    assert "4 runs of 3 notebooks" in err.splitlines()
    assert "8 of 10: 20_fails k=9, origins=a: failed" in err.splitlines()
    assert "k=9, origins=a: 20_fails: failed in code cell 2: ValueError: too <many>" in err
    assert out.startswith("2 of 4 runs done in ") and out.endswith("out/index.html\n")
    assert len(executed) == 4 + 4 + 2  # 30_same knows nothing of k
    assert {t["parameters"].get("label") for t in executed} == {"é", None}
    assert not any(t["page"] for t in executed)  # which nobody would read
    said = json.loads((here / "out" / "run.json").read_text())
    assert [c["values"] for c in said["combinations"]][2] == {"k": "9", "origins": "a"}
    assert not said["ok"] and "--output" not in said["command"]
    own = json.loads((here / "out" / "004" / "run.json").read_text())
    assert own["parameters"]["k"] == "9"
    again = "datakit run 10_ok 20_fails 30_same -p label=é -p k=9 --origins "
    assert own["command"].replace("'", "") == f"{again}{here}/b,sample"
    assert (here / "out" / "004" / "messages.log").read_text() == "Killed: 9"
    assert record.not_ours(here / "out") == []
    assert not [p.name for p in here.iterdir() if p.name.startswith(".")]


def test_the_table_has_a_row_for_each_figure_and_says_what_is_missing(here, executed):
    report = run_each(each={"k": [3, 9], "origins": ["a", "b"]}, output="out", workers=1, progress=False)
    found = pd.read_parquet(report.output / "answers.parquet")
    assert len(found) == 6 * 3 + 2
    one = found[(found["combination"] == 1) & (found["notebook"] == "10_ok")]
    assert one["figure"].tolist()[:2] == ["trees", "first"] and one["k"].tolist() == [3, 3, 3]
    assert one["value"].tolist()[0] == 3.0 and one["text"].tolist()[:2] == ["3\u00a0trees (1 to 9)", "<b>Tilia</b>"]
    assert one["kind"].tolist()[0] == "REAL" and one["data"].iloc[0].tolist() == ["communes " + "ab" * 32]
    assert one["status"].tolist() == ["answered", "answered", "no answer"] and one["why"].tolist()[2] == "no year"
    wrong = found[(found["notebook"] == "20_fails") & (found["k"] == 9)]
    assert wrong["status"].tolist() == ["failed", "failed"] and wrong["answer"].isna().all()
    assert wrong["why"].str.contains("too <many>").all()


def test_the_page_compares_says_why_and_stamps_what_is_invented(here, executed):
    report = run_each(each={"k": [3, 9], "origins": ["a", "b"]}, output="out", workers=1, progress=False)
    page = (report.output / "index.html").read_text()
    assert page.count("<table") == 1 + 2 * 2  # the runs, and each question of each notebook
    assert "SYNTHETIC SAMPLE for communes" in page and page.count('class="tag synthetic"') == 2 + 1
    assert 'href="003/index.html"' in page and "no year" in page and "2 of them are not whole" in page
    assert "<b>Tilia" not in page and "trees <i>" not in page and "<many>" not in page
    assert page.count("ValueError: too &lt;many&gt;") >= 2
    for asking in ('src="http', "url(http", "<link", "import("):
        assert asking not in page
    own = (report.output / "001" / "index.html").read_text()
    assert "3 trees" in own and "SYNTHETIC SAMPLE" not in own and ".html" not in own.partition("<main")[2]


def test_what_was_done_before_ctrl_c_is_not_done_again(here, executed, monkeypatch, capsys):
    whole = combining.execute_one

    def stopped(task):
        if len(executed) == 2:
            raise KeyboardInterrupt
        return whole(task)

    stopped.__qualname__, stopped.__module__ = whole.__qualname__, whole.__module__
    options = {"each": {"k": [3, 4]}, "output": "out", "workers": 1}
    monkeypatch.setattr(combining, "execute_one", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_each(**options)
    assert "the same command goes on from there" in capsys.readouterr().err
    assert not (here / "out").exists()
    monkeypatch.setattr(combining, "execute_one", whole)
    report = run_each(**options)
    assert "2 of 4 were done before" in capsys.readouterr().err
    assert report.ok and len(executed) == 4
    assert sorted(p.name for p in here.iterdir()) == ["a", "b", "notebooks", "out"]
    other = run_each(["10_ok"], each={"k": [5]}, output="out", workers=1, progress=False)
    assert other.kept == [] and sorted(p.name for p in other.output.iterdir())[0] == "001"
    assert len(list(other.output.glob("0*"))) == 1
    (other.output / "001" / "notes.txt").write_text("mine")
    assert run_each(["10_ok"], each={"k": [6]}, output="out", workers=1, progress=False).kept == ["001-yours"]


def test_two_cities_that_differ_by_a_password_are_two(here, executed):
    cities = [f"http://team:{word}@127.0.0.1:9" for word in ("one", "two")]
    report = run_each(["10_ok"], each={"origins": cities}, output="out", workers=1, progress=False)
    assert len(executed) == 2
    said = "".join(file.read_text() for file in report.output.rglob("*") if file.suffix in (".json", ".html"))
    assert "***@127.0.0.1" in said and "team:" not in said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_two_workers_give_the_very_table_of_one_process(here):
    pytest.importorskip("distributed", reason='pip install "ondijon-datakit[cluster]"')
    code = "if k == 9:\n    raise ValueError('too many')"
    make.write(here / "notebooks", "10_ok", make.PROVENANCE, code, make.ANSWER, parameters=make.PARAMETERS)
    options = {"each": {"k": ["3", "5", "9"]}, "progress": False}
    alone = run_each(["10_ok"], output="alone", workers=1, **options)
    spread = run_each(["10_ok"], output="spread", workers=2, **options)
    assert [one.ok for one in spread.combinations] == [True, True, False]
    tables = [(report.output / "answers.parquet").read_bytes() for report in (alone, spread)]
    assert tables[0] == tables[1]
    assert pd.read_parquet(spread.output / "answers.parquet")["value"].tolist()[:2] == [3.0, 5.0]


def test_a_notebook_that_is_not_on_the_workers_machine_travels(here, monkeypatch):
    path = make.write(here / "notebooks", "40_goes", "print(k)", make.ANSWER, parameters=make.PARAMETERS)
    [one] = combining.combine(combining.choose([path]), {"k": ["4"]}, "sample", {})
    [task] = combining._tasks([one], None, 60, travelling=True).values()
    path.write_text("{}")  # another one stands there
    try:
        said = combining.execute_one(task)
    finally:
        combining._here.close()
    assert said["status"] == "ok" and said["results"][0]["figures"][0]["value"] == 4
