"""The territory of today: communes merge, and files of different years must be brought together first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datakit.settings import challenge

if TYPE_CHECKING:
    import geopandas as gpd


def merged() -> dict[str, str]:
    """Communes of the territory that were merged, as ``challenge.toml`` says: former code to the code since."""
    return dict(challenge().territory["merged"])


def todays_communes(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Contours of communes with those that were merged dissolved into their successor.

    Parameters
    ----------
    communes : GeoDataFrame
        ``commune``, ``name``, ``geometry``, and perhaps ``population`` (inhabitants), in a projected CRS.

    Returns
    -------
    GeoDataFrame
        One row for each commune of today, in the order of the codes; ``attrs`` are kept. Which were dissolved: the
        codes of ``communes`` that are in `merged`.
    """
    successors = merged()
    old = [code for code in successors if code in set(communes.commune)]
    if not old:
        return communes.sort_values("commune", ignore_index=True)
    code = communes.commune.replace(successors)
    named = communes[~communes.commune.isin(old)].set_index("commune").name
    how = {"name": "first"} | ({"population": "sum"} if "population" in communes else {})
    made = communes.assign(commune=code).dissolve("commune", aggfunc=how).reset_index()
    # The successor's own polygon names it; where it is not there, the old name is all there is.
    made["name"] = made.commune.map(named).fillna(made.name)
    made.attrs = dict(communes.attrs)
    return made[[c for c in communes.columns if c in made]].sort_values("commune", ignore_index=True)
