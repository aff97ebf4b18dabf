"""The body of an HTTP answer as it comes: unpacked to its end mark, not too slow, not longer than announced."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

from datakit.errors import Corrupt
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import requests

CHUNK = 64 * 1024
SLOWEST, OVER = 1000, 60  # bytes a second, and seconds: below, 10 MB take three hours, and whoever waits should know

clock = time.monotonic


class TooSlow(Exception):
    """A transfer that no time-out ends, since a byte comes now and then."""


def broken(message: str) -> requests.ConnectionError:
    """The error of a connection that broke: what is worth another attempt."""
    import requests

    return requests.ConnectionError(message)


def packed(headers: Mapping[str, str]) -> bool:
    """Whether the server packed the transfer, although identity was asked."""
    return headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")


def read(answer: requests.Response, silence: float) -> Iterator[bytes]:
    """The bytes of an answer in pieces, unpacked; a connection that breaks loses none of those that came.

    Parameters
    ----------
    answer : requests.Response
        Open, and not read yet.
    silence : float
        The read time-out in seconds: a transfer is given at least as long before its speed is judged.

    Raises
    ------
    TooSlow
        Fewer than ``SLOWEST`` bytes a second came over ``OVER`` seconds, or over ``silence`` where that is longer.
    requests.RequestException, urllib3.exceptions.HTTPError
        The connection broke, or a packed transfer stops before its end mark.
    """
    pieces = _paced(iter(lambda: answer.raw.read1(CHUNK, decode_content=False), b""), max(OVER, silence))
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _unpacked(pieces, encoding)
    return pieces


def _paced(pieces, window):
    since, got = clock(), 0
    for piece in pieces:
        yield piece
        got, seconds = got + len(piece), clock() - since
        if seconds >= window:
            if got < SLOWEST * seconds:
                raise TooSlow(_("{got} bytes in {seconds:.0f} s").format(got=got, seconds=seconds))
            since, got = since + seconds, 0


def bounded(pieces: Iterable[bytes], subject: str, limit: int | None, have: int = 0) -> Iterator[bytes]:
    """The same pieces, up to ``limit`` bytes with the ``have`` that are there; `Corrupt` where more come."""
    for piece in pieces:
        have += len(piece)
        if limit is not None and have > limit:
            raise Corrupt(
                subject,
                _("the server sends more than was announced"),
                expected=_("at most {limit} bytes").format(limit=limit),
                found=_("more than {limit} bytes").format(limit=limit),
                done=_("stopped there"),
                next=_("another origin; for a mirror, where it is served: datakit mirror verify DIR"),
            )
        yield piece


def _unpacked(pieces, encoding):
    """Undo a packing that was not asked for, up to its end mark: where no length is said, only this shows a cut."""
    unpack = None
    try:
        for piece in pieces:
            while piece:
                if unpack is None or unpack.eof:
                    # gzip may follow gzip; deflate is sent with zlib's frame, as it should be, or bare.
                    framed = piece[0] & 0x8F == 8
                    unpack = zlib.decompressobj(31 if "gzip" in encoding else 15 if framed else -15)
                yield unpack.decompress(piece)
                piece = unpack.unused_data
    except zlib.error as error:
        raise broken(
            _("the transfer is not {encoding}, as the server says: {error}").format(encoding=encoding, error=error)
        ) from None
    if unpack is None or not unpack.eof:
        raise broken(_("the {encoding} transfer stops before its end").format(encoding=encoding))
