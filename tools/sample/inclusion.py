"""The invented inhabitants, incomes, services, stops and portal files, each in its publisher's format."""

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tools.sample import draws, territory, transit

PLANTED = tuple(territory.PLANTED)
EMPTY = 800  # metres around the planted IRIS without any of the services below
FOREIGN_IRIS = ("010040101", "010040102", "212000000", "710760101", "250560101")  # rows that the cards filter out
FIXED = (2026, 1, 15, 0, 0, 0)
PLAYGROUNDS = "dijon-portal@jeux-pour-enfants-2"
OFFICES = "dijon-portal@equipements-administratifs"
D4C = "dijon-portal-d4c@00000000-0000-4000-8000-000000000001"

SHARED, ONLY_NATIONAL = 24, 16  # places of the national file: in mednum-bfc too, and nowhere else
SILENT = {"poor": 0.3, "older": 0.2}  # logarithm of reports lost for one standard deviation more

TRUTH = f"""\
### Inclusion and citizens
- Six IRIS lack services: those with fictitious names, {PLANTED[0]} to {PLANTED[-1]}. No doctor, pharmacy,
  post office, library, job centre, France services or digital-inclusion place stands within {EMPTY} m of them, and one
  inhabitant in five or more is 75 or older (one in ten elsewhere), more live alone, incomes follow `deprivation`.
  Elsewhere services follow the population.
- Villages are far from services too, but their inhabitants are younger and better off.
- `mednum-bfc`: two rows are geocoded in commune 21231 with postal codes of other départements (`EXEMPLE_TL_12_` and
  `EXEMPLE_TL_40_`); `france-services`: one row says commune 21515 and stands in 21231 (`9003`).
- `inclusion-places` repeats {SHARED} places of `mednum-bfc` under another spelling, a few metres away: `NAT_10` is
  `EXEMPLE_TL_10_`. Its other {ONLY_NATIONAL} places are in no other file.
- Reports: where the poverty rate is one standard deviation higher, {1 - np.exp(-SILENT["poor"]):.0%} fewer of the same
  defects are reported; where more people are 75 or older, {1 - np.exp(-SILENT["older"]):.0%} fewer. `defects-survey`
  holds all defects. Poorer areas have more of them, so that reports by resident show little of it.
- `filosofi-iris`: six IRIS are secret (`ns`, with a note); villages are not in the file.
{transit.TRUTH}"""

# category: BPE type, how many in the Métropole, whether the planted IRIS lack it
FACILITIES = [
    ("A206", 24, True),
    ("A208", 8, True),
    ("A129", 23, False),
    ("A504", 90, False),
    ("B104", 14, False),
    ("B105", 34, False),
    ("B204", 120, False),
    ("C107", 45, False),
    ("C108", 50, False),
    ("D265", 240, True),
    ("D307", 85, True),
    ("F111", 70, False),
    ("F307", 22, True),
]
JOB_CENTRES = 6  # not in FACILITIES, whose random numbers they would move


