"""Maps: what is on the page, what is asked from outside (nothing), and what is refused."""

import base64
import html
import inspect
import io
import json
import re

import bleach
import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from datakit.errors import CrsMismatch, TooBig, WrongUse
from datakit.show import maps, style
from datakit.show.maps import assets, contours, keywords, layers, static

WORDS = {"title": "Densité des îlots", "caption": "What to see.", "alt": "Four squares, one darker."}


def stamped(frame, synthetic=True, id="iris"):
    said = {"id": id, "title": id, "attribution": "IGN", "licence": "etalab-2.0", "synthetic": synthetic}
    frame.attrs["datakit"] = said
    return frame


@pytest.fixture
def squares():
    """Sixteen squares of 500 m in a square, one without a value."""
    cells = [box(x, y, x + 500, y + 500) for x in range(853000, 855000, 500) for y in range(6691000, 6693000, 500)]
    names = [f"Îlot n° {i}" for i in range(16)]
    values = [float(i * 100) for i in range(15)] + [np.nan]
    return stamped(gpd.GeoDataFrame({"name": names, "density": values}, geometry=cells, crs="EPSG:2154"))


@pytest.fixture
def trees():
    rng = np.random.default_rng(3)
    n = 5000
    where = gpd.points_from_xy(rng.uniform(853000, 855000, n), rng.uniform(6691000, 6693000, n))
    columns = {"genus": rng.choice(["Acer", "Tilia", None], n), "height": rng.gamma(5, 2, n).round(1)}
    return stamped(gpd.GeoDataFrame(columns, geometry=where, crs="EPSG:2154"), id="trees-dijon")


def specs(page):
    """The data of a page's layers, by the function that draws them."""
    found = {}
    for call, data in re.findall(r"datakit\.(areas|points|outline)\(\w+, (\{.*\})\);", page):
        found.setdefault(call, []).append(json.loads(data))
    return found


def legend_of(page):
    aside = re.search(r"<aside.*?</aside>", page, re.S)[0]
    return html.unescape(re.sub(r"<[^>]+>", " ", aside))


def outside(page):
    """Addresses that a browser would fetch by itself: sources, style sheets, imports, url()."""
    loads = re.findall(r"""<(?:script|img|iframe|source)[^>]*\ssrc\s*=\s*["']?([^"'>\s]+)""", page)
    loads += re.findall(r"""<link[^>]*\shref\s*=\s*["']?([^"'>\s]+)""", page)
    loads += re.findall(r"""@import\s+["']?([^"';]+)""", page)
    loads += re.findall(r"""url\(\s*["']?([^"')]+)""", "".join(re.findall(r"<style>(.*?)</style>", page, re.S)))
    return [x for x in loads if not x.startswith(("data:", "#"))]


# the page


def test_a_choropleth_has_all_that_a_reader_needs(squares):
    made = maps.choropleth(squares, "density", unit="inhabitants per km²", labels="name", legend="Density", **WORDS)
    page = made.html()
    assert outside(page) == []
    assert "<h1>Densité des îlots</h1>" in page and "<title>Densité des îlots</title>" in page
    assert 'aria-label="Four squares, one darker."' in page and "What to see." in page
    assert "SYNTHETIC SAMPLE: invented data" in page and "invented sample (iris)" in page
    said = legend_of(page)
    assert "Density (inhabitants per km²)" in said and "no data  (1)" in said and "upper limit included" in said
    assert "L.control.scale({ imperial: false" in page
    assert made.size < 250_000


def test_real_data_bears_no_stamp_and_a_mixture_says_which(squares, trees):
    page = maps.choropleth(stamped(squares, False), "density", unit="", **WORDS).html()
    assert "SYNTHETIC" not in page.split("<script>")[0]
    page = maps.points(trees, outline=squares, **WORDS).html()
    assert "SYNTHETIC SAMPLE: trees-dijon (invented data); the rest is real" in page
    assert (
        "SYNTHETIC SAMPLE"
        in maps.choropleth(squares.assign().set_geometry("geometry"), "density", unit="", data=[trees], **WORDS).html()
    )


def test_missing_values_have_their_own_class_and_colour(squares):
    page = maps.choropleth(squares, "density", unit="", **WORDS).html()
    spec = specs(page)["areas"][0]
    classes = list(base64.b64decode(spec["classes"]))
    assert classes[15] == spec["missing"] == len(spec["colours"]) - 1 and classes[0] == 0
    assert spec["colours"][spec["missing"]] not in spec["colours"][:-1]
    assert "no data" in spec["columns"][0]["values"] and "0" in spec["columns"][0]["values"]


