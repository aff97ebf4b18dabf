"""Maps in a real browser, everything outside blocked: they paint, answer to hand and keyboard, and ask for nothing."""

import re

import browser
import folium
import geopandas as gpd
import numpy as np
import pytest
from matplotlib.image import imread
from shapely.geometry import box

from datakit.show import charts, maps

pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or "")]

# The Leaflet map that folium keeps in a global variable.
MAP = "Object.entries(window).find(([name, value]) => name.startsWith('map_') && value.getZoom)[1]"
WORDS = {"title": "Les îlots", "caption": "What to see.", "alt": "A map of squares and dots."}


@pytest.fixture
def shown(running, tmp_path):
    """Open a map and check, at the end, that it asked for nothing and complained of nothing."""
    pages = []

    def show(made, width=1000, height=600):
        path = made.save(tmp_path / f"map{len(pages)}.html") if hasattr(made, "save") else made
        opened = browser.Page(running, width, height)
        pages.append(opened)
        opened.seconds = opened.open(path)
        return opened

    yield show
    for opened in pages:
        asked, complaints = opened.asked, opened.complaints
        opened.close()
        assert asked == [] and complaints == []


@pytest.fixture(scope="module")
def communes():
    cells = [box(x, y, x + 3000, y + 3000) for x in range(848000, 860000, 3000) for y in range(6686000, 6698000, 3000)]
    names = [f"Commune-lès-Dijon {i}" for i in range(16)]
    values = [float(i) for i in range(15)] + [np.nan]
    return gpd.GeoDataFrame({"name": names, "share": values}, geometry=cells, crs="EPSG:2154")


@pytest.fixture(scope="module")
def trees():
    rng = np.random.default_rng(11)
    n = 20_000
    x, y = 854_000 + rng.normal(0, 2500, n), 6_692_000 + rng.normal(0, 2500, n)
    kinds = {"genus": rng.choice(["Acer", "Tilia"], n), "code": [f"arbre-{i}" for i in range(n)]}
    return gpd.GeoDataFrame(kinds, geometry=gpd.points_from_xy(x, y), crs="EPSG:2154")


def picture(page, tmp_path, selector=".dk-map"):
    path = tmp_path / "shot.png"
    page.locator(selector).screenshot(path=str(path))
    return (imread(path)[:, :, :3] * 255).round().astype(int)


def zoom(page):
    return page.evaluate(f"() => {MAP}.getZoom()")


def wait_for_zoom_above(page, level):
    page.wait_for_function(f"() => {MAP}.getZoom() > {level}")


def set_view(page, lat, lng, level):
    page.evaluate(
        """([lat, lng, level]) => new Promise((done) => { const map = MAP;
        map.once('moveend', () => requestAnimationFrame(() => requestAnimationFrame(done)));
        map.setView([lat, lng], level, {animate: false}); })""".replace("MAP", MAP),
        [lat, lng, level],
    )


def counted(page):
    return (
        sum(int(re.sub(r"\D", "", t)) for t in page.locator(".dk-cluster").all_inner_texts())
        + page.locator(".dk-dot").count()
    )


def test_a_choropleth_is_painted_in_its_classes(shown, communes, tmp_path):
    made = maps.choropleth(communes, "share", unit="%", labels="name", outline=communes, **WORDS)
    page = shown(made).page
    print(f"first paint {made.size / 1e3:.0f} kB")
    assert page.locator(".dk-map path.leaflet-interactive").count() == 16
    pixels = picture(page, tmp_path).reshape(-1, 3)
    counts = np.unique(pixels, axis=0, return_counts=True)[1]
    assert (counts > 2000).sum() >= 7  # background, five classes, no data
    fills = page.locator("path.leaflet-interactive").evaluate_all("ps => ps.map((p) => p.getAttribute('fill'))")
    assert set(fills) == set(made.layers[0].classes.colours)
    assert page.locator("path[stroke-dasharray]").count() == 1  # no data looks different without colour too
    region = page.get_by_role("region", name=WORDS["alt"])
    assert region.count() == 1 and page.locator(".leaflet-control-scale-line").inner_text().endswith("km")


def test_a_tooltip_shows_names_as_they_are(shown, communes):
    rows = communes.assign(name=['L\'Été <b>"chaud"</b> & Cie'] + list(communes.name[1:]))
    page = shown(maps.choropleth(rows, "share", unit="%", labels="name", legend="Share", **WORDS)).page
    page.locator("path.leaflet-interactive").first.hover()
    text = page.locator(".leaflet-tooltip").inner_text()
    assert text.splitlines() == ['L\'Été <b>"chaud"</b> & Cie', "Share (%): 0"]
    page.locator("path[stroke-dasharray]").hover()
    page.wait_for_function("() => document.querySelectorAll('.leaflet-tooltip').length === 1")  # the first one fades
    assert page.locator(".leaflet-tooltip").inner_text().endswith("no data")


