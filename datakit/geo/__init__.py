"""What every theme needs on the map: one projection, streets, grids, areas, and how evenly a thing is shared.

crs        One projection for what is measured together: geopandas only warns where the kit raises
streets    Ways on foot over a network of streets: distances that a person walks, not those that a crow flies
cells      A common grid, of squares or hexagons, and totals brought onto it by area with nothing lost
squares    INSEE's squares of 200 m: the residents of each, as points and on cells, and never a figure about one square
dwellings  Buildings in which people may live, and their volume: what residents of an area are spread by
cutting    Cutting one layer of polygons along another, cell by cell: what is inside, what is left
territory  The territory of today: communes merge, and files of different years must be brought together first
fairness   How evenly something is shared among people
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
