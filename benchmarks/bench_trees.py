"""Up to a million trees: standardised and audited, in seconds and in memory.

The sample's trees, repeated over neighbouring squares with positions moved by some metres, as a publisher would give
them: text columns of their own names, metres with decimal commas, dates as text, doubled quotes, zeros for "not
measured", some exchanged coordinates, doubles and unknown names. Each size is a new process, so that its peak of memory
is its own, and holds what made the file too. Targets for 1,000,000 rows, both steps together: 20 s and 2 GB.
"""

import json
import resource
import subprocess
import sys
import time

SIZES = (250_000, 500_000, 1_000_000)
SECONDS, GIGABYTES = 20, 2.0

CROSSWALK = {
    "crs": "EPSG:4326",
    "geometry": {"type": "Point", "x": "X", "y": "Y"},
    "fields": [
        {"name": "id", "source": ["IDARBRE"], "type": "string"},
        {"name": "genre", "source": ["GENRE"], "type": "string"},
        {"name": "espece", "source": ["ESPECE"], "type": "string"},
        {"name": "cultivar_variete", "source": ["VARIETEOUCULTIVAR"], "type": "string"},
        {"name": "hauteur", "source": ["HAUTEUR_M"], "type": "number", "unit": "cm", "source_unit": "m"},
        {"name": "circonference", "source": ["CIRCONFERENCE"], "type": "number", "unit": "cm"},
        {"name": "diametre_couronne", "source": ["COURONNE"], "type": "number", "unit": "m"},
        {"name": "date_plantation", "source": ["PLANTATION"], "type": "string"},
        {"name": "date_releve", "source": ["RELEVE"], "type": "date"},
        {"name": "stade_developpement", "source": ["STADE"], "type": "string"},
        {"name": "adresse", "source": ["ADRESSE"], "type": "string"},
        {"name": "secteur", "source": ["SECTEUR"], "type": "string"},
        {"name": "code_insee", "source": ["INSEE"], "type": "string"},
        {"name": "remarquable", "source": ["REMARQUABLE"], "type": "boolean"},
        {"name": "etat", "source": ["ETAT"], "type": "string"},
        {"name": "date_abattage", "source": ["ABATTAGE"], "type": "date"},
    ],
}


def raw(n, seed=11):
    """A publisher-like table of ``n`` rows."""
    import warnings

    import numpy as np
    import pandas as pd

    import datakit

    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    trees = datakit.load("trees-dijon", "sample")
    place = trees.geometry.to_crs(4326)
    pick = np.arange(n) % len(trees)
    tile = np.arange(n) // len(trees)
    some = trees.iloc[pick].reset_index(drop=True)
    # Shifted by about 8 km and 11 km, so that the whole stays one large city.
    x = place.x.to_numpy()[pick] + 0.1 * (tile % 5 - 2) + rng.normal(0, 2e-5, n)
    y = place.y.to_numpy()[pick] + 0.1 * (tile // 5 - 2) + rng.normal(0, 2e-5, n)
    swapped, doubled = rng.random(n) < 0.002, np.flatnonzero(rng.random(n - 1) < 0.005) + 1
    x[doubled], y[doubled] = x[doubled - 1], y[doubled - 1]
    x, y = np.where(swapped, y, x), np.where(swapped, x, y)

    def dirty(column, share, words):
        hit = rng.random(n) < share
        return column.astype("str").mask(hit, pd.Series(rng.choice(words, n), index=column.index))

    height = (some["hauteur"] / 100).round(1).astype("str").str.replace(".", ",", regex=False)
    planted = some["date_plantation"].dt.strftime("%d/%m/%Y")
    return pd.DataFrame(
        {
            "IDARBRE": np.arange(1, n + 1).astype(str),
            "X": x,
            "Y": y,
            "GENRE": dirty(some["genre"], 0.01, ["TILIA", "Platanus ", "Arbre inconnu"]),
            "ESPECE": dirty(some["espece"], 0.02, ["cordatta", "x acerifolia", "sp.", "n. sp."]),
            "VARIETEOUCULTIVAR": dirty(some["cultivar_variete"], 0.05, ["''Duchesse d''Angoulême''", "'Greenspire'"]),
            "HAUTEUR_M": dirty(height, 0.03, ["0", "10-20 m", "1 200 cm"]),
            "CIRCONFERENCE": dirty(some["circonference"].round().astype("Int64").astype("str"), 0.03, ["0", "80-100"]),
            "COURONNE": some["diametre_couronne"].round(1).astype("str"),
            "PLANTATION": dirty(planted, 0.05, ["2007/2008", "1995", "hiver 2010"]),
            "RELEVE": some["date_releve"].dt.strftime("%Y-%m-%d"),
            "STADE": dirty(some["stade_developpement"], 0.02, ["Jeune (arbre)Adulte", "adulte"]),
            "ADRESSE": some["adresse"],
            "SECTEUR": some["secteur"],
            "INSEE": some["code_insee"],
            "REMARQUABLE": some["remarquable"].map({True: "Oui", False: "Non"}).astype("str"),
            "ETAT": some["etat"],
            "ABATTAGE": some["date_abattage"].dt.strftime("%Y-%m-%d"),
        }
    )


def one(n):
    """Standardise and audit ``n`` rows in this process; figures as JSON."""
    from datakit.trees.checks.outcome import audit
    from datakit.trees.inventory.standard import standardise

    table = raw(n)
    audit(standardise(table.head(1000), CROSSWALK), today=2026)  # imports and the botanical reference
    before = _peak()
    start = time.perf_counter()
    table = standardise(table, CROSSWALK)
    middle = time.perf_counter()
    found = audit(table, today=2026)
    end = time.perf_counter()
    print(
        json.dumps(
            {
                "standardise": middle - start,
                "audit": end - middle,
                "before": before,
                "peak": _peak(),
                "changes": len(table.attrs["datakit"]["changes"]),
                "checks": len(found.findings),
                "bad": found.verdicts["bad"],
            }
        )
    )


def _peak():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9  # bytes there, kibibytes elsewhere


def main():
    print("     rows  standardise    audit  together  file alone     peak    changes")
    for n in SIZES:
        done = subprocess.run([sys.executable, __file__, str(n)], check=True, stdout=subprocess.PIPE, text=True)
        said = json.loads(done.stdout.splitlines()[-1])
        both = said["standardise"] + said["audit"]
        seconds = f"{said['standardise']:>9.2f} s  {said['audit']:>5.2f} s  {both:>6.2f} s"
        memory = f"{said['before']:>7.2f} GB  {said['peak']:>4.2f} GB"
        print(f"{n:>9,}  {seconds}  {memory}  {said['changes']:>9,}")
    fits = both < SECONDS and said["peak"] < GIGABYTES
    print(f"target for {n:,} rows: {SECONDS} s and {GIGABYTES} GB   {'ok' if fits else 'MISSED'}")


if __name__ == "__main__":
    one(int(sys.argv[1])) if len(sys.argv) > 1 else main()
