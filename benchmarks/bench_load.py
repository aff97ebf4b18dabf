"""Loading 60,000 trees: the kit's first and second load against bare geopandas.

The same trees, as GeoJSON with a card of their own, so that ``geopandas.read_file`` reads the very file that the kit
reads. Each figure is the best of several runs in this one process; ratios travel between machines, seconds do not.
"""

import json
import os
import tempfile
import time
import warnings
from pathlib import Path

import geopandas as gpd

import datakit
from datakit.data import mirrors
from datakit.data.cache import DataWarning


def best(call, times):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main():
    warnings.simplefilter("ignore", DataWarning)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        os.environ["DATAKIT_CACHE"] = str(folder / "cache")
        os.environ["DATAKIT_CARDS"] = str(folder / "cards")
        (folder / "cards").mkdir()
        trees = datakit.load("trees-dijon", "sample").to_crs(4326)
        trees = trees.dropna(axis=1, how="all")
        for name in trees.select_dtypes("datetime"):
            trees[name] = trees[name].dt.strftime("%Y-%m-%d")
        file = folder / "bench-trees.geojson"
        trees.to_file(file, driver="GeoJSON")
        fields = [f.raw for f in datakit.catalog["trees-dijon"].fields if f.name in trees]
        # Dates and yes/no words were converted by the first load: the copy is plain GeoJSON with plain types.
        fields = [{k: v for k, v in f.items() if k in ("name", "type", "title", "constraints")} for f in fields]
        card = {
            **datakit.catalog["trees-dijon"].raw,
            "name": "bench-trees",
            "path": file.name,
            "format": "geojson",
            "compression": None,
            "crs": "EPSG:4326",
            "geometry": {"type": "Point"},
            "schema": {"fields": fields},
        }
        (folder / "cards" / "bench-trees.json").write_text(json.dumps(card), encoding="utf-8")
        mirror = folder / "mirror"
        mirrors.add(mirror, "bench-trees", file)
        first = best(lambda: datakit.load("bench-trees", str(mirror)), 1)
        second = best(lambda: datakit.load("bench-trees", str(mirror)), 7)
        plain = best(lambda: gpd.read_file(file), 3)
        (kept,) = (folder / "cache" / "bench-trees").glob("*/table-*.parquet")
        parquet = best(lambda: gpd.read_parquet(kept), 7)
    print(f"{len(trees)} trees, {len(trees.columns)} columns, GeoJSON")
    print(f"geopandas.read_file on the GeoJSON   {plain:8.3f} s")
    print(f"first load (read, check, keep)       {first:8.3f} s   {first / plain:5.2f} x read_file")
    print(f"bare geopandas.read_parquet          {parquet:8.3f} s")
    print(
        f"second load                          {second:8.3f} s   {plain / second:5.1f} times faster than read_file"
        f" (target 8), {second / parquet:4.2f} x read_parquet (target 1.3)"
    )


if __name__ == "__main__":
    main()
