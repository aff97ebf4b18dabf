"""A packed dossier as a Research Object Crate: what each file is, on which data it was made, by which run.

RO-Crate (https://w3id.org/ro/crate) with the profile Process Run Crate (https://w3id.org/ro/wfrun/process), written by
the package ``rocrate``. No person is named: the author is the team.
"""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.data.provenance import STAMP, banner
from datakit.dossier.layout import CRATE, LOCK, NOTEBOOKS, PACKAGES, PREVIEW, REPORT
from datakit.extras import NAME, needed_by
from datakit.language import N_, _, day
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from rocrate.rocrate import ROCrate

    from datakit.dossier.form import Dossier
    from datakit.settings import Challenge

VERSION = "1.1"  # the one that the profile of runs builds on
TERMS = {"sha256": "http://schema.org/sha256"}  # younger than the words of that version
PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
SPDX = "https://spdx.org/licenses/{id}"
UNNAMED = N_("a team that is not named yet")
KIT = f"https://pypi.org/project/{NAME}/"
PYTHON = "https://www.python.org/"
TYPES = {  # what a system's own list of types may not know, or knows otherwise
    ".ipynb": "application/x-ipynb+json",
    ".lock": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".toml": "application/toml",
    ".geojson": "application/geo+json",
}


def describe(folder: Path, names: Iterable[str], dossier: Dossier, told: Challenge, run: dict[str, Any]) -> None:
    """Write ``ro-crate-metadata.json`` and its preview beside the files of a dossier.

    Parameters
    ----------
    folder : Path
        With all files of the dossier, its report too; it has the dossier's name.
    names : iterable of str
        Of the files, with ``/``.
    dossier : Dossier
    told : Challenge
    run : dict
        The report's ``run.json``.
    """
    with needed_by(__name__):
        from rocrate.model.preview import Preview
        from rocrate.rocrate import ROCrate
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_terms |= TERMS
    team = _root(crate, dossier, run, folder.name)
    files = {one: _file(crate, folder, one, run) for one in sorted(names) if one not in (CRATE, PREVIEW)}
    data = [_dataset(crate, record) for record in _used(run)]
    crate.root_dataset["isBasedOn"] = data
    _run(crate, files, data, team, run)
    (folder / PREVIEW).write_text(_page(folder, sorted(files), dossier, told, run), encoding="utf-8")
    crate.add(Preview(crate, folder / PREVIEW))
    crate.metadata.write(folder)


def _page(folder, names, dossier, told, run):
    """What a person sees who opens the zip: the rocrate package's own page shows ids and no answer."""
    return render(
        f"{PREVIEW}.j2".removeprefix("ro-crate-"),
        __package__,
        title=dossier.title or folder.name,
        team=dossier.team or _(UNNAMED),
        challenge=told,
        accent=told.accent,
        dossier=dossier,
        licence_url=SPDX.format(id=dossier.licence),
        packed=day(run["dossier"]["packed"][:10]),
        run=run,
        stamp=banner(_used(run)),
        STAMP=_(STAMP),
        results=json.loads((folder / REPORT / "results.json").read_text(encoding="utf-8")),
        data=_used(run),
        files=[(name, _size((folder / name).stat().st_size)) for name in names],
        number=number,
    )


def _size(count):
    return _("{size} kB").format(size=number(-(-count // 1000), 0))


def _thing(crate: ROCrate, id, type, **said):
    """An entity that is no file; what is not known is left out."""
    with needed_by(__name__):
        from rocrate.model import ContextEntity

    known = {name: value for name, value in said.items() if value not in (None, "", [])}
    return crate.add(ContextEntity(crate, id, {"@type": type} | known))


def _root(crate, dossier, run, name):
    """The dossier as a whole, and the team."""
    root = crate.root_dataset
    root["name"] = dossier.title or name
    root["description"] = dossier.summary or dossier.question or _("A dossier whose summary is not written yet.")
    root["datePublished"] = run["started"]
    root["license"] = _licence(crate, dossier.licence)
    team = _thing(crate, "#team", "Organization", name=dossier.team or _(UNNAMED))
    root["author"] = root["publisher"] = team
    root["keywords"] = dossier.theme
    root["conformsTo"] = _thing(crate, PROCESS, "CreativeWork", name="Process Run Crate", version="0.5")
    late = {"value": run["dossier"]["late"], "propertyID": "late", "name": _("Packed after the deadline")}
    root["additionalProperty"] = _thing(crate, "#late", "PropertyValue", **late)
    return team


def _licence(crate, id):
    about = _("The licence {id} of the SPDX list").format(id=id)
    return _thing(crate, SPDX.format(id=id), "CreativeWork", name=id, identifier=id, description=about)


def _file(crate, folder, name, run):
    path = folder / name
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    size = str(path.stat().st_size)
    said = {"name": name, "encodingFormat": kind, "contentSize": size, "sha256": sha256_of(path)}
    if name.startswith(f"{NOTEBOOKS}/") and path.suffix == ".ipynb":
        about = run["notebooks"].get(path.stem, {})
        python = _thing(crate, PYTHON, "ComputerLanguage", name="Python", url=PYTHON, version=run["python"])
        said |= {"@type": ["File", "SoftwareSourceCode"], "name": about.get("title") or name}
        said |= {"programmingLanguage": {"@id": python.id}, "version": said["sha256"][:12]}
    return crate.add_file(path, name, properties=said)


def _used(run):
    """Every file of data that the notebooks used, once."""
    found = {}
    for notebook in run["notebooks"].values():
        for record in notebook["provenance"]:
            found[record["id"], record.get("sha256")] = record
    return [found[key] for key in sorted(found, key=str)]


def _dataset(crate, record):
    return _thing(
        crate,
        f"#data-{record['id']}-{(record.get('sha256') or '')[:12]}",
        "CreativeWork",
        name=record.get("title") or record["id"],
        identifier=record["id"],
        url=record.get("url") or record.get("landing"),
        license=_licence(crate, record["licence"]) if record.get("licence") else None,
        sha256=record.get("sha256"),
        temporalCoverage=record.get("vintage"),
        dateModified=record.get("retrieved"),
        description=record.get("attribution"),
        keywords="SYNTHETIC" if record.get("synthetic") else "REAL",
    )


def _run(crate, files, data, team, run):
    """The run that made the report, as an action with its tools, what it took and what it gave."""
    kit = _thing(crate, KIT, "SoftwareApplication", name=NAME, softwareVersion=run["datakit"], url=KIT)
    code = [one for name, one in files.items() if name.startswith(f"{NOTEBOOKS}/")]
    made = [one for name, one in files.items() if name.startswith(f"{REPORT}/")]
    locks = [files[name] for name in (LOCK, PACKAGES) if name in files]
    action = _thing(
        crate,
        "#run",
        "CreateAction",
        name=run["command"],
        description=_("All notebooks executed on the locked data with Python {python}, {seconds} s").format(
            python=run["python"], seconds=run["seconds"]
        ),
        startTime=run["started"],
        endTime=run["dossier"]["packed"],
        actionStatus="http://schema.org/CompletedActionStatus",
        instrument=[kit, *code],
        object=[*locks, *data],
        result=made,
        agent=team,
    )
    crate.root_dataset["mentions"] = action