def test_only_what_is_used_is_written_into_the_page(squares):
    page = maps.choropleth(squares, "density", unit="", **WORDS).html()
    assert "jQuery" not in page and "markerClusterGroup" not in page and "d3.scale" not in page
    assert "dk.Points" not in page and "bootstrap" not in page.lower()
    made = maps.choropleth(squares, "density", unit="", **WORDS)
    folium.Marker([47.32, 5.04], popup="Hôtel de ville").add_to(made.folium)
    page = made.html()
    assert "jQuery" in page and "marker-icon.png" not in page.split("mergeOptions")[1].split(";")[0]
    assert outside(page) == []


def test_layers_of_folium_that_need_more_are_refused_with_advice(squares):
    made = maps.choropleth(squares, "density", unit="", **WORDS)
    folium.Marker([47.32, 5.04], icon=folium.Icon(color="red")).add_to(made.folium)
    with pytest.raises(WrongUse, match="fetched from outside"):
        made.html()
    from folium.plugins import HeatMap

    made = maps.choropleth(squares, "density", unit="", **WORDS)
    HeatMap([[47.32, 5.04]]).add_to(made.folium)
    with pytest.raises(WrongUse, match="works without a network"):
        made.html()


def test_clusters_of_folium_and_colour_bars_are_served_from_the_packages(squares):
    from branca.colormap import LinearColormap
    from folium.plugins import MarkerCluster

    made = maps.choropleth(squares, "density", unit="", **WORDS)
    MarkerCluster([[47.32, 5.04]]).add_to(made.folium)
    made.folium.add_child(LinearColormap(["white", "black"], vmin=0, vmax=1))
    page = made.html()
    assert outside(page) == [] and "L.MarkerClusterGroup" in page and "d3.scale" in page


def test_tiles_are_asked_for_only_when_wanted(squares, monkeypatch):
    quiet = maps.choropleth(squares, "density", unit="", **WORDS).html()
    assert "geopf" not in quiet and "img-src data:;" in quiet
    loud = maps.choropleth(squares, "density", unit="", tiles="ign", outline=squares, **WORDS).html()
    assert "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2" in loud and "img-src data: https:" in loud and "\\u00a9 IGN" in loud
    monkeypatch.setattr(maps, "TILES", "ign")
    assert "geopf" in maps.choropleth(squares, "density", unit="", **WORDS).html()
    with pytest.raises(WrongUse, match="unknown tiles"):
        maps.choropleth(squares, "density", unit="", tiles="osm", **WORDS)


HOSTILE = ['l\'Été <b>"chaud"</b>', "</script><script>alert(1)</script>", "<!-- & \u2028 -->", "Chenôve `${1}`"]


def test_names_from_the_data_cannot_become_markup(squares):
    rows = squares.head(4).assign(name=HOSTILE, kind=HOSTILE)
    words = {"title": HOSTILE[1], "caption": HOSTILE[1], "alt": HOSTILE[0]}
    made = maps.choropleth(rows, "kind", unit=HOSTILE[1], labels="name", outline=rows, legend=HOSTILE[1], **words)
    made.add_points(rows.set_geometry(rows.centroid), colour="kind", tooltip={"name": HOSTILE[1]}, legend=HOSTILE[1])
    page = made.html()
    assert "<script>alert(1)" not in page and "<b>" not in page
    assert page.count("</script>") == page.count("<script>")
    found = specs(page)
    assert found["areas"][0]["columns"][0]["values"] == HOSTILE  # and yet nothing is lost
    assert [n[0] for n in found["outline"][0]["names"]] == HOSTILE
    frame = made._repr_html_()
    srcdoc = re.search(r"srcdoc='(.*)'></iframe>", frame, re.S)[1]
    assert "'" not in srcdoc and html.unescape(srcdoc) == page
    around = frame.replace(srcdoc, "")
    assert HOSTILE[0] not in around and "<script" not in around
    assert html.unescape(re.search('<iframe title="([^"]*)"', around)[1]) == HOSTILE[0]


def as_on_github(output):
    """What is left where frames, scripts and styles are stripped."""
    kept = {"img": ["alt", "src", "width", "height"], "a": ["href"]}
    return bleach.clean(output, ["div", "p", "strong", "img", "a"], kept, ["https", "data"], strip=True)


