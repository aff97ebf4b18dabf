"""Dossiers run again: an honest one comes out the same, and hostile ones get nothing and come out for what they are."""

import hashlib
import json
import os
import platform
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import pytest

from datakit.cli.program import main
from datakit.jury import entries, sandbox, supplies, verdicts, verifying
from datakit.jury.verifying import verify, verify_all
from tests import tampered
from tests.jury import sandboxed
from tests.tampered import LIMITS, recorded, unzipped, zipped


def rules(folder, **changed):
    """The jury's rules, with limits that tests can reach."""
    limits = replace(LIMITS, **changed)
    said = "\n".join(f"{name} = {getattr(limits, name)}" for name in limits.__dataclass_fields__)
    (folder / "challenge.toml").write_text(f"[limits]\n{said}\n")
    return folder / "challenge.toml"


@pytest.fixture(autouse=True, scope="module")
def _sandbox():
    sandboxed.needed()


@pytest.fixture(scope="module")
def verified(honest, bare, tmp_path_factory):
    """An honest dossier that adds a package, run again: the verdict and the folder of verdicts."""
    folder = tmp_path_factory.mktemp("verified")
    supplies._store("pip").joinpath(platform.python_version()).symlink_to(bare)  # else it would make its own
    made = wheel(folder)
    source = tampered.CHANCE.replace("import os", "import os, tilleul")
    files = forged(unzipped(honest), "10_question", f"{source}\nassert tilleul.leaves == 12")
    files["requirements.lock"] = locked(hashlib.sha256(made.read_bytes()).hexdigest())
    with pytest.MonkeyPatch.context() as patch:
        offline(patch, folder)
        path = zipped(folder / "ecole.zip", recorded(files))
        return verify(path, folder / "verdicts", rules=rules(folder), keep=True), folder / "verdicts"


def test_an_honest_dossier_comes_out_within_its_tolerance(verified):
    verdict, output = verified
    assert (verdict.status, verdict.why, verdict.cells) == ("close", [], [])
    assert [answer.status for answer in verdict.answers] == ["same", "same", "close"]
    [chance] = verdict.answers[2].figures
    assert chance.tolerance == 0.5 and chance.packed != chance.again
    assert verdict.seconds > 0 and verdict.peak_memory > 50e6 and verdict.sandbox["other_versions"] == {}
    [entry] = entries.collect([output])  # jurors' sheets are made of this folder alone
    assert entry.form is not None and entry.main()["sentence"] and len(entry.again) == 3
    folder = output / "ecole"
    assert verdicts.read(folder) == verdict and [p.name for p in output.iterdir()] == ["ecole"]
    assert {p.name for p in (folder / "report").iterdir()} == {
        *("10_question.html", "10_question.ipynb", "index.html", "results.json", "run.json"),
    }
    assert json.loads((folder / "report" / "run.json").read_text())["language"] == "fr"


def test_packages_that_a_dossier_adds_are_there_by_their_digest(verified, tmp_path, monkeypatch):
    verdict, output = verified
    assert verdict.status == "close" and "tilleul" in (output / "ecole/report/10_question.ipynb").read_text()
    assert sorted(p.name for p in (output / "ecole").iterdir()) == [
        *("data", "dossier.toml", "given", "report", "verdict.json"),
    ]
    assert not list(output.parent.rglob("executed")) and not os.path.exists("executed")
    offline(monkeypatch, output.parent)
    (tmp_path / "requirements.lock").write_bytes(locked("ab" * 32))
    with pytest.raises(supplies.CannotBeHad, match="pip"):
        supplies.packages(SimpleNamespace(folder=tmp_path))


def wheel(folder, name="tilleul"):
    """A wheel of one module, which also asks to be executed wherever Python starts."""
    files = {
        f"{name}.py": "leaves = 12\n",
        f"{name}.pth": "import os; open('executed', 'w')\n",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    listed = "".join(f"{one},,\n" for one in [*files, f"{name}-1.0.dist-info/RECORD"])
    return zipped(folder / f"{name}-1.0-py3-none-any.whl", {**files, f"{name}-1.0.dist-info/RECORD": listed})


def locked(digest):
    return f"tilleul==1.0 \\\n    --hash=sha256:{digest}\n".encode()


def offline(patch, folder):
    """Have pip find wheels in a folder only."""
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(folder))


def forged(files, name, source):
    """Give a notebook other code, and its record and outputs the look of having been run."""
    for place in ("notebooks", "report"):
        nb = nbformat.reads(files[f"{place}/{name}.ipynb"].decode(), as_version=4)
        nb.cells[-1].source = source
        files[f"{place}/{name}.ipynb"] = nbformat.writes(nb).encode()
    return files


