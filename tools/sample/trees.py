"""The invented trees: 60,000 for the city's own file, a few hundred in the format of each other inventory."""

import csv
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.data.cards import PACKAGED, read_card
from tools.sample import draws, territory

TREES, IN_THE_CITY = 60_000, 35_000
SURVEY = 2025  # year of the invented survey
ALIKE = 0.9  # of the trees of a street are of the taxon that it was planted with
OF_SECTOR = 0.9  # log-odds: standard deviation of the sectors' effects
FELLED, OF_STREET = 24, 6.0  # streets that lost their trees together, and the log-odds that this adds

# genus, species, French name, weight, growth in girth (cm a year), height of an old tree (m), crown / height, at risk
TAXA = [
    ("Platanus", "x hispanica", "Platane commun", 12.0, 2.9, 28, 0.62, 0),
    ("Acer", "platanoides", "Érable plane", 8.0, 2.0, 20, 0.60, 0),
    ("Tilia", "cordata", "Tilleul à petites feuilles", 7.0, 1.9, 21, 0.55, 0),
    ("Aesculus", "hippocastanum", "Marronnier d'Inde", 6.0, 2.2, 22, 0.60, 1),
    ("Fraxinus", "excelsior", "Frêne commun", 5.5, 2.2, 24, 0.55, 1),
    ("Tilia", "tomentosa", "Tilleul argenté", 5.0, 2.1, 22, 0.58, 0),
    ("Acer", "pseudoplatanus", "Érable sycomore", 5.0, 2.1, 22, 0.60, 0),
    ("Carpinus", "betulus", "Charme commun", 5.0, 1.5, 17, 0.50, 0),
    ("Prunus", "avium", "Merisier", 4.5, 2.0, 16, 0.55, 0),
    ("Betula", "pendula", "Bouleau verruqueux", 4.0, 1.9, 18, 0.42, 1),
    ("Quercus", "robur", "Chêne pédonculé", 3.5, 1.9, 25, 0.65, 0),
    ("Pyrus", "calleryana", "Poirier de Chine", 3.5, 1.6, 13, 0.45, 0),
    ("Sophora", "japonica", "Sophora du Japon", 3.0, 2.0, 18, 0.65, 0),
    ("Fraxinus", "angustifolia", "Frêne à feuilles étroites", 2.5, 2.1, 20, 0.55, 1),
    ("Robinia", "pseudoacacia", "Robinier faux-acacia", 2.5, 2.1, 19, 0.55, 0),
    ("Celtis", "australis", "Micocoulier de Provence", 2.2, 1.9, 18, 0.65, 0),
    ("Pinus", "nigra", "Pin noir", 2.2, 1.8, 22, 0.40, 0),
    ("Cedrus", "atlantica", "Cèdre de l'Atlas", 1.6, 2.6, 25, 0.60, 0),
    ("Populus", "nigra", "Peuplier noir", 1.6, 3.0, 27, 0.35, 0),
    ("Liquidambar", "styraciflua", "Copalme d'Amérique", 1.5, 1.8, 18, 0.45, 0),
    ("Gleditsia", "triacanthos", "Févier d'Amérique", 1.5, 1.9, 17, 0.65, 0),
    ("Koelreuteria", "paniculata", "Savonnier", 1.3, 1.4, 11, 0.65, 0),
    ("Malus", "sylvestris", "Pommier sauvage", 1.2, 1.3, 8, 0.70, 0),
    ("Sorbus", "aria", "Alisier blanc", 1.1, 1.3, 11, 0.50, 0),
    ("Juglans", "regia", "Noyer commun", 1.0, 2.0, 17, 0.75, 0),
    ("Ginkgo", "biloba", "Arbre aux quarante écus", 0.9, 1.3, 20, 0.40, 0),
    ("Ulmus", "minor", "Orme champêtre", 0.9, 2.0, 20, 0.55, 0),
    ("Salix", "alba", "Saule blanc", 0.8, 2.8, 19, 0.65, 0),
    ("Catalpa", "bignonioides", "Catalpa commun", 0.7, 1.8, 13, 0.80, 0),
    ("Fagus", "sylvatica", "Hêtre commun", 0.7, 1.8, 24, 0.65, 0),
    ("Liriodendron", "tulipifera", "Tulipier de Virginie", 0.6, 2.2, 24, 0.45, 0),
    ("Magnolia", "kobus", "Magnolia de Kobé", 0.5, 1.1, 10, 0.65, 0),
    ("Zelkova", "serrata", "Zelkova du Japon", 0.5, 1.8, 17, 0.75, 0),
    ("Sequoiadendron", "giganteum", "Séquoia géant", 0.2, 4.0, 33, 0.30, 0),
]

