"""Figures, tables, maps and answers in French: a chapter's code says everything in English and carries no marks."""

import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from datakit import language
from datakit.language import speaking
from datakit.show import Value, ask, charts, maps, phrase, tables
from datakit.show.style import cell, sources
from datakit.show.words import heading

RECORD = {"id": "communes", "synthetic": True, "sha256": "0" * 64, "origin": "sample", "origin_kind": "sample"}


KNOWN = {
    "Trees of a town": "Arbres d\u2019une ville",
    "height (m)": "hauteur (m)",
    "Where trees are tall, and where they are not": "O\u00f9 les arbres sont hauts, et o\u00f9 ils ne le sont pas",
    "tall": "grand",
    "small": "petit",
    "age": "\u00e2ge",
    "Bars of {n} trees; {share:1} % are {kind}.": "Barres de {n} arbres\u00a0; {share:1}\u00a0% sont {kind}.",
    "limes": "des tilleuls",
    "How many?": "Combien\u202f?",
    "There are {n}.": "Il y en a {n}.",
    "Where.": "O\u00f9.",
    ("trees", "trees"): ("arbre", "arbres"),
}


@pytest.fixture
def french(tmp_path, monkeypatch):
    """French in which these texts are known too, whatever the files of rooms and chapters hold."""
    folder = tmp_path / "fr" / "LC_MESSAGES"
    shutil.copytree(language.LOCALE / "fr" / "LC_MESSAGES", folder)
    catalog = Catalog(locale="fr")
    for text, french in KNOWN.items():
        catalog.add(text, french)
    with (folder / "0.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(language, "LOCALE", tmp_path)
    language._translations.cache_clear()
    with speaking("fr"):
        yield
    language._translations.cache_clear()


@pytest.fixture
def frame():
    made = pd.DataFrame({"kind": ["tall", "small"], "trees": [1.5, 3.0]})
    made.attrs["datakit"] = RECORD
    return made


def written(fig):
    from matplotlib.text import Text

    return [text.get_text() for text in fig.findobj(Text)]


def test_whatever_is_written_on_a_figure_is_said_in_french(french, frame):
    fig, ax = charts.bars(frame, "trees", "kind", alt="Trees of a town", title="Trees of a town", unit="trees")
    ax.plot([0, 1], [0, 1], label="tall")
    ax.legend(title="age")
    ax.set_ylabel("Where trees are tall,\nand where they are not")
    ax.text(0, 0, "no French for this")
    shown = charts.show(fig)
    said = written(fig)
    assert {"Arbres d\u2019une ville", "arbres", "grand", "petit", "\u00e2ge", "1,5", "no French for this"} <= set(said)
    assert any(
        text.replace("\n", " ") == "O\u00f9 les arbres sont hauts, et o\u00f9 ils ne le sont pas" for text in said
    )
    assert (
        "\u00c9CHANTILLON INVENT\u00c9\u00a0: donn\u00e9es invent\u00e9es" in said
        and shown.alt == "Arbres d\u2019une ville"
    )


def test_names_along_an_axis_are_said_in_french(french):
    fig, (left, right) = charts.figure("Trees of a town", ncols=2)
    left.bar(["tall", "Tilia"], [1, 2])
    left.set_ylabel("height (m)")
    right.plot([0, 1], [1, 2])
    right.set_xticks([0, 1], ["tall", "small"])
    right.set_ylabel("height (m)")
    charts.show(fig)
    assert [t.get_text() for t in left.get_xticklabels()] == ["grand", "Tilia"]
    assert [t.get_text() for t in right.get_xticklabels()] == ["grand", "petit"]
    assert left.get_ylabel() == "hauteur (m)"


def test_a_text_with_figures_is_translated_before_it_is_filled_in(french):
    text = "Bars of {n} trees; {share:1} % are {kind}."
    assert phrase(text, n=12500, share=8.26, kind="limes") == (
        "Barres de 12\u202f500 arbres\u00a0; 8,3\u00a0% sont des tilleuls."
    )
    with speaking("en"):
        assert phrase(text, n=Value(3, "trees"), share=8.0, kind="x") == "Bars of 3\u00a0trees trees; 8.0 % are x."


def test_headers_captions_and_cells_of_a_table_are_said_in_french(french, frame):
    made = tables.html(frame.assign(age=[True, None]), caption="Trees of a town", units={"age": "trees"})
    assert "\u00e2ge (arbres)</th>" in made and ">arbres</th>" in made and ">grand</th>" in made
    assert (
        ">oui</td>" in made and 'aria-label="sans donn\u00e9e"' in made and "Arbres d\u2019une ville</caption>" in made
    )
    assert (heading("age_pct"), heading("age_share"), heading(("age", "x_y"))) == (
        "\u00e2ge (%)",
        "\u00e2ge (0 \u00e0 1)",
        "\u00e2ge, x y",
    )
    assert cell(pd.Timestamp("2026-05-31")) == "31/05/2026"


def test_a_map_says_in_french_what_is_around_it_and_what_its_scripts_say(french):
    areas = gpd.GeoDataFrame(
        {"name": ["Dijon", "Talant"], "kind": ["tall", "small"], "age": [1.5, 2.5]},
        geometry=[shapely.box(x, 6690000, x + 900, 6691000) for x in (850000, 851000)],
        crs="EPSG:2154",
    )
    areas.attrs["datakit"] = RECORD
    words = {"title": "Trees of a town", "caption": "Where.", "alt": "Trees of a town"}
    made = maps.choropleth(areas, "kind", labels="name", unit="", tooltip=["age"], **words)
    page = made.html()
    for expected in (
        '<html lang="fr">',
        "<h1>Arbres d\u2019une ville</h1>",
        "\u00c9CHANTILLON INVENT\u00c9\u00a0: donn\u00e9es invent\u00e9es",
        "grand <small>(1)</small>",
        '"label":"\u00e2ge"',
        '"1,5"',
        "Entre parenth\u00e8ses\u00a0: nombre de zones de la classe.",
        '"zoom-in":"Zoomer"',
        'aria-roledescription="carte"',
    ):
        assert expected in page, expected
    assert {"grand (1)", "petit (1)", "Arbres d\u2019une ville"} <= set(written(made.static()))
    assert "Les valeurs de cette carte en tableau" in made._repr_html_()
    dots = maps.points(areas.set_geometry(areas.centroid), cluster=True, size="age", size_unit="trees", **words)
    assert "Les bulles comptent des points" in dots.html() and ">\u00e2ge (arbres)</h2>" in dots.html()
    assert not any("bulles" in text for text in written(dots.static()))


def test_an_answer_is_said_in_french_and_its_kind_stays_a_code(french, frame, capsys):
    with ask("How many?") as answer:
        answer.say("There are {n}.", n=Value(1.5, "trees"), data=[frame], cannot_say="Where.")
    assert answer.record()["sentence"] == "Il y en a 1,5\u00a0arbre." and answer.kind == "SYNTHETIC"
    assert answer.record()["kind"] == "SYNTHETIC" and answer.record()["figures"][0]["unit"] == "trees"
    said = capsys.readouterr().out
    assert (
        "Combien\u202f?" in said
        and "[\u00c9CHANTILLON INVENT\u00c9]" in said
        and "Ce que cela ne dit pas\u00a0: O\u00f9." in said
    )
    assert "Donn\u00e9es invent\u00e9es\u00a0: communes" in answer._repr_html_()


def test_a_map_without_a_title_is_refused_in_french():
    with speaking("fr"), pytest.raises(maps.map.WrongUse, match="une carte a besoin d\u2019un titre"):
        maps.Words("", "x", "y")


def test_sources_of_real_and_invented_data_in_french(frame):
    real = pd.DataFrame()
    real.attrs["datakit"] = {"id": "b", "attribution": "IGN", "retrieved": "2026-05-31T08:00", "synthetic": False}
    with speaking("fr"):
        said = sources([frame, real])
    fetched = "Sources\u00a0: b (IGN, t\u00e9l\u00e9charg\u00e9 le 31/05/2026)\u202f; "
    assert said.text == fetched + "l\u2019\u00e9chantillon invent\u00e9 du kit (communes)"
    assert said.synthetic.startswith("\u00c9CHANTILLON INVENT\u00c9\u00a0: communes (donn\u00e9es invent\u00e9es)")