def another(files, name, source):
    """One more notebook, forged from the first."""
    for place, kind in (("notebooks", "ipynb"), ("report", "ipynb"), ("report", "html")):
        files[f"{place}/{name}.{kind}"] = files[f"{place}/10_question.{kind}"]
    record, results = (json.loads(files[f"report/{one}.json"]) for one in ("run", "results"))
    record["notebooks"][name] = record["notebooks"]["10_question"]
    record["files"] |= {f"{name}.ipynb": "", f"{name}.html": ""}
    results[name] = results["10_question"]
    files |= {"report/run.json": json.dumps(record).encode(), "report/results.json": json.dumps(results).encode()}
    return forged(files, name, source)


SPY = """\
import os, socket, subprocess
def attempt(what):
    try:
        return what()
    except Exception as error:
        return type(error).__name__
print("shadow", attempt(lambda: open("/etc/shadow").read()))
look = "find / -name site-packages -prune -o -name results.json -print".split()
print("packed answers", subprocess.run(look, capture_output=True, text=True).stdout.split())
print("network", attempt(lambda: socket.create_connection(("192.0.2.1", 80), 3)))
print("kit", attempt(lambda: open(datakit.__file__, "a")))
print("data", attempt(lambda: open("/data/communes-population/" + os.listdir("/data/communes-population")[0], "a")))
print("secret", os.environ.get("DATAKIT_AUTHOR"), "author" in str(os.environ).lower())
made = 0
try:
    while True:
        if not os.fork():
            import time; time.sleep(600)
        made += 1
except OSError:
    print("forks", made < 64)"""

# Every figure another one, and as far as it likes: who runs the code decides neither.
LIAR = """\
import datakit.jury.judging, datakit.show.answers as shown
datakit.jury.judging.answers = lambda *_: []
record = shown.Answer.record
def lying(self):
    said = record(self)
    for one in said["figures"]:
        one["tolerance"] = 1e300
    return {**said, "kind": "REAL"}
shown.Answer.record = lying
with ask("What does chance say?") as answer:
    answer.say("It says {n}.", n=Value(107, "", decimals=0, tolerance=1e300), data=[people], cannot_say="More.")"""

SCRIPT = """\
from IPython.display import HTML, display
display(HTML("<script>fetch('//192.0.2.1')</script>"))"""


@pytest.fixture(scope="module")
def hostile(honest, tmp_path_factory):
    """One dossier, one boot of the sandbox: it spies, forks, lies, never ends, and kills what executes it."""
    folder = tmp_path_factory.mktemp("hostile")
    files = forged(unzipped(honest), "10_question", LIAR)
    files = another(another(files, "20_spy", SPY), "30_endless", "import time\nwhile True: time.sleep(1)")
    files = tampered.edited(another(files, "40_forged", tampered.CHANCE), "40_forged")
    files = another(files, "50_kills", "import os, threading\nos.kill(os.getppid(), 9)\nthreading.Event().wait()")
    os.environ["DATAKIT_AUTHOR"] = "somebody"
    try:
        path = zipped(folder / "hostile.zip", recorded(files))
        verdict = verify(path, folder / "verdicts", rules=rules(folder, seconds=12))
        return verdict, folder / "verdicts" / "hostile"
    finally:
        del os.environ["DATAKIT_AUTHOR"]


def test_what_a_spy_tries_and_what_it_gets(hostile):
    verdict, folder = hostile
    nb = nbformat.read(folder / "report" / "20_spy.ipynb", as_version=4)
    # From Python 3.12 on a warning of forks with threads stands on the other stream.
    said = "".join(output.text for output in nb.cells[-1].outputs if output.name == "stdout")
    assert said.replace("PermissionError", "OSError").splitlines() == [
        "shadow FileNotFoundError",
        "packed answers []",
        "network OSError",
        "kit OSError",
        "data OSError",
        "secret None False",
        "forks True",
    ]
    [cell] = [one for one in verdict.cells if one["notebook"] == "20_spy"]
    assert (cell["packed"], cell["again"]) == ("the last cell", "shadow FileNotFoundError")


def test_code_that_lies_about_its_tolerance_does_not_decide(hostile):
    verdict, _folder = hostile
    chance = next(a for a in verdict.answers if a.notebook == "10_question" and a.id == "what-does-chance-say")
    assert chance.status == "different" and chance.figures[0].tolerance == 0.5 and chance.figures[0].again == 107
    assert [a.status for a in verdict.answers if a.notebook == "10_question"] == ["same", "same", "different"]


