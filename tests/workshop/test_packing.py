"""A folder is packed for real, from a small project and wheels of its own; a participant starts from it."""

import json
import os
import shutil
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path, PureWindowsPath

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from test_serving import KINDS, Server
from wheels import HERE, index, only, project, write_wheel

from datakit import cli
from datakit.errors import CacheProblem, Corrupt, DatakitError, NotAsDescribed, Unreachable, WrongUse
from datakit.workshop import layout, packing, shelves, starting, verifying, wheelhouse

CHOSEN = {"systems": ("windows", "linux"), "pythons": ("3.11", HERE) if HERE != "3.11" else ("3.11", "3.12")}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are installed on Linux")


def quiet(line):
    pass


@pytest.fixture(scope="module")
def made(bare, tmp_path_factory):
    """A packed folder with a name as people give them, what it was packed from, and what was said."""
    home, said = tmp_path_factory.mktemp("packing"), []
    links, lock = index(home / "wheels")
    pip = [str(bare / "bin/python"), "-m", "pip"]  # each pack would make its own
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wheelhouse, "pip", lambda home: pip)
        for name, value in only(links).items():
            patch.setenv(name, value)
        patch.setattr(packing, "checkout", lambda: project(home / "project", lock))
        patch.setattr(packing, "_ids", lambda origins: ["communes", "communes-population"])
        report = packing.pack(home / "clé d'été, 1", "sample", say=said.append, **CHOSEN)
    return report, home, said, pip


@pytest.fixture
def packed(made, tmp_path, monkeypatch):
    """A copy of it for one test, and pip without any index."""
    report, home, _, pip = made
    monkeypatch.setattr(wheelhouse, "pip", lambda home: pip)
    for name, value in only(home / "wheels").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(packing, "checkout", lambda: home / "project")
    monkeypatch.setattr(packing, "_ids", lambda origins: ["communes", "communes-population"])
    return Path(shutil.copytree(report.folder, tmp_path / report.folder.name))


def test_what_a_packed_folder_holds(made):
    report, _, said, _ = made
    folder = report.folder
    assert not report.lacking and {"wheelhouse", "mirror", "notebooks", "facilitators"} <= report.sizes.keys()
    names = wheelhouse.wheels(folder / "wheelhouse")
    assert sum(name.startswith("rest-") for name in names) == 1  # one serves all
    assert sum(name.startswith("compiled-") for name in names) == 4 and not any("macos" in name for name in names)
    assert sum(name.startswith(wheelhouse.KIT) for name in names) == 1
    assert (folder / "notebooks" / "fr" / "00_start_here.ipynb").is_file()
    assert not (folder / "notebooks" / "src").exists() and not (folder / "notebooks" / "solutions").exists()
    there = {path.relative_to(folder / "facilitators").as_posix() for path in (folder / "facilitators").rglob("*")}
    assert {"facilitator.md", "animateurs.md", "glossary.md", "glossaire.md", "fr/solutions"} <= there
    assert {f"{lang}/{name}" for lang in ("en", "fr") for name in ("index.html", "sheet.html", "slides.html")} <= there
    listed = layout.sums((folder / layout.SUMS).read_text(encoding="utf-8"))
    assert sorted(listed) == layout.summed_files(folder) and "start.pyz" in listed
    assert not (folder / layout.UNFINISHED).exists()
    for name in ("start.sh", "start.command", "start.bat"):
        assert (folder / name).stat().st_mode & stat.S_IXUSR
    assert b"\r\n" in (folder / "start.bat").read_bytes() and b"\r" not in (folder / "start.sh").read_bytes()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "SYNTHETIC SAMPLE" in page and "ÉCHANTILLON INVENTÉ" in page and 'lang="fr"' in page
    assert any("trees import FILE --mirror" in line for line in said)  # what no address gives, and the command for it
    assert not shelves.shelf_of(folder).report().problems


