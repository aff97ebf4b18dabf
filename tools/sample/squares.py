"""The invented residents on squares of 200 m, imputed as INSEE imputes them, in the form of its file of 2021."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import draws, territory
from tools.sample.inclusion import people, zipped
from tools.sample.territory import CITY
from tools.sample.vegetation import residents as of_houses

ELSEWHERE = "21200"
SIDE, LEVELS = 200, (8000, 4000, 2000, 1000, 200)  # INSEE begins with squares of 64 km: here all around is empty
FEW = 11  # households: below, a square is imputed
WINSORISED = (10_305.9, 47_190.6)  # € a year, 5th and 95th percentiles of the département in INSEE's file of 2019
TRUTH = """\
### Residents by square (`insee-squares`)
- `tools.sample.squares.truth()` gives the residents of each square by IRIS. They add up to the census of every IRIS, to
  the last one, which INSEE's own never do. In commune 21231 they are those of the houses that stand there; elsewhere
  they gather around the middle of each commune, and few live in fields.
- Squares with fewer than 11 households are imputed by INSEE's rule: joined to groups of 11 or more within squares of
  1 km to 8 km, whose figures are shared out by residents. The residents of a square are always its own.
- Each square has its own ages, so that older people and residents are not two names of one thing.
- Broken on purpose: identifiers that are no square's or have north and east exchanged, squares that come twice,
  negative residents, a flag that is neither 0 nor 1.
