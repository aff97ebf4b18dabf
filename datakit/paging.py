"""WFS services that answer in pages: one GeoJSON file from all of them."""

import json
from pathlib import Path

from datakit.errors import Corrupt
from datakit.transfer import Download, get_json


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
        with self._bar(None, 0) as bar:
            bar.unit, bar.unit_scale = " features", False
            while True:
                sign = "&" if "?" in url else "?"
                page = get_json(f"{url}{sign}COUNT={self.size}&STARTINDEX={len(features)}", self.subject)
                if not isinstance(page, dict) or not isinstance(page.get("features"), list):
                    raise Corrupt(
                        self.subject,
                        "a page is not a GeoJSON FeatureCollection",
                        expected=url,
                        found=json.dumps(page)[:80],
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
