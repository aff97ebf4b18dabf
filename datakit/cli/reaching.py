"""Does an origin of data answer, and with what it promises? The standard library only, as all that the doctor needs."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

from datakit.cli.check import Check
from datakit.extras import NAME
from datakit.language import N_, _, decimal
from datakit.settings import default_origins

HTTP_SECONDS = 5


def named(origins: str | None = None) -> list[str]:
    """The names in a list of origins; `datakit.data.origins`, which checks them, may not be installed yet."""
    listed = origins or os.environ.get("DATAKIT_ORIGINS") or default_origins()
    rows = csv.reader(listed.splitlines(), skipinitialspace=True)
    return [name.strip() for row in rows for name in row if name.strip()]


def origin(name: str) -> Check:
    """One origin of data: does it answer, and with what it promises?"""
    title = N_("origin")
    if name == "publisher":
        return _publishers(title)
    if re.match("https?://", name):
        return _http(title, name)
    if name == "sample":
        return _folder(
            "sample", Path(__file__).parents[1] / "sample", _("install the kit again: its sample is not whole")
        )
    return _folder(
        title,
        Path(name),
        _("plug in the disk or correct --origins; then: datakit mirror verify {name}").format(name=name),
    )


def _folder(title, folder, advice):
    """A mirror in a folder: its lock, and every byte that the lock names."""
    try:
        datasets = json.loads((folder / "data.lock").read_text(encoding="utf-8"))["datasets"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Check(
            title, "failed", _("{folder} is no mirror: {short}").format(folder=folder, short=_short(error)), advice
        )
    wrong, size = [], 0
    for id, entry in datasets.items():
        digest = hashlib.sha256()
        try:
            with open(str(folder / id / entry["filename"]), "rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
                    size += len(block)
        except (OSError, KeyError, TypeError) as error:
            wrong.append(f"{id} ({_short(error)})")
            continue
        if digest.hexdigest() != entry.get("sha256"):
            wrong.append(id + _(" (bytes differ from data.lock)"))
    where = _("bundled") if title == "sample" else str(folder)
    if wrong or not datasets:
        return Check(title, "failed", "{}: {}".format(where, ", ".join(wrong) or _("no dataset")), advice)
    return Check(
        title,
        "ok",
        _("{where}: {n} datasets, {size} MB, every byte checked").format(
            where=where, n=len(datasets), size=decimal(size / 1e6, 1)
        ),
    )


def _short(error):
    return getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"


def request(url: str, method: str = "GET") -> urllib.request.Request:
    """What is asked of a server: named as the doctor, with the password of its address where that has one."""
    headers, parts = {"User-Agent": f"{NAME} (doctor)"}, urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    if at:  # urllib takes it for a part of the host's name
        headers["Authorization"] = "Basic " + base64.b64encode(unquote(login).encode()).decode()
        url = parts._replace(netloc=host).geturl()
    return urllib.request.Request(url, headers=headers, method=method)


def ask(url: str) -> bytes:
    """What an address answers, 20 MB of it at most."""
    with urllib.request.urlopen(request(url), timeout=HTTP_SECONDS) as answer:
        return answer.read(20_000_000)


def _http(title, name):
    """A mirror behind an address: its lock is read, its files are not."""
    url = name.rstrip("/") + "/data.lock"
    try:
        datasets = json.loads(ask(url).decode("utf-8"))["datasets"]
    except urllib.error.HTTPError as error:
        advice = _("ask who serves it: a mirror has a data.lock at its top (datakit mirror build)")
        return Check(title, "failed", _("{url} answers {code}").format(url=url, code=error.code), advice)
    except OSError as error:
        reason = getattr(error, "reason", error)
        advice = _("is the address right, the Wi-Fi the room's? Until then: --origins sample")
        return Check(title, "failed", _("{name} does not answer: {reason}").format(name=name, reason=reason), advice)
    except (ValueError, KeyError, TypeError):
        return Check(
            title,
            "failed",
            _("{url} is not a data.lock").format(url=url),
            _("a login page of the Wi-Fi? Open it in a browser"),
        )
    return Check(title, "ok", _("{name}: {n} datasets").format(name=name, n=len(datasets)))


def _publishers(title):
    """The publishers: asked only because somebody named them. Any answer means that the network is there."""
    from datakit.data.cards import read_catalog

    hosts = sorted({urlsplit(u).netloc for card in read_catalog().values() for u in card.raw_urls if "://" in u})
    from concurrent.futures import ThreadPoolExecutor

    def answers(host):
        try:
            ask("https://" + host + "/")
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        asked = {host: pool.submit(answers, host) for host in hosts}
    silent = [host for host, answer in asked.items() if not answer.result()]
    found = _("publisher: {answer} of {n} hosts answer").format(answer=len(hosts) - len(silent), n=len(hosts))
    if len(silent) == len(hosts):
        advice = _("no network here, or a proxy (HTTPS_PROXY): use --origins sample or a mirror")
        return Check(title, "failed", found, advice)
    if silent:
        advice = _("silent: {hosts}. Try again later, or: --origins publisher,sample").format(hosts=", ".join(silent))
        return Check(title, "warning", found, advice)
    return Check(title, "ok", found)
