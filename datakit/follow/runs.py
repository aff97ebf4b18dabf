"""A dossier's notebooks on one month's data: a team's own as they are, strangers' in the jury's sandbox."""

from __future__ import annotations

import json
import shlex
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import write_json
from datakit.data.origins import LOCK, as_text
from datakit.dossier.layout import DATA, ORIGINS
from datakit.dossier.layout import LOCK as DOSSIER_LOCK
from datakit.run.running import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    from datakit.dossier.opening import Opened
    from datakit.follow.months import Month
    from datakit.jury.sandbox import Sandbox
    from datakit.run.choosing import Notebook
    from datakit.settings import Challenge

    Results = dict[str, list[dict[str, Any]] | str]

    class Runs(Protocol):
        """What executes the notebooks of a dossier's folder."""

        folder: Path

        def results(self, month: Month, notebooks: Sequence[Notebook], given: Mapping[str, Any]) -> Results:
            """Of each notebook its answers, or why it gave none."""


def _lock(own: Mapping[str, Any], month: Month) -> dict[str, Any]:
    """The only data that counts: the month's, and of what it has not, the dossier's."""
    return {"version": 1, "datasets": {**own, **month.entries}}


class Own:
    """Notebooks of a folder that one trusts.

    Parameters
    ----------
    folder : Path
        The dossier's.
    origins : list of str
        Further origins, before the dossier's own data and the sample.
    """

    def __init__(self, folder: Path, origins: Sequence[str] = ()) -> None:
        self.folder = folder
        lock = folder / DOSSIER_LOCK
        self._own = json.loads(lock.read_text(encoding="utf-8"))["datasets"] if lock.is_file() else {}
        beside = [str((folder / DATA).absolute())] if (folder / DATA / LOCK).is_file() else []
        self._origins = [*origins, *beside, ORIGINS[-1]]

    def results(self, month: Month, notebooks: Sequence[Notebook], given: Mapping[str, Any]) -> Results:
        """Of each notebook its answers, or why it gave none."""
        declared = {name for one in notebooks for name in one.declared}
        with tempfile.TemporaryDirectory(prefix="datakit-follow-") as place:
            lock = Path(place) / LOCK
            write_json(lock, _lock(self._own, month))
            first = [str(month.folder)] if month.folder else []
            report = run(
                [str(one.path) for one in notebooks],
                origins=as_text(dict.fromkeys([*first, *self._origins])),
                parameters={name: value for name, value in given.items() if name in declared},
                output=Path(place) / "report",
                progress=False,
                command=f"datakit follow {shlex.quote(self.folder.name)}",
                locked=lock,
            )
        return {one.name: one.results if one.ok else _reason(one) for one in report.notebooks}


def _reason(notebook):
    """Why a notebook ended: in the words of what it raised, for readers who need no name of an exception."""
    raised = str((notebook.error or {}).get("evalue") or "").strip().splitlines()
    return raised[0] if notebook.status == "failed" and raised else notebook.summary()


class Foreign:
    """Notebooks of a zip, in the sandbox of the jury's machine.

    Parameters
    ----------
    opened : Opened
    told : Challenge
        The jury's, whose limits hold.
    box : Sandbox
    origins : list of str
    """

    def __init__(self, opened: Opened, told: Challenge, box: Sandbox, origins: Sequence[str] = ()) -> None:
        self.folder, self._opened, self._told, self._box = opened.folder, opened, told, box
        self._origins = list(origins)

    def results(self, month: Month, notebooks: Sequence[Notebook], given: Mapping[str, Any]) -> Results:
        """Of each notebook its answers, or why it gave none."""
        from datakit.jury.rerun import rerun
        from datakit.jury.supplies import CannotBeHad
        from datakit.run.executing import results_of

        lock = _lock(self._opened.lock["datasets"], month)
        one = replace(self._opened, lock=lock, record={**self._opened.record, "parameters": dict(given)})
        first = [str(month.folder.absolute())] if month.folder else []
        with tempfile.TemporaryDirectory(prefix="datakit-follow-") as place:
            try:
                again, _ended = rerun(
                    one, Path(place), self._told, self._box, as_text([*first, *self._origins]) or None
                )
            except CannotBeHad as error:
                return dict.fromkeys((notebook.name for notebook in notebooks), f"{error.what}: {error.found}")
            return {
                notebook.name: again.failed.get(notebook.name) or results_of(again.notebooks[notebook.name])
                for notebook in notebooks
            }
