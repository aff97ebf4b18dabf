"""The invented ground of the city: lots, their owners, schools, car parks and pitches, and who lives in which house."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import draws, territory
from tools.sample.blocks import blocks, boulevard, line, node, quads, shares
from tools.sample.territory import CITY, city

SEED = 4  # of this module, within the city's
# Group of the tax office -> its label, invented owners, legal form.
OWNERS = {
    "0": ("Autres personnes morales", "EXEMPLE SOCIETE", "SAS"),
    "1": ("Etat", "EXEMPLE ETAT", "ETAT"),
    "2": ("Région", "EXEMPLE REGION", "REG"),
    "3": ("Département", "EXEMPLE DEPARTEMENT", "DEPT"),
    "4": ("Commune", "EXEMPLE VILLE", "COM"),
    "5": ("Office HLM", "EXEMPLE HABITAT", "OPH"),
    "6": ("Personnes morales représentant des sociétés d'économie mixte", "EXEMPLE SEM", "SEM"),
    "7": ("Copropriétaires", "EXEMPLE COPROPRIETE", "COPR"),
    "8": ("Associés", "EXEMPLE ASSOCIES", "SCI"),
    "9": ("Etablissements publics ou organismes assimilés", "EXEMPLE METROPOLE", "EPCI"),
}
PUBLIC = ("1", "2", "3", "4", "9")
SCHOOL, CAR_PARK, PITCHES = (0.32, 0.20, 0.80, 0.75), (0.32, 0.15, 0.85, 0.60), (0.35, 0.30, 0.85, 0.62)
SCHOOL_HOUSE, COURT, SQUARE = (0.34, 0.25, 0.40, 0.50), (0.35, 0.70, 0.53, 0.88), (0.40, 0.40, 0.62, 0.62)
EDGES = {
    "mixed": ((0.23, 0.41, 0.59, 0.77), (0.41, 0.59)),
    "dense": ((0.20, 0.35, 0.50, 0.65, 0.80), (0.50,)),
    "open": ((0.26,), ()),
    "green": ((), ()),
}


@draws.remembered
def sites():
    """What the open blocks of the city are used for.

    Returns
    -------
    DataFrame
        ``i``, ``j``, ``use`` ("school", "car park", "sports", "square" or "free"), ``nature`` of schools, ``group`` of
        the owner (0 to 9, "" for a natural person).
    """
    rng = draws.rng(SEED, 1)
    found = blocks()[lambda b: (b.kind == "open") & b.within(city())][["i", "j"]].reset_index(drop=True)
    n = len(found)
    found["use"] = rng.choice(["school", "car park", "sports", "free"], n, p=[0.22, 0.16, 0.12, 0.5])
    kinds = ["Enseignement primaire", "Collège", "Lycée", "private"]
    school = rng.choice(kinds, n, p=[0.62, 0.18, 0.1, 0.1])
    group = pd.Series(school).map(dict(zip(kinds, "4320", strict=True)))
    group = group.where(found.use == "school", np.where(rng.uniform(size=n) < 0.5, "4", "0"))
    group = group.where(found.use != "sports", "4")
    free = rng.choice(["1", "4", "9", "0", "5", "6", ""], n, p=[0.08, 0.3, 0.1, 0.12, 0.1, 0.05, 0.25])
    found["group"] = group.where(found.use != "free", free)
    square = (found.use == "free") & found.group.isin(["4", "9"]) & (rng.uniform(size=n) < 0.5)
    found.loc[square, "use"] = "square"
    found["nature"] = pd.Series(school).replace("private", kinds[0]).where(found.use == "school", None)
    return found


def places(use, box):
    """The part ``box`` (u0, v0, u1, v1) of the blocks with a use.

    Returns
    -------
    GeoDataFrame
        Rows of `sites`; EPSG:2154.
    """
    found = sites()[lambda s: s.use == use].reset_index(drop=True)
    shapes = quads(found.i.to_numpy(), found.j.to_numpy(), *box)
    return gpd.GeoDataFrame(found, geometry=shapes, crs=territory.LAMBERT)


@draws.remembered
def lots():
    """The parcels of the city and their owners.

    Returns
    -------
    GeoDataFrame
        ``id`` (14 characters), ``i``, ``j``, ``kind`` of the block, ``main`` (whether it is the large lot of an open
        block), ``group`` (0 to 9, "" for a natural person), ``second`` (group of a second owner, else ""),
        ``tenure`` ("public" or "private"), ``geometry``; EPSG:2154.
    """
    rng, parts = draws.rng(SEED, 2), []
    for kind, (us, vs) in EDGES.items():
        b = blocks()[lambda b, kind=kind: b.kind == kind]
        i, j = b.i.to_numpy(), b.j.to_numpy()
        left, lower, right, upper = shares(i, j)
        u = [left, *(np.full(len(i), x) for x in us), 1 - right]
        v = [lower, *(np.full(len(i), x) for x in vs), 1 - upper]
        for a in range(len(u) - 1):
            for c in range(len(v) - 1):
                parts.append(
                    pd.DataFrame(
                        {
                            "i": i,
                            "j": j,
                            "kind": kind,
                            "main": kind == "open" and a == 1,
                            "geometry": quads(i, j, u[a], v[c], u[a + 1], v[c + 1]),
                        }
                    )
                )
    found = pd.concat(parts, ignore_index=True).sort_values(["i", "j"], kind="stable", ignore_index=True)
    found = gpd.GeoDataFrame(found, geometry="geometry", crs=territory.LAMBERT)
    cut, outline = found.geometry.to_numpy(), city()
    shapely.prepare(outline)
    whole = shapely.contains_properly(outline, cut)
    cut[~whole] = territory.on_grid(shapely.intersection(cut[~whole], outline), 0.01)
    cut[whole] = territory.overlaid(cut[whole], 0.01)  # what cutting makes of them
    found = found.set_geometry(gpd.GeoSeries(cut, crs=territory.LAMBERT))
    found = found[(shapely.get_type_id(cut) == 3) & (shapely.area(cut) > 30)].reset_index(drop=True)
    n = len(found)
    dense = rng.choice([*"0567489", ""], n, p=[0.12, 0.06, 0.02, 0.3, 0.03, 0.04, 0.01, 0.42])
    mixed = rng.choice([*"0567489", ""], n, p=[0.08, 0.05, 0.01, 0.04, 0.03, 0.03, 0.01, 0.75])
    found["group"] = np.select(
        [found.kind == "dense", found.kind == "mixed", found.kind == "green"], [dense, mixed, np.full(n, "4")], ""
    )
    estate = (np.abs(found.i * 7919 + found.j * 104729) % 17 == 0) & found.kind.isin(["dense", "mixed"])
    found.loc[estate, "group"] = "5"  # whole blocks of a social landlord
    owner = sites().set_index(["i", "j"]).group
    main = pd.MultiIndex.from_frame(found.loc[found.main, ["i", "j"]])
    found.loc[found.main, "group"] = owner.reindex(main).fillna("").to_numpy()
    found["second"] = np.where((rng.uniform(size=n) < 0.01) & (found.group != "") & ~found.main, "0", "")
    found["tenure"] = np.where(found.group.isin(PUBLIC) & (found.second == ""), "public", "private")
    section = [chr(65 + a) + chr(65 + b) for a, b in zip((found.i + 60) // 6, (found.j + 60) // 6, strict=True)]
    found["section"] = section
    found["number"] = found.groupby("section").cumcount() + 1
    found.insert(0, "id", [f"{CITY}000{s}{k:04d}" for s, k in zip(section, found.number, strict=True)])
    return found


def owners(rng):
    """The tax office's table of legal persons: a row for each fiscal part of a parcel and each right on it."""
    table = pd.DataFrame(lots().drop(columns="geometry")).assign(contenance=lots().area.round().astype(int))
    rows = pd.concat([table[table.group != ""], table[table.second != ""].assign(group=lambda t: t.second)])
    split = rows[rng.uniform(size=len(rows)) < 0.06]  # two fiscal parts
    rows = pd.concat([rows.assign(suf=""), split.assign(suf="A"), split.assign(suf="B")]).sort_index(kind="stable")
    label, name, form = (rows.group.map({k: v[n] for k, v in OWNERS.items()}) for n in range(3))
    many = rows.group.isin(["0", "7", "8"])
    number = (rows.i * 131 + rows.j * 17 + rows.number) % 900
    n = len(rows)
    return pd.DataFrame(
        {
            "Département": "21",
            "Code Direction": "0",
            "Code Commune": CITY[2:],
            "Nom de la commune": "DIJON",
            "Préfixe": "",
            "Section": rows.section,
            "N° plan": rows.number.map("{:04d}".format),
            "N° voirie": "",
            "Indice de répétition": "",
            "Code voie MAJIC": "",
            "Code voie rivoli": "",
            "Nature voie": "RUE",
            "Nom voie": "FICTIVE",
            "Contenance": rows.contenance,
            "SUF": rows.suf,
            "Nature culture": "S - Sols",
            "Contenance SUF": rows.contenance,
            "Code droit - par": np.where(rng.uniform(size=n) < 0.98, "P - Propriétaire", "U - Usufruitier"),
            "N° Majic - par": "",
            "N° SIREN - par": [f"U{k:08d}" for k in number],
            "Groupe personne - par": rows.group + " - " + label,
            "Forme juridique - par": "",
            "Forme juridique abrégée - par": form,
            "Dénomination - par": name + np.where(many, " " + number.astype("str"), ""),
        }
    )


