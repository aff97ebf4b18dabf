"""Where it is green, where it matters, where it can be planted, what planting would change.

cover       How much of each cell, IRIS or commune a layer covers, by area, with overlaps counted once
town        The ground on which a chapter can answer: communes where buildings and trees are known, cut into cells
crowns      Crowns of single trees as discs: what a layer of woods and parks does not have
residents   Residents by cell: where buildings stand in which people live, not wherever an IRIS has ground
placing     Who lives in each cell: from squares of 200 m where a run has them, else from IRIS
people      Figures of places turned into figures of people
rule        The 3-30-300 rule: three trees in view, 30 % of canopy around, 300 m on foot to green space
inequality  What the half with least green has, and the gap between poorer and richer areas
sight       Trees that can be seen from a home: a proxy on the plan, in which other buildings stand in the way
reach       How far the nearest park is on foot, and how much the straight line hides
heat        Hot days and warm nights of weather stations, counted only where enough days were observed
heatwaves   Heat waves of a daily series, by the national definition and by the thresholds of the département
trends      The summers of one station: what each had, and whether anything rises
exposure    Who lives where the form of the town keeps heat: climate zones by cell, residents by zone
ground      Whose the free ground is and what it is
obstacles   What planting keeps clear of: buildings, ways, water, green and limits of parcels, each with its distance
planting    Ground that could be planted: what is left of a cell without what stands, runs, flows or grows on it
room        Free ground of a town under some distances, and what of it is public
priority    Where planting matters most: need times room, and how far the order depends on the weights
firmness    How much of an order survives when what somebody chose is drawn
future      Two towns at one later date, with planting and without
candidates  Taxa that could be planted, by what sources say of each
scenario    What planting would change: trees on the best ground, those that live, their crowns
satellite   How green it is from above: NDVI of Sentinel-2, read by windows from a STAC catalogue
raster      Means of a raster in cells, pixels weighted by the ground that they share
figures     The values in the sentences of the chapters, from their tables
pictures    The maps and figures of the chapters
many        The same functions for many cities at once, over Dask: by places small enough for one process
"""

from datakit.lending import lend

_LENT = {
    "grid": "datakit.geo.cells",
    "spread": "datakit.geo.cells",
    "average": "datakit.geo.cells",
}
__getattr__, __dir__, __all__ = lend(__name__, _LENT, __doc__)