def test_what_never_ends_is_ended_and_the_others_are_judged(hostile):
    verdict, _folder = hostile
    endless, kills = verdict.why
    assert endless.startswith("30_endless: ") and "12" in endless and kills.startswith("50_kills: ") and "-9" in kills
    assert {a.status for a in verdict.answers if a.notebook == "30_endless"} == {"same", "cannot"}
    assert {a.status for a in verdict.answers if a.notebook == "50_kills"} == {"cannot"}
    assert verdict.status == "cannot"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: print('x' * 1_000_000)", "10_question"),
        ("import os\nwhile True:\n    os.fork()", "10_question"),
        ("import os\nos.kill(os.getppid(), 9); os.kill(-1, 9)", "10_question"),
        (SCRIPT, "would execute something"),
    ],
)
def test_what_would_bring_a_machine_down_brings_down_its_sandbox_only(honest, tmp_path, code, why):
    path = zipped(tmp_path / "hostile.zip", recorded(forged(unzipped(honest), "10_question", code)))
    verdict = verify(path, tmp_path / "verdicts", rules=rules(tmp_path, seconds=30))
    assert verdict.status in ("cannot", "refused") and why in verdict.why[0], verdict
    assert verdict.peak_memory < 2 * LIMITS.memory_mb * 1e6


def test_forged_answers_are_different(hostile):
    """Answers and outputs changed alike, and every digest with them: only to run it again tells."""
    verdict, _folder = hostile
    total, communes, _chance = [answer for answer in verdict.answers if answer.notebook == "40_forged"]
    assert (total.status, communes.status) == ("different", "same")
    [figure] = total.figures
    assert figure.packed == figure.again + 1
    [cell] = [one for one in verdict.cells if one["notebook"] == "40_forged"]
    assert (cell["cell"], cell["packed"], cell["again"]) == (3, "the best cell", "the last cell")
    said = "\n".join(verdicts.lines([verdict]))
    assert f"total: {figure.packed} → {figure.again}" in said and "- the best cell" in said


def test_data_that_nobody_has_is_said_before_anything_runs(honest, tmp_path):
    files = unzipped(honest)
    lock = json.loads(files["data.lock"])
    lock["datasets"]["communes-population"]["sha256"] = "ab" * 32
    files["data.lock"] = json.dumps(lock).encode()
    verdict = verify(zipped(tmp_path / "x.zip", recorded(files)), tmp_path / "v", rules=rules(tmp_path))
    assert verdict.status == "cannot" and "communes-population" in verdict.why[0] and not verdict.seconds


@pytest.mark.parametrize("line", ["https://h/evil.whl", "-e .", "--index-url http://h", "evil", "evil==1", "evil>=1"])
def test_packages_without_an_exact_version_and_digest_are_not_installed(honest, tmp_path, line):
    with pytest.raises(supplies.CannotBeHad, match="exact version"):
        supplies._lines(f"good==1.0 --hash=sha256:{'ab' * 32}\n{line}\n")


def test_a_dossier_that_is_refused_has_a_verdict_and_exit_code(tmp_path, monkeypatch, capsys):
    sandboxed.needed()
    (tmp_path / "bad.zip").write_bytes(b"PK")
    monkeypatch.chdir(tmp_path)
    assert main(["jury", "verify", "bad.zip", "--output", "v"]) == 1
    assert verdicts.read(tmp_path / "v" / "bad").status == "refused"
    assert "bad" in capsys.readouterr().out
    assert main(["jury", "verify", "none.zip", "--output", "v"]) == 2
    (tmp_path / "w" / "bad").mkdir(parents=True)
    assert main(["jury", "verify", "bad.zip", "--output", "w"]) in (1, 2) and not list(
        (tmp_path / "w" / "bad").iterdir()
    )


def test_what_takes_too_long_to_read_is_ended(honest, tmp_path, monkeypatch):
    """120,000 letters that a reader of Markdown needs minutes for; the process that reads them is another one."""
    files = unzipped(honest)
    for place in ("notebooks", "report"):
        nb = nbformat.reads(files[f"{place}/10_question.ipynb"].decode(), as_version=4)
        nb.cells[0].source = "![" * 60_000
        files[f"{place}/10_question.ipynb"] = nbformat.writes(nb).encode()
    monkeypatch.setattr(verifying, "READING", 1.5)
    verdict = verify(zipped(tmp_path / "slow.zip", recorded(files)), tmp_path / "v", rules=rules(tmp_path))
    assert (verdict.status, verdict.seconds) == ("refused", 0) and "more time" in verdict.why[0]


def test_without_a_sandbox_nothing_is_opened(tmp_path, monkeypatch):
    def none():
        raise sandbox.NoSandbox("sandbox", "none", next=sandbox.INSTALL)

    (tmp_path / "bad.zip").write_bytes(b"PK")
    monkeypatch.setattr(sandbox, "find", none)
    with pytest.raises(sandbox.NoSandbox):
        verify_all([tmp_path / "bad.zip"], tmp_path / "v")
    assert not (tmp_path / "v").exists()