"""
AGES = ["0_3", "4_5", "6_10", "11_17", "18_24", "25_39", "40_54", "55_64", "65_79", "80p", "inc"]
BUILT = ["av45", "45_70", "70_90", "ap90", "inc"]
COLUMNS = [
    *("idcar_200m", "idcar_1km", "idcar_nat", "i_est_200", "i_est_1km", "lcog_geo", "ind", "men", "men_pauv"),
    *("men_1ind", "men_5ind", "men_prop", "men_fmp", "ind_snv", "men_surf", "men_coll", "men_mais"),
    *(f"log_{b}" for b in BUILT),
    "log_soc",
    *(f"ind_{a}" for a in AGES),
]


def _corner(x, y):
    """East and north of the square of each place, given in EPSG:2154."""
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=territory.LAMBERT).to_crs("EPSG:3035")
    return (np.floor(np.column_stack([points.x, points.y]) / SIDE) * SIDE).astype(int)


def _shapes(east, north):
    return gpd.GeoSeries(shapely.box(east, north, east + SIDE, north + SIDE), crs="EPSG:3035").to_crs(territory.LAMBERT)


@draws.remembered
def truth():
    """Who lives where.

    Returns
    -------
    DataFrame
        ``east``, ``north`` (lower left corner, EPSG:3035), ``iris`` and ``residents``, one row for each square of an
        IRIS; a child who lives with each parent in turn is half a resident.
    """
    rng, areas = draws.rng(30), territory.iris()
    houses = of_houses()
    corner = _corner(houses.geometry.x, houses.geometry.y)
    parts = [houses.assign(east=corner[:, 0], north=corner[:, 1])[["east", "north", "iris", "residents"]]]
    for area in areas[areas.commune != CITY].itertuples():
        west, south, far, top = area.geometry.bounds
        x, y = (a.ravel() for a in np.meshgrid(np.arange(west, far, 40), np.arange(south, top, 40)))
        inside = shapely.contains_xy(area.geometry, x, y)
        corner, count = np.unique(_corner(x[inside], y[inside]), axis=0, return_counts=True)
        middle = _shapes(*corner.T).centroid
        wish = count * territory.urbanity(middle.x, middle.y) ** 2 * rng.lognormal(0, 0.9, len(corner))
        found = rng.multinomial(area.population, wish / wish.sum())
        parts.append(pd.DataFrame({"east": corner[:, 0], "north": corner[:, 1], "iris": area.iris, "residents": found}))
    found = pd.concat(parts).groupby(["iris", "north", "east"], as_index=False).residents.sum()
    found = found[found.residents > 0].reset_index(drop=True)
    found["residents"] = found.residents.astype(float)
    for rows in found.groupby("iris").indices.values():  # half a child less here is half a child more next door
        lived = rng.permutation(rows[found.residents.to_numpy()[rows] > 3])[: len(rows) // 6 * 2]
        pairs = lived[: len(lived) // 2 * 2].reshape(-1, 2)  # of an odd number, one is left as it is
        found.loc[pairs[:, 0], "residents"] -= 0.5
        found.loc[pairs[:, 1], "residents"] += 0.5
    return found


# -- what INSEE's files say of a square -------------------------------------------------------------------------------


def _ages(counts):
    """Shares of the age groups of the squares in each IRIS, from those of the census."""
    young, rest = counts.POP0002 + counts.POP0305, counts.POP0014 - counts.POP0002 - counts.POP0305
    found = pd.DataFrame(
        {
            "0_3": counts.POP0002 + counts.POP0305 / 3,
            "4_5": counts.POP0305 * 2 / 3,
            "6_10": rest * 5 / 9,
            "11_17": rest * 4 / 9 + counts.POP1529 / 5,
            "18_24": counts.POP1529 * 7 / 15,
            "25_39": counts.POP1529 / 3 + counts.POP3044 * 2 / 3,
            "40_54": counts.POP3044 / 3 + counts.POP4559 * 2 / 3,
            "55_64": counts.POP4559 / 3 + counts.POP6074 / 3,
            "65_79": counts.POP6074 * 2 / 3 + counts.POP75P * 0.45,
            "80p": counts.POP75P * 0.55,
            "inc": young * 0.01,
        }
    )
    return found.div(found.sum(axis=1), axis=0)


def _described(rng):
    """The squares with their own figures, as INSEE has them before anything is imputed."""
    who = truth()
    order = who.sort_values("residents", ascending=False).groupby(["north", "east"], as_index=False)
    found = order.agg(iris=("iris", "first"), ind=("residents", "sum"))
    middle = _shapes(found.east.to_numpy(), found.north.to_numpy()).centroid
    poor, urban = territory.deprivation(middle.x, middle.y), territory.urbanity(middle.x, middle.y)
    n, ind = len(found), found.ind.to_numpy()
    counts = people(draws.rng(13))  # the census, from the seed of its theme
    size = (counts.POP / counts.MEN).reindex(found.iris).to_numpy() * rng.lognormal(0, 0.1, n)
    men = np.clip(np.round(ind / size), 1, np.ceil(ind)).astype(int)

    def some(of, chance):
        return rng.binomial(of, np.clip(chance, 0.01, 0.97))

    found["men"] = men
    found["men_pauv"] = np.minimum(some(men, (0.06 + 0.42 * poor) * rng.lognormal(0, 0.2, n)), 0.8 * men)
    found["men_1ind"] = np.where(men >= ind, men, some(men, 0.2 + 0.3 * urban))
    found["men_5ind"] = np.minimum(some(men - found.men_1ind, 0.06 + 0.06 * poor), (ind - men) // 4)
    found["men_prop"] = some(men, 0.78 - 0.35 * urban - 0.3 * poor)
    found["men_fmp"] = some(men - found.men_1ind, 0.08 + 0.16 * poor)
    standard = (30_500 - 15_000 * poor) * rng.lognormal(0, 0.1, n)
    found["ind_snv"] = ind * np.clip(standard, *WINSORISED)
    flats = np.clip(0.1 + 0.85 * urban + 0.1 * poor, 0.02, 0.97)
    found["men_surf"] = np.round(men * (105 - 42 * flats) * rng.lognormal(0, 0.1, n))
    found["men_coll"] = some(men, flats)
    found["men_mais"] = men - found.men_coll
    old = np.column_stack([0.1 + 0.3 * urban, 0.25 + 0.2 * poor, np.full(n, 0.3), np.full(n, 0.3), np.full(n, 0.02)])
    found[[f"log_{b}" for b in BUILT]] = rng.multinomial(men, old / old.sum(axis=1)[:, None])
    found["log_soc"] = some(men, 0.02 + 0.6 * poor)
    shares = _ages(counts).reindex(found.iris).to_numpy()
    own = rng.gamma(60 * shares)  # a Dirichlet of its own for each square
    ages = rng.multinomial(np.floor(ind).astype(int), own / own.sum(axis=1)[:, None]).astype(float)
    ages[:, AGES.index("6_10")] += ind % 1
    found[[f"ind_{a}" for a in AGES]] = ages
    return found


# -- INSEE's imputation -----------------------------------------------------------------------------------------------


class _Groups:
    """Groups of squares that have 11 households together, and the smallest square of a size whose parts all have.

    INSEE, "Documentation - données carroyées, Filosofi 2019", part III: a square is divided while every inhabited part
    has 11 households. Where one has fewer, the small parts are a group; it takes the smallest large part, too, where
    they are fewer than 11 together.
    """

    def __init__(self, east, north, households):
        self.corner, self.households = np.column_stack([east, north]), np.asarray(households)
        self.group, self.natural = np.full(len(self.households), -1), np.zeros(len(self.households), int)
        self.totals = []
        for part in self._parts(np.arange(len(self.households)), LEVELS[0]):
            self._divide(part, 0, None)

    def _parts(self, squares, side):
        _, part = np.unique(self.corner[squares] // side, axis=0, return_inverse=True)
        return [squares[part.ravel() == k] for k in range(part.max() + 1)]

    def _join(self, squares, group):
        self.group[squares] = group
        self.totals[group] += self.households[squares].sum()

    def _divide(self, squares, level, group):
        if LEVELS[level] == SIDE:
            if group is None:
                self.totals.append(0)
                group = len(self.totals) - 1
            self._join(squares, group)
            self.natural[squares] = np.where(self.natural[squares], self.natural[squares], SIDE)
            return
        parts = self._parts(squares, LEVELS[level + 1])
        sizes = [self.households[part].sum() for part in parts]
        small = [p for p, s in zip(parts, sizes, strict=True) if s < FEW]
        large = [
            p for s, _, p in sorted((s, k, p) for k, (p, s) in enumerate(zip(parts, sizes, strict=True)) if s >= FEW)
        ]
        if small and group is None:
            self.natural[squares] = np.where(self.natural[squares], self.natural[squares], LEVELS[level])
            self.totals.append(0)
            group = len(self.totals) - 1
        for part in small:
            self._join(part, group)
        if group is not None and self.totals[group] < FEW and large:
            self._divide(large.pop(0), level + 1, group)
        for part in large:
            self._divide(part, level + 1, None)


def _tenths(values, total):
    """Parts rounded to a tenth so that they add up to their total, which is a number of tenths."""
    cents = np.round(values * 10, 6)
    down = np.floor(cents)
    missing = np.round(total * 10 - down.sum(axis=1)).astype(int)
    rank = np.argsort(np.argsort(-(cents - down), axis=1, kind="stable"), axis=1, kind="stable")
    return (down + (rank < missing[:, None])) / 10


def _imputed(found):
    """The squares as INSEE publishes them."""
    groups = _Groups(found.east, found.north, found.men)
    out = found.copy()
    id, count = np.unique(groups.group, return_counts=True)
    shared = np.isin(groups.group, id[count > 1])
    numbers = [c for c in COLUMNS if c in found and c != "ind"]
    sums = found.groupby(groups.group)[["ind", *numbers]].transform("sum")
    part = (found.ind / sums.ind).to_numpy()[:, None] * sums[numbers].to_numpy(float)
    out[numbers] = np.where(shared[:, None], part, found[numbers].to_numpy(float)).round(1)
    homes, built, ages = ["men_coll", "men_mais"], [f"log_{b}" for b in BUILT], [f"ind_{a}" for a in AGES]
    for names, total in ((homes, "men"), (built, "men"), (ages, "ind")):
        whole = out[names].sum(axis=1).replace(0, 1)
        out[names] = _tenths(out[names].mul(out[total] / whole, axis=0).to_numpy(), out[total].to_numpy())
    out["i_est_200"] = shared.astype(int)
    km = found[["north", "east"]] // 1000 * 1000
    places = km.groupby(groups.group).transform("nunique").max(axis=1) > 1
    out["i_est_1km"] = places.groupby([km.north, km.east]).transform("any").astype(int)
    out["idcar_200m"] = _names(SIDE, found.north, found.east)
    out["idcar_1km"] = _names(1000, km.north, km.east)
    side = groups.natural
    out["idcar_nat"] = _names(side, found.north // side * side, found.east // side * side)
    out["lcog_geo"] = _communes(found.east.to_numpy(), found.north.to_numpy())
    return out


def _names(side, north, east):
    side = np.broadcast_to(side, len(north))
    return [f"CRS3035RES{s}mN{n}E{e}" for s, n, e in zip(side, north, east, strict=True)]


def _communes(east, north):
    """The communes that a square touches, by the ground they have in it, with commas between."""
    towns, shapes = territory.communes(), _shapes(east, north).to_numpy()
    square, town = shapely.STRtree(towns.geometry.to_numpy()).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[square], towns.geometry.to_numpy()[town]))
    rows = pd.DataFrame({"square": square, "code": towns.code.to_numpy()[town], "shared": shared})
    outside = shapely.area(shapes) - rows.groupby("square").shared.sum().reindex(range(len(shapes)), fill_value=0)
    rows = pd.concat([rows, pd.DataFrame({"square": outside.index, "code": ELSEWHERE, "shared": outside})])
    rows = rows[rows.shared > 1].sort_values(["square", "shared"], ascending=[True, False], kind="stable")
    return rows.groupby("square").code.agg(",".join).to_numpy()


# -- the file ---------------------------------------------------------------------------------------------------------


def _text(frame):
    plain = frame[COLUMNS].copy()
    for name in plain:
        if pd.api.types.is_float_dtype(plain[name]):
            plain[name] = [f"{v:.10g}" for v in plain[name].round(1)]
    return plain.to_csv(index=False, lineterminator="\n")


def _broken(found):
    """Rows that break the card: beside the good ones, so that nobody is lost."""
    rows = found.iloc[100:900:100].copy()
    away = _names(SIDE, rows.north, rows.east + 60_000)  # where no other square is
    exchanged = [f"CRS3035RES200mN{e}E{n}" for e, n in zip(rows.east, rows.north, strict=True)]
    rows["idcar_200m"] = [*(a[:-1] + "7" for a in away[:2]), *exchanged[2:4], *rows.idcar_200m[4:6], *away[6:]]
    rows["ind"] = [*rows.ind[:6], -3.0, rows.ind.iloc[7]]
    rows["i_est_200"] = [*rows.i_est_200[:7], 9]
    return rows


def make(folder, rng):
    """Write the sample of the card ``insee-squares``."""
    found = _imputed(_described(rng))
    away = found.iloc[:6].assign(
        lcog_geo=["01004", "75056", "52123,13900", "2A041,2A247", "25056", ELSEWHERE],
        idcar_200m=_names(SIDE, np.arange(2_400_000, 2_401_200, SIDE), np.arange(3_800_000, 3_801_200, SIDE)),
    )
    table = pd.concat([away.iloc[:3], found, _broken(found), away.iloc[3:]], ignore_index=True)
    overseas = {"mart": ("5490", "97209"), "reun": ("2975", "97411")}
    members = {"carreaux_200m_met.csv": _text(table)}
    for name, (crs, code) in overseas.items():
        one = found.iloc[:1].assign(idcar_200m=f"CRS{crs}RES200mN1600000E0700000", lcog_geo=code)
        members[f"carreaux_200m_{name}.csv"] = _text(one)
    zipped(Path(folder) / "insee-squares/Filosofi2021_carreaux_200m_csv.zip", members)
