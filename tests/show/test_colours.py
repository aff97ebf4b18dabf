"""Colours are told apart by everybody, as they are drawn: with their opacity, in every palette and every kept map."""

import json
import re

import colours as eyes
import geopandas as gpd
import numpy as np
import pytest
from matplotlib.colors import to_hex
from shapely import box

from datakit.inclusion import gap
from datakit.inclusion import mapped as inclusive
from datakit.show import answers, maps, style
from datakit.trees.checks.page import SHAPES
from datakit.vegetation import pictures, priority

WHITE = "#ffffff"


def test_the_simulation_is_that_of_the_paper():
    greys = np.outer([0.0, 0.2, 1.0], np.ones(3))
    for matrix in eyes.VISIONS.values():
        assert np.allclose(greys @ matrix.T, greys, atol=1e-5)  # greys stay grey for everybody
    # Red and green of one lightness: clear to most eyes, hardly there for others.
    red, green = "#c05a3a", "#6f8b2a"
    apart = {
        v: np.linalg.norm(np.diff(eyes.lab(eyes.linear([red, green]) @ m.T), axis=0)) for v, m in eyes.VISIONS.items()
    }
    assert apart["deuteranopia"] < 0.3 * apart["normal"]
    assert eyes.contrast("#000000", WHITE) == pytest.approx(21)
    assert eyes.contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.01)


def test_categories_are_told_apart_and_seen_as_small_dots():
    hues = [*style.CATEGORICAL, style.OTHER_COLOUR]
    assert eyes.nearest([*hues, style.NO_DATA_COLOUR])[0] >= eyes.CATEGORIES, eyes.nearest(hues)
    for hue in hues:
        assert min(eyes.contrast(hue, ground) for ground in (style.GROUND, WHITE)) >= eyes.GRAPHIC, hue


@pytest.mark.parametrize("kind", ["sequential", "diverging"])
@pytest.mark.parametrize("k", range(2, 10))
def test_classes_of_numbers_are_told_apart(kind, k):
    hues = style.palette(k, kind)
    assert eyes.nearest(hues)[0] >= eyes.CLASSES, eyes.nearest(hues)
    # Areas without data have a dashed edge too, dots a dark one.
    assert eyes.nearest([*hues, style.NO_DATA_COLOUR])[0] >= 6.5, eyes.nearest([*hues, style.NO_DATA_COLOUR])


@pytest.mark.parametrize(
    "hues",
    [
        [hue for row in gap.COLOURS for hue in row] + [WHITE],
        list(priority.CONFIDENCE.values()),
        list((pictures.PARTS_MET | pictures.GREY).values()),
        [*inclusive.FIRST.values(), style.NO_DATA_COLOUR],
    ],
    ids=["need and access", "where to plant first", "parts of the rule that are met", "areas to look at first"],
)
def test_palettes_of_the_themes_are_told_apart(hues):
    assert eyes.nearest(hues)[0] >= eyes.CLASSES, eyes.nearest(hues)


def test_only_the_list_stands_out_among_areas_that_are_far():
    listed, *others = inclusive.FIRST.values()
    assert eyes.contrast(listed, WHITE) > 7 and max(eyes.contrast(hue, WHITE) for hue in others) < 1.7
    assert eyes.contrast(inclusive.FIRST["far"], WHITE) < 1.25


def test_words_in_colour_can_be_read():
    for hue in (*answers.COLOURS.values(), style.STAMP_COLOUR, *(hue for _, hue in SHAPES.values())):
        assert eyes.contrast(hue, WHITE) >= eyes.TEXT, hue


def drawn(root):
    """Every layer with classes of every map that the notebooks keep: where, and its colours as they are seen."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                html = "".join(output.get("data", {}).get("text/html", ""))
                title = re.search(r'<iframe title="([^"]{0,80})', html)
                for spec in re.finditer(r'"colours":(\[[^]]*\]),"missing":(?:null|\d+),(?:"opacity":([\d.]+))?', html):
                    seen = [style.over(hue, float(spec[2] or 1)) for hue in json.loads(spec[1])]
                    if len(seen) > 1:
                        yield f"{path.name}: {title and title[1]}", seen


def test_every_kept_map_is_told_apart(root):
    maps = list(drawn(root))
    assert len(maps) >= 5
    near = {where: eyes.nearest(seen) for where, seen in maps}
    assert {where: found for where, found in near.items() if found[0] < 6.5} == {}


def test_the_legend_shows_the_colours_that_are_seen(square_table):
    made = maps.Map(maps.Words("Squares", "Two.", "Two squares.")).add_areas(square_table, "#0072B2", opacity=0.5)
    seen = style.over("#0072B2", 0.5)
    assert seen == "#7cb4d2"
    assert f"background:{seen}" in made.html() and "background:#0072B2" not in made.html()
    patch = made.static().legends[0].get_patches()[0]
    assert to_hex(patch.get_facecolor()) == seen


@pytest.fixture
def square_table():
    return gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], crs="EPSG:2154")
