"""From an organiser's answers to a project that runs: copier's template, cards, invented data, recorded answers.

The template is a part of the package and no git repository, so ``copier update`` does not apply: a project is made
again elsewhere from its recorded answers, and compared.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shlex
import shutil
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.challenge import cards, inventing, recording
from datakit.challenge.plan import QUESTIONS, plan
from datakit.challenge.words import HELP
from datakit.data.files import write_json
from datakit.errors import WrongUse
from datakit.extras import NAME, checkout, needed_by, requirements, without_grammar
from datakit.language import Place, _
from datakit.settings import PACKAGED, challenge

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Any


TEMPLATE = Path(__file__).with_name("template")
KIT = "kit"  # where a wheel is kept in the project
CHAPTERS = {"trees": "10_trees.py", "vegetation": "20_vegetation.py", "inclusion": "30_inclusion.py"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def new(
    folder: str | os.PathLike[str],
    answers: Mapping[str, Any] | None = None,
    *,
    ask: bool = False,
    say: Callable[[str], None] = print,
) -> Path:
    """Write the project of a new challenge.

    Parameters
    ----------
    folder : path
        Made here.
    answers : dict, optional
        To the questions of ``template/copier.yml``, by their names.
    ask : bool
        Ask the other questions at the terminal; else what has a default takes it.
    say : callable
        Receives each step.

    Returns
    -------
    Path
        The folder, which appears in one move, when its notebooks have run.

    Raises
    ------
    WrongUse
        The folder is there already, or an answer is missing, not known or cannot be right.
    MissingPackage
        The extra ``challenge`` or ``notebooks`` is not installed.
    """
    folder = Path(folder).absolute()
    if folder.exists() or folder.is_symlink():
        raise WrongUse(str(folder), _("is there already"), done=_("nothing was written"), next=_("another folder"))
    given = {name: value for name, value in (answers or {}).items() if not name.startswith("_")}
    if wrong := set(given) - set(QUESTIONS):
        what = _("unknown: {names}").format(names=", ".join(sorted(wrong)))
        raise WrongUse("challenge new", what, expected=", ".join(QUESTIONS))
    given = _asked(given, ask)
    made = plan(given)
    partial = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        say(_("writing the project"))
        _write(partial, made, given)
        say(_("inventing data and running the notebooks on it"))
        _fill(partial, made)
        partial.rename(folder)
    except OSError as error:
        what, done = _("cannot be written here"), _("nothing was written")
        raise WrongUse(str(folder), what, found=error.strerror or str(error), done=done) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def read_answers(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Answers from a YAML file, such as the ``.copier-answers.yml`` of a project.

    Raises
    ------
    WrongUse
        It cannot be read, or is no list of names and values.
    """
    with needed_by(__name__):
        import yaml
    try:
        said = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongUse(str(file), _("this file cannot be read as YAML"), found=str(error)) from None
    if not isinstance(said, dict):
        raise WrongUse(str(file), _("no list of names and values"), expected="town: …", found=str(said)[:80])
    return {str(name): value for name, value in said.items() if not str(name).startswith("_")}


def kit_here() -> str:
    """What installs the kit that runs now: the folder of a clone, else its name and version for an index."""
    clone = checkout()
    return str(clone) if clone else f"{NAME}=={metadata.version(NAME)}"


def _asked(given, ask):
    """Every answer: given, asked at the terminal by copier, or the default."""
    own = challenge(PACKAGED)
    extra = {
        "said": {name: _(text) for name, text in HELP.items()},
        "kit_accent": own.accent,
        "kit_here": kit_here(),
    }
    # Lists are for a file: at a terminal nobody types them.
    given = {"criteria": [vars(one) for one in own.criteria], "limits": {}, **given}
    worker = _copier(Path.cwd(), {**extra, **given}, exclude=["*"], pretend=True, defaults=not ask)
    return {name: worker.answers.combined[name] for name in QUESTIONS if name in worker.answers.combined}


def _copier(folder, data, **options):
    with needed_by(__name__):
        import copier
        from copier.errors import CopierError
    try:
        return copier.run_copy(str(TEMPLATE), folder, data=data, quiet=True, **options)
    except (CopierError, TypeError, ValueError) as error:  # an answer that is missing or of another kind
        raise WrongUse("challenge new", _("an answer cannot be used"), found=str(error)) from error


