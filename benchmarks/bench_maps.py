"""60,000 points on a map: the kit against folium's own ways, in bytes, in Python's seconds and in a browser's.

folium's pages get the same treatment as the kit's (scripts written into the page, everything outside blocked), or they
would stay blank; they carry positions only, the kit's also three columns for tooltips. Ratios travel between machines,
seconds do not. Targets for the kit: 1.2 MB, 2 s of Python, first paint within 1.5 s, no frame above 100 ms in panning.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import browser
import folium
import geopandas as gpd
import numpy as np
from folium.plugins import FastMarkerCluster

from datakit.show import maps
from datakit.show.maps import assets

N = 60_000
DOT = "function(r){return L.circleMarker([r[0],r[1]],{radius:3});}"  # the default asks for AwesomeMarkers


def trees(n=N):
    """Points in three clouds over about 12 km, with three columns for tooltips."""
    rng = np.random.default_rng(7)
    spread = rng.choice([900, 2500, 4500], n)
    x, y = 854_000 + rng.normal(0, 1, n) * spread, 6_692_000 + rng.normal(0, 1, n) * spread
    genus = rng.choice([f"Genus{i}" for i in range(40)], n, p=np.arange(40, 0, -1) / 820)
    columns = {"genus": genus, "height": rng.gamma(5, 2, n).round(1), "year": rng.integers(1900, 2025, n)}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs="EPSG:2154")


def kit(colour):
    def make(frame):
        made = maps.points(
            frame,
            colour=colour,
            title="Trees",
            caption="A benchmark.",
            alt="Dots.",
            tooltip=["genus", "height", "year"],
        )
        return made.html()

    return make


def plain(kind):
    def make(frame):
        points = frame.to_crs("EPSG:4326")
        rows = np.column_stack([points.geometry.y, points.geometry.x]).round(6).tolist()
        made = folium.Map(location=[47.32, 5.04], zoom_start=12, tiles=None, maxZoom=19)
        if kind == "FastMarkerCluster":
            FastMarkerCluster(rows, callback=DOT).add_to(made)
        elif kind == "Marker":
            for row in rows:
                folium.Marker(row).add_to(made)
        else:
            for row in rows:
                folium.CircleMarker(row, radius=3).add_to(made)
        head, body, libraries, script = assets.parts(made)
        return (
            f"<!DOCTYPE html><html><head><meta charset=utf-8>{head}</head><body>{body}<script>{libraries}</script>"
            f"<script>{script}</script></body></html>"
        )

    return make


WAYS = {
    "kit, dots by genus": kit("genus"),
    "kit, bubbles": kit(None),
    "FastMarkerCluster": plain("FastMarkerCluster"),
    "CircleMarker": plain("CircleMarker"),
    "Marker": plain("Marker"),
}


HOPELESS = ("Marker",)  # 60,000 elements: a browser needs minutes for one drag of the map


def in_browser(page_text, folder):
    """Seconds to the first drawing, then milliseconds of the longest frame and task while panning."""
    path = Path(folder) / "map.html"
    path.write_text(page_text, encoding="utf-8")
    with browser.chromium() as running:
        page = browser.Page(running)
        page.page.set_default_timeout(180_000)
        paint = page.open(path)
        stall = browser.pan(page.page)
        page.close()
    return paint, stall


def main():
    frame = trees()
    kit("genus")(frame.head(100))  # imports and projections are paid once, whichever way comes first
    missing = browser.why_not()
    print(f"{N:,} points" + (f"; browser columns left out: {missing}" if missing else ""))
    print(f"{'':<20}{'MB':>8}{'ratio':>7}{'python s':>10}{'ratio':>7}{'paint s':>9}{'ratio':>7}", end="")
    print(f"{'frame ms':>10}{'task ms':>9}")
    first = None
    for name, make in WAYS.items():
        start = time.perf_counter()
        text = make(frame)
        row = [len(text.encode()) / 1e6, time.perf_counter() - start]
        stall = {"frame": float("nan"), "task": float("nan")}
        if not missing and name not in HOPELESS:
            with tempfile.TemporaryDirectory() as folder:
                paint, stall = in_browser(text, folder)
            row.append(paint)
        first = first or row
        cells = "".join(f"{v:>{w}.2f}{v / f:>7.1f}" for v, f, w in zip(row, first, (8, 10, 9), strict=False))
        print(f"{name:<20}{cells}{stall['frame']:>10.0f}{stall['task']:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