@pytest.mark.parametrize("kind", ["areas", "points"])
def test_where_frames_are_stripped_a_picture_and_the_words_are_left(squares, trees, kind):
    from matplotlib.colors import to_rgb
    from matplotlib.image import imread

    if kind == "areas":
        made = maps.choropleth(squares, "density", unit="", outline=squares, **WORDS)
    else:
        made = maps.points(pd.concat([trees] * 12), colour="genus", outline=squares, **WORDS)
    left = as_on_github(made._repr_html_())
    assert "iframe" not in left and "style=" not in left and "leaflet" not in left.lower()
    assert WORDS["title"] in left and WORDS["caption"] in left and "SYNTHETIC SAMPLE: invented data." in left
    (alt, source) = re.search(r'<img alt="([^"]*)" src="([^"]*)">', left).groups()
    assert alt == WORDS["alt"] and source.startswith("data:image/png;base64,") and len(source) < 61_000
    png = io.BytesIO(base64.b64decode(source.partition(",")[2]))
    pixels = np.rint(imread(png)[:, :, :3] * 255).astype(int).reshape(-1, 3)
    for colour in made.layers[0].spec["colours"]:  # those of the legend, not neighbours of them
        assert (pixels == np.rint(np.array(to_rgb(colour)) * 255)).all(axis=1).sum() > 40
    assert made._repr_html_() == made._repr_html_()


def test_in_a_notebook_the_map_is_a_described_frame(squares):
    made = maps.choropleth(squares, "density", unit="", height=400, **WORDS)
    frame = made._repr_html_()
    assert 'title="Four squares, one darker."' in frame and "height:400px" in frame and "Trust this notebook" in frame
    assert repr(made) == "Map: Densité des îlots (16 × density). Four squares, one darker."


def test_the_same_map_gives_the_same_page(trees, squares):
    def made():
        return maps.points(trees, colour="genus", outline=squares, **WORDS).html()

    assert made() == made()


def test_a_map_can_be_saved(squares, tmp_path):
    made = maps.choropleth(squares, "density", unit="", **WORDS)
    path = made.save(tmp_path / "carte.html")
    assert path.read_text(encoding="utf-8") == made.html() and path.stat().st_size == made.size


# geometry


def decode(shapes, unit):
    return [[np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / unit for ring in polygon] for polygon in shapes]


def test_contours_survive_the_packing_to_a_few_centimetres(squares):
    hole = shapely.difference(box(850000, 6690000, 852000, 6692000), box(850500, 6690500, 851000, 6691000))
    several = shapely.MultiPolygon([box(853000, 6690000, 853100, 6690100), box(853200, 6690000, 853300, 6690100)])
    frame = gpd.GeoDataFrame({"v": [1.0, 2.0]}, geometry=[hole, several], crs="EPSG:2154")
    spec = specs(maps.choropleth(frame, "v", unit="", **WORDS).html())["areas"][0]
    polygons = [decode(s, spec["unit"]) for s in spec["shapes"]]
    assert [len(p) for p in polygons] == [1, 2] and len(polygons[0][0]) == 2
    again = [shapely.MultiPolygon([(p[0], p[1:]) for p in s]) for s in polygons]
    back = gpd.GeoSeries(again, crs="EPSG:4326").to_crs("EPSG:2154")
    assert back.hausdorff_distance(frame.geometry).max() < 0.2
    assert np.allclose(back.area, frame.area, rtol=1e-3)


def test_contours_are_simplified_to_the_budget_without_opening_gaps():
    t = np.linspace(0, 1, 40_000)
    wave = np.column_stack([854_000 + 40 * np.sin(t * 900), 6_690_000 + 4000 * t])
    left = shapely.Polygon([(852_000, 6_690_000), *wave, (852_000, 6_694_000)])
    right = shapely.Polygon([(856_000, 6_690_000), *wave, (856_000, 6_694_000)])
    frame = gpd.GeoDataFrame({"v": [1.0, 2.0]}, geometry=[left, right], crs="EPSG:2154")
    assert frame.geometry.count_coordinates().sum() > contours.VERTICES
    made = maps.choropleth(frame, "v", unit="", **WORDS)
    spec = specs(made.html())["areas"][0]
    polygons = [shapely.Polygon(decode(s, spec["unit"])[0][0]) for s in spec["shapes"]]
    assert sum(shapely.get_num_coordinates(polygons)) <= contours.VERTICES
    assert polygons[0].intersection(polygons[1]).area < 1e-9 * polygons[0].area
    assert polygons[0].union(polygons[1]).geom_type == "Polygon"
    assert made.size < 1_000_000


