"""Pages made of strangers' outputs, in a browser: nothing outside is asked, and maps draw all the same."""

import re

import browser
import geopandas as gpd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from shapely.geometry import box

from datakit.dossier.scripts import executed
from datakit.run.report import notebook_page
from datakit.show import maps

pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or "")]
WORDS = {"title": "Places", "caption": "What to see.", "alt": "A map of squares."}
OUTSIDE = """
<img src="https://outside.invalid/picture.png" alt="">
<p style="background:url(https://outside.invalid/background.png)">text</p>
<style>@import url(https://outside.invalid/style.css);</style>
<iframe src="https://outside.invalid/frame.html"></iframe>
<video src="https://outside.invalid/film.mp4"></video>
<script>fetch("https://outside.invalid/asked"); navigator.sendBeacon("https://outside.invalid/told", "x");</script>
<script src="https://outside.invalid/script.js"></script>
"""


@pytest.fixture
def opened(running, tmp_path):
    """Show a page; what it asked for, once its map has drawn and everything in it was looked at."""

    def show(html):
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        seen = browser.Page(running)
        seen.page.goto((tmp_path / "page.html").as_uri(), wait_until="load")
        seen.page.frame_locator("iframe[srcdoc]").locator("path.leaflet-interactive").first.wait_for()
        asked = seen.asked
        seen.close()
        return asked

    return show


def page(tiles=None, more="", **given):
    squares = gpd.GeoDataFrame({"share": [1.0, 2.0]}, geometry=[box(x, 0, x + 9, 9) for x in (0, 20)], crs="EPSG:2154")
    squares.geometry = squares.translate(854_000, 6_692_000).scale(200, 200)
    shown = maps.choropleth(squares, "share", unit="%", tiles=tiles, **WORDS)._repr_html_()
    outputs = [new_output("display_data", {"text/html": html}) for html in (shown, more) if html]
    return notebook_page(new_notebook(cells=[new_code_cell("1", outputs=outputs)]), "one", "ok", None, **given)


def test_outputs_ask_nothing_of_the_outside_and_maps_draw(opened):
    html = page(more=OUTSIDE)
    assert opened(html) == []
    without = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", html, count=1)
    names = ("picture.png", "background.png", "style.css", "frame.html", "film.mp4", "asked", "told", "script.js")
    assert {url.rpartition("/")[2] for url in opened(without)} == {*names}


def test_a_background_map_that_was_asked_for_is_fetched_but_never_by_the_jury(opened):
    assert {url.split("/")[2] for url in opened(page(tiles="ign"))} == {"data.geopf.fr"}
    html = page(tiles="ign", outside=False)
    assert opened(html) == [] and executed(html) == []
