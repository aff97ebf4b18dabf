"""Write the launch links and badges of the README files from one setting: ``make links REPO=owner/name``.

The repository's address stands nowhere else. ``make links REPO=`` takes the links out again.
"""

import argparse
import re
import sys
from pathlib import Path
from urllib.parse import quote

BLOCK = re.compile(r"(<!-- links:start[^\n]*-->\n)(.*?)(<!-- links:end -->)", re.DOTALL)
REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
FIRST = "notebooks/00_start_here.ipynb"

TEXTS = {
    "README.md": {
        "none": "This repository has no public address yet, so there is nothing to click: "
        "`make links REPO=owner/name` writes the launch links here.",
        "binder": "Open on Binder",
        "codespaces": "Open in Codespaces",
        "tests": "Tests",
    },
    "README.fr.md": {
        "none": "Ce dépôt n’a pas encore d’adresse publique : il n’y a rien à cliquer. "
        "`make links REPO=owner/name` écrit ici les liens de lancement.",
        "binder": "Ouvrir sur Binder",
        "codespaces": "Ouvrir dans Codespaces",
        "tests": "Tests",
    },
}


def launch_lines(repo, branch, texts):
    """The Markdown that stands between the markers.

    Parameters
    ----------
    repo : str
        ``owner/name``, or ``""`` while the repository has no public address.
    branch : str
        The branch that Binder builds.
    texts : dict
        The words, by language.

    Returns
    -------
    str
        Lines ending with a newline.
    """
    if not repo:
        return texts["none"] + "\n"
    ref = quote(branch, safe="")
    binder = f"https://mybinder.org/v2/gh/{repo}/{ref}?urlpath=lab/tree/{FIRST}"
    tests = f"https://github.com/{repo}/actions/workflows/tests.yml"
    return (
        f"[![{texts['binder']}](https://mybinder.org/badge_logo.svg)]({binder})\n"
        f"[![{texts['codespaces']}](https://github.com/codespaces/badge.svg)](https://codespaces.new/{repo}?ref={ref})\n"
        f"[![{texts['tests']}]({tests}/badge.svg?branch={ref})]({tests})\n"
    )


def write_links(folder, repo, branch="main"):
    """Rewrite the links in a project folder.

    Parameters
    ----------
    folder : Path
        The project.
    repo : str
        ``owner/name`` on GitHub, or ``""`` for none.
    branch : str
        The branch to launch.

    Returns
    -------
    list of Path
        The files that changed.

    Raises
    ------
    ValueError
        Where ``repo`` is not ``owner/name``, or a file has lost its markers.
    """
    if repo and not REPO.fullmatch(repo):
        raise ValueError(f"{repo!r} is not owner/name")
    changed = []
    for name, texts in TEXTS.items():
        path = folder / name
        before = path.read_text(encoding="utf-8")
        lines = launch_lines(repo, branch, texts)
        after, count = BLOCK.subn(lambda m, lines=lines: m[1] + lines + m[3], before)
        if count != 1:
            raise ValueError(f"{name} must have one pair of links:start and links:end comments, it has {count}")
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    citation = folder / "CITATION.cff"
    before = citation.read_text(encoding="utf-8")
    after = re.sub(r"^repository-code:.*\n", "", before, flags=re.MULTILINE)
    if repo:
        after = after.rstrip("\n") + f'\nrepository-code: "https://github.com/{repo}"\n'
    if after != before:
        citation.write_text(after, encoding="utf-8")
        changed.append(citation)
    return changed


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repo", help="owner/name on GitHub, or '' to take the links out")
    parser.add_argument("--branch", default="main")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parents[1], help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    try:
        changed = write_links(options.folder, options.repo, options.branch)
    except ValueError as problem:
        print(f"make links: {problem}. Try: make links REPO=owner/name", file=sys.stderr)
        return 2
    print("\n".join(f"written: {path.name}" for path in changed) or "nothing to change")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