def test_names_of_communes_do_not_cover_each_other(shown, communes):
    rows = communes.assign(name="Saint-Martin-" + communes["name"], population=range(16, 0, -1))
    rows = rows.set_geometry(rows.scale(1, 0.2, origin=(854_000, 6_692_000)))  # too flat for sixteen names
    page = shown(maps.choropleth(rows, "share", unit="%", outline=rows, **WORDS), 390, 700).page
    boxes = page.locator(".dk-name").evaluate_all(
        """names => names.filter((n) => n.style.visibility !== 'hidden')
        .map((n) => n.firstChild.getBoundingClientRect().toJSON())"""
    )
    assert 2 <= len(boxes) < 16
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            beside = a["right"] <= b["left"] or b["right"] <= a["left"]
            assert beside or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]
    named = page.locator(".dk-name:visible").all_inner_texts()
    assert named == rows["name"].tolist()[: len(named)]  # by population: none before a larger one


def test_dots_are_painted_and_the_nearest_answers(shown, trees, communes, tmp_path):
    made = maps.points(trees, colour="genus", labels="code", outline=communes, **WORDS)
    opened = shown(made)
    page = opened.page
    print(f"20 000 dots: {opened.seconds:.2f} s to the first, {made.size / 1e3:.0f} kB")
    pixels = picture(page, tmp_path).reshape(-1, 3)
    for hue in made.layers[0].classes.colours:
        rgb = [int(hue[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(pixels - rgb).sum(axis=1) < 120).sum() > 500
    spot = trees.to_crs(4326).geometry.iloc[77]
    set_view(page, spot.y, spot.x, 18)
    area = page.locator(".leaflet-container").bounding_box()
    page.mouse.move(area["x"] + area["width"] / 2 + 3, area["y"] + area["height"] / 2)
    tip = page.locator(".leaflet-tooltip")
    tip.wait_for()
    assert tip.inner_text().splitlines() == ["arbre-77", f"genus: {trees.genus[77]}"]


def test_bubbles_count_every_point_and_open_by_click(shown, trees, communes):
    page = shown(maps.points(trees, outline=communes, labels="code", **WORDS)).page
    assert counted(page) == 20_000
    before = zoom(page)
    page.locator(".dk-cluster").first.click()
    wait_for_zoom_above(page, before)
    page.wait_for_function("() => document.querySelector('.dk-cluster, .dk-dot, canvas')")


def test_bubbles_open_by_keyboard_and_say_what_they_do(shown, trees):
    page = shown(maps.points(trees, **WORDS)).page
    before = zoom(page)
    bubble = page.locator(".dk-cluster").first
    assert re.fullmatch(r"[\d\u202f]+ points, zoom in", bubble.get_attribute("aria-label"))
    assert bubble.get_attribute("tabindex") == "0" and bubble.get_attribute("role") == "button"
    bubble.focus()
    page.keyboard.press("Enter")
    wait_for_zoom_above(page, before)


def test_near_the_ground_bubbles_give_way_to_dots(shown, trees):
    page = shown(maps.points(trees, labels="code", **WORDS)).page
    assert page.locator(".dk-cluster").count() > 3
    spot = trees.to_crs(4326).geometry.iloc[5]
    set_view(page, spot.y, spot.x, 17)
    assert page.locator(".dk-cluster").count() == 0
    page.wait_for_function(browser.DRAWN, polling="raf")


def test_a_single_point_far_away_is_a_dot_with_its_tooltip(shown, trees):
    rows = trees.copy()
    rows.loc[0, "geometry"] = gpd.points_from_xy([875_000], [6_712_000])[0]
    page = shown(maps.points(rows, labels="code", **WORDS)).page
    page.locator(".dk-dot").first.hover()
    assert page.locator(".leaflet-tooltip").inner_text().startswith("arbre-")


@pytest.mark.parametrize("cluster", [False, True])
def test_panning_draws_new_ground_without_a_stall(shown, trees, cluster):
    page = shown(maps.points(trees, colour="genus", cluster=cluster, **WORDS)).page
    spot = trees.to_crs(4326).geometry.iloc[5]
    set_view(page, spot.y, spot.x, 14)
    found = browser.pan(page, rounds=3)
    print(f"longest frame {found['frame']:.0f} ms, longest task {found['task']:.0f} ms")
    assert found["frames"] > 20 and found["task"] < 1000  # bench_maps.py measures; this only catches a freeze
    page.wait_for_function(browser.DRAWN, polling="raf")


def test_on_a_phone_the_legend_is_below_and_nothing_is_cut(shown, trees, communes):
    made = maps.points(trees, colour="genus", outline=communes, **WORDS)
    page = shown(made, 390, 700).page
    area, legend = page.locator(".dk-map").bounding_box(), page.locator(".dk-legend").bounding_box()
    assert legend["y"] >= area["y"] + area["height"] - 1 and area["height"] > 250
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("() => document.body.scrollHeight <= innerHeight")
    desktop = shown(made).page
    area, legend = desktop.locator(".dk-map").bounding_box(), desktop.locator(".dk-legend").bounding_box()
    assert legend["x"] >= area["x"] + area["width"] - 1


def in_a_frame(running, made, folder, width):
    page = folder / "notebook.html"
    look = '<!DOCTYPE html><meta charset=utf-8><meta name="viewport" content="width=device-width"><body>'
    page.write_text(f"{look}{made._repr_html_()}</body>", encoding="utf-8")
    opened = browser.Page(running, width, 844)
    opened.page.goto(page.as_uri())
    inner = opened.page.frame_locator("iframe")
    inner.locator("path.leaflet-interactive").first.wait_for()
    return opened, inner


@pytest.mark.parametrize("width", [390, 360])
def test_on_a_phone_a_legend_of_nine_classes_is_seen_whole(running, communes, tmp_path, width):
    both = [f"{need} need, {way} access" for need in ("high", "middling", "low") for way in ("bad", "middling", "good")]
    areas = communes.assign(both=[both[i % 9] for i in range(len(communes))])
    words = {**WORDS, "caption": "Thirds of the inhabitants by need, and by the way to the nearest place. " * 2}
    colours = dict(zip(both, charts.palette(9), strict=True))
    made = maps.choropleth(areas, "both", unit="", colours=colours, legend="each third of the inhabitants", **words)
    opened, inner = in_a_frame(running, made, tmp_path, width)
    legend = inner.locator(".dk-legend")
    hidden = legend.evaluate("box => box.scrollHeight - box.clientHeight")
    assert hidden <= 1 and legend.get_attribute("tabindex") is None
    assert inner.locator(".dk-map").bounding_box()["height"] >= 219
    opened.close()


def test_a_legend_that_scrolls_is_reached_by_keyboard(running, communes, tmp_path):
    areas = communes.assign(kind=[f"a kind of place with a long name, number {i}" for i in range(len(communes))])
    colours = dict(zip(areas["kind"], ["#0072B2"] * len(areas), strict=True))
    made = maps.choropleth(areas, "kind", unit="", colours=colours, height=360, **WORDS)
    opened, inner = in_a_frame(running, made, tmp_path, 390)
    legend = inner.locator(".dk-legend")
    assert legend.evaluate("box => box.scrollHeight - box.clientHeight") > 20
    assert legend.get_attribute("tabindex") == "0"
    opened.close()


@pytest.mark.parametrize("size", [(1000, 600), (390, 700)])
def test_however_many_sources_the_map_keeps_its_place(shown, communes, size):
    tables = [communes.assign() for _ in range(30)]
    for i, table in enumerate(tables):
        said = {"title": f"Data {i}", "attribution": "A long institution's name", "licence": "etalab-2.0"}
        table.attrs["datakit"] = {"id": f"data-set-number-{i}", "synthetic": i % 2 == 0, **said}
    page = shown(maps.choropleth(communes, "share", unit="%", data=tables, **WORDS), *size).page
    assert page.locator(".dk-stamp").inner_text().startswith("SYNTHETIC SAMPLE")
    assert page.locator(".dk-map").bounding_box()["height"] > size[1] / 3


def test_in_the_frame_of_a_notebook_the_map_is_painted(running, communes, tmp_path):
    page = tmp_path / "notebook.html"
    made = maps.choropleth(communes, "share", unit="%", **WORDS)
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{made._repr_html_()}</body>", encoding="utf-8")
    opened = browser.Page(running)
    opened.page.goto(page.as_uri())
    assert opened.page.locator("iframe").get_attribute("title") == WORDS["alt"]
    opened.page.frame_locator("iframe").locator("path.leaflet-interactive").first.wait_for()
    over = """([x, y]) => document.elementFromPoint(x, y).tagName"""
    box = opened.page.locator("img").bounding_box()
    assert box["width"] > 300 and box["height"] > 300  # the picture stands there, and the frame covers all of it
    frame = opened.page.locator("iframe").bounding_box()
    assert frame["y"] <= box["y"] and frame["y"] + frame["height"] >= box["y"] + box["height"]
    for corner in ((2, 2), (box["width"] - 2, box["height"] - 2)):
        assert opened.page.evaluate(over, [box["x"] + corner[0], box["y"] + corner[1]]) == "IFRAME"
    assert opened.asked == [] and opened.complaints == []
    opened.close()


def test_a_map_in_a_hidden_tab_is_fitted_when_it_appears(running, communes, tmp_path):
    page = tmp_path / "tab.html"
    made = maps.choropleth(communes, "share", unit="%", **WORDS)
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><div id=tab style='display:none'>{made._repr_html_()}</div>")
    opened = browser.Page(running)
    opened.page.goto(page.as_uri())
    opened.page.evaluate("() => { document.getElementById('tab').style.display = 'block'; }")
    path = opened.page.frame_locator("iframe").locator("path.leaflet-interactive").first
    path.wait_for()
    opened.page.frame_locator("iframe").locator(".leaflet-container").first.wait_for()
    frame = opened.page.frames[1]
    frame.wait_for_function(
        """() => { const a = document.querySelector('.dk-map').getBoundingClientRect();
        const b = document.querySelector('path.leaflet-interactive').parentNode.getBoundingClientRect();
        return b.width > a.width / 3 && b.height > a.height / 2; }"""
    )
    opened.close()


def test_over_an_area_the_point_answers_alone(shown, communes, trees):
    made = maps.choropleth(communes, "share", unit="%", labels="name", **WORDS)
    made.add_points(trees.iloc[[77]], labels="code", legend="trees")
    page = shown(made).page
    spot = trees.to_crs(4326).geometry.iloc[77]
    set_view(page, spot.y, spot.x, 16)
    area = page.locator(".leaflet-container").bounding_box()
    middle = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    page.mouse.move(*middle)
    page.locator(".dk-tip").wait_for()
    assert page.locator(".leaflet-tooltip:visible").all_inner_texts() == ["arbre-77"]
    page.mouse.move(middle[0] + 60, middle[1])
    page.locator(".leaflet-tooltip:not(.dk-tip):visible").wait_for()
    page.wait_for_function("() => !document.querySelector('.dk-tip')")


def test_layers_can_be_switched_off(shown, communes, trees):
    made = maps.choropleth(communes, "share", unit="%", **WORDS).add_points(trees.head(30), legend="trees")
    page = shown(made).page
    page.locator(".leaflet-control-layers").hover()
    page.get_by_role("checkbox", name="share (%)").uncheck()
    assert page.locator("path.leaflet-interactive").count() == 0


def test_layers_of_folium_work_beside_the_kits_own(shown, communes):
    from branca.colormap import LinearColormap
    from folium.plugins import MarkerCluster

    made = maps.choropleth(communes, "share", unit="%", **WORDS)
    folium.Marker([47.32, 5.04], popup="Hôtel de ville").add_to(made.folium)
    MarkerCluster([[47.30, 5.0], [47.301, 5.0]]).add_to(made.folium)
    made.folium.add_child(LinearColormap(["white", "black"], vmin=0, vmax=1))
    page = shown(made).page
    page.locator("img.leaflet-marker-icon").first.click()
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert popup.inner_text() == "Hôtel de ville" and page.locator(".marker-cluster").count() == 1
    loaded = page.locator("img.leaflet-marker-icon").first.evaluate("i => i.complete && i.naturalWidth")
    assert loaded > 0


def test_tiles_from_outside_are_the_only_thing_asked_and_the_outline_stays_without_them(running, communes, tmp_path):
    made = maps.choropleth(communes, "share", unit="%", outline=communes, tiles="ign", **WORDS)
    path = made.save(tmp_path / "ign.html")
    opened = browser.Page(running)
    opened.open(path)
    opened.page.wait_for_function("() => document.querySelectorAll('path').length > 16")
    assert opened.asked and all(url.startswith("https://data.geopf.fr/wmts?") for url in opened.asked)
    opened.close()


def test_the_wheel_scrolls_the_notebook_until_the_map_is_clicked(shown, communes):
    page = shown(maps.choropleth(communes, "share", unit="%", **WORDS)).page
    area, before = page.locator(".leaflet-container").bounding_box(), zoom(page)
    page.mouse.move(area["x"] + 300, area["y"] + 300)
    page.mouse.wheel(0, -400)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert zoom(page) == before
    page.mouse.click(area["x"] + 300, area["y"] + 300)
    page.mouse.wheel(0, -400)
    wait_for_zoom_above(page, before)