TRUTH = f"""\
### Trees (`trees-dijon`)
- {TREES:,} trees, {IN_THE_CITY:,} of them in commune 21231. The chance that a tree was lost (`etat` other than
  `EN PLACE`) is logistic, with these log-odds: -4.6 at the start; +1.3 for *Fraxinus*, *Aesculus* and *Betula*;
  +0.9 on paved ground (`Enrobé`); +0.025 for each year of age beyond 40; +1.0 in the three years after planting;
  an effect of the sector (`secteur`), drawn once with standard deviation {OF_SECTOR};
  and +{OF_STREET:.0f} in {FELLED} streets (`adresse`), whose trees were nearly all lost together, as when one is dug
  up. These streets are drawn so that each taxon is as likely as another: some taxa are seen dying in one street only.
- Because of the effects of street and sector, a score measured on random rows is too good: neighbours are of one age
  and taxon, and a model recognises the street of a tree by the others. Only held-out sectors, or streets, tell what it
  is worth elsewhere.
- `date_abattage` and the remark `souche à traiter` are written after the loss. A model that uses them is cheating.
- *Platanus* is planted above a tenth of all trees, so that the 10-20-30 rule fails for the species.
- Broken on purpose: swapped coordinates, heights of 999 m, four-digit INSEE codes, negative girths, 31 February.
- Doubtful on purpose, though no schema sees it: 1,200 species given as `sp.`, 300 heights in metres instead of
  centimetres, 300 trees entered at the place of another one, 150 girths in millimetres, 100 trees under the code of
  another commune, 50 planted in 2052.
- Incomplete on purpose: one survey date in five, 15 planting dates in a hundred and 8 measurements in a hundred are
  missing, and columns that no chapter needs are empty. Felling dates are drawn for 2023 to 2025 whatever the planting
  date says: some of the youngest trees are felled before they were planted.
"""

CENTRES = {
    "trees-osm": (5.04, 47.32),
    "trees-grenoble": (5.73, 45.18),
    "trees-paris": (2.35, 48.85),
    "trees-lyon": (4.84, 45.75),
    "trees-rennes": (-1.68, 48.11),
    "trees-bordeaux": (-0.58, 44.84),
    "trees-montpellier": (3.88, 43.61),
}


def _places(rng):
    """Where the trees stand: rows along invented streets, and loose groups in invented parks."""
    towns = territory.communes()
    share = towns.population.where(towns.code != "21231", 0) ** 0.7
    share = np.floor((TREES - IN_THE_CITY) * share / share.sum()).astype(int)
    share[towns.code == "21231"] = TREES - share.sum()
    parts, streets = [], []
    for town, number in zip(towns.itertuples(), share, strict=True):
        west, south, east, north = town.geometry.bounds
        inner = town.geometry.buffer(-40)
        made, street = 0, 0
        while made < number:
            x, y = rng.uniform(west, east), rng.uniform(south, north)
            if rng.uniform() > 0.05 + territory.urbanity(x, y) or not shapely.contains_xy(inner, x, y):
                continue
            street += 1
            row = rng.uniform() < 0.7
            size = int(rng.integers(8, 60))
            if row:  # both sides of a street, a tree every seven or eight metres
                angle, along = rng.uniform(0, np.pi), 7.5 * np.arange(size) + rng.normal(0, 0.7, size)
                side = np.where(np.arange(size) % 2, 5.0, -5.0) + rng.normal(0, 0.3, size)
                px = x + along * np.cos(angle) - side * np.sin(angle)
                py = y + along * np.sin(angle) + side * np.cos(angle)
            else:
                px, py = x + rng.normal(0, 35, size), y + rng.normal(0, 35, size)
            inside = shapely.contains_xy(town.geometry, px, py)
            px, py = px[inside][: number - made], py[inside][: number - made]
            place = f"{'Rue' if row else 'Parc'} fictif {town.code[2:]}-{street}".replace("Rue fictif", "Rue fictive")
            parts.append((px, py))
            streets.append((place, row, town.code, town.name, len(px)))
            made += len(px)
    of = pd.DataFrame(streets, columns=["adresse", "row", "code_insee", "commune", "trees"])
    x, y = np.concatenate(parts, axis=1)
    return of.loc[of.index.repeat(of.pop("trees"))].reset_index(drop=True).assign(x=x, y=y)


