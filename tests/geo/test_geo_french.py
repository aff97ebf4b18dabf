"""What the measuring functions refuse, said in French."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells, fairness, squares
from datakit.geo.crs import same_crs
from datakit.language import speaking


def test_refusals_in_french():
    degrees = gpd.GeoSeries([shapely.Point(5, 47)], crs="EPSG:4326")
    named = pd.DataFrame({"square": ["CRS3035RES200mN2680000E3930000"] * 3})
    with speaking("fr"):
        with pytest.raises(CrsMismatch) as caught:
            same_crs(degrees)
        assert "g\u00e9om\u00e9trie\u00a0: des degr\u00e9s ne peuvent pas \u00eatre mesur\u00e9s" in str(caught.value)
        with pytest.raises(WrongUse, match="rien \u00e0 partager") as caught:
            fairness.lorenz([0.0, 0.0], [10, 0])
        assert caught.value.found == "1 zone"
        with pytest.raises(WrongUse, match="carreaux de 200 m pris un \u00e0 un"):
            squares.guard(named)
        with pytest.raises(WrongUse, match="type de maille inconnu"):
            cells.grid(degrees.to_crs("EPSG:2154"), kind="round")
