"""The citizens' page: what it holds, and what a person can do with it by hand, by keyboard, on a phone."""

import base64
import re
from itertools import combinations, permutations

import browser
import colours as eyes
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod, Transformer
from shapely.geometry import LineString, MultiLineString, Point, box

import datakit
from datakit.errors import CrsMismatch, WrongUse
from datakit.language import speaking
from datakit.show.style import GROUND, number
from datakit.trees import exposure
from datakit.trees.citizens import ground, page, words
from datakit.trees.citizens import pack as page_pack

in_browser = [pytest.mark.browser, pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or "")]
PHONE, DESKTOP = (390, 844), (1280, 800)
HOSTILE = "</script><b onclick=\"window.hacked=1\">Chêne</b><img src=x onerror='window.hacked=1'>"
METRE = 1.0  # what the packing and the page's own geometry may cost together


@pytest.fixture(scope="module", autouse=True)
def in_french():
    """The page is looked at in French, the language of those it is made for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAKIT_LANG", "fr")
        yield


@pytest.fixture(scope="module")
def sample():
    return datakit.load("trees-dijon", "sample")


@pytest.fixture(scope="module")
def communes():
    return datakit.load("communes", "sample")


@pytest.fixture(scope="module")
def sample_data(sample):
    """What a page of the sample holds."""
    return page.page_data(sample)


@pytest.fixture(scope="module")
def sample_page(sample, communes, tmp_path_factory):
    path, roads = tmp_path_factory.mktemp("page") / "arbres.html", datakit.load("bdtopo-roads", "sample")
    return page.write_page(sample, path, outline=communes, roads=roads)


def town():
    """400 trees in a square of 2 km, each with a name of its own; every tenth remarkable; two streets."""
    rng = np.random.default_rng(4)
    n = 400
    x, y = 854_000 + rng.uniform(0, 2000, n), 6_692_000 + rng.uniform(0, 2000, n)
    girth = rng.uniform(20, 90, n)
    streets = np.array(["Rue de l'Église", "Allée de l'Œuvre"])[(x > 855_000).astype(int)]
    return gpd.GeoDataFrame(
        {
            "nom_vernaculaire": [f"Érable n° {i}" for i in range(n)],
            "genre": "Acer",
            "espece": "campestre",
            "adresse": streets,
            "secteur": "Fénay",
            "remarquable": np.arange(n) % 10 == 0,
            "hauteur": girth * 15,
            "circonference": girth,
            "annee_plantation": 1980,
        },
        geometry=gpd.points_from_xy(x, y),
        crs="EPSG:2154",
    )


@pytest.fixture(scope="module")
def town_page(tmp_path_factory):
    return page.write_page(town(), tmp_path_factory.mktemp("town") / "arbres.html")


@pytest.fixture
def shown(running, tmp_path):
    """Open a page, and check at the end that it asked for nothing and complained of nothing."""
    opened = []

    def show(path, size=DESKTOP, **options):
        if not hasattr(path, "read_text"):
            path = page.write_page(path, tmp_path / f"page{len(opened)}.html", **options)
        one = browser.Page(running, *size)
        opened.append(one)
        one.open(path)
        return one.page

    yield show
    for one in opened:
        # Reading the canvas to see whether the map has drawn makes the browser give advice: not the page's doing.
        asked, complaints = one.asked, [c for c in one.complaints if "willReadFrequently" not in c]
        one.close()
        assert asked == [] and complaints == []


def decoded(text, width):
    raw = np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(-1, width).astype(np.int64)
    return (raw * 256 ** np.arange(width)).sum(axis=1)


def positions(points):
    """Longitude and latitude of the packed positions."""
    x = points["x0"] + decoded(points["x"], points["width"]) * points["step"]
    y = points["y0"] + decoded(points["y"], points["width"]) * points["step"]
    return x * 360 - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y))))


def standing(frame):
    return frame[frame["etat"].eq("EN PLACE").fillna(True)].reset_index(drop=True)


def both(shown_page):
    """A page on a phone, then on a desk."""
    for width, height in (PHONE, DESKTOP):
        shown_page.set_viewport_size({"width": width, "height": height})
        yield width, height


def search(shown_page, text):
    shown_page.fill("#search", text)
    shown_page.press("#search", "ArrowDown")
    shown_page.press("#search", "Enter")


def ask_walk(shown_page, button="#walk"):
    """Ask for a walk from the street of the church."""
    search(shown_page, "eglise")
    shown_page.click("#tab-walk")
    shown_page.click(button)


# --- what the file holds


def test_a_page_of_the_sample_is_one_small_file(sample_data, sample_page):
    text = sample_page.read_text(encoding="utf-8")
    # Some of the 60,000 rows of the sample are lost or unreadable trees: as many standing trees must fit too.
    assert sample_page.stat().st_size * 60_000 / sample_data["points"]["n"] < 2_000_000
    assert len(re.findall(r"<(?:link|iframe|object|embed)\b|<script[^>]*\bsrc=|<img\b", text.split("<script")[0])) == 0
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "default-src 'none'" in policy
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert "sha256-" in scripts and "unsafe" not in scripts
    assert '<html lang="fr">' in text and "{{" not in re.sub(r"<script.*", "", text, flags=re.S)


def test_the_stamp_and_the_source_are_there_only_where_they_belong(sample, sample_page, communes):
    text = sample_page.read_text(encoding="utf-8")
    assert "ÉCHANTILLON INVENTÉ</strong> · arbres inventés" in text
    assert "Rues inventées, disposées comme celles de la source\u00a0: IGN, BD TOPO." in text
    assert "licence CC0-1.0" in text and "données obtenues le 15/01/2026" in text and "relevés de 2025" in text
    real = town()
    real.attrs["datakit"] = {
        "id": "trees-x",
        "synthetic": False,
        "attribution": "Ville de X <b>",
        "licence": "Etalab-2.0",
    }
    made = page.html_of(real)
    assert "ÉCHANTILLON INVENTÉ</strong>" not in made
    assert "Source\u00a0: Ville de X &lt;b&gt;, licence Etalab-2.0" in made
    assert "contours ou lieux inventés, arbres réels" in page.html_of(real, outline=communes)


def test_positions_and_measures_survive_packing(sample, sample_data):
    kept, data = standing(sample), sample_data
    lon, lat = positions(data["points"])
    assert len(lon) == len(kept)
    x, y = Transformer.from_crs(4326, 2154, always_xy=True).transform(lon, lat)
    height = [data["height"]["values"][c] for c in decoded(data["height"]["data"], data["height"]["width"])]
    streets = [None, *data["streets"]["names"]]
    street = [streets[c] for c in decoded(data["street"]["data"], data["street"]["width"])]
    mine = pd.DataFrame({"x": x, "y": y, "height": height, "street": street})
    # Each packed tree beside its original: the nearest one, on the same street and of the same height.
    joined = gpd.sjoin_nearest(
        gpd.GeoDataFrame(mine, geometry=gpd.points_from_xy(x, y), crs=2154),
        kept[["hauteur", "adresse", "geometry"]],
        distance_col="away",
    )
    assert joined["away"].max() < 0.5
    metres = (joined["hauteur"].where(joined["hauteur"].between(page_pack.LOWEST, page_pack.TALLEST)) / 10).round()
    same = (joined["street"] == joined["adresse"]) & (joined["height"].fillna(-1) == metres.fillna(-1))
    assert same.groupby(level=0).any().mean() > 0.999
    assert sorted(mine["street"].dropna().value_counts()) == sorted(kept["adresse"].value_counts())


def test_lost_trees_are_left_out_and_wrong_measures_marked(sample, sample_data):
    assert sample_data["points"]["n"] == (sample["etat"] == "EN PLACE").sum()
    trees = town()
    trees.loc[0, "circonference"], trees.loc[1, "circonference"] = 1200.0, 99_999.0
    trees.loc[2, "hauteur"] = 99_900.0
    data = page.page_data(trees)
    assert len(data["doubt"]) == 1
    assert 99_999 not in data["girth"]["values"] and max(v for v in data["height"]["values"] if v) <= 200


def test_streets_of_one_name_in_two_communes_are_two_places():
    trees = town()
    trees["adresse"] = "Rue de la Paix"
    trees["code_insee"] = np.where(trees.geometry.x > 855_000, "21231", "21617")
    trees.loc[trees.index[:3], "code_insee"] = "99999"  # slips of the pen make no street
    contours = gpd.GeoDataFrame(
        {"commune": ["21231", "21617"], "name": ["Dijon", "Talant"]},
        geometry=[box(855_000, 6_692_000, 856_000, 6_694_000), box(854_000, 6_692_000, 855_000, 6_694_000)],
        crs=2154,
    )
    streets = page.page_data(trees, outline=contours)["streets"]
    assert streets["names"] == ["Rue de la Paix"] * 2
    assert sorted(streets["areas"][i] for i in streets["area"]) == ["Dijon", "Talant"]


def test_names_come_from_the_file_else_the_reference_else_latin():
    trees = town().iloc[:3].drop(columns="nom_vernaculaire")
    trees["genre"], trees["espece"] = ["Quercus", "Quercus", "Inconnus"], ["robur", "robur", "absentus"]
    trees["nom_vernaculaire"] = ["chêne du coin", None, None]
    names = {tuple(k[:3]) for k in page.page_data(trees)["kinds"]}
    assert ("Chêne du coin", "fr", "Quercus robur") in names
    assert (None, None, "Inconnus absentus") in names
    assert any(n and n.startswith("Chêne p") for n, _, latin in names if latin == "Quercus robur")
    english = {tuple(k[:3]) for k in page.page_data(trees, lang="en")["kinds"]}
    assert any(tongue == "en" and "oak" in n.lower() for n, tongue, _ in english if n)


def test_allergy_is_the_files_else_the_genus_else_not_known():
    trees = town().iloc[:4]
    trees["genre"], trees["espece"] = ["Betula", "Betula", "Magnolia", "Magnolia"], ["pendula"] * 2 + ["kobus"] * 2
    trees["allergie"] = pd.array([pd.NA, 2, pd.NA, 9], dtype="Int64")
    data = page.page_data(trees)
    found = sorted((k[2].split()[0], k[3], k[4]) for k in data["kinds"])
    assert found[0] == ("Betula", "file", 2) and found[1] == ("Betula", "high", 5)
    assert {f[1] for f in found[2:]} == {"unknown"}
    betula = exposure.allergens().set_index("taxon").loc["Betula", "source"]
    assert sorted(data["sources"]) == sorted(betula.split("; "))


def test_an_area_is_told_by_what_is_inside_it():
    trees = town()
    half = gpd.GeoDataFrame({"nom": ["Ouest"]}, geometry=[box(853_000, 6_691_000, 855_000, 6_695_000)], crs=2154)
    rows = {row[1]: row for row in page.page_data(trees, outline=half)["spots"]}
    west = trees[trees.geometry.x < 855_000]
    assert rows["Ouest"][4:6] == [len(west), int(west["remarquable"].sum())]
    assert rows["Fénay"][4:6] == [len(trees), 40] and len(rows["Fénay"]) == 10


def grid_of_streets(n):
    """n by n streets cut into sections at each crossing, each section with a bend; a name for some ten sections."""
    rows, names, step = [], [], 22_000 / n
    for i in range(n):
        for j in range(n):
            x, y, lean = 845_000 + i * step, 6_680_000 + j * step, 8 if (i + j) % 2 else -8
            rows.append([(x, y), (x + step / 2, y + lean), (x + step, y)])
            rows.append([(x, y), (x + lean, y + step / 2), (x, y + step)])
            names += [f"Rue du Général-Inconnu {i // 10}-{j}", f"Avenue du Maréchal-Absent {i}-{j // 10}"]
    lines = [MultiLineString([row]) for row in rows]
    return gpd.GeoDataFrame({"importance": "5", "nom_voie_ban_gauche": names}, geometry=lines, crs=2154)


def test_a_whole_metropole_of_streets_still_fits(sample, communes):
    roads = grid_of_streets(130)
    assert len(roads) > 30_000 and shapely.get_num_coordinates(roads.geometry.to_numpy()).sum() > 100_000
    text = page.html_of(sample, outline=communes, roads=roads)
    assert len(text.encode()) < 2_000_000


def test_streets_are_where_they_are_and_named(sample):
    roads = datakit.load("bdtopo-roads", "sample")
    made = ground.streets(roads, tuple(roads.total_bounds))
    lines = []
    for kind in ("main", "other"):
        for shape in made[kind]["shapes"]:
            for flat in shape:
                lines.append(LineString(np.cumsum(np.reshape(flat, (-1, 2)), axis=0) / made[kind]["unit"]))
    drawn = gpd.GeoSeries(lines, crs=4326).to_crs(2154)
    kept = roads[~roads["fictif"].astype(bool)]
    every = gpd.GeoSeries(shapely.points(shapely.get_coordinates(kept.segmentize(20).geometry)), crs=2154)
    away = gpd.GeoDataFrame(geometry=every).sjoin_nearest(gpd.GeoDataFrame(geometry=drawn), distance_col="away")["away"]
    assert away.max() < ground.TOLERANCE + 1.5
    assert drawn.length.sum() == pytest.approx(kept.length.sum(), rel=0.01)
    assert {name for name, *_ in made["names"]} == set(kept["nom_voie_ban_gauche"].dropna())
    assert ground.streets(roads, (0, 0, 1, 1)) is None


def test_colours_are_told_apart_and_stand_out():
    styles = page._own("trees.css")
    hue = dict(re.findall(r"--(tree|star|edge|ring|walk|street|focus): (#[0-9a-f]{6})", styles))
    assert len(hue) == 7
    assert eyes.nearest([hue[name] for name in ("tree", "star", "ring", "walk", "focus")])[0] >= eyes.CATEGORIES
    # A remarkable tree is a diamond with a dark edge: neither its colour alone nor its fill has to be seen.
    for name in ("tree", "edge", "ring", "walk", "street", "focus"):
        assert eyes.contrast(hue[name], GROUND) >= eyes.GRAPHIC, name


def test_sources_that_differ_are_said_to_differ_and_named():
    trees = town().iloc[:2].drop(columns="allergie", errors="ignore")
    trees["genre"], trees["espece"] = ["Platanus", "Acer"], ["x acerifolia", "campestre"]
    data = page.page_data(trees)
    assert {k[2]: k[3] for k in data["kinds"]} == {
        "Platanus × acerifolia": "moderate_high",
        "Acer campestre": "low_high",
    }
    # Each source once, by number; those that were read themselves before the press.
    assert not any("; " in source for source in data["sources"])
    press = ["(article de presse)" in source for source in data["sources"]]
    assert any(press) and press == sorted(press)
    assert all(len(k[5]) > 1 and k[5] == sorted(k[5]) and max(k[5]) <= len(press) for k in data["kinds"])
    assert {f"{a}_{b}" for a, b in combinations(exposure.POTENTIALS, 2)} <= set(words.told())


def walk(words):
    yield words
    for value in words.values():
        if isinstance(value, dict):
            yield from walk(value)


@pytest.mark.parametrize("wrong", ["lang", "places", "crs", "empty", "lines"])
def test_wrong_calls_say_so(wrong, tmp_path):
    trees, options = town(), {}
    if wrong == "lang":
        options = {"lang": "de"}
    elif wrong == "places":
        options = {"places": gpd.GeoDataFrame({"x": [1]}, geometry=[Point(854_000, 6_692_000)], crs=2154)}
    elif wrong == "crs":
        trees = trees.set_crs(None, allow_override=True)
    elif wrong == "empty":
        trees = trees.iloc[:0]
    else:
        trees = trees.set_geometry(trees.geometry.buffer(1))
    with pytest.raises(CrsMismatch if wrong == "crs" else WrongUse):
        page.write_page(trees, tmp_path / "page.html", **options)


def test_the_page_speaks_english_as_fully_as_french():
    text = page.html_of(town(), lang="en", title="Trees & streets")
    assert '<html lang="en">' in text and "<h1>Trees &amp; streets</h1>" in text and "Near me" in text
    with speaking("fr"):
        french = words.html() | words.told()
    with speaking("en"):
        english = words.html() | words.told()
    assert english.keys() == french.keys()
    assert {key for key, text in english.items() if text == french[key]} <= {"source"}


# --- in a browser


def middle_of(trees, street):
    """Where a street is: its tree nearest to the median of their positions."""
    mine = trees[trees["adresse"] == street].geometry
    return mine.iloc[np.hypot(mine.x - mine.x.median(), mine.y - mine.y.median()).argmin()]


def nearest_in_python(frame, street):
    """The trees of an inventory by distance from a street, as geodesics on WGS 84: nothing of the page's own."""
    trees = standing(frame)
    middle = middle_of(trees, street)
    web = trees.geometry.to_crs(4326)
    start = gpd.GeoSeries([middle], crs=2154).to_crs(4326).iloc[0]
    n = len(trees)
    metres = Geod(ellps="WGS84").inv(np.full(n, start.x), np.full(n, start.y), web.x, web.y)[2]
    return trees.assign(metres=metres).sort_values("metres")