def test_a_wheel_that_nobody_makes_is_named_and_the_rest_is_packed(packed, capsys):
    asked = ["--systems", "linux", "--pythons", "3.13" if HERE != "3.13" else "3.12"]
    for path in (packed / "wheelhouse").glob("compiled-*"):
        path.unlink()
    lock = packing.checkout() / "requirements.lock"
    text = lock.read_text(encoding="utf-8")
    try:
        lock.write_text(text.replace("compiled==2.0", "compiled==9.0"), encoding="utf-8")
        assert cli.main(["workshop", "pack", str(packed), "--origins", "sample", *asked]) == 1
    finally:
        lock.write_text(text, encoding="utf-8")
    assert "compiled 9.0: nobody makes a wheel for Linux on x86-64" in capsys.readouterr().err
    assert layout.is_pack(packed)


def test_a_pack_that_was_broken_off_goes_on(packed, monkeypatch):
    wheels, before = packed / "wheelhouse", {p.name: p.stat().st_ino for p in (packed / "wheelhouse").glob("*.whl")}
    altered, gone = sorted(wheels.glob("compiled-*"))[:2]
    altered.write_bytes(altered.read_bytes() + b"?")
    gone.unlink()
    with monkeypatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "0")
        patch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        patch.setenv("PIP_FIND_LINKS", str(packed / "nothing"))
        patch.setenv("PIP_RETRIES", "1")
        with pytest.raises(Unreachable, match="index of Python packages") as caught:
            packing.pack(packed, "sample", say=quiet, **CHOSEN)
    assert "kept" in caught.value.done
    with pytest.raises(NotAsDescribed, match="not packed to its end"):
        shelves.shelf_of(packed)
    assert not (packed / layout.UNFINISHED).exists()
    said, lock = [], (packed / layout.LOCKED).read_bytes()
    os.utime(packing.checkout() / "datakit" / "errors.py")
    packing.pack(packed, "sample", say=said.append, **CHOSEN)
    assert (packed / layout.LOCKED).read_bytes() == lock  # the same sources have made the same wheel of the kit
    after = {path.name: path.stat().st_ino for path in wheels.glob("*.whl")}
    changed = {name for name in before if after[name] != before[name]}
    assert before.keys() == after.keys() and {altered.name, gone.name} <= changed
    assert all(name.startswith((wheelhouse.KIT, altered.name, gone.name)) for name in changed)
    assert any("2 to fetch" in line or "1 to fetch" in line for line in said)
    monkeypatch.setenv("PIP_FIND_LINKS", str(packed / "nothing"))  # all is there: no index is needed
    own = (packing.checkout() / layout.LOCKED).read_text(encoding="utf-8")
    assert not wheelhouse.fill(wheels, own, *CHOSEN.values(), work=packed / layout.UNFINISHED, say=quiet)


def test_wrong_options_and_folders_are_said_before_anything_is_fetched(tmp_path, capsys, monkeypatch):
    for wrong in (["--systems", "amiga"], ["--pythons", "2.7"], ["--pythons", ""], ["--origins", str(tmp_path / "no")]):
        assert cli.main(["workshop", "pack", str(tmp_path / "new"), *wrong]) in (1, 2)
        assert "Traceback" not in capsys.readouterr().err and not (tmp_path / "new" / "wheelhouse").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheProblem, match="cannot be written"):
        packing.pack(tmp_path / "file", "sample", say=quiet)
    with pytest.raises(CacheProblem, match="the disk is full"):
        wheelhouse._raise_if_general("OSError: [Errno 28] No space left on device")
    with pytest.raises(DatakitError, match="pip failed"):
        wheelhouse._raise_if_general("Segmentation fault")
    monkeypatch.setattr(packing, "checkout", lambda: None)
    with pytest.raises(WrongUse, match="from the kit’s project"):
        packing.pack(tmp_path / "new", "sample", say=quiet)


def begin(where, folder, *args):
    """A participant starts: a process of its own, as ``start.sh`` makes it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    clean["JUPYTER_DATA_DIR"] = str(folder / "jupyter")  # whom it trusts
    command = [sys.executable, str(where), *args, "--work", str(folder), "--no-lab"]
    return subprocess.run(command, capture_output=True, text=True, env=clean | {"LANG": "C", "DATAKIT_LANG": "en"})


@pytest.fixture
def begun(bare, tmp_path):
    """A participant's folder after a start that was broken off before its first package: one goes on from there."""
    shutil.copytree(bare, tmp_path / "chez moi é" / ".venv", symlinks=True)
    return tmp_path / "chez moi é"


