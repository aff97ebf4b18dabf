"""One HTTP transfer, done with care for a poor network: time-outs, polite retries, resume, a progress bar.

Retries follow the server: 429 and 5xx wait as long as ``Retry-After`` asks, broken connections go on where they
stopped (HTTP Range), and everything else, a 404 above all, is an answer and is not asked again.
"""

import hashlib
import json
import math
import os
import re
import sys
import time
from pathlib import Path

from datakit import __version__
from datakit.cache import write_json
from datakit.errors import Corrupt, Gone, Unreachable, WrongUse

USER_AGENT = f"ondijon-datakit/{__version__} (data challenge starter kit; python-requests)"
ATTEMPTS = 4
LONGEST_WAIT = 60  # seconds: a server that asks for more is treated as unreachable by people who sit in a workshop
CHUNK = 64 * 1024


def timeouts():
    """Connect and read time-outs in seconds: ``DATAKIT_TIMEOUT="5,30"``, else 10 and 60."""
    text = os.environ.get("DATAKIT_TIMEOUT", "10,60")
    try:
        connect, read = (float(part) for part in text.split(","))
        if not (0 < connect < math.inf and 0 < read < math.inf):
            raise ValueError
    except ValueError:
        raise WrongUse(
            "DATAKIT_TIMEOUT",
            "must be two numbers of seconds above 0",
            expected="connect,read such as 10,60",
            found=text,
        ) from None
    return connect, read