def test_many_shapes_go_on_canvas(squares):
    corners = [(850000 + 20 * i, 6690000 + 20 * j) for i in range(50) for j in range(50)]
    cells = [box(x, y, x + 20, y + 20) for x, y in corners]
    frame = gpd.GeoDataFrame({"v": range(2500)}, geometry=cells, crs="EPSG:2154")
    made = maps.choropleth(frame, "v", unit="", **WORDS)
    assert (
        specs(made.html())["areas"][0]["canvas"]
        and not specs(maps.choropleth(squares, "density", unit="", **WORDS).html())["areas"][0]["canvas"]
    )
    assert made.size < 500_000


def test_lines_can_be_mapped_and_named_lines_too():
    frame = gpd.GeoDataFrame(
        {"kind": ["rue", "avenue"]},
        crs="EPSG:2154",
        geometry=shapely.from_wkt(
            [
                "LINESTRING (853000 6691000, 854000 6692000)",
                "MULTILINESTRING ((853000 6692000, 853500 6692500), (853000 6693000, 854000 6693000))",
            ]
        ),
    )
    made = maps.choropleth(frame, "kind", unit="", **WORDS)
    spec = specs(made.html())["areas"][0]
    assert spec["kind"] == "line" and [len(s) for s in spec["shapes"]] == [1, 2]
    assert 'class="line"' in made.html() and made.static().axes


def positions(spec):
    raw = {a: np.frombuffer(base64.b64decode(spec[a]), np.uint8).reshape(-1, spec["width"]) for a in "xy"}
    xy = [sum(v[:, b].astype(float) * 256**b for b in range(spec["width"])) * spec["step"] for v in raw.values()]
    world = 2 * np.pi * 6378137.0
    x, y = (spec["x0"] + xy[0] - 0.5) * world, (0.5 - spec["y0"] - xy[1]) * world
    return gpd.GeoSeries(gpd.points_from_xy(x, y), crs="EPSG:3857").to_crs("EPSG:2154")


@pytest.mark.parametrize("far", [False, True])
def test_points_survive_the_packing_to_half_a_metre(trees, far):
    if far:  # one stray point in Marseille must not blur the others
        trees.loc[0, "geometry"] = Point(893_000, 6_247_000)
    made = maps.points(trees, colour="genus", tooltip=["height"], **WORDS)
    spec = specs(made.html())["points"][0]
    assert spec["width"] == (3 if far else 2) and spec["n"] == 5000
    order = np.random.default_rng(2026).permutation(5000)
    moved = positions(spec).distance(trees.geometry.iloc[order].reset_index(drop=True))
    assert moved.max() < 0.5
    classes = np.frombuffer(base64.b64decode(spec["classes"]), np.uint8)
    labels = np.array(made.layers[0].classes.labels)[classes]
    assert (labels == trees.genus.fillna("no data").iloc[order].to_numpy()).all()
    column = spec["columns"][1]
    index = np.frombuffer(base64.b64decode(column["data"]), "<u1" if column["width"] == 1 else "<u2")
    shown = np.array([float(v) for v in np.array(column["values"])[index]])
    assert np.allclose(shown, trees.height.iloc[order], rtol=0.005)


def test_the_order_of_drawing_favours_no_class(trees):
    trees = trees.sort_values("genus", na_position="last").reset_index(drop=True)
    spec = specs(maps.points(trees, colour="genus", **WORDS).html())["points"][0]
    classes = np.frombuffer(base64.b64decode(spec["classes"]), np.uint8)
    halves = [np.mean(classes[:2500] == 0), np.mean(classes[2500:] == 0)]
    assert abs(halves[0] - halves[1]) < 0.05


def test_60_000_points_stay_below_the_budget():
    rng = np.random.default_rng(5)
    n = 60_000
    where = gpd.points_from_xy(rng.uniform(845_000, 865_000, n), rng.uniform(6_680_000, 6_700_000, n))
    columns = {
        "genus": rng.choice([f"g{i}" for i in range(60)], n),
        "height": rng.gamma(5, 2, n).round(1),
        "year": rng.integers(1900, 2025, n),
    }
    frame = gpd.GeoDataFrame(columns, geometry=where, crs="EPSG:2154")
    assert maps.points(frame, colour="genus", tooltip=["height", "year"], **WORDS).size < 1_200_000
    made = maps.points(frame, tooltip=["genus", "height", "year"], **WORDS)
    assert made.size < 1_200_000 and specs(made.html())["points"][0]["cluster"]
    assert "bubbles" in legend_of(made.html()).lower()


