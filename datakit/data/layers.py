"""The tables of one chapter: loaded when they are asked for, real and invented ones never taken together."""

from __future__ import annotations

import contextlib
import ctypes
import warnings
from typing import TYPE_CHECKING

from datakit.data.provenance import key, leave_out, provenance
from datakit.data.reading import load
from datakit.errors import CannotAnswer, Corrupt, DatakitError, DataWarning, NotAsDescribed, RowsSetAside, Unreachable
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def synthetic(frame: pd.DataFrame) -> bool:
    """Whether a loaded table comes from the invented sample."""
    return bool(frame.attrs.get("datakit", {}).get("synthetic"))


class Layers:
    """The tables that a chapter works on, by id: each is loaded once, when it is first asked for.

    A real place on an invented contour is a false statement, and an invented one on a real contour no truer. So a
    table is given out only where it is as real, or as invented, as the reference, and whoever asks for another is told
    why; ``rehearsal`` gives it all the same, to try a whole chain before the real layers are there.

    Parameters
    ----------
    origins : str or list, optional
        As in `datakit.load`.
    reference : str
        The dataset that everything else is placed on.
    rehearsal : bool
        Give invented tables beside real ones.

    Examples
    --------
    >>> layers = Layers("sample")
    >>> len(layers["communes"])
    23
    """

    def __init__(
        self, origins: str | Sequence[str] | None = None, *, reference: str = "communes", rehearsal: bool = False
    ) -> None:
        self.origins, self.reference, self.rehearsal = origins, reference, rehearsal
        self._loaded: dict[str, pd.DataFrame] = {}
        self._first: set[str] = set()  # loaded here, and nowhere before in this process
        self._absent: dict[str, DatakitError] = {}

    def __getitem__(self, id: str) -> pd.DataFrame:
        """The table of a dataset.

        Raises
        ------
        CannotAnswer
            No origin gives it, or one of it and the reference is invented. The reference itself raises what
            `datakit.load` raises.
        """
        frame = self._load(id)
        if id != self.reference and not self.rehearsal and synthetic(frame) != synthetic(self[self.reference]):
            if id in self._first:  # nothing else has used it: no stamp is to be given for it
                leave_out(frame.attrs["datakit"])
            what = (
                _("is invented in this run, and {reference} is real: the two are not put together")
                if synthetic(frame)
                else _("is real in this run, and {reference} is invented: the two are not put together")
            )
            raise CannotAnswer(
                id,
                what.format(reference=self.reference),
                next=_("give the real file (see origins), or set rehearsal to try the chain on invented data"),
            )
        return frame

    def get(self, id: str) -> pd.DataFrame | None:
        """The table of a dataset, or None where `__getitem__` would say that it cannot be given."""
        try:
            return self[id]
        except CannotAnswer:
            return None

    def keep(self, id: str, columns: Sequence[str]) -> pd.DataFrame:
        """The table of a dataset with some of its columns; the others are forgotten, and their memory is free.

        Parameters
        ----------
        id : str
        columns : sequence of str
            Those that the table lacks are not missed.

        Raises
        ------
        CannotAnswer
            As in ``layers[id]``.
        """
        frame = self[id]
        self._loaded[id] = frame[[name for name in frame if name in columns]]
        return self._loaded[id]

    def _load(self, id):
        if id in self._absent:
            raise self._absent[id]
        if id not in self._loaded:
            _frugal()
            known = {key(record) for record in provenance().records()}
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always", DataWarning)
                try:
                    self._loaded[id] = load(id, self.origins)
                except (Unreachable, Corrupt, NotAsDescribed) as problem:
                    if id == self.reference:
                        raise
                    self._absent[id] = CannotAnswer(id, problem.what, found=problem.found, next=problem.next)
                    raise self._absent[id] from problem
            if key(self._loaded[id].attrs["datakit"]) not in known:
                self._first.add(id)
            for one in said:
                _pass_on(id, one)
        return self._loaded[id]

    def quality(self) -> pd.DataFrame:
        """What loading set aside and mended, one row for each table loaded so far.

        Returns
        -------
        DataFrame
            ``dataset``, ``rows read``, ``set aside``, ``for example`` (the first rule that was broken), ``shapes
            mended``.
        """
        import pandas as pd

        rows = []
        for frame in self._loaded.values():
            said = frame.attrs["datakit"]
            first = said["rejects"][0] if said["rejects"] else None
            mended = sum(int(note.split()[0]) for note in said["notes"] if "repaired" in note)
            why = f"{first['column']}: {first['rule']}" if first else ""
            rows.append((said["id"], said["rows_read"], said["rows_rejected"], why, mended))
        return pd.DataFrame(
            rows, columns=["dataset", _("rows read"), _("set aside"), _("for example"), _("shapes mended")]
        )


MMAP_THRESHOLD = -3  # of glibc's mallopt


def _frugal():
    """Have Arrow and glibc give memory back: what they keep is a tenth of what the smallest machines have.

    glibc raises the size from which a block is given back at once whenever such a block is freed; a fixed size stays.
    """
    import pyarrow

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another system than Linux with glibc
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, 1 << 18)


def _pass_on(id, warning):
    """Rows set aside are in the table of quality; that another origin had to step in is said at once, and in words."""
    if not issubclass(warning.category, DataWarning):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    elif not issubclass(warning.category, RowsSetAside):
        first, *more = str(warning.message).splitlines()
        problem = first.partition(": ")[2] if first.startswith(id) else first
        print(_("Note: {id}: {problem}").format(id=id, problem=_("; ").join([problem, *map(str.strip, more[-1:])])))
