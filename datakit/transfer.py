"""One HTTP transfer, done with care for a poor network: time-outs, polite retries, resume, a progress bar.

Retries follow the server: 429 and 5xx wait as long as ``Retry-After`` asks, broken connections go on where they
stopped (HTTP Range), and everything else, a 404 above all, is an answer and is not asked again.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

from datakit import __version__
from datakit.errors import Corrupt, Unreachable, WrongUse

USER_AGENT = f"ondijon-datakit/{__version__} (data challenge starter kit; python-requests)"
ATTEMPTS = 4
LONGEST_WAIT = 60  # seconds: a server that asks for more is treated as unreachable by people who sit in a workshop
CHUNK = 64 * 1024


def timeouts():
    """Connect and read time-outs in seconds: ``DATAKIT_TIMEOUT="5,30"``, else 10 and 60."""
    text = os.environ.get("DATAKIT_TIMEOUT", "10,60")
    try:
        connect, read = (float(part) for part in text.split(","))
    except ValueError:
        raise WrongUse(
            "DATAKIT_TIMEOUT", "must be two numbers of seconds", expected="connect,read such as 10,60", found=text
        ) from None
    return connect, read


def session(attempts=ATTEMPTS):
    """A ``requests`` session that names the kit and retries only what is worth it."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        total=attempts - 1,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        backoff_factor=0.5,
        respect_retry_after_header=True,
        retry_after_max=LONGEST_WAIT,
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
        No answer within the time-outs, or an HTTP status of 400 and above.
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
    if answer.status_code >= 400:
        answer.close()
        gone = answer.status_code in (404, 410)
        raise Unreachable(
            subject,
            "the address no longer exists" if gone else "the server refuses or fails",
            expected=url,
            found=f"HTTP {answer.status_code} {answer.reason}",
            next="report it: the publisher has moved the file" if gone else "try again later, or use another origin",
        )
    return answer


def get_json(url, subject, **options):
    """The JSON behind an address; `Corrupt` when it is something else."""
    answer = get(url, subject, **options)
    try:
        return answer.json()
    except ValueError:
        raise Corrupt(
            subject,
            "the server did not answer with JSON",
            expected=url,
            found=_start(answer.text.encode()),
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
                        raise Unreachable(
                            self.subject,
                            "the connection broke off each time",
                            expected=url,
                            done=done,
                            found=_reason(error),
                            next="the same command again",
                        ) from error
                    time.sleep(0.5 * 2 ** (attempt - 1))
        os.replace(part, output_file)
        memo.unlink(missing_ok=True)

    def _attempt(self, http, url, part, memo):
        have = part.stat().st_size if part.exists() else 0
        known = json.loads(memo.read_text()) if have and memo.exists() else {}
        # Without a validator there is no telling whether the rest belongs to the same file: begin again.
        validator = known.get("validator")
        headers = {"Range": f"bytes={have}-", "If-Range": validator} if have and validator else {}
        if have and known.get("length") == have and validator:
            return
        answer = get(url, self.subject, stream=True, headers=headers, http=http)
        with answer:
            resumed = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if answer.status_code == 206 and not resumed:
                part.unlink(missing_ok=True)  # a range nobody asked for: the next attempt starts from nothing
                raise _again(f"unexpected range {answer.headers.get('Content-Range')}")
            if not resumed:
                have = 0
            length = answer.headers.get("Content-Length")
            total = have + int(length) if length and "Content-Encoding" not in answer.headers else None
            etag = answer.headers.get("ETag")
            validator = etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified")
            memo.write_text(json.dumps({"url": url, "validator": validator, "length": total}))
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
        features, whole = [], {}
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
                whole = whole or {k: v for k, v in page.items() if k in ("type", "crs", "numberMatched")}
                features += page["features"]
                bar.update(len(page["features"]))
                expected = whole.get("numberMatched")
                expected = expected if isinstance(expected, int) else None
                if len(page["features"]) < self.size or (expected is not None and len(features) >= expected):
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
