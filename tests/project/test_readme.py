"""What the README files tell people to type works, and the two languages tell the same."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from datakit import cli
from tools import make_messages as messages

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "README.fr.md", "CONTRIBUTING.md", "CHANGELOG.md"]
PAGES += [
    "docs/animateurs.md",
    "docs/facilitator.md",
    "docs/data.md",
    "docs/api.md",
    "docs/architecture.md",
    "docs/dossiers.md",
]
PAGES += ["docs/organiser.md", "docs/organisateurs.md", "docs/recipes/satellite.md", "docs/recipes/many_cities.md"]
PAGES += ["docs/follow-up.md", "docs/suivi.md", "docs/jury-guide.md", "docs/guide-du-jury.md", "docs/jury.md"]
# ```bash blocks are run here; ```sh blocks need a network, a browser or a colleague: they are checked, not run.
LANGUAGES = {"bash", "sh", "python", "json"}


def blocks(page, language):
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", text, flags=re.MULTILINE | re.DOTALL)
    assert {lang for _, lang, _ in found} <= LANGUAGES
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, lang, body in found if lang == language]


def commands(page, language):
    return [line for block in blocks(page, language) for line in block.splitlines() if line.strip()]


def test_both_languages_give_the_same_commands():
    for language in ("bash", "sh"):
        assert blocks("README.md", language) == blocks("README.fr.md", language)
    strip = [re.sub(r"\s*#.*", "", block) for page in ("README.md", "README.fr.md") for block in blocks(page, "python")]
    assert strip[: len(strip) // 2] == strip[len(strip) // 2 :]


def test_both_languages_have_the_same_shape():
    twins = {f"docs/{name}.md": f"docs/{twin}.md" for name, twin in messages.DOCUMENTS.items()}

    def shape(page):
        text = (ROOT / page).read_text(encoding="utf-8")
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        headings = [len(h) for h in re.findall(r"^(#+) ", prose, re.MULTILINE)]
        links = [link for link in re.findall(r"\]\(([^)]+)\)", prose) if not link.startswith("README")]
        # A document that there is in French is the one that French readers are sent to.
        links = sorted(twins.get(link, link) if page == "README.md" else link for link in links)
        codes = set(re.findall(r"`([^`\n]+)`", prose))
        return headings, links, codes, prose.count("\n|")

    assert shape("README.md") == shape("README.fr.md")


def test_the_french_is_written_as_french_is():
    text = (ROOT / "README.fr.md").read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    # Of a table's row the rules are for the words of each cell, and three dashes are a line.
    lines = [cell.strip() for line in prose.splitlines() for cell in line.split("|") if cell.strip("- ")]
    assert len(lines) > 80 and not [wrong for line in lines for wrong in messages.misprinted(line)]


@pytest.mark.parametrize("page", PAGES)
def test_local_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


def test_no_page_invents_this_repositorys_address():
    for page in ("README.md", "README.fr.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        addresses = set(re.findall(r"(?:mybinder\.org/v2/gh|codespaces\.new|github\.com)/([\w.-]+/[\w.-]+)", text))
        block = re.search(r"<!-- links:start.*?<!-- links:end -->", text, re.DOTALL)[0]
        inside = set(re.findall(r"(?:mybinder\.org/v2/gh|codespaces\.new|github\.com)/([\w.-]+/[\w.-]+)", block))
        assert addresses == inside
        assert len(inside - {"codespaces/badge.svg"}) <= 1  # one setting


def test_who_needs_an_account_is_said():
    rows = re.findall(r"^\| ([\w ]+) \|.*\|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[:7] == ["where", "Binder", "Codespaces", "pip or uv", "conda", "a room of twenty or forty", "offline"]


@pytest.fixture
def clean_folder(tmp_path):
    """A copy of the project as git has it, without what earlier runs left; the environment is the one of the tests.

    Of a theme's chapters one is enough to see what the commands do.
    """
    folder = tmp_path / "project"
    skip = shutil.ignore_patterns(
        ".venv*", ".git", "reports", "build", "*.egg-info", "__pycache__", ".*_cache", ".coverage*"
    )
    shutil.copytree(ROOT, folder, ignore=skip)
    for path in sorted((folder / "notebooks").glob("*_trees_*.ipynb"))[1:]:  # run/test_notebooks.py executes them all
        path.unlink()
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine: apt-get install make")
def test_the_commands_of_the_readme_work(clean_folder):
    """Every ```bash line, in order, in a clean folder; nothing is installed, as the environment is there."""
    environment = clean_folder.with_name("environment")  # for make, which takes no name with a space from elsewhere
    environment.symlink_to(sys.prefix)
    stamps = [environment / name for name in (".datakit-made", ".datakit-run", ".datakit-dev")]
    typed = commands("README.md", "bash")
    assert "make run" in typed
    assert any(line.startswith("datakit list") for line in typed)
    for line in typed:
        words = shlex.split(line)
        if words[0] == "make":  # -o: take these as made, so that the test installs nothing
            words += [f"VENV={environment}", *(f"-o{stamp}" for stamp in stamps), "ARGS=start_here"]
        path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
        clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        done = subprocess.run(
            words, cwd=clean_folder, env=clean | {"PATH": path}, capture_output=True, text=True, timeout=300
        )
        allowed = {0, 1} if line == "datakit doctor" else {0}  # doctor's 1 means it found something, which is its job
        assert done.returncode in allowed, f"{line}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        if line == "make run":
            assert done.stdout.splitlines()[-1].endswith(f"Report: {clean_folder}/reports/latest/index.html")
            assert (clean_folder / "reports/latest/index.html").stat().st_size > 1000
        if line.startswith("datakit run trees"):
            pages = {path.name for path in (clean_folder / "reports/trees").glob("*.html")}
            assert pages == {"index.html", "10_trees_inventory.html"}


def test_the_python_of_the_readme_works(tmp_path):
    (code,) = blocks("README.md", "python")
    check = "\nassert communes.crs.to_epsg() == 2154\nassert communes.attrs['datakit']['origin'] == 'sample'\n"
    done = subprocess.run([sys.executable, "-c", code + check], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/facilitator.md", "docs/team-dossier.md"])
def test_commands_that_need_more_are_known(page, capsys):
    """Of each ```sh line: the make target exists, `datakit` knows the command and its options."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in commands(page, "sh"):
        for part in line.split("&&"):
            words = shlex.split(part)
            if words[0] == "make":
                assert words[1] in targets, part
            elif words[0] == "datakit":
                verbs = [w for w in words[1:3] if not w.startswith("-") and w.isalpha()]
                known = verbs[:2] if verbs[0] in ("challenge", "mirror", "trees") else verbs[:1]
                with pytest.raises(SystemExit) as left:
                    cli.main([*known, "--help"])
                shown = capsys.readouterr().out
                assert left.value.code == 0, part
                for option in re.findall(r"(--[a-z-]+)", part):
                    assert option in shown, f"{part}: {option} is not in its help"
            for path in re.findall(r"requirements[\w-]*\.lock", part):
                assert (ROOT / path).exists()


def test_the_example_card_is_a_card(tmp_path, monkeypatch):
    """The card printed in CONTRIBUTING.md reads the file that it describes."""
    import datakit

    (card,) = blocks("CONTRIBUTING.md", "json")
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards/benches.json").write_text(card, encoding="utf-8")
    monkeypatch.setenv("DATAKIT_CARDS", str(tmp_path / "cards"))
    assert datakit.catalog["benches"].label("fr") == "Bancs publics"
    place = tmp_path / "mirror"
    from datakit.data.mirrors import add

    table = tmp_path / "benches.csv"
    table.write_text(
        "ID;LONGUEUR;longitude;latitude;inutile\nB1;180,5;5.04;47.32;x\nB2;-3;5.05;47.33;x\n", encoding="utf-8"
    )
    add(place, "benches", table)
    with pytest.warns(UserWarning, match="1"):
        benches = datakit.load("benches", str(place))
    assert benches["bench_id"].tolist() == ["B1"]
    assert benches["length"].tolist() == [1.805]
    assert benches.crs.to_epsg() == 2154
    assert benches.attrs["datakit"]["rows_rejected"] == 1
