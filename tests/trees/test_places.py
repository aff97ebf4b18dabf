"""Where trees are counted: communes, else squares."""

import geopandas as gpd

from datakit.trees import (
    places,
)


def towns():
    squares = gpd.GeoSeries.from_wkt(["POLYGON((0 0,10 0,10 10,0 10,0 0))", "POLYGON((10 0,20 0,20 10,10 10,10 0))"])
    return gpd.GeoDataFrame({"commune": ["21001", "21002"], "name": ["A", "B"]}, geometry=squares.array, crs=2154)


def test_trees_are_counted_by_commune_or_by_square():
    trees = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1, 10, 15, 99], [1, 5, 5, 5]), crs=2154)
    many = trees.iloc[[*range(4)] * places.ENOUGH].reset_index(drop=True)
    found, where = places.areas(many, towns())
    assert found.place.tolist() == ["21001", "21002"]
    assert where[[0, 2]].tolist() == ["21001", "21002"]
    assert where[[1, 3]].isna().all()  # on a border, outside
    found, _ = places.areas(many[many.geometry.x < 10].reset_index(drop=True), towns())
    assert found["name"].str.startswith("square ").all()  # one commune alone compares with nothing
    far = trees.set_geometry(trees.translate(5000, -2500).array)
    found, where = places.areas(far, towns(), size=10)
    assert where.tolist() == ["5 -2.5", "5.01 -2.5", "5.01 -2.5", "5.09 -2.5"]
    assert found.place.tolist() == ["5 -2.5", "5.01 -2.5", "5.09 -2.5"]
    assert (found.area == 100).all() and found.crs == trees.crs
    joined = found.set_index("place").geometry.reindex(where.to_numpy())
    assert joined.intersects(far.geometry.set_axis(joined.index)).all()
