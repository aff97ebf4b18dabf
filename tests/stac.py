"""A small STAC service on loopback: scenes in the publisher's form, made of invented ground, with byte ranges."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import pytest
import shapely

WEST, NORTH, PIXELS = 660_000, 5_250_000, 1024  # a corner of tile 31TFN, in EPSG:32631
RED, NIR = 400, 3600  # digital numbers of the ground: NDVI 0.8


class Stac(ThreadingHTTPServer):
    """A small STAC API and the files of its scenes, with byte ranges; counts what it is asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.items, self.files, self.asked, self.broken, self.page, self.query = [], {}, [], {}, 100, True
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def sent(self):
        return sum(size for path, _, size in self.asked if path.endswith(".tif"))


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        self._search(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_HEAD(self):
        self._answer(urlsplit(self.path).path, body=False)

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/search":
            given = {k: v[0] for k, v in parse_qs(parts.query).items()}
            given["bbox"] = [float(v) for v in given["bbox"].split(",")]
            return self._search(given)
        return self._answer(parts.path)

    def _search(self, asked):
        server = self.server
        first, last = (asked["datetime"].split("/") * 2)[:2]
        box = shapely.box(*asked["bbox"])
        most = asked.get("query", {}).get("eo:cloud_cover", {}).get("lte", 100)
        found = [
            item
            for item in server.items
            if first[:10] <= item["properties"]["datetime"][:10] <= last[:10]
            and box.intersects(shapely.box(*item["bbox"]))
            and item["properties"]["eo:cloud_cover"] <= most
        ]
        with server.lock:
            server.asked.append(("/search", asked, 0))
        start = int(asked.get("token", 0))
        page = {"type": "FeatureCollection", "features": found[start : start + server.page], "links": []}
        if start + server.page < len(found):
            page["links"].append(
                {
                    "rel": "next",
                    "href": server.base + "/search",
                    "method": "POST",
                    "merge": True,
                    "body": {"token": str(start + server.page)},
                }
            )
        self._send(json.dumps(page).encode(), "application/geo+json", status=server.broken.get("/search", 200))

    def _answer(self, path, body=True):
        server = self.server
        if path == "/":
            conforms = ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"]
            conforms += ["https://api.stacspec.org/v1.0.0/item-search#query"] if server.query else []
            links = [
                {"rel": "self", "href": server.base},
                {"rel": "root", "href": server.base},
                {"rel": "search", "href": server.base + "/search", "type": "application/geo+json", "method": "POST"},
            ]
            said = {
                "type": "Catalog",
                "id": "small",
                "stac_version": "1.0.0",
                "description": "a test",
                "conformsTo": conforms,
                "links": links,
            }
            return self._send(json.dumps(said).encode(), "application/json", status=server.broken.get("/", 200))
        if path not in server.files or path in server.broken:
            return self._send(b"", "text/plain", status=server.broken.get(path, 404))
        data, status, headers = server.files[path], 200, {"Accept-Ranges": "bytes"}
        whole = len(data)
        if asked := self.headers.get("Range"):
            first, last = asked.removeprefix("bytes=").split("-")
            data, status = data[int(first) : int(last or whole) + 1], 206
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(data) - 1}/{whole}"
        with server.lock:
            server.asked.append((path, asked, len(data) if body else 0))
        return self._send(data, "image/tiff", status, headers, body)

    def _send(self, data, kind, status=200, headers=None, body=True):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)


def cog(array, step, folder):
    """Bytes of a Cloud Optimized GeoTIFF with tiles and overviews, 0 for no data: Earth Search's form, only smaller."""
    import rasterio
    from rasterio.shutil import copy
    from rasterio.transform import from_origin

    plain, path = folder / "plain.tif", folder / "cog.tif"
    shape = {"height": array.shape[0], "width": array.shape[1], "count": 1, "dtype": array.dtype}
    place = {"crs": "EPSG:32631", "transform": from_origin(WEST, NORTH, step, step), "nodata": 0}
    with rasterio.open(plain, "w", driver="GTiff", **shape, **place) as file:
        file.write(array, 1)
    copy(plain, path, driver="COG", blocksize=128, compress="deflate", overview_resampling="nearest")
    return path.read_bytes()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """A function that adds a scene to a service; files that hold the same numbers are made once."""
    folder, made = tmp_path_factory.mktemp("scenes"), {}

    def add(server, date, *, baseline="05.10", applied=True, raised=0, cloud=5.0, names=None, edit=None, minus=0):
        red, nir = ground()
        red, nir = red + raised - minus, nir + raised
        scl = np.full((PIXELS // 2, PIXELS // 2), 4, np.uint8)
        if edit:
            edit(red, nir, scl)
        name = f"S2A_31TFN_{date.replace('-', '')}_{len(server.items)}_L2A"
        assets = {}
        for key, array, step in (("red", red, 10), ("nir", nir, 10), ("scl", scl, 20)):
            array = array.astype(np.uint8 if key == "scl" else np.uint16)
            bits = array.tobytes()
            if bits not in made:
                made[bits] = cog(array, step, folder)
            server.files[f"/{name}/{key}.tif"] = made[bits]
            asset = {
                "href": f"{server.base}/{name}/{key}.tif",
                "roles": ["data"],
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "proj:shape": list(array.shape),
                "proj:transform": [step, 0, WEST, 0, -step, NORTH],
            }
            if key != "scl":
                asset["eo:bands"] = [{"name": key, "common_name": key}]
                asset["raster:bands"] = [
                    {"nodata": 0, "data_type": "uint16", "spatial_resolution": 10, "scale": 0.0001, "offset": -0.1}
                ]
            assets[(names or {}).get(key, key)] = asset
        corner = shapely.box(WEST, NORTH - 10 * PIXELS, WEST + 10 * PIXELS, NORTH)
        outline = gpd.GeoSeries([corner], crs=32631).to_crs(4326).iloc[0]
        said = {"datetime": f"{date}T10:40:21.327000Z", "eo:cloud_cover": cloud, "proj:code": "EPSG:32631"}
        said |= {"s2:processing_baseline": baseline} if baseline else {}
        said |= {"earthsearch:boa_offset_applied": applied} if applied is not None else {}
        server.items.append(
            {
                "type": "Feature",
                "stac_version": "1.0.0",
                "id": name,
                "collection": "sentinel-2-l2a",
                "links": [],
                "stac_extensions": [
                    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
                    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
                    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
                ],
                "bbox": list(outline.bounds),
                "geometry": shapely.geometry.mapping(outline),
                "properties": said,
                "assets": assets,
            }
        )
        return name

    return add


def ground():
    """Red and near infrared, with noise: such files do not shrink, so a window is a small part of them."""
    rng = np.random.default_rng(3)
    return (value + rng.integers(-90, 90, (PIXELS, PIXELS)) for value in (RED, NIR))


@pytest.fixture
def service(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Stac()
    yield server
    server.shutdown()
    server.server_close()
