"""One HTTP transfer, done with care for a poor network: time-outs, polite retries, resume, a progress bar.

Retries follow the server: 429 and 5xx wait as long as ``Retry-After`` asks, broken connections go on where they
stopped (HTTP Range), and everything else, a 404 above all, is an answer and is not asked again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from datakit import __version__
from datakit.data.bodies import OVER, SLOWEST, TooSlow, bounded, broken, packed, read
from datakit.data.files import write_json
from datakit.errors import Corrupt, Gone, Unreachable, WrongUse, without_password
from datakit.extras import NAME
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import requests

Taken = TypeVar("Taken")
USER_AGENT = f"{NAME}/{__version__} (data challenge starter kit; python-requests)"
ATTEMPTS = 4
RETRIED = (429, 500, 502, 503, 504)
LONGEST_WAIT = 60  # seconds: a server that asks for more is as good as unreachable to people who sit in a workshop


def timeouts() -> tuple[float, float]:
    """Connect and read time-outs in seconds: ``DATAKIT_TIMEOUT="5,30"``, else 10 and 60."""
    text = os.environ.get("DATAKIT_TIMEOUT", "10,60")
    try:
        connect, read = (float(part) for part in text.split(","))
        if not (0 < connect < math.inf and 0 < read < math.inf):
            raise ValueError
    except ValueError:
        raise WrongUse(
            "DATAKIT_TIMEOUT",
            _("must be two numbers of seconds above 0"),
            expected=_("connect,read such as 10,60"),
            found=text,
        ) from None
    return connect, read


def session() -> requests.Session:
    """A ``requests`` session that names the kit."""
    import requests

    made = requests.Session()
    made.max_redirects = 5
    # Compressed transfers cannot be resumed by byte range, and most of the files are archives already.
    made.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    return made


def ask(
    url: str,
    subject: str,
    take: Callable[[requests.Response], Taken],
    *,
    attempts: int = ATTEMPTS,
    headers: Callable[[], Mapping[str, str]] = dict,
    progress: bool | None = None,
) -> Taken:
    """What ``take`` makes of the answer to one GET, asked again, politely, as long as that may help.

    Everything that can break shares one number of attempts: no connection, a server in trouble, a body that breaks
    off while it is read.

    Parameters
    ----------
    url, subject : str
        The address, and the dataset or origin that messages name.
    take : callable
        Given the open answer, reads it to its end.
    attempts : int
    headers : callable
        Gives the headers of each attempt.
    progress : bool, optional
        Say what is waited for; by default only to a person at a terminal.

    Raises
    ------
    Unreachable
        No answer within the time-outs, or an HTTP status of 400 and above: `Gone` for 404 and 410. A 416, which says
        that nothing follows the bytes that are there, is an answer to a request with a Range. A server that asks to
        come back in more than ``LONGEST_WAIT`` seconds is not waited for, nor one that sends fewer than ``SLOWEST``
        bytes a second over ``OVER`` seconds, or over the read time-out where that is longer.
    """
    import requests
    from urllib3.exceptions import HTTPError

    pause = 0.5
    with session() as http:
        while True:
            wait, answer = pause, None
            try:
                answer = http.get(url, timeout=timeouts(), stream=True, headers=headers())
                with answer:
                    if answer.status_code not in RETRIED:
                        _refuse_errors(answer, url, subject)
                        return take(answer)
                    problem, wait = _refused(answer, url, subject), _wait_asked_for(answer, url, subject) or pause
            except TooSlow as error:
                raise _dripping(subject, url, error) from None
            except (requests.RequestException, HTTPError) as error:
                problem = (_broke_off if answer is not None else _silent)(subject, url, error)
                problem.__cause__ = error
                if isinstance(error, (requests.TooManyRedirects, ValueError)):  # an address that no patience mends
                    raise problem from error
            attempts, pause = attempts - 1, pause * 2
            if not attempts:
                raise problem
            _pause(wait, f"{subject}: {problem.found}", progress)


def _pause(wait, what, progress):
    if _shown(progress) and wait >= 2:
        print(_("{what}, asking again in {wait:.0f} s…").format(what=what, wait=wait), file=sys.stderr)
    time.sleep(wait)


def get_json(
    url: str,
    subject: str,
    *,
    attempts: int = ATTEMPTS,
    progress: bool | None = None,
    limit: int | None = None,
) -> Any:
    """The JSON behind an address; `Corrupt` when it is something else, or longer than ``limit`` bytes."""

    def take(answer):
        return b"".join(bounded(read(answer, timeouts()[1]), subject, limit))

    data = ask(url, subject, take, attempts=attempts, progress=progress)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Corrupt(
            subject,
            _("the server did not answer with JSON"),
            expected=url,
            found=_start(data),
            next=_("open the address in a browser"),
        ) from None


class Download:
    """A downloader for pooch: resumes what an earlier attempt, or an earlier process, left.

    What is there is only joined to what comes when the server proves that both are of one version: a strong
    validator, and exactly the bytes that were asked for. Else the download begins again.

    Parameters
    ----------
    subject : str
        The dataset, for messages.
    parts : Path
        Folder where an unfinished download waits to be resumed.
    progress : bool, optional
        Show a bar; by default only to a person at a terminal.
    limit : int, optional
        Bytes after which the transfer is stopped: the size that a mirror's lock announces.
    """

    def __init__(
        self,
        subject: str,
        parts: str | os.PathLike[str],
        progress: bool | None = None,
        limit: int | None = None,
    ) -> None:
        self.subject, self.parts, self.limit = subject, Path(parts), limit
        self.progress = _shown(progress)

    def __call__(self, url: str, output_file: str | os.PathLike[str], pooch: object = None) -> None:
        name = hashlib.sha256(without_password(url).encode()).hexdigest()[:16]
        part, memo = self.parts / f"part-{name}", self.parts / f"part-{name}.json"

        def headers():
            have, known = _left(part, memo)
            # Without a validator there is no telling whether the rest belongs to the same file: begin again.
            whole = have and known.get("validator")
            return {"Range": f"bytes={have}-", "If-Range": known["validator"]} if whole else {}

        def take(answer):
            return self._attempt(answer, part, memo)

        try:
            have, known = _left(part, memo)
            done = have and known.get("validator") and known.get("length") == have
            while not done:  # a server may give less than was asked for, and is asked for the rest
                done = ask(url, self.subject, take, headers=headers, progress=self.progress)
        except Unreachable as problem:
            have, known = _left(part, memo)
            if known.get("validator"):
                problem.done = _("kept {have} bytes to resume from").format(have=have)
            raise
        except Corrupt:
            part.unlink(missing_ok=True)
            raise
        os.replace(part, output_file)
        memo.unlink(missing_ok=True)

    def _attempt(self, answer, part, memo):
        """Write what an answer brings; True when the file is whole."""
        have, known = _left(part, memo)
        if answer.status_code in (206, 416):
            span = _rest(answer, have, known)
            if span is None:
                part.unlink(missing_ok=True)  # not the rest of what is there: the next attempt starts from nothing
                raise broken(f"HTTP {answer.status_code}, range {answer.headers.get('Content-Range')}")
            end, total = span
        else:
            # Before the note about the new file: a death in between must not join it to the old bytes.
            part.unlink(missing_ok=True)
            have, end = 0, _announced(answer.headers)
            total = end
            write_json(memo, {"validator": _validator(answer.headers), "length": total})
        with part.open("ab") as file, self._bar(total, have) as bar:
            for data in bounded(read(answer, timeouts()[1]), self.subject, self.limit, have):
                file.write(data)
                bar.update(len(data))
        size = part.stat().st_size
        if end is not None and size != end:
            if size > end:
                part.unlink()
            raise broken(_("{size} bytes of {end}").format(size=size, end=end))
        return total is None or size == total

    def _bar(self, total, done):
        from tqdm import tqdm

        return tqdm(
            total=total,
            initial=done,
            unit="B",
            unit_scale=True,
            desc=self.subject,
            leave=False,
            disable=not self.progress,
            file=sys.stderr,
        )


def _left(part, memo):
    """How many bytes an unfinished download has, and the note about the file that they begin."""
    have = part.stat().st_size if part.exists() else 0
    try:
        known = json.loads(memo.read_text(encoding="utf-8")) if have else {}
    except (OSError, ValueError):
        known = {}
    return have, known if isinstance(known, dict) else {}


def _announced(headers):
    """The length of the file in bytes, where the server says it."""
    length = headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and not packed(headers) else None


def _validator(headers):
    """What proves two answers to be parts of one version: a strong ETag, else a date that can be one; or None.

    A date is strong only where the server has no ETag (RFC 9110, 13.1.5) and sent the file well after it changed:
    two changes in one second share a date. RFC 9110, 8.8.2.2, asks for a second, or enough for clocks that differ;
    the minute is that of RFC 7232. Ranges of a compressed transfer count compressed bytes, which are not kept.
    """
    etag, changed = headers.get("ETag"), headers.get("Last-Modified")
    if packed(headers):
        return None
    if etag:
        return etag if etag.startswith('"') else None
    try:
        age = parsedate_to_datetime(headers["Date"]) - parsedate_to_datetime(changed)
    except (KeyError, TypeError, ValueError):
        return None
    return changed if age.total_seconds() >= 60 else None


def _rest(answer, have, known):
    """Where the bytes of a 206 end and how long the file is; None where they cannot be joined to what is there.

    Some servers honour Range and ignore If-Range, so that a 206 alone proves nothing.
    """
    span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
    validator, length = known.get("validator"), known.get("length")
    if answer.status_code != 206 or not span or not validator or packed(answer.headers):
        return None
    start, end, total = int(span[1]), int(span[2]) + 1, length if span[3] == "*" else int(span[3])
    if start != have or total is None or length not in (None, total) or not start < end <= total:
        return None
    etag = answer.headers.get("ETag")
    same = validator == (etag or answer.headers.get("Last-Modified"))
    return (end, total) if same else None


def _shown(progress):
    return sys.stderr.isatty() if progress is None else bool(progress)


def _wait_asked_for(answer, url, subject):
    """Seconds that the server asks to wait; 0 when it asks for nothing that can be understood."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        wait = Retry().parse_retry_after(answer.headers.get("Retry-After", "0"))
    except InvalidHeader:
        return 0
    if wait > LONGEST_WAIT:
        raise Unreachable(
            subject,
            _("the server asks to come back in {wait:.0f} seconds").format(wait=wait),
            expected=url,
            found=_("HTTP {status_code} {reason}").format(status_code=answer.status_code, reason=answer.reason),
            next=_("try again then, or use another origin: --origins publisher,sample"),
        )
    return wait


