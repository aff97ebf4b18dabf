"""WFS services that answer in pages: one GeoJSON file from all of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.transfer import Download, get_json
from datakit.errors import Corrupt
from datakit.language import _

if TYPE_CHECKING:
    import os


class PagedDownload(Download):
    """A downloader for WFS services that answer in pages: one GeoJSON file from all of them.

    A service may give fewer features than asked for, and need not say how many there are: it is asked on until the
    number that it announced is there, or a page is empty.

    Parameters
    ----------
    size : int
        Features asked for at once.
    """

    def __init__(self, subject: str, parts: Path, size: int, progress: bool | None = None) -> None:
        super().__init__(subject, parts, progress)
        self.size = size

    def __call__(self, url: str, output_file: str | os.PathLike[str], pooch: object = None) -> None:
        features: list[dict] = []
        pages: set[bytes] = set()
        ids: set[str] = set()
        first = None
        with self._bar(None, 0) as bar:
            bar.unit, bar.unit_scale = " features", False
            while True:
                page = self._page(url, len(features))
                first, new = first or page, page["features"]
                if not new:
                    break
                self._check_new(new, len(features), pages, ids)
                features += new
                bar.update(len(new))
                if _number(first, "numberMatched") is not None and len(features) >= first["numberMatched"]:
                    break
        self._check_all(first, len(features))
        kept = {key: first[key] for key in ("crs", "numberMatched") if key in first}
        whole = {"type": "FeatureCollection", **kept, "features": features}
        Path(output_file).write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")

    def _page(self, url, start):
        sign = "&" if "?" in url else "?"
        asked = f"{url}{sign}COUNT={self.size}&STARTINDEX={start}"
        page = get_json(asked, self.subject, progress=self.progress)
        if not isinstance(page, dict) or not isinstance(page.get("features"), list):
            raise Corrupt(
                self.subject,
                _("a page is not a GeoJSON FeatureCollection"),
                expected=url,
                found=json.dumps(page)[:80],
            )
        return page

    def _check_new(self, new, start, pages, ids):
        """Refuse what was given before: it would go on for ever, or stand for features that never come."""
        mark = hashlib.sha256(json.dumps(new).encode()).digest()
        if mark in pages:
            raise Corrupt(
                self.subject,
                _("the service gives the same page again and again"),
                expected=_("other features from number {start} on").format(start=start),
                next=_("another origin, or a card without paging"),
            )
        named = {str(f["id"]) for f in new if isinstance(f, dict) and f.get("id") is not None}
        if again := named & ids:
            raise Corrupt(
                self.subject,
                _("the service has no fixed order: some features are on two pages, and others may be on none"),
                expected=_("each feature once"),
                found=_("twice: {names}").format(names=", ".join(sorted(again)[:3])),
                next=_("the same command again, or a card whose address sorts (&sortBy=) by a column without repeats"),
            )
        pages.add(mark)
        ids |= named

    def _check_all(self, first, count):
        matched, total = _number(first, "numberMatched"), _number(first, "totalFeatures")
        if (matched is not None and count != matched) or (total is not None and count < total):
            raise Corrupt(
                self.subject,
                _("the service did not give every page"),
                expected=_("{n} features").format(n=total if matched is None else matched),
                found=f"{count}",
                next=_("the same command again"),
            )


def _number(page, key):
    """How many features there are in all, where the service says it and not "unknown"."""
    said = page.get(key)
    return said if isinstance(said, int) else None