def trees(rng):
    """The invented inventory before it is written, with the planted chance of loss of each tree."""
    frame = _places(rng)
    n = len(frame)
    names = territory.communes().set_index("code")["name"]
    city = frame.code_insee == "21231"
    sector = pd.Series(territory.quartier(frame.x, frame.y)).str.replace("Quartier fictif ", "", regex=False)
    frame["secteur"] = np.where(city, sector, frame.code_insee.map(names))
    weights = np.array([t[3] for t in TAXA])
    # A street is planted with one taxon most of the time: neighbours are alike, as they are in cities.
    streets = frame.adresse.astype("category").cat.codes.to_numpy()
    of_street = rng.choice(len(TAXA), streets.max() + 1, p=weights / weights.sum())
    alone = rng.choice(len(TAXA), n, p=weights / weights.sum())
    taxon = np.where(frame.row & (rng.uniform(size=n) < ALIKE), of_street[streets], alone)
    pick = {
        name: np.array([t[i] for t in TAXA])[taxon]
        for i, name in enumerate(["genre", "espece", "nom_vernaculaire", "w", "growth", "tall", "crown", "risk"])
    }
    frame = frame.assign(**{k: pick[k] for k in ("genre", "espece", "nom_vernaculaire")}, risk=pick["risk"])
    year_of_street = SURVEY - np.minimum(rng.gamma(2.2, 17, streets.max() + 1), 140)
    age = SURVEY - np.round(year_of_street[streets] + rng.normal(0, 1.5, n) + 25 * (rng.uniform(size=n) < 0.1))
    age = np.clip(age, 1, 150).astype(int)
    girth = 12 + pick["growth"] * age * rng.lognormal(0, 0.18, n) * np.exp(-age / 260)
    height = pick["tall"] * (1 - np.exp(-girth / 75)) * rng.lognormal(0, 0.12, n)
    crown = np.clip(height * pick["crown"] * rng.lognormal(0, 0.15, n), 0.5, 30)
    frame["age"], frame["annee"] = age, SURVEY - age
    frame["circonference"] = np.round(girth).astype(int)
    frame["hauteur"] = (np.round(height * 2) * 50).astype(int)
    frame["diametre_couronne"] = np.round(crown).astype(int)
    urban = territory.urbanity(frame.x, frame.y)
    draw = rng.uniform(size=n)
    frame["pied"] = np.where(draw < 0.55 * urban, "Enrobé", np.where(draw < 0.75, "Végétalisé", "Stabilisé"))
    effect = dict(zip(sorted(frame.secteur.unique()), rng.normal(0, OF_SECTOR, frame.secteur.nunique()), strict=True))
    odds = (
        -4.6
        + 1.3 * draws.has("genus") * frame.risk
        + 0.9 * draws.has("paved") * (frame.pied == "Enrobé")
        + 0.025 * draws.has("age") * np.maximum(age - 40, 0)
        + 1.0 * draws.has("young") * (age <= 3)
        + draws.has("sector") * frame.secteur.map(effect)
        + OF_STREET
        * draws.has("street")
        * np.isin(streets, _felled(frame.row.groupby(streets).first(), weights[of_street]))
    )
    frame["chance"] = 1 / (1 + np.exp(-odds))
    frame["lost"] = rng.uniform(size=n) < frame.chance
    return frame