def _refuse_errors(answer, url, subject):
    if answer.status_code >= 400 and not (answer.status_code == 416 and "Range" in answer.request.headers):
        raise _refused(answer, url, subject)


def _refused(answer, url, subject):
    gone = answer.status_code in (404, 410)
    return (Gone if gone else Unreachable)(
        subject,
        _("the address no longer exists") if gone else _("the server refuses or fails"),
        expected=url,
        found=f"HTTP {answer.status_code} {answer.reason}",
        next=_("report it: the publisher has moved the file") if gone else _("try again later, or use another origin"),
    )


def _silent(subject, url, error):
    import requests

    if isinstance(error, requests.TooManyRedirects):
        what = _("the server redirects in a circle")
    elif isinstance(error, ValueError):  # no host, or something else than http: often where a redirect leads
        what = _("this is no address that can be asked, or leads to one")
    else:
        what = _("the server does not answer")
    return Unreachable(
        subject,
        what,
        expected=url,
        found=_reason(error),
        next=_("datakit doctor, or another origin: --origins publisher,sample"),
    )


def _dripping(subject, url, error):
    return Unreachable(
        subject,
        _("the server sends too slowly"),
        expected=_("at least {slowest} bytes a second over {over} s, from {url}").format(
            slowest=SLOWEST, over=OVER, url=url
        ),
        found=str(error),
        next=_("the same command again, or another origin"),
    )


def _broke_off(subject, url, error):
    return Unreachable(
        subject,
        _("the connection broke off each time"),
        expected=url,
        found=_reason(error),
        next=_("the same command again"),
    )


def _reason(error):
    """The innermost reason of a requests error, in one line."""
    while getattr(error, "args", None) and isinstance(error.args[0], BaseException):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    return f"{type(reason or error).__name__}: {str(reason or error)[:160]}"


def _start(data):
    return repr(bytes(data[:80]).decode("utf-8", "replace"))
