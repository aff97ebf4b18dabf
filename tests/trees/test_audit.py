"""The audit of an inventory: what it counts, what it says of it, and the page."""

import copy
import re
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.cli import main
from datakit.data.layers import Layers
from datakit.errors import CrsMismatch, WrongUse
from datakit.language import _, speaking
from datakit.show.style import number
from datakit.trees import study
from datakit.trees.checks import fitting
from datakit.trees.checks import page as audit_page
from datakit.trees.checks import words as audit_words
from datakit.trees.checks.outcome import audit, rejected
from datakit.trees.citizens import page as citizens_page
from datakit.trees.inventory.standard import standardise
from tests import browser

LAMBERT = "EPSG:2154"
CENTRE = (854_000, 6_692_000)
HOSTILE = '</script><script>alert("1")</script>&\'<!--'


def trees(n=200, spacing=8, **columns):
    """A clean inventory on a grid, with some columns replaced."""
    i = np.arange(n)
    girth = 37 + (i * 7) % 60
    table = {
        "id": [f"A{k}" for k in i],
        "genre": "Tilia",
        "espece": "cordata",
        "date_releve": pd.Timestamp("2025-06-01"),
        "annee_plantation": pd.array(1980 + i % 23, dtype="Int64"),
        "stade_developpement": "Adulte",
        "hauteur": 900.0 + i,
        "circonference": girth.astype(float),
        "diametre_couronne": 6.0,
        "adresse": "Rue de la Préfecture",
        "etat": "EN PLACE",
    } | columns
    x, y = CENTRE[0] + spacing * (i % 20), CENTRE[1] + spacing * (i // 20)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=LAMBERT)


def look(frame, check, field=None, **options):
    """The one finding of a kind."""
    made = audit(frame, **({"today": "2026-01-15"} | options))
    (found,) = [f for f in made.findings if f.check == check and field in (None, f.field)]
    return found


def changed(name, rows, value, **columns):
    table = trees(**columns)
    table.loc[rows, name] = value
    return table


def test_a_clean_inventory_has_nothing_to_look_at():
    made = audit(standardise(trees()), today="2026-01-15")
    unhappy = [f for f in made.findings if f.verdict in ("bad", "look")]
    assert not unhappy, unhappy
    assert made.verdicts["ok"] > 25


@pytest.mark.parametrize(
    ("check", "frame", "count", "example"),
    [
        ("planted after", changed("annee_plantation", [3, 9], 2026), 2, "A3"),
        ("too thick", changed("circonference", [5], 900.0), 1, "A5"),
        ("odd shape", changed("hauteur", [7], 9.0), 1, "A7"),
        ("same id", changed("id", [4], "A0"), 1, "A0"),
        ("future", changed("date_releve", [8], pd.Timestamp("2031-01-01")), 1, "A8"),
        ("unresolved", changed("genre", [2, 6], "Blablator"), 2, "Blablator cordata (2)"),
        ("genus only", changed("espece", [1], "sp."), 1, "Tilia sp. (1)"),
        ("respelled", changed("espece", [1], "cordatta"), 1, "Tilia cordatta (1)"),
        ("old survey", changed("date_releve", [0, 1, 2], pd.Timestamp("2015-01-14")), 3, "A0"),
        ("no place", changed("geometry", [11], None), 1, "A11"),
        ("far", changed("geometry", [12], shapely.Point(600_000, 6_692_000)), 1, "A12"),
    ],
)
def test_each_check_counts_what_was_spoilt(check, frame, count, example):
    found = look(frame, check, field="date_releve" if check == "future" else None)
    assert found.trees == count
    assert found.examples[0] == example
    assert look(trees(), check, field="date_releve" if check == "future" else None).trees == 0


def test_ranges_and_units():
    assert look(changed("hauteur", [1], 12.0), "range", "hauteur").trees == 1
    metres = trees(hauteur=9.0 + np.arange(200) % 7)
    found = look(metres, "unit", "hauteur")
    assert (found.trees, found.verdict) == (200, "bad")
    girths = trees(circonference=np.nan, diametre=100.0 + 2 * np.arange(200))
    assert look(girths, "girth as diameter").verdict == "bad"
    assert look(trees(hauteur="10 à 20 m"), "text").field == "hauteur"


def test_the_share_is_of_the_trees_that_can_be_judged():
    table = changed("circonference", range(100, 200), np.nan)
    table.loc[[0, 1], "circonference"] = 700.0
    found = look(table, "too thick")
    assert (found.trees, found.of, found.share_pct) == (2, 100, 2)
    assert look(table, "empty", "trunk").share_pct == 50


def test_verdicts_follow_their_limits():
    for rows, verdict in ((0, "ok"), (2, "look"), (3, "bad")):  # impossible: above 0 %, above 1 %
        assert look(changed("annee_plantation", range(rows), 2026), "planted after").verdict == verdict
    for rows, verdict in ((10, "ok"), (11, "look"), (100, "look"), (101, "bad")):  # 5 %, 50 %
        assert look(changed("hauteur", range(rows), np.nan), "empty", "hauteur").verdict == verdict


def test_a_tree_and_its_replacement_may_share_a_pit():
    table = trees()
    table.loc[1, "geometry"] = table.geometry[0]
    table.loc[3, "geometry"] = shapely.transform(table.geometry[2], lambda p: p + 0.5)
    both = standardise(table)
    assert look(both, "same place").trees == 1 and look(both, "within a metre").trees == 1
    table.loc[[0, 2], "etat"] = "ABATTU"
    replanted = standardise(table)
    assert look(replanted, "same place").trees == 0 and look(replanted, "within a metre").trees == 0


def test_stacked_points_count_each_tree_and_doubles_all_but_the_first():
    table = trees()
    table.loc[0:5, "geometry"] = table.geometry[0]
    assert look(table, "stacked").trees == 6
    assert look(table, "same place").trees == 5  # the first is not one too many


def test_area_and_commune():
    west = shapely.box(CENTRE[0] - 4, CENTRE[1] - 4, CENTRE[0] + 76, CENTRE[1] + 200)
    area = gpd.GeoDataFrame({"commune": ["21231"]}, geometry=[west], crs=LAMBERT)
    table = trees(code_insee=["21231"] * 199 + ["21999"])
    table.loc[0, "code_insee"] = "21999"
    assert look(table, "outside").verdict == "cannot tell"
    assert look(table, "outside", area=area.to_crs(4326)).trees == 100
    assert look(table, "wrong commune", area=area).trees == 1  # the last tree is outside
    assert look(standardise(table, area=area), "outside").trees == 100
    with pytest.raises(CrsMismatch):
        audit(table, area=area.set_crs(None, allow_override=True))


def test_felled_trees_are_checked_against_their_dates():
    state = ["ABATTU"] * 60 + ["EN PLACE"] * 140
    felled = [pd.Timestamp("2020-01-01")] * 40 + [pd.NaT] * 20 + [pd.Timestamp("2021-01-01")] + [pd.NaT] * 139
    table = trees(etat=state, date_abattage=felled)
    table.loc[0, "annee_plantation"] = 2024
    table = standardise(table)
    assert look(table, "felled before").trees == 1
    assert look(table, "felled but standing").examples == ["A60"]
    assert (look(table, "lost without date").trees, look(table, "lost without date").of) == (20, 60)
    asked = {q.key for q in audit(table).cannot}
    assert not asked & {"losses", "trend"}


def test_figures_guessed_by_eye_end_in_zero():
    guessed = trees(circonference=10.0 * (5 + np.arange(200) % 9))
    assert look(guessed, "round girths").verdict == "bad"
    assert look(trees(), "round girths").verdict == "ok"


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_any_column_may_be_absent(rows):
    bare = trees(rows)[["geometry"]]
    made = audit(bare, today=2026)
    assert "adresse" in {q.key: q for q in made.cannot}["streets"].columns
    assert {f.verdict for f in made.findings if f.check == "absent"} == ({"bad"} if rows else {"cannot tell"})
    asked = {q.key for q in made.cannot}
    assert asked == set(audit_words.QUESTIONS)
    assert made.table["trees"].dtype == "Int64" and made._repr_html_() and made.text()
    for name in trees().columns.drop("geometry"):
        audit(trees(max(rows, 1)).drop(columns=name), today=2026)


def test_what_cannot_be_answered_names_the_columns():
    cannot = {q.key: q for q in audit(trees(), today=2026).cannot}
    assert set(cannot) == {"losses", "trend", "owner", "ground", "health"}
    assert cannot["owner"].columns == ("gestionnaire",)
    (streets,) = [q for q in audit(trees(adresse=None), today=2026).cannot if q.key == "streets"]
    assert (streets.columns, streets.missing) == (("adresse",), "address or place"), "the species is known"
    french = {q.key: q for q in audit(trees(), today=2026, lang="fr").cannot}
    assert french["owner"].question == "Quels arbres la ville gère-t-elle elle-même\u202f?"


def test_both_languages_have_every_word():
    english, french = (audit(standardise(trees()), today=2026, lang=lang).table for lang in ("en", "fr"))
    assert (english["check"] != french["check"]).all()
    assert english["verdict"].equals(french["verdict"])
    told = (*audit_words.CHECKS.values(), *audit_words.QUESTIONS.values())
    with speaking("fr"):
        assert not {text for pair in told for text in pair if _(text) == text}


@pytest.mark.parametrize("options", [{"lang": "de"}, {"today": "yesterday-ish"}])
def test_wrong_use_is_said(options):
    with pytest.raises(WrongUse):
        audit(trees(3), **options)
    with pytest.raises(WrongUse):
        audit(pd.DataFrame(trees(3).drop(columns="geometry")))


@pytest.fixture(scope="module")
def sample():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return standardise(datakit.load("trees-dijon", "sample"))


def test_the_sample_s_planted_faults_are_found(sample):
    assert rejected(sample)["rows"].sum() >= sample.attrs["datakit"]["rows_rejected"]
    made = audit(sample, today=2026)
    found = {(f.check, f.field): f for f in made.findings}
    assert found["set aside", "geometry"].trees == 260
    assert 250 < found["same place", "geometry"].trees < 350
    assert 250 < found["odd shape", "hauteur"].trees < 350
    assert found["felled before", "date_abattage"].verdict == "bad"
    assert found["genus only", "taxon"].trees > 1000


def test_rows_set_aside_are_counted_by_rule(sample):
    found = rejected(sample)
    assert found.rows.sum() == sample.attrs["datakit"]["rows_rejected"] == 260
    assert set(found.column) == {"geometry", "hauteur", "code_insee", "circonference", "date_plantation"}
    kept = sample.head(0)
    kept.attrs["datakit"] = {**sample.attrs["datakit"], "rejects_file": None}
    assert rejected(kept).rows.sum() == 20


def test_the_page_is_safe_and_says_where_it_comes_from(sample, tmp_path):
    table = trees(adresse="<script>alert(1)</script>", id="<b>é&")
    table.loc[0, "annee_plantation"] = 2030
    table.attrs["datakit"] = {"id": "trees-x", "title": "Arbres <i>de</i> Chenôve", "synthetic": False}
    text = audit(table, today=2026).page(tmp_path / "new" / "a.html").read_text(encoding="utf-8")
    assert "<script" not in text and "<b>é" not in text and "&lt;b&gt;é&amp;" in text
    assert "Arbres &lt;i&gt;de&lt;/i&gt; Chenôve" in text and "SYNTHETIC" not in text
    made = audit(sample, today=2026)
    french = made.page(tmp_path / "fr.html", lang="fr").read_text(encoding="utf-8")
    with speaking("fr"):
        assert _("SYNTHETIC SAMPLE") in french
    assert "SYNTHETIC SAMPLE" in made._repr_html_()
    assert (
        "http:" not in french
        and "https:" not in french
        and '<html lang="fr">' in french
        and "Planté après son relevé" in french
    )
    assert sample.attrs["datakit"]["sha256"][:12] in french


def scripts(text):
    """The scripts that a browser finds in a page."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append(attrs) if tag == "script" else None
    parser.feed(text)
    return found


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_hostile_value_in_any_text_is_no_markup(sample, lang):
    table = sample.head(500).copy()
    texts = [name for name in table.columns if isinstance(table[name].dtype, pd.StringDtype) and name != "statut"]
    assert len(texts) > 10
    table[texts] = HOSTILE
    table.attrs["datakit"] = {
        **dict.fromkeys(("id", "title", "attribution", "licence", "origin", "retrieved", "sha256"), HOSTILE),
        "synthetic": False,
        "rows_read": 501,
        "rows_rejected": 1,
        "rejects": [dict.fromkeys(("row", "column", "value", "rule"), HOSTILE)],
        "changes": pd.DataFrame({"row": [1], "column": HOSTILE, "rule": HOSTILE, "before": HOSTILE, "after": HOSTILE}),
    }
    made = audit(table, today=2026, lang=lang)
    with speaking(lang):
        for text in (audit_page.printable(made), audit_page.printable(made, HOSTILE), audit_page.view(made)):
            assert not scripts(text) and "&lt;script&gt;alert" in text
    places = gpd.GeoDataFrame({"name": [HOSTILE]}, geometry=table.geometry[:1].array, crs=table.crs)
    outline = places.set_geometry(places.buffer(900)).assign(commune=HOSTILE)
    text = citizens_page.html_of(table, lang=lang, title=HOSTILE, outline=outline, places=places)
    clean = citizens_page.html_of(sample.head(500), lang=lang)
    assert scripts(text) == scripts(clean) and "&lt;script&gt;alert" in text


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_shows_what_fits_and_counts_the_rest(sample, lang):
    made = audit(sample, today=2026)
    shown = []
    for more in (0, 1, 2, 10, 40):
        crowded = copy.copy(made)
        crowded.findings = made.findings + [f for f in made.findings if f.verdict == "look"][:1] * more
        rows = audit_page.first(crowded.findings, None)
        with speaking(lang):
            text = audit_page.printable(crowded)
        shown.append(text.count('<tr role="row"><td role="cell"><span style="color:'))
        left = re.search(r"\+ (\d+) ", text)
        assert shown[-1] + (int(left[1]) if left else 0) == len(rows)
    assert 5 < shown[-1] <= max(shown) < 20, "forty more findings do not find room"


def test_lines_are_reckoned_as_a_browser_breaks_them():
    assert fitting.lines("", 5) == 1
    assert fitting.lines("nnnn nnnn", 4.1 * fitting.DIGIT) == 2
    assert fitting.lines("nnnn nnnn", 9.1 * fitting.DIGIT) == 1
    assert fitting.lines("nnnn\u00a0nnnn", 4.1 * fitting.DIGIT) == 3  # one word, broken where it must be
    assert fitting.lines("n" * 13, 6.1 * fitting.DIGIT) == 3


@pytest.mark.skipif(browser.why_not() is not None, reason=str(browser.why_not()))
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_prints_on_both_sides_of_one_a4(sample, tmp_path, lang):
    worst = gpd.GeoDataFrame(trees(2000)[["geometry"]])
    worst["date_releve"], worst["annee_plantation"] = pd.Timestamp("1999-01-01"), 2020
    with browser.chromium() as chromium:
        audits = [audit(frame, today=2026) for frame in (sample, trees(), worst)]
        for more in (1, 40):  # the sample fills its page: one more check does not make a second
            crowded = copy.copy(audits[0])
            crowded.findings = crowded.findings + [f for f in crowded.findings if f.verdict == "look"][:1] * more
            audits.append(crowded)
        for made in audits:
            path = made.page(tmp_path / "a.html", lang=lang)
            page = chromium.new_page()
            page.goto(path.as_uri())
            assert pages(page.pdf(format="A4", prefer_css_page_size=True)) == 2
            assert page.locator(".back li").count() == len(made.findings)
            page.set_viewport_size({"width": 390, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            page.close()


def pages(pdf):
    """How many pages a PDF by Chromium has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
def test_real_inventories(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    made = {
        id: audit(standardise(datakit.load(f"trees-{id}", real_mirror)), today=2026)
        for id in ("saint-quentin", "grenoble", "paris")
    }
    asked = {id: {q.key for q in one.cannot} for id, one in made.items()}
    assert "losses" not in asked["saint-quentin"] and {"losses", "age", "visits", "streets"} <= asked["grenoble"]
    assert "visits" not in asked["paris"], "stages of development are known"
    for id, ending in (("saint-quentin", 3126), ("paris", 1709)):  # girths written to the ten centimetres
        (found,) = [f for f in made[id].findings if f.check == "round girths"]
        assert (found.trees, found.verdict) == (ending, "bad")
    (undated,) = [f for f in made["saint-quentin"].findings if f.check == "lost without date"]
    assert undated.trees == undated.of == 764
    for one in made.values():
        names = {f.check: f for f in one.findings if f.group == "taxonomy"}
        assert names["unresolved"].share_pct < 1


def test_the_command_makes_the_checks_of_the_chapter(tmp_path, capsys):
    """One file, one audit: 68 checks here and 66 there would be two opinions about the same trees."""
    assert main(["trees", "audit", "--output", str(tmp_path / "audit.html")]) == 0
    it = study.study(Layers("sample", reference="trees-dijon"), "trees-dijon")
    chapter = audit(it.recorded.drop(columns="place"), area=it.communes, today=it.year)
    assert capsys.readouterr().out.startswith(chapter.text())
    assert f"{number(len(it.recorded))} trees, {len(chapter.table)} checks: " in chapter.text()
    assert "In another commune than its code says" in set(chapter.table["check"])
    # Elsewhere there are no communes to compare with, in neither.
    assert main(["trees", "audit", "--inventory", "trees-paris", "--output", str(tmp_path / "audit.html")]) == 0
    paris = study.study(Layers("sample", reference="trees-paris"), "trees-paris")
    assert capsys.readouterr().out.startswith(
        audit(paris.recorded.drop(columns="place"), area=paris.communes, today=paris.year or None).text()
    )