# -- houses -----------------------------------------------------------------------------------------------------------


def standing(buildings):
    """The buildings that leave room for the railway, the canal and the boulevards, and the houses of schools."""
    shapes = buildings.geometry.to_numpy()
    for name in ("rail", "canal"):
        shapes = np.where(shapely.intersects(shapes, shapely.buffer(line(name), 14)), None, shapes)
    lines = np.arange(-60, 60)
    steps = np.arange(-60, 61)
    streets = [
        shapely.linestrings(np.stack(node(np.full(len(steps), k), steps), axis=-1)) for k in lines[boulevard(lines)]
    ]
    front = shapely.union_all(shapely.buffer(streets, 18))
    shapely.prepare(front)
    near = shapely.intersects(front, shapes)
    shapes[near] = territory.on_grid(shapely.difference(shapes[near], front), 0.01)
    kept = (shapely.get_type_id(shapes) == 3) & (shapely.area(shapes) > np.where(near, 40, 0))
    found = buildings.set_geometry(gpd.GeoSeries(shapes, crs=buildings.crs))[kept]
    schools = places("school", SCHOOL_HOUSE)[["i", "j", "geometry"]].assign(kind="open", type="01")
    return pd.concat([found, schools], ignore_index=True)


def housed(buildings, rng):
    """The columns of BD TOPO for buildings, and who lives in them.

    Returns
    -------
    GeoDataFrame
        ``nature``, ``usage_1``, ``usage_2``, ``construction_legere``, ``etat_de_l_objet``, ``hauteur``,
        ``nombre_d_etages``, ``nombre_de_logements``, ``iris``, ``residents`` and the geometry, in the given order.
    """
    n, area, kind = len(buildings), buildings.area.to_numpy(), buildings.kind.to_numpy()
    middle = buildings.geometry.centroid
    urban = territory.urbanity(middle.x, middle.y)
    light = (buildings.type == "02").to_numpy()
    dense, school = kind == "dense", (kind == "open") & (area > 300)
    draw = rng.uniform(size=n)
    uses = ["Résidentiel", "Commercial et services", "Indifférencié", "Religieux"]
    busy = np.select([draw < 0.72, draw < 0.86, draw < 0.96, draw < 0.98], uses, "Industriel")
    use = np.where(dense, busy, np.select([draw < 0.8, draw < 0.92], ["Résidentiel", "Indifférencié"], "Annexe"))
    use = np.where(light | (kind == "open"), np.where(school | (draw < 0.3), "Indifférencié", "Annexe"), use)
    storeys = np.where(dense, 2 + rng.binomial(5, 0.25 + 0.5 * urban), 1 + rng.binomial(2, 0.45))
    storeys = np.where(light | (kind == "open"), 1, storeys)
    # What is not known to be residential sometimes is: half of the houses of unknown use in built-up blocks.
    lived = (use == "Résidentiel") | (
        (use == "Indifférencié") & ~light & (kind != "open") & (rng.uniform(size=n) < 0.5)
    )
    wish = np.where(lived, area * storeys * rng.lognormal(0, 0.3, n) * np.where(dense, 1.0, 0.7), 0.0)
    areas = territory.iris()
    place, zone = areas.sindex.query(middle, predicate="within")
    iris = np.full(n, "", dtype=object)
    iris[place] = areas.iris.to_numpy()[zone]
    residents = np.zeros(n, int)
    for code, people in zip(areas.iris, areas.population, strict=True):
        mine = np.flatnonzero((iris == code) & (wish > 0))
        if len(mine):
            residents[mine] = rng.multinomial(people, wish[mine] / wish[mine].sum())
    height = np.round(storeys * rng.uniform(2.7, 3.2, n) + rng.uniform(0, 0.8, n), 1)
    known = (rng.uniform(size=n) < 0.55) & (use != "Annexe") & ~light
    shops = dense & (use == "Résidentiel") & (rng.uniform(size=n) < 0.12)
    homes = np.where(use == "Résidentiel", np.maximum(1, np.round(area * storeys / 95)), 0)
    return gpd.GeoDataFrame(
        {
            "nature": np.where(use == "Industriel", "Industriel, agricole ou commercial", "Indifférenciée"),
            "usage_1": use,
            "usage_2": np.where(shops, "Commercial et services", None),
            "construction_legere": light,
            "etat_de_l_objet": "En service",
            "hauteur": np.where(rng.uniform(size=n) < 0.01, np.nan, height),
            "nombre_d_etages": np.where(known, storeys.astype(int).astype(object), None),
            "nombre_de_logements": np.where(known, homes.astype(int).astype(object), None),
            "iris": iris,
            "residents": residents,
        },
        geometry=buildings.geometry.array,
        crs=buildings.crs,
    )