class TestByHand:
    pytestmark = in_browser

    def test_a_street_gives_the_nearest_trees(self, sample, sample_page, shown):
        street = "Rue fictive 231-505"
        opened = shown(sample_page, PHONE)
        for size in both(opened):
            search(opened, "RUE FICTIVE 231 505")
            opened.wait_for_selector("#list > li")
            assert street in opened.inner_text("#list-head")
            if size == PHONE:  # the first answer is in sight without scrolling
                assert opened.locator("#list > li").first.bounding_box()["y"] < PHONE[1] - 100
            assert opened.locator("#list > li").count() < 90, "a search begins a new list"
            while opened.locator("#list > li").count() < 90:
                opened.click("#more")
        items = opened.eval_on_selector_all("#list > li", "all => all.map((li) => [+li.dataset.metres, li.innerText])")
        expected = nearest_in_python(sample, street)
        assert len(items) == 90
        assert [m for m, _ in items] == sorted(m for m, _ in items)
        assert np.abs(np.array([m for m, _ in items]) - expected["metres"].to_numpy()[:90]).max() < METRE
        for metres, text in items:
            near = expected[(expected["metres"] - metres).abs() < METRE]
            assert any(text.startswith(name) for name in near["nom_vernaculaire"])

    def test_a_walk_is_short_enough_and_its_stops_are_remarkable(self, town_page, shown):
        trees, opened, lengths = town(), shown(town_page, PHONE), []
        search(opened, "eglise")
        opened.click("#tab-walk")
        for (width, height), km in zip((PHONE, DESKTOP) * 2, ("1", "2", "3", "5"), strict=True):
            opened.set_viewport_size({"width": width, "height": height})
            opened.select_option("#km", km)
            opened.click("#walk")
            stops = opened.locator("#stops > li:not(.back)")
            names = [t.split(" Acer")[0] for t in stops.locator("button").all_inner_texts()]
            rows = trees.set_index("nom_vernaculaire").loc[names]
            assert len(names) and len(set(names)) == len(names) and rows["remarquable"].all()
            assert stops.locator(".badge").count() == len(names)
            middle = middle_of(trees, "Rue de l'Église")
            tour = np.array([[p.x, p.y] for p in [middle, *rows.geometry, middle]])
            straight = np.hypot(*np.diff(tour, axis=0).T).sum()
            assert straight * page.DETOUR == pytest.approx(
                float(opened.get_attribute("#stops", "data-metres")), rel=0.003
            )
            assert straight * page.DETOUR <= int(km) * 1000 * 1.002
            lengths.append(len(names))
        assert lengths == sorted(lengths) and lengths[-1] > lengths[0]
        assert opened.locator(".stop").count() == lengths[-1]

    def test_without_remarkable_trees_near_the_largest_are_shown(self, shown):
        trees = town()
        trees["remarquable"] = False
        trees.loc[5, "circonference"] = 1900.0  # not a tree of this height: nobody is sent to see it
        opened = shown(trees, PHONE)
        for _ in both(opened):
            ask_walk(opened)
            said = opened.inner_text("#walk-said")
            assert "Aucun arbre remarquable" in said and "Voici plutôt les plus gros arbres. Boucle d’environ" in said
            names = [t.split(" Acer")[0] for t in opened.locator("#stops button").all_inner_texts()]
            reach = trees[trees["nom_vernaculaire"].isin(names)]
            assert 2 <= len(names) <= 12 and "Érable n° 5" not in names
            start = middle_of(trees, "Rue de l'Église")
            within = trees[2 * trees.distance(start) * page.DETOUR <= 2000].drop(index=5, errors="ignore")
            assert (
                reach["circonference"].min() >= within["circonference"].nlargest(max(16, len(within) // 10 + 2)).min()
            )
            assert float(opened.get_attribute("#stops", "data-metres")) <= 2000

    def test_remarkable_trees_that_stand_together_are_one_stop(self, shown):
        trees = town()
        start = middle_of(trees, "Rue de l'Église")
        trees["remarquable"] = trees.index < 7
        for i, (dx, dy) in enumerate([(200, 0), (205, 0), (200, 8), (190, 3), (203, 12), (0, 250), (9, 250)]):
            trees.loc[i, "geometry"] = Point(start.x + dx, start.y + dy)
        opened = shown(trees, PHONE)
        for _ in both(opened):
            ask_walk(opened)
            stops = opened.locator("#stops > li:not(.back)")
            text = " ".join(stops.all_inner_texts())
            assert stops.count() == 2
            assert "et 4 autres arbres remarquables" in text and "et 1 autre arbre remarquable à moins de 40" in text

    def test_largest_trees_come_after_the_remarkable_ones(self, shown):
        trees = town()
        trees["remarquable"] = trees.index == 7
        trees.loc[7, "geometry"] = middle_of(trees, "Rue de l'Église")
        opened = shown(trees, PHONE)
        for _ in both(opened):
            ask_walk(opened, "#large")
            assert opened.locator("#stops > li:not(.back)").count() > 2
            assert opened.locator("#stops .badge").count() == 1

    def test_targets_are_large_and_nothing_sticks_out(self, sample_page, shown):
        opened = shown(sample_page, PHONE)
        for width, _ in both(opened):
            search(opened, "parc fictif 231-35")
            opened.fill("#search", "parc")
            # No finger should have to aim: every control that can be seen.
            small = opened.eval_on_selector_all(
                "button, select, input, [role=option], .leaflet-control-zoom a",
                """all => all.map((e) => [e.id || e.className || e.textContent, e.getBoundingClientRect()])
                    .filter(([, r]) => r.width && (r.height < 44 || r.width < 44))
                    .map(([name, r]) => name + " " + r.height)""",
            )
            assert small == []
            assert opened.evaluate("document.documentElement.scrollWidth") <= width
            opened.evaluate("window.scrollTo(0, 1e6)")
            stamp = opened.locator(".stamp").bounding_box()
            assert 0 <= stamp["y"] < 50, "the stamp is in view wherever one is on the page"


class TestStreets:
    pytestmark = in_browser

    def test_streets_are_drawn_and_named_from_near(self, sample_page, shown):
        opened = shown(sample_page)
        assert opened.locator(".dk-name.street").count() == 0
        search(opened, "rue fictive b99")
        assert "Rue fictive B99" in opened.locator(".dk-name.street").all_inner_texts()
        inked = opened.evaluate("""() => {
          const c = document.querySelector('.leaflet-streets-pane canvas');
          const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          return d.filter((v, i) => i % 4 === 3 && v > 200).length;
        }""")
        assert inked > 3000

    def test_a_commune_is_counted_as_a_whole(self, sample, sample_page, communes, shown):
        opened = shown(sample_page, PHONE)
        search(opened, "talant")
        inside = standing(sample).sjoin(communes[communes["name"] == "Talant"], predicate="within")
        assert f"Talant\u00a0: {number(len(inside))} arbres de l’inventaire" in opened.inner_text("#said")

    def test_sources_are_links(self, sample, shown):
        opened = shown(sample.head(500))
        links = opened.locator("#sources a")
        assert links.count() > 3 and all(a.get_attribute("href").startswith("http") for a in links.all())
        assert not any("http" in text for text in opened.locator("#sources li").all_inner_texts())


class TestByKeyboard:
    pytestmark = in_browser

    def test_everything_can_be_done_without_a_mouse(self, town_page, shown):
        opened = shown(town_page, PHONE)
        keys = opened.keyboard

        def tab_to(wanted):
            for _ in range(80):
                keys.press("Tab")
                now = opened.evaluate("document.activeElement.id")
                width = opened.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
                style = opened.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert style != "none" and width >= 2, f"the focus cannot be seen on {now!r}"
                if now == wanted:
                    return
            raise AssertionError(f"{wanted} is not reached by Tab")

        tab_to("search")
        keys.type("allee oeuvre")
        assert opened.get_attribute("#search", "aria-expanded") == "true"
        keys.press("ArrowDown")
        active = opened.get_attribute("#search", "aria-activedescendant")
        assert opened.get_attribute(f"#{active}", "aria-selected") == "true"
        assert "Allée de l'Œuvre" in opened.inner_text(f"#{active}")
        keys.press("Escape")
        assert opened.get_attribute("#search", "aria-expanded") == "false"
        keys.press("ArrowDown")
        keys.press("Enter")
        assert "Allée de l'Œuvre" in opened.inner_text("#said")
        tab_to("filter")
        keys.press("ArrowDown")
        assert "arbres remarquables" in opened.evaluate("document.activeElement.selectedOptions[0].text")
        assert opened.locator("#list > li").count() == opened.locator("#list .badge").count() > 0
        keys.press("Shift+Tab")
        assert opened.evaluate("document.activeElement.id") == "tab-list"
        keys.press("ArrowRight")
        assert opened.evaluate("document.activeElement.id") == "tab-walk" and opened.is_visible("#panel-walk")
        tab_to("km")
        keys.press("ArrowDown")
        tab_to("walk")
        keys.press("Enter")
        assert re.match(r"Boucle d’environ \d", opened.inner_text("#walk-said"))
        assert 0 < float(opened.get_attribute("#stops", "data-metres")) <= 3000
        keys.press("Tab")
        keys.press("Tab")
        assert opened.evaluate("document.activeElement.className") == "tree"
        keys.press("Enter")

    def test_the_map_has_a_way_for_the_keyboard_too(self, town_page, shown):
        opened = shown(town_page, DESKTOP)
        opened.focus("#centre")
        opened.keyboard.press("Enter")
        assert "Le centre de la carte" in opened.inner_text("#said")
        assert opened.locator("#list > li").count() == 30


class TestForEveryone:
    pytestmark = in_browser

    @pytest.mark.parametrize("lang", ["fr", "en"])
    def test_names_roles_and_references(self, shown, lang):
        opened = shown(town(), PHONE, lang=lang)
        ask_walk(opened)
        found = opened.evaluate("""() => {
          const wrong = [], ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
          ids.forEach((id, i) => { if (ids.indexOf(id) !== i) wrong.push('twice: ' + id); });
          for (const e of document.querySelectorAll('[aria-controls],[aria-labelledby],[aria-describedby]'))
            for (const a of ['aria-controls', 'aria-labelledby', 'aria-describedby'])
              if (e.getAttribute(a) && !document.getElementById(e.getAttribute(a))) wrong.push(a + ' of ' + e.id);
          const named = 'button, select, input, [role=region], [role=listbox], [role=tablist]';
          for (const e of document.querySelectorAll(named)) {
            const label = e.labels && e.labels.length ? e.labels[0].textContent : '';
            if (!(e.getAttribute('aria-label') || label || e.textContent).trim()) wrong.push('no name: ' + e.outerHTML);
          }
          if (document.querySelectorAll('h1').length !== 1) wrong.push('h1');
          if (document.querySelectorAll('main').length !== 1) wrong.push('main');
          if (!document.querySelector('[role=status]')) wrong.push('status');
          for (const i of document.querySelectorAll('#list i')) if (i.lang !== 'la') wrong.push('latin');
          return wrong;
        }""")
        assert found == []
        assert opened.evaluate("document.documentElement.lang") == lang
        assert opened.get_attribute(".leaflet-control-zoom-in", "title") == {"fr": "Zoomer", "en": "Zoom in"}[lang]

    def test_text_stands_out_from_its_background(self, sample_page, shown):
        opened = shown(sample_page, PHONE)
        search(opened, "parc fictif 231-35")
        pale = opened.evaluate("""() => {
          const rgb = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
          const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
          const light = (c) => c.slice(0, 3).map((v) => linear(v / 255))
            .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
          const bad = [];
          for (const e of document.querySelectorAll('header *, main *, footer *, .stamp, .stamp *')) {
            const own = [...e.childNodes].some((t) => t.nodeType === 3 && t.textContent.trim());
            if (!own || !e.getClientRects().length) continue;
            let b = e, back = [255, 255, 255];
            for (; b; b = b.parentElement) {
              const c = rgb(getComputedStyle(b).backgroundColor);
              if (c.length === 3 || c[3] > 0) { back = c; break; }
            }
            const [p, q] = [light(rgb(getComputedStyle(e).color)), light(back)].sort((x, y) => y - x);
            if ((p + 0.05) / (q + 0.05) < 4.5) bad.push(e.className + ' ' + e.textContent.slice(0, 30));
          }
          return bad;
        }""")
        assert pale == []

    def test_text_of_an_inventory_stays_text(self, shown):
        trees = town()
        trees["nom_vernaculaire"] = HOSTILE
        trees["adresse"] = HOSTILE
        trees["secteur"] = "<!--<script>" + HOSTILE
        spots = gpd.GeoDataFrame({"nom": [HOSTILE]}, geometry=[Point(855_000, 6_693_000)], crs=2154)
        opened = shown(trees, title=HOSTILE, places=spots)
        assert opened.inner_text("h1") == HOSTILE
        search(opened, "chene")
        assert opened.inner_text("#list > li:first-child button").startswith(HOSTILE)
        assert HOSTILE in opened.inner_text("#list-head")
        opened.click("#tab-walk")
        opened.click("#walk")
        assert opened.locator("#stops > li").count() > 1
        assert opened.evaluate("window.hacked") is None
        assert opened.locator("#list b, #list img, h1 b, #options b").count() == 0

    def test_an_inventory_that_says_little_still_works(self, shown):
        trees = town()[["geometry"]].assign(genre="Tilia").to_crs(4326)
        opened = shown(trees)
        assert opened.is_hidden("#filter-row") and opened.is_hidden("#search")
        assert "Touchez la carte" in opened.inner_text("#said")
        opened.locator("#map").click(position={"x": 300, "y": 300})
        first = opened.inner_text("#list > li:first-child")
        assert "Tilleul" in first and "Tilia" in first and "taille et âge non renseignés" in first
        opened.click("#tab-walk")
        opened.click("#walk")
        assert "ne dit pas quels arbres sont remarquables" in opened.inner_text("#walk-said")
        assert "ni hauteur ni tour de tronc" in opened.inner_text("#walk-said") and opened.is_hidden("#large")

    def test_near_me_asks_only_when_pressed_and_takes_no_for_an_answer(self, town_page, shown):
        opened = shown(town_page)
        opened.evaluate("""() => { window.asked = 0; navigator.geolocation.getCurrentPosition = (yes, no) => {
          window.asked++;
          const coords = {latitude: 47.32, longitude: 5.05, accuracy: 12};
          window.answer === 'yes' ? yes({coords}) : no({code: 1}); } }""")
        search(opened, "eglise")
        assert opened.evaluate("window.asked") == 0
        opened.click("#near")
        assert "Position refusée" in opened.inner_text("#said")
        opened.evaluate("window.answer = 'yes'")
        opened.click("#near")
        assert "Votre position" in opened.inner_text("#said") and opened.evaluate("window.asked") == 2

    def test_places_sectors_and_communes_are_found_whatever_the_accents(self, shown):
        contours = gpd.GeoDataFrame(
            {"nom": ["Chevigny-Saint-Sauveur"]}, geometry=[box(854_000, 6_692_000, 856_000, 6_694_000)], crs=2154
        )
        spots = gpd.GeoDataFrame({"nom": ["Théâtre"]}, geometry=[Point(855_500, 6_693_500)], crs=2154)
        opened = shown(town(), outline=contours, places=spots)
        for typed, kind, name in (
            ("THEATRE", "lieu", "Théâtre"),
            ("fenay", "quartier", "Fénay"),
            ("saint sauv", "commune", "Chevigny-Saint-Sauveur"),
        ):
            opened.fill("#search", typed)
            assert opened.inner_text("#options > li:first-child").split() == [*name.split(), kind]
        opened.fill("#search", "zzz")
        assert opened.is_hidden("#options") and "Aucun lieu" in opened.inner_text("#said")

    def test_the_walk_is_nearly_as_good_as_the_best_one(self, town_page, shown):
        opened = shown(town_page)
        rng = np.random.default_rng(8)
        ours, best = 0, 0
        ways = {k: np.array(list(permutations(range(6), k)), dtype=int) for k in range(7)}
        for _ in range(25):
            spots = rng.uniform(-500, 500, (6, 2))
            made = opened.evaluate(
                "(all) => datakit.walk({x: 0, y: 0}, all.map(([x, y], i) => ({x, y, i})), 1800, 12, false)",
                spots.tolist(),
            )
            assert made["length"] <= 1800
            ours += len(made["stops"])
            lengths = {}
            for k, orders in ways.items():
                there = np.pad(spots[orders], ((0, 0), (1, 1), (0, 0)))  # from the start, and back to it
                lengths[k] = np.hypot(*np.moveaxis(np.diff(there, axis=1), 2, 0)).sum(axis=1)
            best += max(k for k, length in lengths.items() if length.min() <= 1800)
        assert ours >= 0.93 * best