@pytest.mark.parametrize("kind", KINDS)
def test_a_participant_starts_from_the_facilitators_laptop(packed, begun, tmp_path, kind):
    server = Server(packed, kind=kind)
    try:
        got = tmp_path / "start.pyz"
        got.write_bytes(starting.Base(server.base).read("start.pyz"))
        done = begin(got, begun, server.base)
        assert done.returncode == 0 and "Installing" in done.stdout, done.stderr
        code = "import compiled, datakit; print(compiled.tag, datakit.__file__)"
        python = starting.program(begun / ".venv")
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=tmp_path).stdout
        assert f"cp{HERE.replace('.', '')}" in said and str(begun) in said
        french = nbformat.read(begun / "notebooks" / "fr" / "00_start_here.ipynb", 4)
        assert NotebookNotary(data_dir=str(begun / "jupyter")).check_signature(french)  # its maps are drawn
        with pytest.raises(Unreachable):
            starting.Base(server.base).read("facilitators/facilitator.md")
        assert starting.Base(server.base).read("wheelhouse/").startswith(b"<!doctype html>")
        origins = starting.Base(server.base).origins()
        assert cli.main(["fetch", "communes", "--origins", origins, "--refresh"]) == 0
    finally:
        server.end()


def test_a_folder_that_was_altered_is_not_installed(packed, begun, tmp_path, capsys):
    wheel = next((packed / "wheelhouse").glob(f"compiled-*cp{HERE.replace('.', '')}*linux*"))
    write_wheel(packed / "wheelhouse", "compiled", "2.0", wheel.stem.split("-", 2)[2], {"other.py": ""})
    done = begin(packed / "start.pyz", begun)
    assert done.returncode == 1 and "cannot be installed" in done.stderr and "Traceback" not in done.stderr
    (packed / "notebooks" / "00_start_here.ipynb").write_text("{}")
    with pytest.raises(Corrupt, match="altered"):
        starting.copy(starting.Base(str(packed)), tmp_path / "other")
    (packed / "wheelhouse" / "extra.whl").write_bytes(b"")
    (packed / "start.sh").unlink()
    trial = verifying.verify(packed, say=quiet)
    assert trial.installed == 0  # nothing of it was run
    told = "\n".join(trial.problems)
    assert f"wheelhouse/{wheel.name}: altered" in told and "start.sh: missing" in told
    assert "extra.whl: is not in SHA256SUMS" in told
    assert cli.main(["workshop", "verify", str(packed)]) == 1 and "start.sh: missing" in capsys.readouterr().err


def test_what_is_no_packed_folder_is_not_verified(tmp_path, packed):
    with pytest.raises(NotAsDescribed, match="no packed folder"):
        verifying.verify(tmp_path)
    shutil.rmtree(packed / "facilitators")  # a participant's copy
    assert not shelves.shelf_of(packed).report().problems


def test_where_the_network_cannot_be_taken_away_nothing_is_promised(monkeypatch):
    monkeypatch.setattr(verifying.shutil, "which", lambda name: None)
    assert verifying.walls() == []


