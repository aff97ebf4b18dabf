"""`datakit trees import`: a file that nobody has seen becomes an inventory that the notebook reads."""

import json

import geopandas as gpd
import pandas as pd
import pytest

import datakit
from datakit.cli import main
from datakit.errors import BadCard, NotAsDescribed, WrongUse
from datakit.trees.inventory import importing

pytestmark = pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")

HEAD = "N° ARBRE;GENRE;ESPECE;VARIETEOUCULTIVAR;HAUTEUR (m);CIRCONFERENCE (cm);ANNEEPLANTATION;LONGITUDE;LATITUDE"
ROWS = [
    "1;Tilia;cordata;Greenspire;12;110;1987;5,0415;47,3220",
    "2;Platanus;x acerifolia;;21,5;260;1930;5,0421;47,3222",
    "3;Acer;campestre;''Elsrijk'';0;35;2007/2008;5,0433;47,3226",
    "4;Quercus;robur;;15;180;1960;47,3230;5,0440",
    "5;Malus;sp.;;4;30;2015;5,0451;47,3238",
]


@pytest.fixture
def here(tmp_path, monkeypatch, cache):
    """An empty folder to work in, as a team would."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def city_file(here):
    path = here / "arbres été.csv"
    path.write_bytes("\n".join([HEAD, *ROWS * 40]).encode("cp1252"))
    return path


def test_a_spreadsheets_csv_becomes_the_city_inventory(city_file, here, capsys):
    assert main(["trees", "import", str(city_file)]) == 0
    said = capsys.readouterr().out
    for name in ("GENRE", "genre", "HAUTEUR (m)", "hauteur", "circonference"):
        assert name in said
    assert "datakit run trees --origins mirror,sample" in said
    trees = datakit.load("trees-dijon", "mirror")
    assert len(trees) == 200 and not trees.attrs["datakit"]["synthetic"]
    assert trees["hauteur"].iloc[0] == 1200 and trees["circonference"].iloc[1] == 260
    assert trees["cultivar_variete"].iloc[2] == "Elsrijk" and trees["annee_plantation"].iloc[2] == 2007
    assert trees["id"].is_unique
    lon_lat = trees.geometry.to_crs(4326)
    assert lon_lat.x.between(5.04, 5.05).all() and lon_lat.y.between(47.32, 47.33).all()
    changes = pd.read_csv(here / "imports" / "dijon" / "changes.csv", dtype=str)
    assert set(changes.columns) == {"row", "column", "rule", "before", "after"}
    assert changes["rule"].str.contains("exchanged").sum() == 40
    assert (here / "imports" / "dijon" / "audit.html").stat().st_size > 1000
    notes = json.loads((here / "cards" / "trees-dijon.json").read_text(encoding="utf-8"))["notes"]
    assert "arbres été.csv, sha256 " + importing.sha256_of(city_file) in notes[0]


def test_a_mirror_with_the_citys_file_needs_no_card_beside_it(city_file, here):
    """A facilitator copies the mirror alone to forty machines."""
    main(["trees", "import", str(city_file)])
    with_card = datakit.load("trees-dijon", "mirror")
    (here / "cards" / "trees-dijon.json").unlink()
    alone = datakit.load("trees-dijon", "mirror")
    assert alone.attrs["datakit"]["rows_rejected"] == 0
    assert alone["annee_plantation"].equals(with_card["annee_plantation"]) and alone["annee_plantation"].notna().all()
    assert list(alone.columns) == list(with_card.columns)


def test_from_a_notebook_everything_lands_in_the_project(city_file, here, monkeypatch, capsys):
    (here / "notebooks").mkdir()
    (here / "cards").mkdir()
    (here / "cards/benches.json").write_text(
        (datakit.catalog["communes"].file).read_text("utf-8").replace('"communes"', '"benches"', 1)
    )
    monkeypatch.chdir(here / "notebooks")
    assert main(["trees", "import", str(city_file)]) == 0
    assert "datakit run trees --origins ../mirror,sample" in capsys.readouterr().out
    assert sorted(p.name for p in here.iterdir() if p.is_dir()) == ["cache", "cards", "imports", "mirror", "notebooks"]
    assert not list((here / "notebooks").iterdir())
    assert len(datakit.load("trees-dijon", "mirror")) == 200
    assert "benches" in datakit.catalog


def test_an_edited_crosswalk_is_obeyed(city_file, here):
    main(["trees", "import", str(city_file)])
    path = here / "imports" / "dijon" / "crosswalk.json"
    crosswalk = json.loads(path.read_text(encoding="utf-8"))
    crosswalk["fields"] = [f for f in crosswalk["fields"] if f["name"] != "circonference"]
    edited = here / "mine.json"
    edited.write_text(json.dumps(crosswalk), encoding="utf-8")
    assert main(["trees", "import", str(city_file), "--crosswalk", str(edited), "--city", "Chenôve"]) == 0
    trees = datakit.load("trees-chenove", "mirror")
    assert "circonference" not in trees and "hauteur" in trees
    assert datakit.catalog["trees-chenove"].title == "Tree inventory of Chenôve, imported"


def test_the_standard_table_is_stable(city_file, here):
    """What was written loads, and standardising it again changes nothing."""
    main(["trees", "import", str(city_file)])
    again = datakit.trees.standardise(datakit.load("trees-dijon", "mirror"))
    assert len(again.attrs["datakit"]["changes"]) == 0


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "parquet", "shp"])
def test_the_usual_formats_are_read(here, kind):
    names = ["num", "genre", "espece", "variete", "hauteur", "circonf", "annee_plant", "x", "y"]
    table = pd.DataFrame([row.split(";") for row in ROWS[:3]] * 10, columns=names)
    places = gpd.points_from_xy(table["x"].str.replace(",", "."), table["y"].str.replace(",", "."))
    trees = gpd.GeoDataFrame(table.drop(columns=["x", "y"]), geometry=places, crs="EPSG:4326").to_crs(2154)
    path = here / f"arbres.{kind}"
    if kind == "parquet":
        trees.to_parquet(path)
    else:
        trees.to_file(path, **({"driver": "GeoJSON"} if kind == "geojson" else {}))
    made = importing.import_file(path, city="Talant")
    assert made.id == "trees-talant" and len(made.trees) == 30
    assert made.trees.crs.to_epsg() == 2154 and (made.trees.geometry.distance(trees.geometry) < 1).all()
    assert made.trees["taxon"].iloc[0] == "Tilia cordata"


def test_a_file_without_names_or_places_says_which_and_keeps_the_proposal(here, capsys):
    path = here / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 20, encoding="utf-8")
    assert main(["trees", "import", str(path)]) == 1
    said = capsys.readouterr().err
    assert "a position" in said and "a name" in said and "--crosswalk" in said and "a, b" in said
    assert (here / "imports" / "dijon" / "crosswalk.json").exists()
    assert not (here / "mirror").exists() and not (here / "cards").exists()


def test_repeated_ids_get_a_suffix_and_no_tree_is_set_aside(here):
    path = inventory(here, 300)
    text = path.read_text(encoding="utf-8")
    for old, new in (("5;Tilia", "4;Tilia"), ("6;Tilia", "4;Tilia"), ("7;Tilia", "4-2;Tilia")):
        text = text.replace(f"\n{old}", f"\n{new}")
    path.write_text(text, encoding="utf-8")
    assert main(["trees", "import", str(path), "--city", "Talant"]) == 0
    trees = datakit.load("trees-talant", "mirror")
    assert trees["id"].tolist()[3:8] == ["4", "4-2", "4-3", "4-2-2", "8"] and trees["id"].is_unique
    assert len(trees) == 300


def test_heights_in_metres_are_written_without_a_tail(here):
    path = inventory(here, 40, header=HEADER.replace("hauteur", "hauteur (m)"))
    path.write_text(path.read_text(encoding="utf-8").replace("cordata;7;", "cordata;8,8;"), encoding="utf-8")
    written = importing.import_file(path, city="Talant").table.read_text(encoding="utf-8")
    assert ";880.0\n" in written and "880.000" not in written


def test_files_that_cannot_be_read_are_named(here):
    with pytest.raises(WrongUse, match="not there"):
        importing.read_raw(here / "none.csv")
    (here / "arbres.xlsx").write_bytes(b"PK")
    with pytest.raises(WrongUse, match="this kind of file is not read"):
        importing.read_raw(here / "arbres.xlsx")
    (here / "bad.gpkg").write_bytes(b"not a package")
    with pytest.raises(NotAsDescribed, match=r"bad\.gpkg"):
        importing.read_raw(here / "bad.gpkg")
    (here / "empty.csv").write_text("genre;espece\n", encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="no rows"):
        importing.read_raw(here / "empty.csv")
    with pytest.raises(WrongUse, match="a city needs a name"):
        importing.dataset_id("!!")


REAL = {
    "Grenoble": ("trees-grenoble-slim/grenoble.geojson", None),
    "Paris": ("trees-paris-sample/les-arbres_sample.geojson", None),
    "Paris 2019": ("trees-paris-sample/les-arbres_2019_extrait.csv", None),
    "Saint-Quentin": ("trees-saint-quentin/Data_Arbre.csv", 7409),
}


@pytest.mark.parametrize("city", REAL)
def test_real_inventories_need_nothing_but_the_command(here, shared_data, city, capsys):
    file, rows = REAL[city]
    raw = importing.read_raw(shared_data / file)
    assert main(["trees", "import", str(shared_data / file), "--city", city]) == 0
    print(capsys.readouterr().out)
    id = importing.dataset_id(city)
    trees = datakit.trees.standardise(datakit.load(id, "mirror"))
    assert len(trees) == (rows or len(raw))
    assert trees["taxon"].notna().mean() > 0.95


def test_the_other_commands_work_on_the_sample(here, capsys):
    assert main(["trees", "audit", "--lang", "fr", "--output", "out/audit.html"]) == 0
    assert main(["trees", "page", "--output", "out/arbres.html"]) == 0
    assert main(["trees", "visits", "-n", "30", "--output", "out/visits"]) == 0
    said = capsys.readouterr()
    assert "SYNTHETIC SAMPLE" in said.err and "out/visits/visits.csv" in said.out
    assert said.out.count("Chosen: oldest stage first, the simplest that no more complex baseline beats; ") == 1
    page = (here / "out" / "arbres.html").read_text(encoding="utf-8")
    assert "SYNTHETIC SAMPLE" in page and len(page.encode()) < 2e6
    assert "ÉCHANTILLON INVENTÉ" in (here / "out" / "audit.html").read_text(encoding="utf-8")
    visits = pd.read_csv(here / "out" / "visits" / "visits.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert len(visits) == 30 and visits["data"].eq("SYNTHETIC SAMPLE").all()


@pytest.mark.parametrize("command", ["import", "audit", "page", "visits"])
def test_an_output_that_cannot_be_written_is_named(here, capsys, command):
    given = [str(inventory(here, 30)), "--city", "Talant"] if command == "import" else []
    (here / "file").write_text("x", encoding="utf-8")
    assert main(["trees", command, *given, "--output", "file/x/y"]) == 2
    assert "file: this names a file, and a folder is written" in capsys.readouterr().err
    assert (here / "file").read_text(encoding="utf-8") == "x" and not (here / "mirror").exists()


def test_an_output_that_the_system_refuses_is_named(here, capsys):
    assert main(["trees", "import", str(inventory(here, 30)), "--city", "Talant", "--output", "/proc/none"]) == 1
    said = capsys.readouterr().err
    assert "/proc/none" in said and "the output cannot be written" in said and "--output" in said


def test_visits_need_losses_and_say_so(here, capsys):
    assert main(["trees", "visits", "--inventory", "trees-paris"]) == 2
    assert "no losses to learn from" in capsys.readouterr().err
    assert not (here / "reports").exists()


# -- rows that cannot be read ------------------------------------------------------------------------------------------

HEADER = "id;genre;espece;hauteur;lieu;longitude;latitude"


def inventory(here, n, odd=(), end="", header=HEADER):
    """A file of ``n`` trees; ``odd`` gives the place of some (from 1)."""
    places = dict(odd)
    lines = [
        f"{i};Tilia;cordata;{5 + i % 20};{places.get(i, 'rue Monge')};5.0{i % 900:03d};47.3{i % 89:02d}{end}"
        for i in range(1, n + 1)
    ]
    path = here / "arbres.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_no_tree_is_lost_unsaid(here, capsys):
    path = inventory(here, 10_000, {3_000: '"La Rotonde', 8_000: '"Le Lac', 9_000: '"Parc\nde la Colombière"'})
    assert main(["trees", "import", str(path), "--city", "Talant"]) == 0
    said = capsys.readouterr().out
    trees = datakit.load("trees-talant", "mirror")
    assert len(trees) == 9_998 and trees["adresse"].str.contains("Colombière").sum() == 1
    assert "2 rows of the file are set aside" in said and "La Rotonde" in said and "rejects.csv" in said
    assert "cells over several lines: rows 9000" in said
    rejects = pd.read_csv(here / "imports" / "talant" / "rejects.csv")
    assert rejects["row"].tolist() == [3_000, 8_000]
    page = (here / "imports" / "talant" / "audit.html").read_text(encoding="utf-8")
    assert "La Rotonde" in page
    inventory(here, 50)
    assert main(["trees", "import", str(path), "--city", "Talant"]) == 0
    assert not (here / "imports" / "talant" / "rejects.csv").exists()


def test_changes_and_ids_have_the_row_numbers_of_the_file(here):
    path = inventory(here, 40, {2: '"La Rotonde'})
    text = path.read_text(encoding="utf-8").replace("10;Tilia;cordata;15;", ";Tilia;cordata;environ 15 m;")
    path.write_text(text, encoding="utf-8")
    made = importing.import_file(path, city="Talant")
    changes = made.trees.attrs["datakit"]["changes"]
    assert changes.loc[changes["column"] == "hauteur", "row"].dropna().tolist() == [10]
    assert made.trees["id"].tolist() == ["1", *map(str, range(3, 10)), "row-10", *map(str, range(11, 41))]


@pytest.mark.parametrize("header", [HEADER, HEADER + ";"])
def test_a_delimiter_at_the_end_of_rows_shifts_no_column(here, header, capsys):
    path = inventory(here, 300, end=";", header=header)
    assert main(["trees", "import", str(path), "--city", "Talant"]) == 0
    trees = datakit.load("trees-talant", "mirror")
    assert trees["id"].tolist() == [str(i) for i in range(1, 301)]
    assert (trees["genre"] == "Tilia").all() and (trees["espece"] == "cordata").all()
    assert trees["hauteur"].notna().all()
    assert ("empty cells after the last column dropped" in capsys.readouterr().out) == (header == HEADER)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_every_usual_encoding_of_a_spreadsheet_is_read(here, encoding):
    path = inventory(here, 20, {3: "forêt reçue"})
    path.write_bytes(("sep=;\r\n" + path.read_text(encoding="utf-8")).encode(encoding))
    frame = importing.read_raw(path)
    assert frame.columns[0] == "id" and frame["lieu"][2] == "forêt reçue"


def test_two_encodings_in_one_file_are_refused_with_the_line(here):
    path = inventory(here, 20, {3: "forêt reçue à Fénay"})
    path.write_bytes(path.read_bytes() + "21;Tilia;cordata;7;Fénay;5.04;47.32\n".encode("cp1252"))
    with pytest.raises(NotAsDescribed, match="line 22"):
        importing.read_raw(path)


def test_a_title_above_the_header_is_named(here):
    path = inventory(here, 20, header="Arbres de la ville\n" + HEADER)
    with pytest.raises(NotAsDescribed, match="a title stands above the header"):
        importing.read_raw(path)


def test_formulas_of_a_file_do_not_reach_a_spreadsheet(here):
    path = inventory(here, 30, {4: "=1+cmd", 5: "@SUM(1)", 6: "-12", 7: '"x;=y"'})
    text = path.read_text(encoding="utf-8").replace("9;Tilia;cordata;14;", "9;Tilia;cordata;=14;")
    path.write_text(text + '"=2;\n', encoding="utf-8")
    made = importing.import_file(path, city="Talant")
    written = pd.read_csv(made.table, sep=";", dtype=str)["adresse"].tolist()
    assert written[3:7] == ["'=1+cmd", "'@SUM(1)", "-12", "x;=y"]
    changes = pd.read_csv(made.changes, dtype=str)
    marked = changes[changes["rule"] == "a formula for a spreadsheet"]
    assert marked[["row", "column"]].to_numpy().tolist() == [["4", "adresse"], ["5", "adresse"]]
    assert changes.loc[changes["column"] == "hauteur", "before"].tolist()[-1] == "'=14"
    assert pd.read_csv(made.changes.with_name("rejects.csv"))["value"].tolist() == ['"=2;']


# -- nothing of the user's is overwritten ------------------------------------------------------------------------------


def test_a_city_of_the_kit_keeps_its_card(here, capsys):
    assert main(["trees", "import", str(inventory(here, 30)), "--city", "Paris"]) == 0
    said = capsys.readouterr().out
    assert "trees-paris is a dataset of the kit: this inventory is trees-paris-imported" in said
    assert "-p inventory=trees-paris-imported" in said
    assert [p.name for p in (here / "cards").iterdir()] == ["trees-paris-imported.json"]
    assert datakit.catalog["trees-paris"].urls and len(datakit.load("trees-paris-imported", "mirror")) == 30


def test_a_second_import_keeps_what_was_edited(here, capsys):
    path = inventory(here, 30)
    main(["trees", "import", str(path), "--city", "Talant"])
    card, crosswalk = here / "cards" / "trees-talant.json", here / "imports" / "talant" / "crosswalk.json"
    raw = json.loads(card.read_text(encoding="utf-8"))
    raw["licenses"] = [{"name": "etalab-2.0"}]
    raw["notes"].append("Checked on site.")
    card.write_text(json.dumps(raw), encoding="utf-8")
    columns = json.loads(crosswalk.read_text(encoding="utf-8"))
    columns["fields"] = [f for f in columns["fields"] if f["name"] != "hauteur"]
    columns["fields"].append({"name": "secteur", "source": ["quartier"], "optional": True})
    crosswalk.write_text(json.dumps(columns), encoding="utf-8")
    kept = crosswalk.read_bytes()
    capsys.readouterr()
    path = inventory(here, 40)
    assert main(["trees", "import", str(path), "--city", "Talant"]) == 0
    said = capsys.readouterr().out
    assert "as you edited it" in said and "columns of" in said and "quartier" in said
    assert crosswalk.read_bytes() == kept
    again = json.loads(card.read_text(encoding="utf-8"))
    assert again["licenses"] == [{"name": "etalab-2.0"}] and again["notes"][1:] == raw["notes"][1:]
    assert importing.sha256_of(path) in again["notes"][0] and again["notes"][0] != raw["notes"][0]
    trees = datakit.load("trees-talant", "mirror")
    assert len(trees) == 40 and "hauteur" not in trees


def test_an_edited_crosswalk_is_not_overwritten_by_another(here):
    path = inventory(here, 30)
    made = importing.import_file(path, city="Talant")
    columns = json.loads(made.crosswalk.read_text(encoding="utf-8"))
    other = here / "other.json"
    other.write_text(json.dumps(columns), encoding="utf-8")
    columns["fields"] = columns["fields"][:3]
    made.crosswalk.write_text(json.dumps(columns), encoding="utf-8")
    kept = made.crosswalk.read_bytes()
    again = importing.import_file(path, city="Talant", crosswalk=other)
    assert made.crosswalk.read_bytes() == kept and again.crosswalk == other and "hauteur" in again.trees


def test_a_proposal_that_nobody_edited_is_made_again(here):
    path = inventory(here, 30, header=HEADER.replace("genre;espece", "a;b"))
    path.write_text(path.read_text(encoding="utf-8").replace("Tilia;cordata", "1;2"), encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="a name"):
        importing.import_file(path, city="Talant")
    assert importing.import_file(inventory(here, 30), city="Talant").trees["genre"].eq("Tilia").all()


@pytest.mark.parametrize(("text", "error"), [('{"name": "trees-talant"}', WrongUse), ("", BadCard)])
def test_a_card_that_no_import_made_is_left_alone(here, text, error):
    card = here / "cards" / "trees-talant.json"
    card.parent.mkdir()
    card.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=r"trees-talant\.json"):
        importing.import_file(inventory(here, 30), city="Talant")
    assert card.read_text(encoding="utf-8") == text and not (here / "imports").exists()


# -- places in metres --------------------------------------------------------------------------------------------------

PAIRS = (
    "X Y",
    "COORD_X COORD_Y",
    "X_L93 Y_L93",
    "X_LAMBERT93 Y_LAMBERT93",
    "XL93 YL93",
    "LAMBX LAMBY",
    "POINT_X POINT_Y",
    "CoordXL93 CoordYL93",
    "x_2154 y_2154",
)


@pytest.mark.parametrize("pair", PAIRS)
def test_columns_in_lambert_93_are_found(here, pair):
    path = here / "arbres.csv"
    lines = [f"{i};Tilia cordata;{854000 + i},25;{6692000 + i},5" for i in range(30)]
    path.write_text("\n".join(["num;nom_latin;" + pair.replace(" ", ";"), *lines]), encoding="utf-8")
    made = importing.import_file(path, city="Talant")
    assert made.suggestion.crosswalk.crs == "EPSG:2154"
    assert made.trees.geometry.x.iloc[0] == pytest.approx(854000.25)
    assert not len(made.summary.query("column == 'geometry'"))  # nothing had to be guessed


def test_degrees_and_metres_are_not_mixed(here):
    path = here / "arbres.csv"
    lines = [f"{854000 + i};47.32;5.04;{6692000 + i};Tilia cordata" for i in range(30)]
    path.write_text("\n".join(["X_L93;lat;lon;Y_L93;nom_latin", *lines]), encoding="utf-8")
    geometry = importing.import_file(path, city="Talant").suggestion.crosswalk.geometry
    assert (geometry["x"], geometry["y"]) == ("lon", "lat")


def test_the_advice_shows_the_proposal_and_what_to_write(here, capsys):
    path = inventory(here, 30, header="id;genre;espece;hauteur;lieu;abscisse1;ordonnee1")
    assert main(["trees", "import", str(path), "--city", "Talant"]) == 1
    said = capsys.readouterr().err
    assert '"geometry": {"type": "Point", "x": "COLUMN", "y": "COLUMN"}, "crs": "EPSG:4326"' in said
    assert "EPSG:2154" in said and "abscisse1" in said and "genre" in said and "reason" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"crs": "Lambert 93"}, 'Lambert-93 is "EPSG:2154"'),
        ({"geometri": {}}, "did you mean 'geometry'"),
        ({"fields": [{"name": "genre", "sorce": ["GENRE"]}]}, "field 'genre' has an unknown key 'sorce'.*'source'"),
        ({"fields": [{"name": "genre", "zzz": 1}]}, "known are name, source"),
        ({"geometry": {"type": "Point", "longitude": "x"}}, "unknown key 'longitude'"),
        ({"geometry": "Point"}, "geometry is str"),
    ],
)
def test_slips_in_a_crosswalk_are_named(here, change, said):
    edited = here / "mine.json"
    edited.write_text(json.dumps({"fields": [], "crs": "EPSG:4326"} | change), encoding="utf-8")
    with pytest.raises(BadCard, match=said):
        importing.import_file(inventory(here, 10), city="Talant", crosswalk=edited)