def test_bubbles_only_where_there_are_many_points_without_a_colour(trees):
    assert not specs(maps.points(trees.head(100), **WORDS).html())["points"][0]["cluster"]
    assert not specs(maps.points(trees, colour="genus", **WORDS).html())["points"][0]["cluster"]
    assert specs(maps.points(trees, colour="genus", cluster=True, **WORDS).html())["points"][0]["cluster"]


def test_numeric_colour_and_sizes_have_a_legend_with_units(trees):
    frame = trees.head(50).assign(seats=np.arange(50.0) * 10)
    frame.loc[3, "seats"] = np.nan
    made = maps.points(frame, colour="height", unit="m", size="seats", size_unit="places assises", **WORDS)
    said = legend_of(made.html())
    assert "height (m)" in said and "seats (places assises)" in said and "without a size" in said
    spec = specs(made.html())["points"][0]
    assert max(spec["radii"]) == spec["biggest"] and min(spec["radii"]) > 0
    with pytest.raises(WrongUse, match="negative size"):
        maps.points(frame.assign(seats=-1.0), size="seats", **WORDS)
    assert specs(maps.points(frame, size=9, **WORDS).html())["points"][0]["dot"] == 9
    drawn = [maps.points(frame, **size, **WORDS).static().axes[0].collections for size in ({"size": 10}, {})]
    large, usual = (max(dots.get_sizes().max() for dots in there if len(dots.get_sizes())) for there in drawn)
    assert large == pytest.approx(4 * usual), "twice the radius in the static twin, too"


# what is refused, and the odd table


def test_a_page_above_5_mb_is_refused_with_advice(trees):
    rng = np.random.default_rng(1)
    heavy = trees.assign(id=[rng.bytes(900).hex() for _ in range(len(trees))])
    with pytest.raises(TooBig) as caught:
        maps.points(heavy, tooltip=["id"], **WORDS)
    assert "at most 5 MB" in str(caught.value) and "fewer tooltip columns" in str(caught.value)
    made = maps.Map(maps.Words(**WORDS)).add_points(heavy, tooltip=["id"])
    with pytest.raises(TooBig):
        made._repr_html_()
    with pytest.raises(TooBig):
        made.save("never-written.html")


@pytest.mark.parametrize("word", ["title", "caption", "alt"])
def test_words_are_required(squares, word):
    with pytest.raises(WrongUse, match=word):
        maps.choropleth(squares, "density", unit="", **(WORDS | {word: " "}))


def test_coordinates_must_be_known_and_are_converted(squares, trees):
    with pytest.raises(CrsMismatch, match="in which coordinates"):
        maps.choropleth(squares.set_crs(None, allow_override=True), "density", unit="", **WORDS)
    with pytest.raises(CrsMismatch):
        maps.points(trees, outline=squares.set_crs(None, allow_override=True), **WORDS)
    lambert = specs(maps.choropleth(squares, "density", unit="", **WORDS).html())["areas"][0]["shapes"]
    degrees = specs(maps.choropleth(squares.to_crs(4326), "density", unit="", **WORDS).html())["areas"][0]["shapes"]
    assert np.abs(np.array(lambert[0][0][0]) - degrees[0][0][0]).max() <= 1
    first = np.array(lambert[0][0][0][:2]) / 1e6
    assert 5 < first[0] < 5.1 and 47.2 < first[1] < 47.4


def test_wrong_tables_columns_and_geometries_are_refused(squares, trees):
    with pytest.raises(WrongUse, match="GeoDataFrame"):
        maps.points(pd.DataFrame({"x": [1]}), **WORDS)
    for wrong in ({"column": "densité"}, {"labels": "nom"}, {"tooltip": ["nom"]}):
        with pytest.raises(WrongUse, match="density"):
            maps.choropleth(squares, unit="", **({"column": "density"} | wrong), **WORDS)
    with pytest.raises(WrongUse, match="cannot be drawn"):
        maps.choropleth(trees, "height", unit="m", **WORDS)
    with pytest.raises(WrongUse, match="representative_point"):
        maps.points(squares, **WORDS)
    line = gpd.GeoDataFrame(geometry=[LineString([(853000, 6691000), (854000, 6692000)])], crs="EPSG:2154")
    with pytest.raises(WrongUse, match="mixed"):
        maps.Map(maps.Words(**WORDS)).add_areas(pd.concat([squares, line]))