@pytest.mark.slow
def test_a_packed_folder_runs_with_no_way_out_and_is_started_again(packed, begun, capsys, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", f"{sys.prefix}/share/jupyter")  # what ``rest`` cannot lend
    shutil.rmtree(begun / ".venv" / "bin")  # damaged: made again
    assert cli.main(["workshop", "verify", str(packed), "--keep", str(begun)]) == 0
    said = capsys.readouterr().out
    if verifying.walls():
        assert "with no route out: the only network there is lo" in said
    else:
        assert "proves nothing" in said
    assert "installed in" in said and "1 chapter ran" in said
    results = json.loads((begun / "report" / "run.json").read_text(encoding="utf-8"))
    assert packed.name in json.dumps(results, ensure_ascii=False)  # the data came from the folder's mirror
    assert "L.map(" in (begun / "report" / "00_start_here.html").read_text(encoding="utf-8")
    mine = begun / "notebooks" / "00_start_here.ipynb"
    mine.write_text("my work")
    again = begin(packed / "start.pyz", begun)
    assert again.returncode == 0 and "Installing" not in again.stdout, again.stderr
    assert mine.read_text() == "my work" and (begun / ".jupyter" / "labconfig").is_dir()


def test_start_sh_finds_a_python_that_the_kit_runs_on(packed, tmp_path):
    bins = tmp_path / "programs"
    bins.mkdir()
    for name in ("dirname",):
        (bins / name).symlink_to(shutil.which(name))
    shell = [shutil.which("sh"), str(packed / "start.sh")]
    none = subprocess.run(shell, env={"PATH": str(bins)}, capture_output=True, text=True)
    assert none.returncode == 1 and "Il faut Python" in none.stderr and "is needed" in none.stderr
    old, new = bins / "python3.13", bins / "python3.12"
    old.write_text("#!/bin/sh\nexit 1\n")  # there, but not to be used
    new.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\nfor word; do echo "[$word]"; done\n')
    old.chmod(0o755), new.chmod(0o755)
    found = subprocess.run([*shell, "--work", "a b"], env={"PATH": str(bins)}, capture_output=True, text=True)
    assert found.stdout.splitlines() == [f"[{packed / 'start.pyz'}]", "[--work]", "[a b]"]


def test_start_bat_quotes_the_folder_and_asks_for_the_pythons_of_the_kit():
    text = (packing.WEB / "start.bat").read_text(encoding="utf-8")
    assert text.count('"%~dp0') == text.count("%~dp0") == 4
    assert f"in ({' '.join(reversed(layout.PYTHONS))})" in text


def test_paths_of_windows_and_origins_with_a_comma(tmp_path):
    windows = starting.program(PureWindowsPath(r"C:\Users\Zoé D\ondijon\.venv"), windows=True)
    assert str(windows) == r"C:\Users\Zoé D\ondijon\.venv\Scripts\python.exe"
    base = starting.Base(str(tmp_path / "clé, bleue"))
    assert base.origins() == f'"{tmp_path / "clé, bleue" / "mirror"}",sample'
    served = starting.Base("http://192.0.2.1:8000/")
    assert served.origins() == "http://192.0.2.1:8000,sample"
    assert served.where("wheelhouse/é x.whl") == "http://192.0.2.1:8000/wheelhouse/%C3%A9%20x.whl"
    clean = starting.clean({"PIP_INDEX_URL": "x", "PYTHONPATH": "y", "PATH": "z", "no_proxy": "a"}, served)
    assert clean == {"PATH": "z", "PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "a,192.0.2.1", "no_proxy": "a,192.0.2.1"}
    command, variables = starting.lab_command(windows, base, tmp_path, "fr")
    assert (
        command[-1].endswith("/lab/tree/notebooks/00_start_here.ipynb")
        and f"--ServerApp.root_dir={tmp_path}" in command
    )
    assert variables["DATAKIT_ORIGINS"] == base.origins()
    asked = [sys.executable, *command[1:], "--version"]
    opened = subprocess.run(asked, capture_output=True, text=True, env=os.environ | variables)
    assert opened.stdout.strip() == metadata.version("jupyterlab"), opened.stderr
    (tmp_path / "notebooks" / "fr").mkdir(parents=True)
    (tmp_path / "notebooks" / "fr" / starting.FIRST).touch()
    assert starting.first_notebook(tmp_path, "fr") == "notebooks/fr/00_start_here.ipynb"


def test_sums_that_lead_out_of_the_folder_are_not_followed():
    digest = "0" * 64
    ways = ["../x", "a/../../x", "/etc/passwd", "C:/x", "a\\..\\x", ""]
    text = "".join(f"{digest}  {way}\n" for way in ways) + f"{digest}  a/b c é\n{digest[:9]}  short\n"
    assert layout.sums(text) == {"a/b c é": digest}