def _write(folder, made, given):
    """The files of the template, the cards and the lock of packages."""
    kit = _kit(made.kit, folder)
    told = {
        **asdict(made),
        "codes": list(made.communes),
        "departement": made.departement,
        "inventory": made.inventory,
        "bounds": list(made.bounds),
        "communes_text": ", ".join(made.communes.values()),
        "of_town": f"{Place(made.town):de}",
        "at_town": f"{Place(made.town):à}",
        "of_territory": f"{Place(made.territory):de}",
        "kit": kit,
        "kit_quoted": shlex.quote(kit),
        "kit_shown": Path(kit).name,
    }
    toml = {name: json.dumps(value, ensure_ascii=False) for name, value in told.items()}
    toml["criteria"] = [{name: json.dumps(v, ensure_ascii=False) for name, v in one.items()} for one in made.criteria]
    python = "{}.{}".format(*sys.version_info)
    left = [f"notebooks/{name}" for theme, name in CHAPTERS.items() if theme not in made.themes]
    _copier(folder, {**given, "kit": kit, "plan": told, "toml": toml, "python": python}, exclude=left, defaults=True)
    (folder / "cards").mkdir()
    for id, card in cards.cards(made).items():
        write_json(folder / "cards" / f"{id}.json", card)
    (folder / "requirements.lock").write_text(_locked(), encoding="utf-8")
    for name in ("postBuild", "start"):
        (folder / "binder" / name).chmod(0o755)
    for source in sorted((folder / "notebooks").glob("*.py")):
        source.with_suffix(".ipynb").write_text(notebook(source.read_text(encoding="utf-8")), encoding="utf-8")
        source.unlink()


def _kit(said, folder):
    """What the Makefile installs; a wheel goes along, so that the project is whole without an index."""
    wheel = Path(said)
    if said.endswith(".whl") and "://" not in said:
        if not wheel.is_file():
            raise WrongUse("kit", _("this wheel is not there"), found=said)
        (folder / KIT).mkdir(parents=True)
        shutil.copyfile(wheel, folder / KIT / wheel.name)
        return f"{KIT}/{wheel.name}"
    return said


def _fill(folder, made):
    """Invented data, its lock, and what the notebooks say of it."""
    ids = inventing.invent(made, folder / recording.MIRROR, folder / "cards")
    readme = inventing.README[made.language].format(town=Place(made.town))
    (folder / recording.MIRROR / "README.md").write_text(readme, encoding="utf-8")
    recording.in_project(folder, "lock", *ids)
    recording.record(folder)
    for left in folder.glob("**/.data.lock.lock"):
        left.unlink()


def _locked():
    """The lock of a clone, with hashes; else the versions that the kit's packages have here."""
    clone = checkout()
    if clone:
        return (clone / "requirements.lock").read_text(encoding="utf-8")
    with needed_by(__name__):
        from packaging.requirements import Requirement
    found, left = {}, [text for extra in requirements().values() for text in extra]
    while left:
        asked = Requirement(left.pop())
        name = asked.name.lower().replace("_", "-")
        extras = [{"extra": extra} for extra in asked.extras] or [{"extra": ""}]
        if name in found or (asked.marker and not any(asked.marker.evaluate(one) for one in extras)):
            continue
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        left += metadata.requires(name) or []
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def notebook(source: str) -> str:
    """A notebook made of its py:percent text: without outputs, the same bytes each time, the cells' ids included.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
        Its JSON.

    Raises
    ------
    MissingPackage
        The extra ``notebooks`` is not installed.
    """
    with needed_by(__name__), without_grammar():
        import jupytext
        import nbformat
    nb = jupytext.reads(source, fmt="py:percent")
    nb.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    nb.nbformat, nb.nbformat_minor = 4, 5
    for number, cell in enumerate(nb.cells):
        cell.id = hashlib.sha256(f"{number}\n{cell.source}".encode()).hexdigest()[:12]
    return nbformat.writes(nb) + "\n"