def test_empty_tables_make_a_map_that_says_so(squares, trees):
    for made in (
        maps.choropleth(squares.head(0), "density", unit="", **WORDS),
        maps.points(trees.head(0), **WORDS),
        maps.points(trees.head(0), colour="genus", outline=squares, **WORDS),
    ):
        assert "no row to show" in made.html()
        assert any("no row to show" in t.get_text() for t in made.static().axes[0].texts)
        assert len(made.table()) == 0


def test_rows_without_a_position_are_counted_not_hidden(squares, trees):
    trees.loc[[0, 1], "geometry"] = None
    trees.loc[2, "geometry"] = Point()
    made = maps.points(trees, **WORDS)
    assert "3 rows without position: not shown" in legend_of(made.html()) and len(made.table()) == 4997
    squares.loc[0, "geometry"] = None
    made = maps.choropleth(squares, "density", unit="", **WORDS)
    assert "1 row without outline" in legend_of(made.html())


def written(made):
    """The names on the static twin."""
    names = set(made.outline["name"])
    return [t.get_text() for t in made.static().axes[0].texts if t.get_text() in names]


def test_the_largest_places_are_named_first_and_none_before_a_larger_one(squares):
    rng = np.random.default_rng(8)
    squares["population"] = rng.permutation(16) * 1000
    ordered = squares.sort_values("population", ascending=False)["name"].tolist()
    squares.geometry = squares.geometry.scale(0.2, 0.2, origin=(854000, 6692000))  # too near for all the names
    with_names = maps.choropleth(squares, "density", unit="", outline=squares, **WORDS)
    assert [n[0] for n in specs(with_names.html())["outline"][0]["names"]] == ordered
    squares.loc[len(squares)] = ["Loin", 1.0, box(874000, 6691000, 874100, 6691100), -1]
    some = written(maps.choropleth(squares, "density", unit="", outline=squares, **WORDS))
    assert 1 <= len(some) < 16 and some == ordered[: len(some)]  # and "Loin", with all its room, is not among them
    areas = squares.drop(columns="population").head(3)
    areas.loc[1, "geometry"] = box(853000, 6690000, 856000, 6693000)
    assert contours.places(areas)[0][0] == "Îlot n° 1"


def test_a_name_steps_aside_before_it_gives_up(squares):
    two = squares.head(2).assign(name=["Chevigny-Saint-Sauveur", "Bressey-sur-Tille"])
    two.loc[1, "geometry"] = two.geometry[0].buffer(1)
    made = maps.choropleth(two, "density", unit="", outline=two, **WORDS)
    assert len(written(made)) == 2


def test_names_have_a_halo_that_hides_what_is_below(squares):
    from matplotlib.colors import to_rgb

    made = maps.choropleth(squares, "density", unit="", outline=squares, **WORDS)
    names = [t for t in made.static().axes[0].texts if t.get_text().startswith("Îlot")]
    assert names
    for text in names:
        (halo,) = text.get_path_effects()
        assert halo._gc["foreground"] == "white" and halo._gc["linewidth"] >= 2.5 and "alpha" not in halo._gc
        assert max(to_rgb(text.get_color())) < 0.1


def test_areas_are_drawn_in_the_very_colours_of_the_legend(squares):
    made = maps.choropleth(squares, "density", unit="", **WORDS)
    assert specs(made.html())["areas"][0]["opacity"] == 1
    above_tiles = maps.choropleth(squares, "density", unit="", tiles="ign", **WORDS)
    assert specs(above_tiles.html())["areas"][0]["opacity"] < 1


def test_holes_stay_empty_in_the_static_twin():
    for inner in ([(2, 2), (2, 4), (4, 4), (4, 2)], [(2, 2), (4, 2), (4, 4), (2, 4)]):  # either way round
        ring = shapely.Polygon([(0, 0), (6, 0), (6, 6), (0, 6)], [inner])
        frame = gpd.GeoDataFrame(
            {"kind": ["a"]}, geometry=[shapely.transform(ring, lambda c: c * 1000 + 850000)], crs=2154
        )
        fig = maps.choropleth(frame, "kind", unit="", colours={"a": "#ff0000"}, **WORDS).static()
        fig.canvas.draw()
        ax = fig.axes[0]
        x, y = ax.transData.transform((853000, 853000)).astype(int)
        pixels = np.asarray(fig.canvas.buffer_rgba())[::-1]
        assert pixels[y, x, :3].tolist() != [255, 0, 0]
        x, y = ax.transData.transform((851000, 851500)).astype(int)
        assert pixels[y, x, :3].tolist() == [255, 0, 0]


