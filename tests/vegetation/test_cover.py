"""How much of an area a layer covers: overlaps once, by brute force, and missing where nobody surveyed."""

import numpy as np
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells as grid
from datakit.vegetation import cover
from tests.shapes import box, frame, load, square


def test_overlaps_count_once():
    cells = frame(square(0, 0, 100), square(100, 0, 100))
    layer = frame(shapely.box(50, 0, 150, 50), shapely.box(50, 0, 100, 50), shapely.box(90, 0, 150, 50))
    out = cover.cover(cells, layer, "green")
    assert out.green_area.tolist() == pytest.approx([2500, 2500])
    assert out.green_share.tolist() == pytest.approx([0.25, 0.25])


def test_cover_agrees_with_brute_force():
    vegetation = load("bdtopo-vegetation")
    iris = load("iris").iloc[::9]
    found = cover.cover(iris, vegetation).cover_area
    one = vegetation.union_all()
    assert found.to_numpy() == pytest.approx(iris.geometry.intersection(one).area.to_numpy(), abs=1e-3)


def test_cells_add_up_to_their_commune():
    vegetation, communes = load("bdtopo-vegetation"), load("communes")
    by_cell = cover.cover(grid.grid(communes, size=250), vegetation).cover_area.sum()
    by_commune = cover.cover(communes, vegetation).cover_area.sum()
    assert by_cell == pytest.approx(by_commune, rel=1e-9)
    assert by_commune < vegetation.area.sum()  # the sample's woods overlap, so this could not be a plain sum


def test_degenerate_shapes_cover_nothing_and_break_nothing():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)])
    flat = shapely.Polygon([(0, 0), (10, 0), (0, 0)])
    layer = frame(bow_tie, flat, None, shapely.Polygon(), shapely.Point(5, 5), shapely.LineString([(0, 0), (9, 9)]))
    out = cover.cover(frame(square(0, 0, 10), None, shapely.Polygon()), layer)
    assert out.cover_area.iloc[0] == pytest.approx(50)
    assert out.cover_area.iloc[1:].isna().all()
    assert cover.cover(frame(square(0, 0, 10)), layer.iloc[1:]).cover_share.tolist() == [0.0]


def test_heights_in_the_coordinates_do_not_matter():
    high = shapely.Polygon([(0, 0, 250), (10, 0, 251), (10, 10, 252), (0, 10, 250)])
    assert cover.cover(frame(square(0, 0, 20)), frame(high)).cover_share.tolist() == pytest.approx([0.25])


def test_where_the_layer_was_not_surveyed_there_is_no_figure():
    cells = frame(square(0, 0, 100), square(100, 0, 100), square(200, 0, 100))
    out = cover.cover(cells, frame(square(0, 0, 50)), known=frame(shapely.box(0, 0, 250, 100)))
    assert out.cover_share.tolist()[:2] == pytest.approx([0.25, 0.0])
    assert np.isnan(out.cover_share.iloc[2])


SQUARE = frame(box(0, 0, 100))


def test_green_counts_once_what_several_layers_share():
    layers = {
        "woods": frame(box(0, 0, 50, 100), box(25, 0, 50, 100)),
        "crowns": frame(box(50, 0, 50, 50)),
        "parks": frame(box(90, 0, 20, 100)),
    }
    out = cover.green(SQUARE, layers).iloc[0]
    assert [out.woods_share, out.crowns_share, out.parks_share] == pytest.approx([0.75, 0.25, 0.10])
    assert out.green_area == pytest.approx(7500 + 25 * 50 + 10 * 50)
    assert out.green_share == out.green_least == pytest.approx(0.925)
    assert out.not_known == ""


def test_green_is_the_union_on_invented_ground():
    rng = np.random.default_rng(5)

    def blobs(n, low, high):
        return frame(*shapely.buffer(shapely.points(rng.uniform(0, 1000, (n, 2))), rng.uniform(low, high, n)))

    layers = {"woods": blobs(40, 20, 90), "crowns": blobs(500, 2, 8), "parks": blobs(9, 50, 120)}
    cells = grid.grid(frame(box(30, 30, 940)), size=100)
    out = cover.green(cells, layers)
    whole = shapely.union_all(np.concatenate([layer.geometry.to_numpy() for layer in layers.values()]))
    expected = shapely.area(shapely.intersection(cells.geometry.to_numpy(), whole))
    assert out.green_area.to_numpy() == pytest.approx(expected, abs=1e-6)
    for name, layer in layers.items():
        assert out[f"{name}_area"].sum() == pytest.approx(layer.union_all().intersection(box(30, 30, 940)).area)


def test_a_commune_that_no_layer_knows_is_not_bare():
    communes = frame(box(0, 0, 100), box(100, 0, 100), box(200, 0, 100), code=["a", "b", "c"])
    woods = frame(box(0, 0, 50), box(120, 0, 10), box(299, 0, 20))  # the last one is a sliver from next door
    trees = frame(box(60, 60, 10))
    known = {"woods": cover.surveyed(communes, woods), "crowns": cover.surveyed(communes, trees)}
    assert known["woods"].code.tolist() == ["a", "b"]
    out = cover.green(communes, {"woods": woods, "crowns": trees, "parks": None}, known=known)
    assert out.parks_share.isna().all()
    assert out.green_share.isna().all()
    out = cover.green(communes, {"woods": woods, "crowns": trees}, known=known)
    assert out.green_share.tolist() == pytest.approx([0.26, np.nan, np.nan], nan_ok=True)
    assert out.green_least.tolist() == pytest.approx([0.26, 0.01, np.nan], nan_ok=True)
    assert out.not_known.tolist() == ["", "crowns", "woods, crowns"]
    assert out.woods_area.isna().sum() == 1
    assert out.crowns_area.isna().sum() == 2


def test_contours_of_two_producers_need_not_lie_on_each_other():
    known = frame(box(0.2, 0, 99.8, 100))
    assert cover.green(SQUARE, {"woods": frame(box(0, 0, 50, 100))}, known=known).green_share.iloc[0] == pytest.approx(
        0.5
    )
    assert cover.green(SQUARE, {"woods": frame()}, known=frame(box(5, 0, 95, 100))).green_share.isna().all()


def test_green_survives_what_is_degenerate_and_refuses_what_is_wrong():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    areas = frame(box(0, 0, 100), None, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]))
    out = cover.green(areas, {"woods": frame(bow, None, shapely.Polygon(), shapely.Point(1, 1))})
    assert out.green_area.iloc[0] == pytest.approx(50)
    assert out.green_share.iloc[1:].isna().all()
    for wrong in ({}, {"green": frame()}):
        with pytest.raises(WrongUse):
            cover.green(SQUARE, wrong)
    with pytest.raises(WrongUse):
        cover.green(SQUARE, {"woods": frame()}, known={"crowns": SQUARE})
    with pytest.raises(CrsMismatch):
        cover.green(SQUARE, {"woods": frame(box(0, 0, 1), crs="EPSG:3857")})