def session(attempts=ATTEMPTS):
    """A ``requests`` session that names the kit and retries only what is worth it."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    class Patience(Retry):
        def parse_retry_after(self, retry_after):
            try:
                return min(super().parse_retry_after(retry_after), LONGEST_WAIT)
            except InvalidHeader:  # neither seconds nor a date: wait as if nothing had been asked
                return 0

    retry = Patience(
        total=attempts - 1,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        backoff_factor=0.5,
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    made = requests.Session()
    made.max_redirects = 5
    # Compressed transfers cannot be resumed by byte range, and most of the files are archives already.
    made.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    made.mount("http://", HTTPAdapter(max_retries=retry))
    made.mount("https://", HTTPAdapter(max_retries=retry))
    return made


def get(url, subject, *, attempts=ATTEMPTS, stream=False, headers=None, http=None):
    """One answered GET.

    Raises
    ------
    Unreachable
        No answer within the time-outs, or an HTTP status of 400 and above: `Gone` for 404 and 410. A 416, which says
        that nothing follows the bytes that are there, is an answer to a request with a Range.
    """
    import requests

    try:
        answer = (http or session(attempts)).get(url, timeout=timeouts(), stream=stream, headers=headers)
    except requests.RequestException as error:
        raise Unreachable(
            subject,
            "the server does not answer",
            expected=url,
            found=_reason(error),
            next="datakit doctor, or another origin: --origins publisher,sample",
        ) from error
    if answer.status_code >= 400 and not (answer.status_code == 416 and "Range" in (headers or {})):
        answer.close()
        gone = answer.status_code in (404, 410)
        raise (Gone if gone else Unreachable)(
            subject,
            "the address no longer exists" if gone else "the server refuses or fails",
            expected=url,
            found=f"HTTP {answer.status_code} {answer.reason}",
            next="report it: the publisher has moved the file" if gone else "try again later, or use another origin",
        )
    return answer


def get_json(url, subject, *, attempts=ATTEMPTS, http=None):
    """The JSON behind an address; `Corrupt` when it is something else."""
    import requests

    for attempt in range(1, attempts + 1):
        with get(url, subject, attempts=attempts, stream=True, http=http) as answer:
            try:
                answer.content  # noqa: B018  read here, where a connection that breaks can be tried again
                break
            except requests.RequestException as error:
                if attempt == attempts:
                    raise _broke_off(subject, url, error) from error
        _pause(attempt)
    try:
        return answer.json()
    except ValueError:
        raise Corrupt(
            subject,
            "the server did not answer with JSON",
            expected=url,
            found=_start(answer.content),
            next="open the address in a browser",
        ) from None


class Download:
    """A downloader for pooch: resumes what an earlier attempt, or an earlier process, left.

    Parameters
    ----------
    subject : str
        The dataset, for messages.
    parts : Path
        Folder where an unfinished download waits to be resumed.
    progress : bool, optional
        Show a bar; by default only to a person at a terminal.
    """

    def __init__(self, subject, parts, progress=None):
        self.subject, self.parts = subject, Path(parts)
        self.progress = sys.stderr.isatty() if progress is None else bool(progress)

    def __call__(self, url, output_file, pooch=None):
        import requests

        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        part, memo = self.parts / f"part-{name}", self.parts / f"part-{name}.json"
        with session() as http:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._attempt(http, url, part, memo)
                    break
                except requests.RequestException as error:
                    if attempt == ATTEMPTS:
                        done = f"kept {part.stat().st_size} bytes to resume from" if part.exists() else None
                        raise _broke_off(self.subject, url, error, done) from error
                    _pause(attempt)
        os.replace(part, output_file)
        memo.unlink(missing_ok=True)

    def _attempt(self, http, url, part, memo):
        have = part.stat().st_size if part.exists() else 0
        try:
            known = json.loads(memo.read_text(encoding="utf-8")) if have else {}
        except (OSError, ValueError):
            known = {}
        # Without a validator there is no telling whether the rest belongs to the same file: begin again.
        validator = known.get("validator")
        headers = {"Range": f"bytes={have}-", "If-Range": validator} if have and validator else {}
        if headers and known.get("length") == have:
            return
        with get(url, self.subject, stream=True, headers=headers, http=http) as answer:
            resumed = answer.status_code == 206 and _goes_on(answer.headers, have, known)
            if answer.status_code in (206, 416) and not resumed:
                part.unlink(missing_ok=True)  # not the rest of what is there: the next attempt starts from nothing
                raise _again(f"HTTP {answer.status_code}, range {answer.headers.get('Content-Range')}")
            if not resumed:
                have = 0
                # Before the note about the new file: a death in between must not join it to the old bytes.
                part.unlink(missing_ok=True)
            length = answer.headers.get("Content-Length")
            packed = "Content-Encoding" in answer.headers
            total = have + int(length) if length and not packed else None
            if not resumed:
                # Ranges of a compressed transfer count compressed bytes, which are not the ones kept here.
                validator = None if packed else _validator(answer.headers)
                write_json(memo, {"url": url, "validator": validator, "length": total})
            with part.open("ab" if resumed else "wb") as file, self._bar(total, have) as bar:
                for chunk in answer.iter_content(CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
            if total is not None and part.stat().st_size != total:
                raise _again(f"{part.stat().st_size} bytes of {total}")

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


class PagedDownload(Download):
    """A downloader for WFS services that answer in pages: one GeoJSON file from all of them.

    Parameters
    ----------
    size : int
        Features asked for at once.
    """

    def __init__(self, subject, parts, size, progress=None):
        super().__init__(subject, parts, progress)
        self.size = size

    def __call__(self, url, output_file, pooch=None):
        features, whole, before = [], {}, None
        with session() as http, self._bar(None, 0) as bar:
            bar.unit, bar.unit_scale = " features", False
            while True:
                sign = "&" if "?" in url else "?"
                page = get_json(f"{url}{sign}COUNT={self.size}&STARTINDEX={len(features)}", self.subject, http=http)
                if not isinstance(page, dict) or not isinstance(page.get("features"), list):
                    raise Corrupt(
                        self.subject,
                        "a page is not a GeoJSON FeatureCollection",
                        expected=url,
                        found=_start(json.dumps(page).encode()),
                    )
                new = page["features"]
                if new and new == before:
                    raise Corrupt(
                        self.subject,
                        "the service gives the same page again and again",
                        expected=f"other features from number {len(features)} on",
                        next="another origin, or a card without paging",
                    )
                whole, before = whole or {k: v for k, v in page.items() if k in ("type", "crs", "numberMatched")}, new
                features += new
                bar.update(len(new))
                expected = whole.get("numberMatched")
                expected = expected if isinstance(expected, int) else None
                # A service may give fewer than asked for: only the number it announced says where the end is.
                if not new or (len(new) < self.size if expected is None else len(features) >= expected):
                    break
        if expected is not None and len(features) != expected:
            raise Corrupt(
                self.subject,
                "the service did not give every page",
                expected=f"{expected} features",
                found=f"{len(features)}",
                next="the same command again",
            )
        Path(output_file).write_text(
            json.dumps({"type": "FeatureCollection", **whole, "features": features}, ensure_ascii=False),
            encoding="utf-8",
        )


def _validator(headers):
    """What tells a file from its next version: a strong ETag, else the date; None when the server gives neither."""
    etag = headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")


def _goes_on(headers, have, known):
    """Whether an answer is the rest of the bytes that are there: some servers honour Range and ignore If-Range."""
    span = re.match(rf"bytes {have}-\d+/(\d+|\*)", headers.get("Content-Range", ""))
    if not span or "Content-Encoding" in headers:
        return False
    same_length = span[1] == "*" or known.get("length") in (None, int(span[1]))
    return same_length and _validator(headers) in (None, known.get("validator"))


def _pause(attempt):
    time.sleep(0.5 * 2 ** (attempt - 1))


def _broke_off(subject, url, error, done=None):
    return Unreachable(
        subject,
        "the connection broke off each time",
        expected=url,
        found=_reason(error),
        done=done,
        next="the same command again",
    )


def _again(message):
    import requests

    return requests.ConnectionError(message)


def _reason(error):
    """The innermost reason of a requests error, in one line."""
    while getattr(error, "args", None) and isinstance(error.args[0], BaseException):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    return f"{type(reason or error).__name__}: {str(reason or error)[:160]}"


def _start(data):
    return repr(bytes(data[:80]).decode("utf-8", "replace"))