def test_points_outside_the_outline_are_announced(squares, trees):
    trees.loc[0, "geometry"] = Point(893_000, 6_247_000)
    made = maps.points(trees, outline=squares, **WORDS)
    assert "1 outside the first view" in legend_of(made.html())
    assert made.bounds() == tuple(squares.total_bounds)


def test_one_row_and_one_value(squares, trees):
    made = maps.choropleth(squares.iloc[3:4], "density", unit="m", **WORDS)
    assert made.counts()["class"].tolist() == ["300"] and made.static().axes
    made = maps.points(trees.head(1), colour="height", unit="m", **WORDS)
    assert made.html() and made.static().axes and len(made.counts()) == 1


# other faces of the map


def test_the_table_and_the_counts_say_what_the_map_says(squares, trees):
    made = maps.choropleth(squares, "density", unit="", labels="name", k=3, **WORDS)
    table = made.table()
    assert list(table.columns) == ["name", "density", "class"] and table.density.iloc[0] == 1400
    assert table["class"].iloc[-1] == "no data" and not hasattr(table, "crs")
    assert made.counts().rows.sum() == 16 and made.counts().share.sum() == pytest.approx(100, abs=0.3)
    table = maps.points(trees, colour="genus", tooltip=["height"], **WORDS).table()
    assert list(table.columns) == ["genus", "height", "class", "x", "y"] and len(table) == 5000
    assert maps.points(trees, **WORDS).counts().rows.tolist() == [5000]


def test_layers_can_be_piled_up_and_switched(squares, trees):
    made = maps.choropleth(squares, "density", unit="", outline=squares, **WORDS)
    assert "L.control.layers" not in made.html()
    made.add_points(trees.head(20), legend="doctors", colour="#D55E00").add_areas(squares.head(2), legend="parks")
    page = made.html()
    assert page.count("L.control.layers(") == 1 and "doctors" in legend_of(page) and "parks" in legend_of(page)
    assert page.index("datakit.points(map_") < page.index("L.control.layers(")
    assert specs(page)["points"][0]["colours"] == ["#D55E00"] and len(made.static().legends) == 3
    assert made.table(1).shape[0] == 20


def test_the_static_twin_shows_the_same_classes_words_and_scale(squares, trees):
    from matplotlib.colors import to_hex

    made = maps.choropleth(squares, "density", unit="hab./km²", labels="name", outline=squares, **WORDS)
    fig = made.static()
    assert fig.datakit_alt == WORDS["alt"]
    words = " ".join(t.get_text() for t in fig.texts)
    for expected in (WORDS["title"], WORDS["caption"], "SYNTHETIC SAMPLE", "invented sample (iris)"):
        assert expected in words
    legend = fig.legends[0]
    assert legend.get_title().get_text() == "density (hab./km²)"
    classes = made.layers[0].classes
    expected = [f"{label} ({n})" for label, n in zip(classes.labels, classes.counts, strict=True)]
    assert [t.get_text() for t in legend.get_texts()] == expected
    assert [to_hex(p.get_facecolor()) for p in legend.get_patches()] == classes.colours
    assert any(t.get_text() == "500 m" for t in fig.axes[0].texts)
    from datakit.show import charts

    assert charts.show(fig).png
    dots = maps.points(trees, colour="genus", **WORDS).static()
    assert sum(len(c.get_offsets()) for c in dots.axes[0].collections) == 5000


def test_nothing_in_the_static_twin_covers_anything_else(squares, trees):
    trees["a_rather_long_column_name"] = trees.genus
    words = WORDS | {"title": "A long title " * 12}
    made = maps.points(trees, colour="a_rather_long_column_name", outline=squares, **words)
    made.add_areas(squares, "density", scale=maps.Scale(unit="inhabitants per square kilometre"))
    fig = made.static()
    fig.draw_without_rendering()
    renderer = fig.canvas.get_renderer()
    boxes = [x.get_window_extent(renderer) for x in (*fig.texts, *fig.legends, fig.axes[0])]
    for i, a in enumerate(boxes):
        assert a.x0 >= 0 and a.x1 <= fig.bbox.width and a.y0 >= 0 and a.y1 <= fig.bbox.height
        assert not any(a.overlaps(b) for b in boxes[i + 1 :])