def _felled(row, weight):
    """The streets, by number, whose trees were lost together: rows of trees, each taxon as likely as another."""
    chance = np.where(row, 1 / weight, 0)
    return draws.rng(19).choice(len(chance), FELLED, replace=False, p=chance / chance.sum())


def _columns():
    """The columns of the invented city's file: those of its card but for the four that only imports write."""
    names = [f.name for f in read_card(PACKAGED / "trees-dijon.json").fields]
    return names[: names.index("date_abattage") + 1]


def _city_file(folder, rng):
    frame = trees(rng)
    n = len(frame)
    points = gpd.GeoSeries(gpd.points_from_xy(frame.x, frame.y), crs=territory.LAMBERT).to_crs(territory.WGS84)
    out = pd.DataFrame("", index=frame.index, columns=_columns())
    out.insert(1, "longitude", points.x.map("{:.6f}".format))
    out.insert(2, "latitude", points.y.map("{:.6f}".format))
    out["id"] = np.arange(1, n + 1)
    dated, survey = rng.uniform(size=n) < 0.8, 2019 + rng.integers(0, 7, n)
    survey = np.maximum(survey, frame.annee + 1)  # a tree is surveyed after it was planted
    out["date_releve"] = np.where(dated, survey.astype(str) + "-06-01", "")
    for name in ("genre", "espece", "nom_vernaculaire", "code_insee", "adresse", "secteur"):
        out[name] = frame[name]
    known = rng.uniform(size=n) < 0.85  # planting dates are often lost
    out["date_plantation"] = np.where(known, frame.annee.astype(str) + "-11-25", "")
    stage = np.digitize(frame.age, [8, 25, 80])
    out["stade_developpement"] = np.array(["Jeune", "Adulte jeune", "Adulte", "Mature"])[stage]
    measured = rng.uniform(size=n) < 0.92
    for name in ("hauteur", "circonference", "diametre_couronne"):
        out[name] = np.where(measured, frame[name].astype(str), "")
    out["description_pied_arbre"] = frame.pied
    out["situation"] = np.where(frame.row, "Alignement", "Groupe")
    out["remarquable"] = np.where((frame.circonference > 240) & (rng.uniform(size=n) < 0.25), "Oui", "Non")
    gone = frame.lost.to_numpy()
    out["etat"] = np.where(gone, np.where(rng.uniform(size=n) < 0.3, "REMPLACÉ", "ABATTU"), "EN PLACE")
    out["date_abattage"] = np.where(gone, [f"{2023 + v}-02-15" for v in rng.integers(0, 3, n)], "")
    out["remarque"] = np.where(gone & (rng.uniform(size=n) < 0.7), "souche à traiter", "")
    chosen = rng.choice(n, 260 + 2_100, replace=False)
    swap, tall, short, negative, february, *doubtful = np.split(
        chosen, [60, 120, 180, 220, 260, 260 + 1_200, 260 + 1_500, 260 + 1_800, 260 + 1_950, 260 + 2_050]
    )
    unidentified, metres, twice, thick, elsewhere, future = doubtful
    out.loc[unidentified, "espece"] = "sp."
    out.loc[metres, "hauteur"] = (frame.hauteur[metres] / 100).astype(str)
    out.loc[twice, ["longitude", "latitude"]] = out.loc[twice - 1, ["longitude", "latitude"]].to_numpy()
    out.loc[thick, "circonference"] = (10 * frame.circonference[thick]).clip(upper=2900).astype(str)
    out.loc[elsewhere, "code_insee"] = np.where(frame.code_insee[elsewhere] == "21231", "21166", "21231")
    out.loc[future, "date_plantation"] = "2052-11-25"
    out.loc[swap, ["longitude", "latitude"]] = out.loc[swap, ["latitude", "longitude"]].to_numpy()
    out.loc[tall, "hauteur"] = "99900"
    out.loc[short, "code_insee"] = "2123"
    out.loc[negative, "circonference"] = "-5"
    out.loc[february, "date_plantation"] = "1998-02-31"
    text = out.to_csv(sep=";", index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    folder.mkdir(parents=True, exist_ok=True)
    # Zipped, as a city would send it: 11 MB of text in 2.
    with zipfile.ZipFile(folder / "arbres.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo("20260115_EXEMPLE_Arbres_Urbains.csv", (2026, 1, 15, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, text)


def _other(id, folder, rng, n=300):
    """A small invented inventory with the headers of a card, in its publisher's format and with its quirks."""
    card = read_card(PACKAGED / f"{id}.json")
    x, y = CENTRES[id]
    lon, lat = np.round(x + rng.normal(0, 0.02, n), 7), np.round(y + rng.normal(0, 0.015, n), 7)
    # Each city has its own favourites, so that diversities differ.
    weights = rng.dirichlet(np.full(len(TAXA), rng.uniform(0.2, 1.2)))
    taxa = [TAXA[i] for i in rng.choice(len(TAXA), n, p=weights)]
    girth, year = rng.integers(15, 260, n), rng.integers(1930, 2025, n)
    height = np.round(np.minimum(28, 2 + girth / 11), 1)
    measured = rng.uniform(size=n) < 0.85
    text = {
        "id": lambda i: f"EXEMPLE-{i:04d}",
        "genre": lambda i: taxa[i][0],
        "espece": lambda i: taxa[i][1],
        "nom_latin": lambda i: f"{taxa[i][0]} {taxa[i][1]}",
        "nom_vernaculaire": lambda i: taxa[i][2],
        "cultivar_variete": lambda i: "''Exemple''" if i % 17 == 0 else None,
        "annee_plantation": lambda i: int(year[i]) if measured[i] else 0,
        "date_plantation": lambda i: f"{year[i]}/{year[i] + 1}" if i % 5 else f"{year[i]}-11-25",
        "date_releve": lambda i: "2024-05-01",
        "hauteur": lambda i: float(height[i]) if measured[i] else 0,
        "circonference": lambda i: int(girth[i]) if measured[i] else 0,
        "diametre": lambda i: int(girth[i] / np.pi),
        "diametre_couronne": lambda i: round(float(height[i]) * 0.5, 1),
        "stade_developpement": lambda i: ["Jeune (arbre)", "Adulte", None][i % 3],
        "remarquable": lambda i: "OUI" if i % 50 == 0 else "NON",
        "adresse": lambda i: f"RUE FICTIVE {i % 40}",
        "secteur": lambda i: f"SECTEUR FICTIF {i % 6}",
        "situation": lambda i: "Alignement",
        "gestionnaire": lambda i: "EXEMPLE",
        "etat": lambda i: "EN PLACE",
        "famille": lambda i: None,
        "remarque": lambda i: "arbre fictif",
        "matricule": lambda i: None,
    }
    if id == "trees-montpellier":
        text["annee_plantation"] = lambda i: f"{year[i]}-01-01T00:00:00" if i % 4 else str(year[i])
    if id == "trees-osm":  # metres, and few tags: that is how volunteers map
        text |= {"annee_plantation": lambda i: str(year[i]), "circonference": lambda i: round(girth[i] / 100, 2)}
        text["id"] = lambda i: -1 - i  # negative: no element of OpenStreetMap has such an id
    rows = [{f.source[0]: text[f.name](i) for f in card.fields} for i in range(n)]
    if id == "trees-osm":
        elements = []
        for i, row in enumerate(rows):
            tags = {k: str(v) for k, v in row.items() if k != "id" and v is not None and (k == "genus" or i % 3 == 0)}
            tags = {"natural": "tree", **tags}
            elements.append({"type": "node", "id": row["id"], "lat": float(lat[i]), "lon": float(lon[i]), "tags": tags})
        found = {"version": 0.6, "generator": "SYNTHETIC SAMPLE", "elements": elements}
    else:
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [float(lon[i]), float(lat[i])]},
                "properties": row,
            }
            for i, row in enumerate(rows)
        ]
        features[7]["geometry"]["coordinates"].reverse()  # a swapped pair, to be set aside
        found = {"type": "FeatureCollection", "features": features}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / card.filename).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def make(folder, rng):
    """Write the sample of the tree cards."""
    folder = Path(folder)
    _city_file(folder / "trees-dijon", rng)
    for id in CENTRES:
        _other(id, folder / id, rng)
