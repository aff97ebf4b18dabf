"""The commands of ``datakit trees``: parse, call, print."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.cli.places import file, folder
from datakit.data.project import in_project
from datakit.data.provenance import STAMP
from datakit.errors import DatakitError
from datakit.language import _, language
from datakit.settings import challenge

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_commands(command: Callable[..., argparse.ArgumentParser], origins: Callable[..., None]) -> None:
    """Add them to the command line.

    Parameters
    ----------
    command, origins : callable
        Those of `datakit.cli.parser`: a new command, and its option ``--origins``.
    """
    c = command("trees", _("read any tree inventory, judge it, list the trees to look at first"), None)
    trees = c.add_subparsers(title=_("commands"), metavar="COMMAND", dest="trees", required=True)
    c = command(
        "import",
        _("turn a file of trees into the standard table, and put it into a mirror"),
        _trees_import,
        "  datakit trees import arbres.csv\n"
        "  datakit trees import arbres.gpkg --city Annecy --crosswalk imports/annecy/crosswalk.json\n"
        + _("  datakit run trees --origins mirror,sample    then: the notebook on this inventory\n"),
        trees,
    )
    c.add_argument("file", metavar="FILE", help=_("CSV, GeoJSON, GeoPackage, shapefile or Parquet"))
    c.add_argument(
        "--city", default="", help=_("names the dataset: trees-annecy for Annecy (default: the town of challenge.toml)")
    )
    c.add_argument("--crosswalk", metavar="F", help=_("which column is what: a proposal that you have edited"))
    c.add_argument("--output", metavar="DIR", type=folder, help=_("what explains the table (default: imports/CITY)"))
    c.add_argument(
        "--mirror",
        metavar="DIR",
        type=folder,
        help=_("where the table goes (default: mirror, in the project's folder)"),
    )
    origins(c)

    def inventory(made, kind, default):
        made.add_argument(
            "--inventory", metavar="ID", default="", help=_("a dataset (default: the inventory of challenge.toml)")
        )
        made.add_argument(
            "--output",
            metavar=kind,
            type=folder if kind == "DIR" else file,
            default=default,
            help=_("default: {value}").format(value=default),
        )
        origins(made)

    c = command(
        "audit",
        _("one page on what an inventory can and cannot answer"),
        _trees_audit,
        "  datakit trees audit\n  datakit trees audit --inventory trees-paris --origins publisher\n",
        trees,
    )
    inventory(c, "FILE", "reports/audit.html")
    c = command(
        "visits",
        _("the trees to look at first, in rounds that a crew can walk"),
        _trees_visits,
        "  datakit trees visits -n 200\n  datakit trees visits --origins mirror,sample --walk 4\n",
        trees,
    )
    inventory(c, "DIR", "reports/visits")
    c.add_argument("-n", type=int, default=200, metavar="N", help=_("trees to visit (default: 200)"))
    c.add_argument("--walk", type=float, default=6.0, metavar="KM", help=_("longest round, in km (default: 6)"))
    c = command(
        "page",
        _("a page for citizens: trees near a place, and a walk past the remarkable ones"),
        _trees_page,
        "  datakit trees page --output trees.html\n",
        trees,
    )
    inventory(c, "FILE", "reports/arbres.html")


def _writes(call):
    """A command whose output cannot be written says so."""

    @functools.wraps(call)
    def careful(args):
        try:
            return call(args)
        except BrokenPipeError:  # nobody reads what is printed
            raise
        except OSError as error:
            raise DatakitError(
                str(error.filename or args.output),
                _("the output cannot be written"),
                expected=_("a folder that can be made, with room and the right to write"),
                found=error.strerror or str(error),
                next=_("--output with another place"),
            ) from error

    return careful


@_writes
def _trees_import(args):
    from datakit.data import mirrors
    from datakit.trees import audit
    from datakit.trees.inventory.importing import dataset_id, import_file

    own = challenge().territory["inventory"]
    communes = _communes(args.origins) if not args.city or dataset_id(args.city) == own else None
    made = import_file(args.file, city=args.city, crosswalk=args.crosswalk, folder=args.output, area=communes)
    if made.suggestion is not None:
        print(made.suggestion.text())
    for note in made.notes:
        print(f"\n{note}")
    if len(made.rejects):
        print(_("\n{n} rows of the file are set aside, and are no trees of the table:").format(n=len(made.rejects)))
        print(made.rejects.drop(columns="column").head(10).to_string(index=False))
        print(_("all of them: {file}").format(file=made.changes.with_name("rejects.csv")))
    print(_("\n{n} trees. What was changed:").format(n=len(made.trees)))
    print(made.summary.to_string(index=False) if len(made.summary) else _("nothing"))
    findings, page = audit(made.trees, area=communes), made.changes.with_name("audit.html")
    findings.page(page)
    print(f"\n{findings.text()}\n")
    mirror = args.mirror or in_project("mirror")
    entry = mirrors.add(mirror, made.id, made.table)
    for what in ("crosswalk", "changes", "card"):
        print(f"{what:<10} {getattr(made, what)}")
    print(f"{'audit':<10} {page}")
    print(
        _("{head:<10} {table}, put into {mirror}/ as {id}, sha256 {digest}").format(
            head=_("table"), table=made.table, mirror=mirror, id=made.id, digest=entry["sha256"][:12]
        )
    )
    print(
        _("next: look at {page}; a column read wrongly? edit {crosswalk}, then --crosswalk {crosswalk}").format(
            page=page, crosswalk=made.crosswalk
        )
    )
    name = "" if made.id == own else f" -p inventory={made.id}"
    print(_("      datakit run trees --origins {mirror},sample{name}").format(mirror=mirror, name=name))
    return 0


def _communes(origins, synthetic=False, trees=None):
    """The contours where an inventory of the challenge's territory should lie.

    None where one of the two is invented and the other real. And None where no tree stands in them: the inventory is of
    another city.
    """
    from datakit.data.reading import load
    from datakit.geo.territory import todays_communes

    communes = todays_communes(load("communes", origins))
    if trees is not None and not len(communes.sindex.query(trees.geometry, predicate="within")[0]):
        return None
    if communes.attrs["datakit"]["synthetic"] == synthetic:
        return communes
    print(_("The trees and the communes at hand are not both real: they are not compared."), file=sys.stderr)
    return None


def _roads(origins, synthetic):
    """The streets to draw under the trees; None, and why, where there are none or only one of the two is invented."""
    from datakit.data.reading import load

    try:
        roads = load("bdtopo-roads", origins)
    except DatakitError as error:
        print(_("The page has no streets: {error}").format(error=error), file=sys.stderr)
        return None
    if roads.attrs["datakit"]["synthetic"] == synthetic:
        return roads
    print(_("The page has no streets: the trees and the streets at hand are not both real."), file=sys.stderr)
    return None


def _inventory(args):
    """The inventory asked for, in the standard table, and the stamp that goes with it."""
    from datakit.data.reading import load
    from datakit.trees import standardise

    args.inventory = args.inventory or challenge().territory["inventory"]
    trees = standardise(load(args.inventory, args.origins))
    said = trees.attrs["datakit"]
    stamp = ", " + _(STAMP) if said["synthetic"] else ""
    print(
        _("{inventory}: {n} trees, from {origin}{stamp}").format(
            inventory=args.inventory, n=len(trees), origin=said["origin"], stamp=stamp
        ),
        file=sys.stderr,
    )
    return trees


@_writes
def _trees_audit(args):
    from datakit.trees import audit
    from datakit.trees.structure import survey_year

    trees = _inventory(args)
    synthetic = trees.attrs["datakit"]["synthetic"]
    # The same checks as in the chapter: with the communes where there are any, and at the year of the inventory.
    area = _communes(args.origins, synthetic, trees)
    found = audit(trees, area=area, today=survey_year(trees), lang=language())
    print(found.text())
    print(found.page(args.output))
    return 0


@_writes
def _trees_visits(args):
    from datakit.trees import visits
    from datakit.trees.choosing import loss_scores

    trees = _inventory(args)
    choice = loss_scores(trees, visits=args.n, lang=language())
    print(choice.sentence())
    listed = visits.visit_list(trees, choice.score, n=args.n, walk_km=args.walk, why=choice.why)
    for path in visits.write_list(listed, args.output, language()):
        print(path)
    print(_(visits.PROTECTED_ROWS))
    return 0


@_writes
def _trees_page(args):
    from datakit.trees.citizens import page

    trees = _inventory(args)
    own, synthetic = args.inventory == challenge().territory["inventory"], trees.attrs["datakit"]["synthetic"]
    communes = _communes(args.origins, synthetic) if own else None
    roads = _roads(args.origins, synthetic) if own else None
    print(page.write_page(trees, _made(args.output), lang=language(), outline=communes, roads=roads))
    return 0


def _made(file):
    """The path of a file to write, its folder made."""

    Path(file).parent.mkdir(parents=True, exist_ok=True)
    return Path(file)