@pytest.mark.parametrize(("width", "length"), [(20_000, 5000), (9_000, 2000), (401, 100), (0, 0.2)])
def test_scale_bars_have_a_round_length(width, length):
    assert static.scale_length(width) == pytest.approx(length)


@pytest.mark.parametrize(("largest", "shown"), [(0, []), (857, [50, 200, 500]), (9, [0.5, 2, 5]), (20, [2, 8, 20])])
def test_circles_of_the_legend_are_round_numbers(largest, shown):
    assert layers.size_examples(largest) == pytest.approx(shown)


def test_packed_integers_are_little_endian():
    assert base64.b64decode(layers.packed(np.array([1, 258]), 2)) == b"\x01\x00\x02\x01"
    assert base64.b64decode(layers.packed(np.array([65536 * 3]), 3)) == b"\x00\x00\x03"


def test_assets_name_no_file_beside_the_page():
    css, js = assets.asset("leaflet", "leaflet.css"), assets.asset("leaflet", "leaflet.js")
    assert "url(images/" not in css and "data:image/png;base64," in css and "sourceMappingURL" not in js


def test_the_page_writes_its_stamp_in_the_colour_of_figures():
    rule = re.search(r"\.dk-stamp \{[^}]*\}", assets.own("map.css"))[0]
    assert re.findall(r"[ ]color: (#\w+)", rule) == [style.STAMP_COLOUR]


def test_the_two_calls_show_what_they_take_and_refuse_the_rest(squares, trees):
    asked = inspect.signature(maps.choropleth).parameters
    assert list(asked)[:5] == ["areas", "column", "title", "caption", "alt"] and "asked" not in asked
    needed = {name for name, p in asked.items() if p.default is p.empty}
    assert needed == {"areas", "column", "title", "caption", "alt", "unit"}
    assert {"size_unit", "cluster", "title"} < set(inspect.signature(maps.points).parameters)
    with pytest.raises(TypeError, match=r"choropleth: missing a required.*'unit'"):
        maps.choropleth(squares, "density", **WORDS)
    with pytest.raises(TypeError, match="points: got an unexpected keyword argument 'color'"):
        maps.points(trees, color="genus", **WORDS)


def test_every_keyword_reaches_the_map(squares, trees):
    """A name left out of the hand-over would be taken and forgotten."""
    plain = {"outline": squares, "data": [trees], "tiles": "ign", "height": 333, "labels": "name"}
    common = plain | {"tooltip": {"name": "Nom"}, "legend": "Heading", "scheme": [300.0], "k": 2, "diverging": 300.0}
    made = maps.choropleth(squares, "density", unit="u", **common, **WORDS)
    assert (made.tiles, made.height) == ("ign", 333) and "trees-dijon" in made.sources.text
    (layer,) = made.layers
    assert layer.heading == "Heading (u)" and len(layer.classes.labels) == 3
    assert [c["label"] for c in layer.spec["columns"]] == [None, "Heading (u)"]
    assert layer.classes.colours[:2] == style.palette(2, "diverging")
    kinds = {"Acer": "#111111", "Tilia": "#222222"}
    more = {"colour": "genus", "unit": "v", "size": "height", "size_unit": "m", "cluster": True, "colours": kinds}
    (layer,) = maps.points(trees, **more, tooltip=["genus"], legend="Kinds", **WORDS).layers
    assert layer.heading == "Kinds (v)" and layer.sizes[0] == "height (m)" and layer.spec["cluster"]
    assert layer.spec["colours"][:2] == list(kinds.values())
    named = set(keywords.ForAreas.__annotations__) | set(keywords.ForPoints.__annotations__)
    assert named == {*WORDS, "unit", *common, *more}


def test_the_values_of_a_map_stand_in_a_table_below_it(squares, trees):
    made = maps.Map(maps.Words("Two", "Areas and dots.", "Areas and dots."))
    named = squares.assign(share=[float(i) for i in range(len(squares))])
    made.add_areas(named, "share", labels="name", scale=maps.Scale(unit="%"), legend="share of ground")
    made.add_points(trees, colour="genus").add_points(trees, legend="all alike")
    found = re.findall(r"<caption[^>]*>(.*?)</caption>", made._repr_html_().split("</iframe>")[1])
    assert found == ["share of ground (%), the highest first", "genus: how many in each class"]
    below = made._repr_html_().split("</iframe>")[1]
    heads = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", below)
    assert heads[:3] == ["name", "share of ground (%)", "class"]
    assert below.count("<details") == 1 and below.count('scope="row"') == len(squares) + 3