def zipped(path, members):
    """A zip whose bytes do not depend on the clock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("utf-8"))


def _csv(frame, sep=";", comma=True):
    text = frame.copy()
    for name in text.columns:
        if pd.api.types.is_float_dtype(text[name]):
            text[name] = [("" if v != v else f"{v:.10g}".replace(".", "," if comma else ".")) for v in text[name]]
    return text.to_csv(sep=sep, index=False, lineterminator="\n")


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _points(areas, number, rng, lacking=None):
    """Random places: an area by its population, a place in it; none in ``lacking``."""
    weight = areas.population.to_numpy() / areas.population.sum()
    x, y = [], []
    while len(x) < number:
        for k in rng.choice(len(areas), number, p=weight):
            shape = areas.geometry.iloc[k]
            west, south, east, north = shape.bounds
            px, py = rng.uniform(west, east), rng.uniform(south, north)
            if len(x) == number or not shapely.contains_xy(shape, px, py):
                continue
            # Fields are empty: in a large area, places stand near its middle.
            middle = shape.representative_point()
            if shape.area > 4e6:
                px, py = middle.x + 0.3 * (px - middle.x), middle.y + 0.3 * (py - middle.y)
            if lacking is None or not shapely.contains_xy(lacking, px, py):
                x.append(round(px, 1))
                y.append(round(py, 1))
    return np.array(x), np.array(y)


def _degrees(x, y):
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=territory.LAMBERT).to_crs(territory.WGS84)
    return points.x.round(6).to_numpy(), points.y.round(6).to_numpy()


def _lacking():
    if not draws.has("services"):
        return None
    areas = territory.iris()
    return shapely.buffer(shapely.union_all(areas.geometry[areas.iris.isin(PLANTED)].array), EMPTY)


def _of(x, y):
    """The commune and IRIS of places."""
    areas = territory.iris()
    found = areas.sindex.query(shapely.points(x, y), predicate="intersects")
    first = pd.Series(found[1]).groupby(found[0]).first()
    return areas.iloc[first.to_numpy()].reset_index(drop=True)


# -- people -----------------------------------------------------------------------------------------------------------


def people(rng):
    """Counts of inhabitants, households and homes of each IRIS, as floats, as in a census that is an estimate."""
    areas = territory.iris()
    n, poor, planted = len(areas), areas.deprivation.to_numpy(), areas.iris.isin(PLANTED).to_numpy()
    population = areas.population.to_numpy(float)
    central = areas.centrality.to_numpy()
    old = np.clip(0.06 + 0.05 * central + 0.008 * rng.standard_normal(n), 0.03, 0.15)
    planted = planted & draws.has("older")
    old[planted] = rng.uniform(0.2, 0.25, planted.sum())
    shares = np.column_stack(
        [0.17 + 0.02 * poor, 0.16 + 0.14 * central, np.full(n, 0.2), np.full(n, 0.19), np.full(n, 0.15)]
    )
    shares *= rng.lognormal(0, 0.06, shares.shape)
    shares *= ((1 - old) / shares.sum(axis=1))[:, None]
    ages = population[:, None] * np.column_stack([shares, old])
    alone = np.clip(0.1 + 0.16 * central + 0.1 * planted + 0.015 * rng.standard_normal(n), 0.04, 0.45)
    women = rng.uniform(0.52, 0.62, n)
    single = np.clip(0.06 + 0.12 * poor + 0.01 * rng.standard_normal(n), 0.02, 0.3)
    without = rng.uniform(0.02, 0.05, n)
    couples = 1 - alone - single - without
    homes = population / rng.uniform(1.85, 2.4, n)
    flats = np.clip(0.1 + 0.85 * central + 0.1 * poor, 0.02, 0.97)
    social = np.clip(0.02 + 0.6 * poor + 0.03 * rng.standard_normal(n), 0, 0.8)
    young = draws.rng(14).uniform(0.18, 0.22, (2, n)) * ages[:, 0]  # its own: moves nothing else
    return pd.DataFrame(
        {
            "POP": population,
            "POP0002": young[0],
            "POP0305": young[1],
            "POP0014": ages[:, 0],
            "POP1529": ages[:, 1],
            "POP3044": ages[:, 2],
            "POP4559": ages[:, 3],
            "POP6074": ages[:, 4],
            "POP75P": ages[:, 5],
            "MEN": homes,
            "PMEN": population * 0.98,
            "PMEN_MENHSEUL": population * alone * (1 - women),
            "PMEN_MENFSEUL": population * alone * women,
            "PMEN_MENSFAM": population * without,
            "PMEN_MENCOUPSENF": population * couples * 0.4,
            "PMEN_MENCOUPAENF": population * couples * 0.6,
            "PMEN_MENFAMMONO": population * single,
            "RP": homes,
            "RPMAISON": homes * (1 - flats) * 0.99,
            "RPAPPART": homes * flats * 0.99,
            "RP_LOCHLMV": homes * social,
            "RP_VOIT1P": homes * np.clip(0.93 - 0.3 * central - 0.15 * poor, 0.3, 0.98),
            "POP65P": ages[:, 5] + 0.55 * ages[:, 4],
            "NSCOL15P": population * 0.7,
            "NSCOL15P_DIPLMIN": population * 0.7 * np.clip(0.1 + 0.25 * poor, 0, 0.6),
            "NSCOL15P_BAC": population * 0.7 * 0.17,
            "NSCOL15P_SUP2": population * 0.7 * (0.13 - 0.05 * poor),
            "NSCOL15P_SUP34": population * 0.7 * (0.12 - 0.06 * poor + 0.03 * central),
            "NSCOL15P_SUP5": population * 0.7 * np.clip(0.14 - 0.12 * poor + 0.05 * central, 0.01, 1),
            "POP1564": population * 0.65,
            "ACT1564": population * 0.65 * 0.73,
            "CHOM1564": population * 0.65 * 0.73 * np.clip(0.06 + 0.18 * poor, 0, 0.5),
            "C_ACT1564": population * 0.65 * 0.725,
            "C_ACT1564_STAT_GSEC16_26": population
            * 0.65
            * 0.725
            * np.clip(0.12 + 0.2 * poor - 0.04 * central, 0.02, 0.6),
        },
        index=pd.Index(areas.iris, name="IRIS"),
    )


CENSUS = {
    "population": (
        "evol-struct-pop",
        "P22_",
        ["POP", "POP0002", "POP0305", "POP0014", "POP1529", "POP3044", "POP4559", "POP6074", "POP75P", "POP65P"],
    ),
    "households": (
        "couples-familles-menages",
        "C22_",
        [
            "MEN",
            "PMEN",
            "PMEN_MENHSEUL",
            "PMEN_MENFSEUL",
            "PMEN_MENSFAM",
            "PMEN_MENCOUPSENF",
            "PMEN_MENCOUPAENF",
            "PMEN_MENFAMMONO",
        ],
    ),
    "housing": ("logement", "P22_", ["RP", "RPMAISON", "RPAPPART", "RP_LOCHLMV", "RP_VOIT1P"]),
    "education": (
        "diplomes-formation",
        "P22_",
        ["NSCOL15P", "NSCOL15P_DIPLMIN", "NSCOL15P_BAC", "NSCOL15P_SUP2", "NSCOL15P_SUP34", "NSCOL15P_SUP5"],
    ),
    "activity": (
        "activite-residents",
        "P22_",
        ["POP1564", "ACT1564", "CHOM1564", "C_ACT1564", "C_ACT1564_STAT_GSEC16_26"],
    ),
}


def _census(folder, rng):
    areas, counts = territory.iris(), people(rng)
    elsewhere = counts.iloc[: len(FOREIGN_IRIS)].set_axis(list(FOREIGN_IRIS)) * 0.8
    kinds = dict(zip(areas.iris, areas.type_iris, strict=True))
    counts = pd.concat([elsewhere.iloc[:2], counts, elsewhere.iloc[2:]])
    for name, (file, prefix, columns) in CENSUS.items():
        head = pd.DataFrame(
            {
                "IRIS": counts.index,
                "COM": counts.index.str[:5],
                "TYP_IRIS": [kinds.get(c, "H") for c in counts.index],
                "LAB_IRIS": "1",
            }
        )
        # Of one file, some counts come from the main tabulation of the census (P22), some from the other (C22).
        named = [f"C22_{c[2:]}" if c.startswith("C_") else f"{prefix}{c}" for c in columns]
        table = pd.concat([head, counts[columns].set_axis(named, axis=1).reset_index(drop=True)], axis=1)
        if name == "population":  # a broken line: a code cut short
            table = pd.concat([table, table[table.COM == "21231"].tail(1).assign(IRIS="2123120")], ignore_index=True)
        meta = "COD_VAR;LIB_VAR\n" + "".join(f"{c};Variable fictive {c}\n" for c in table.columns)
        stem = f"base-ic-{file}-2022"
        members = {f"{stem}.CSV": _csv(table), f"meta_{stem}.CSV": meta}
        zipped(folder / f"census-iris-{name}" / f"{stem}_csv.zip", members)


def _filosofi(folder, rng):
    areas = territory.iris()
    areas = areas[areas.type_iris == "H"].reset_index(drop=True)
    n, poor = len(areas), areas.deprivation.to_numpy()
    median = np.round((27500 - 14500 * poor + 700 * rng.standard_normal(n)) / 10) * 10
    rate = np.clip(6 + 42 * poor + 1.5 * rng.standard_normal(n), 3, 70).round(0)
    table = pd.DataFrame(
        {
            "IRIS": areas.iris,
            "DISP_TP6021": [f"{v:.1f}".replace(".", ",") for v in rate],
            "DISP_MED21": [f"{v:.0f}" for v in median],
            "DISP_D121": [f"{v * 0.52:.0f}" for v in median],
            "DISP_D921": [f"{v * 1.8:.0f}" for v in median],
            "DISP_RD21": [f"{v:.1f}".replace(".", ",") for v in 1.8 / 0.52 + 0.5 * poor],
            "DISP_NOTE21": "0",
        }
    )
    free = np.flatnonzero(~areas.iris.isin(PLANTED))
    secret = rng.choice(free, 6, replace=False)
    values = ["DISP_TP6021", "DISP_MED21", "DISP_D121", "DISP_D921", "DISP_RD21"]
    table.loc[secret[:4], values] = "ns"
    table.loc[secret[4:], values] = "nd"
    table.loc[secret, "DISP_NOTE21"] = "2"
    few = table.columns.tolist()
    abroad = pd.DataFrame([["010040101", "18,0", "20310", "10500", "36500", "3,5", "0"]], columns=few)
    broken = pd.DataFrame([["212310101", "142,0", "21000", "10900", "37800", "3,5", "0"]], columns=few)
    table = pd.concat([abroad, table, broken], ignore_index=True)
    stem = "BASE_TD_FILO_IRIS_2021_DISP"
    meta = "COD_VAR;LIB_VAR\n" + "".join(f"{c};Variable fictive {c}\n" for c in few)
    zipped(folder / "filosofi-iris" / f"{stem}_CSV.zip", {f"{stem}.csv": _csv(table), f"meta_{stem}.csv": meta})


def _qpv(folder):
    areas = territory.iris().sort_values("deprivation", ascending=False).head(4)
    features = [
        {
            "code_qp": f"QN0219{k}N",
            "lib_qp": f"Quartier prioritaire fictif {name}",
            "insee_com": territory.CITY,
            "lib_com": "Dijon",
            "insee_dep": "21",
            "insee_reg": "27",
            "geometry": shapely.buffer(area.geometry, -60).simplify(20),
        }
        for k, (name, area) in enumerate(zip("ABCD", areas.itertuples(), strict=True))
    ]
    frame = gpd.GeoDataFrame(features, crs=territory.LAMBERT)
    away = frame.head(2).assign(code_qp=["QN00190N", "QN00191N"], insee_dep="01", insee_com="01004", insee_reg="84")
    away["geometry"] = away.geometry.translate(60_000, -130_000)
    text = territory.geojson(pd.concat([away, frame], ignore_index=True))
    zipped(folder / "qpv-2024" / "qp2024.zip", {"GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson": text})


# -- services ---------------------------------------------------------------------------------------------------------


def _bpe(folder, rng):
    areas, lacking, parts = territory.iris(), _lacking(), []
    for kind, number, lacks in FACILITIES:
        x, y = _points(areas, number, rng, lacking if lacks else None)
        parts.append(pd.DataFrame({"TYPEQU": kind, "LAMBERT_X": x, "LAMBERT_Y": y}))
    table = pd.concat(parts, ignore_index=True)
    where = _of(table.LAMBERT_X, table.LAMBERT_Y)
    table["DEPCOM"], table["DCIRIS"] = where.commune, where.iris
    table = pd.concat(
        [
            table,
            pd.DataFrame(
                {  # a village of the département, and La Réunion with its own system
                    "TYPEQU": "A206",
                    "LAMBERT_X": [842000.5, 338000.5],
                    "LAMBERT_Y": [6650000.5, 7650000.5],
                    "DEPCOM": ["21200", "97411"],
                    "DCIRIS": ["212000000", "974110101"],
                }
            ),
        ],
        ignore_index=True,
    )
    n = len(table)
    table["QUALITE_XY"] = rng.choice(["Bonne", "Acceptable", "Mauvaise"], n, p=[0.85, 0.12, 0.03])
    lost = rng.choice(n - 2, 9, replace=False)
    table.loc[lost, ["LAMBERT_X", "LAMBERT_Y"]] = np.nan
    table.loc[lost, "QUALITE_XY"] = None
    table.loc[rng.choice(n - 2, 4, replace=False), "TYPEQU"] = "??"
    own = draws.rng(16)  # its own: moves nothing else
    x, y = _points(areas, JOB_CENTRES, own, lacking)
    where = _of(x, y)
    jobs = {
        "TYPEQU": "A122",
        "LAMBERT_X": x,
        "LAMBERT_Y": y,
        "DEPCOM": where.commune,
        "DCIRIS": where.iris,
        "QUALITE_XY": "Bonne",
    }
    table, n = pd.concat([table, pd.DataFrame(jobs)], ignore_index=True), n + JOB_CENTRES
    columns = {
        "AN": ["2025"] * n,
        "NOMRS": [f"SERVICE FICTIF {i}" for i in range(n)],
        "DEP": table.DEPCOM.str[:2].tolist(),
        "DEPCOM": table.DEPCOM.tolist(),
        "DCIRIS": table.DCIRIS.tolist(),
        "DOM": table.TYPEQU.str[:1].tolist(),
        "SDOM": table.TYPEQU.str[:2].tolist(),
        "TYPEQU": table.TYPEQU.tolist(),
        "LAMBERT_X": pa.array(table.LAMBERT_X, from_pandas=True),
        "LAMBERT_Y": pa.array(table.LAMBERT_Y, from_pandas=True),
        "QUALITE_XY": [None if v != v else v for v in table.QUALITE_XY],
    }
    (folder / "bpe").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "bpe/BPE.parquet", compression="zstd", version="2.6")


def _france_services(folder, rng):
    areas = territory.iris()
    names = dict(zip(territory.communes().code, territory.communes().name, strict=True))
    rows = []
    for k, code in enumerate(["21231", "21515", "21617", "21355"]):
        x, y = _points(areas[areas.commune == code], 1, rng, _lacking())
        rows.append((9000 + k, code, names[code], "21000" if code == "21231" else "21999", x[0], y[0]))
    x, y = _points(areas[areas.iris.str.startswith("2123103")], 1, rng)
    rows[3] = (9003, "21515", names["21515"], "21999", x[0], y[0])  # says Quetigny, stands in Dijon
    rows.insert(
        3, (9004, "21355", names["21355"], "21999", *(v[0] for v in _points(areas[areas.commune == "21355"], 1, rng)))
    )
    for k in range(20):
        angle, far = 2 * np.pi * k / 20, rng.uniform(22_000, 45_000)
        cx, cy = territory.centre()
        rows.append(
            (
                9100 + k,
                f"21{900 + k}",
                f"Village fictif {k}",
                "21998",
                cx + far * np.cos(angle),
                cy + far * np.sin(angle),
            )
        )
    table = pd.DataFrame(rows, columns=["id_fs", "insee_com", "lib_com", "code_postal", "x", "y"])
    lon, lat = _degrees(table.x, table.y)
    n = len(table)
    out = pd.DataFrame(
        {
            "id_fs": table.id_fs,
            "insee_dep": "21",
            "lib_fs": [f"France services fictif {i}" for i in table.id_fs],
            "adresse": [f"{i + 1} rue fictive" for i in range(n)],
            "complement_adresse": "",
            "insee_com": table.insee_com,
            "code_postal": table.code_postal,
            "lib_com": table.lib_com,
            "latitude": lat,
            "longitude": lon,
            "mail": "",
            "telephone": "",
            "h_lundi": "09:00 - 12:00 / 13:30 - 17:00",
            "h_mardi": "09:00 - 12:00 / 13:30 - 17:00",
            "h_mercredi": "09:00 - 12:00",
            "h_jeudi": "09:00 - 12:00 / 13:30 - 17:00",
            "h_vendredi": "09:00 - 12:00",
            "h_samedi": "",
            "prise_rdv": "Non",
            "commentaire": "EXEMPLE",
            "type_fs": "Principal",
            "format_fs": np.where(np.arange(n) % 9 == 8, "Itinérant", "Fixe"),
            "groupe_fs": "",
            "labellisation_fs": "Espace fictif",
        }
    )
    away = out.head(3).assign(
        id_fs=[8001, 8002, 8003], insee_dep="01", insee_com="01004", code_postal="01500", latitude=45.95, longitude=5.35
    )
    swapped = out.iloc[[8]].assign(id_fs=9999, latitude=out.longitude.iloc[8], longitude=out.latitude.iloc[8])
    _write(folder / "france-services/liste-france-services.csv", _csv(pd.concat([away, out, swapped]), comma=False))


def _mednum(folder, rng):
    areas, n = territory.iris(), 72
    names = dict(zip(territory.communes().code, territory.communes().name, strict=True))
    x, y = _points(areas, n, rng, _lacking())
    where = _of(x, y)
    town = where.commune.map(names).str.upper()
    plain = town.str.normalize("NFD").str.replace(r"[\u0300-\u036f]", "", regex=True)
    rows = pd.DataFrame(
        {
            "x": x,
            "y": y,
            "code_postal": np.where(where.commune == "21231", "21000", "21999"),
            "ville": np.where(rng.uniform(size=n) < 0.5, town, plain),
            "departement": "21",
        }
    )
    for k, (postal, place) in {12: ("71000", "MÂCON"), 40: ("25000", "BESANÇON")}.items():
        px, py = _points(areas[areas.iris.str.startswith("2123101")], 1, rng)
        rows.loc[k, ["x", "y", "code_postal", "ville", "departement"]] = [px[0], py[0], postal, place, postal[:2]]
    far = []
    for k in range(180):
        cx, cy = territory.centre()
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(25_000, 70_000)
        dep = rng.choice(["21", "71", "25", "39", "70", "58", "89", "90"])
        far.append((cx + away * np.cos(angle), cy + away * np.sin(angle), f"{dep}990", f"VILLE FICTIVE {k}", dep))
    rows = pd.concat([rows, pd.DataFrame(far, columns=rows.columns)], ignore_index=True)
    lon, lat = _degrees(rows.x, rows.y)
    lon, lat = lon.round(6), lat.round(6)
    m = len(rows)
    days = [
        f"{d} {h}"
        for d in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
        for h in ("matin", "après-midi")
    ]
    table = pd.DataFrame(
        {
            "bfc_id": [f"EXEMPLE_TL_{i}_" for i in range(m)],
            "mise_a_jour": np.where(
                rng.uniform(size=m) < 0.2, [f"{1 + i % 28:02d}/{1 + i % 12:02d}/2021" for i in range(m)], ""
            ),
            "lon": [f"{v:.6f}" for v in lon],
            "lat": [f"{v:.6f}" for v in lat],
            "adresse": [f"{i} rue fictive" for i in range(m)],
            "code_postal": rows.code_postal,
            "ville": rows.ville,
            "departement": rows.departement,
            "nom_structure": [f"Lieu fictif {i}" for i in range(m)],
            "url_lieu": "",
            "contact_email": "",
            "contact_tel": "",
            "code_typo": rng.choice(["M", "I", "F-TL", "O"], m),
            "code_label": rng.choice(["", "APTIC", "NMM"], m),
            "code_accomp": rng.choice(["", "RDV-G"], m),
        }
    )
    for k, day in enumerate(days):
        table[day] = "8h30-12h" if k % 2 == 0 and k < 10 else "-" if k < 10 else ""
    table.loc[100, "mise_a_jour"] = "31/02/2021"
    table.loc[150, ["lon", "lat"]] = table.loc[150, ["lat", "lon"]].to_numpy()
    _write(folder / "mednum-bfc/bfc-ternum-dataset.csv", table.to_csv(index=False, lineterminator="\n"))
    inside = pd.concat([rows, table[["bfc_id", "nom_structure", "adresse"]]], axis=1).iloc[:n]
    return inside.assign(commune=where.commune, named=where.commune.map(names))


def _inclusion_places(folder, mednum):
    """The national file: some places of the regional one under another spelling, and some of its own."""
    rng, areas = draws.rng(17), territory.iris()
    names = dict(zip(territory.communes().code, territory.communes().name, strict=True))
    # Not the two whose address contradicts their position: a flagged place is merged with nothing.
    twice = mednum.drop([12, 40]).iloc[: 2 * SHARED : 2].copy()
    number = twice.bfc_id.str.extract(r"_(\d+)_")[0].astype(int).to_numpy()
    turn = rng.uniform(0, 2 * np.pi, SHARED)
    both = pd.DataFrame(
        {
            "id": [f"NAT_{k}" for k in number],
            "nom": [f"LIEU FICTIF n° {k}" for k in number],
            "adresse": [f"{k}, R. Fictive" for k in number],
            "x": twice.x + 12 * np.cos(turn),
            "y": twice.y + 12 * np.sin(turn),
            "commune": twice.named,
            "code_insee": twice.commune,
            "code_postal": twice.code_postal,
        }
    )
    x, y = _points(areas, ONLY_NATIONAL, rng, _lacking())
    where = _of(x, y)
    new = pd.DataFrame(
        {
            "id": [f"NAT_{500 + k}" for k in range(ONLY_NATIONAL)],
            "nom": [f"Espace numérique fictif {500 + k}" for k in range(ONLY_NATIONAL)],
            "adresse": [f"{500 + k} avenue Fictive" for k in range(ONLY_NATIONAL)],
            "x": x,
            "y": y,
            "commune": where.commune.map(names),
            "code_insee": where.commune,
            "code_postal": np.where(where.commune == "21231", "21000", "21999"),
        }
    )
    table = pd.concat([both, new], ignore_index=True)
    m = len(table)
    table["longitude"], table["latitude"] = _degrees(table.pop("x"), table.pop("y"))
    hours = ["Mo-Fr 09:00-12:00,14:00-17:00", "Tu-Sa 10:00-18:30", "Mo,Th 14:00-19:00", "We 09:00-12:00; PH off", ""]
    table["horaires"] = [hours[k % len(hours)] for k in range(m)]
    table["pivot"] = "00000000000000"
    table["typologie"] = ["MUNI", "ASSO", "CCAS", "BIB"] * (m // 4)
    table["telephone"] = table["courriels"] = ""
    table["source"] = "EXEMPLE"
    table["itinerance"] = "Fixe"
    table["date_maj"] = [f"2025-{1 + k % 12:02d}-{1 + k % 28:02d}" for k in range(m)]
    table["services"] = "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien"
    support = ["Handicaps moteurs|Surdité", "", "Handicaps moteurs", "Illettrisme"]
    table["prise_en_charge_specifique"] = [support[k % 4] for k in range(m)]
    table["fiche_acces_libre"] = ""
    away = table.head(3).assign(
        id=["AIL_1", "AIL_2", "AIL_3"], code_postal="01500", code_insee="01004", commune="COMMUNE FICTIVE"
    )
    swapped = table.tail(1).assign(id="NAT_999")
    swapped[["longitude", "latitude"]] = swapped[["latitude", "longitude"]].to_numpy()
    table = pd.concat([away, table, swapped], ignore_index=True)
    _write(folder / "inclusion-places/inclusion-places.csv", table.to_csv(index=False, lineterminator="\n"))


def _gtfs(folder, rng):
    x, y = _points(territory.iris(), transit.STOPS, rng)
    lon, lat = _degrees(np.repeat(x, 2) + np.tile([0, 12.0], len(x)), np.repeat(y, 2) + np.tile([0, 9.0], len(x)))
    zipped(
        folder / "divia-gtfs/gtfs_diviamobilites.zip",
        transit.members(x, y, lon, lat, draws.rng(15)),
    )


# -- the portal -------------------------------------------------------------------------------------------------------


def _portal(folder, rng):
    areas = territory.iris()

    def features(number, properties, point):
        x, y = _points(areas[areas.commune == "21231"], number, rng)
        lon, lat = _degrees(x, y)
        return [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [float(a), float(b)]},
                "properties": properties(i, int(rng.integers(0, 4))) | {"geo_point_2d": point(float(a), float(b))},
            }
            for i, (a, b) in enumerate(zip(lon, lat, strict=True))
        ]

    def write(id, found):
        stem = id.partition("@")[2]
        text = json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False)
        _write(folder / id / f"{stem}.geojson", text)

    kinds = ["Jeux pour enfants", "Agrès de sport", "Table de ping-pong", "Banc"]
    write(
        PLAYGROUNDS,
        features(
            60,
            lambda i, k: {
                "objectid": i + 1,
                "nom": f"Aire de jeux fictive {i + 1}",
                "type": kinds[k],
                "gestionnaire": "EXEMPLE",
            },
            lambda a, b: {"lon": a, "lat": b},
        ),
    )
    write(
        OFFICES,
        features(
            25,
            lambda i, k: {
                "objectid": i + 1,
                "nom": f"Service fictif {i + 1}",
                "code_insee": "21231",
                "categorie": ["Mairie", "Mairie de quartier", "Impôts", "CCAS"][k],
            },
            lambda a, b: {"lon": a, "lat": b},
        ),
    )
    # Data4Citizen: a pair in a text, numbers padded with zeros and a comma, an empty record id.
    write(
        D4C,
        features(
            40,
            lambda i, k: {
                "recordid": None,
                "reference": f"EXEMPLE-{i:03d}",
                "title": f"Chantier fictif {i + 1}",
                "datetime_start": f"{1 + i % 28:02d}/03/2026 08:00",
                "surface": f"{i:09d},5",
            },
            lambda a, b: f"{b}, {a}",
        ),
    )


def _reports(folder):
    """Defects that an inspection round found, and those of them that citizens reported: fewer where SILENT says so."""
    rng, areas = draws.rng(18), territory.iris()
    counts = people(draws.rng(13))
    older = (counts["POP75P"] / counts["POP"]).reindex(areas.iris).to_numpy()
    poor = areas.deprivation.to_numpy()

    def spread(values):
        return (values - values.mean()) / (values.std(ddof=1) or 1)

    # Streets are worse where people are poor, so that reports by resident are about as many there as elsewhere.
    number = rng.poisson((5 + 0.005 * areas.population.to_numpy()) * np.exp(0.35 * spread(poor)))
    silent = SILENT["poor"] * spread(poor) + SILENT["older"] * spread(older)
    told = np.clip(0.45 * np.exp(-silent * draws.has("silence")), 0, 0.95)
    x, y, place = [], [], []
    for k, shape in enumerate(areas.geometry):
        west, south, east, north = shape.bounds
        mine = 0
        while mine < number[k]:
            px, py = rng.uniform(west, east), rng.uniform(south, north)
            if shapely.contains_xy(shape, px, py):
                x, y, place, mine = [*x, px], [*y, py], [*place, k], mine + 1
    kinds = [
        ("eclairage", "Éclairage public en panne"),
        ("voirie", "Trou dans la chaussée"),
        ("proprete", "Dépôt sauvage"),
        ("verdure", "Arbre ou massif abîmé"),
    ]
    kind, day = rng.integers(0, 4, len(x)), rng.integers(0, 90, len(x))
    lon, lat = _degrees(np.array(x), np.array(y))
    seen = (pd.Timestamp("2025-09-01") + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d")
    defects = pd.DataFrame(
        {
            "id": [f"EXEMPLE-{k}" for k in range(len(x))],
            "kind": [kinds[k][1] for k in kind],
            "seen": seen,
            "longitude": lon,
            "latitude": lat,
        }
    )
    defects.loc[[100, 900], "seen"] = "31/02/2025"
    defects.loc[[300], ["longitude", "latitude"]] = defects.loc[[300], ["latitude", "longitude"]].to_numpy()
    _write(folder / "defects-survey/defects.csv", _csv(defects, comma=False))
    reported = np.flatnonzero(rng.uniform(size=len(x)) < told[np.array(place)])
    lon, lat = _degrees(np.array(x)[reported] + rng.normal(0, 5, len(reported)), np.array(y)[reported])
    rows = [
        {
            "service_request_id": f"EXEMPLE-{k}",
            "status": "open" if k % 3 else "closed",
            "service_code": kinds[kind[k]][0],
            "service_name": kinds[kind[k]][1],
            "requested_datetime": f"{seen[k]}T{7 + k % 12:02d}:{k % 60:02d}:00+02:00",
            "updated_datetime": f"{seen[k]}T{20 + k % 3}:00:00+02:00",
            "lat": float(b),
            "long": float(a),
            "description": "EXEMPLE",
        }
        for k, a, b in zip(reported, lon, lat, strict=True)
    ]
    again = [row | {"status": "closed", "updated_datetime": "2026-01-05T10:00:00+01:00"} for row in rows[5:500:45]]
    for k in (40, 240):  # a pin that nobody placed
        rows[k] = rows[k] | {"lat": 0.0, "long": 0.0}
    rows[80] = rows[80] | {"lat": None, "long": None}
    text = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in [*rows, *again]) + "\n]\n"
    _write(folder / "citizen-reports/reports.json", text)


def make(folder, rng):
    """Write the sample of the cards of the themes inclusion and citizens."""
    folder = Path(folder)
    _census(folder, rng)
    _filosofi(folder, rng)
    _qpv(folder)
    _bpe(folder, rng)
    _france_services(folder, rng)
    mednum = _mednum(folder, rng)
    _gtfs(folder, rng)
    _portal(folder, rng)
    _inclusion_places(folder, mednum)
    _reports(folder)
