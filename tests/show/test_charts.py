"""Figures: described, labelled, stamped, and readable by a program."""

import base64
import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.data import provenance as ledger
from datakit.errors import WrongUse
from datakit.show import charts, style
from datakit.show.maps.classes import Scale, classify


def table(synthetic=None, id="trees-dijon", **columns):
    frame = pd.DataFrame(columns or {"n": [1.0, 2.0]})
    if synthetic is not None:
        frame.attrs["datakit"] = {
            "id": id,
            "title": "Arbres de Dijon",
            "attribution": "Ville de Dijon",
            "licence": "etalab-2.0",
            "retrieved": "2026-01-02T03:04:05",
            "synthetic": synthetic,
        }
    return frame


def texts(fig):
    return " | ".join(t.get_text() for t in fig.texts).replace("\n", " ")


# numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12500, "12\u202f500"),
        (1234567.8, "1\u202f234\u202f568"),
        (1987, "1987"),
        (0, "0"),
        (-0.0, "0"),
        (0.45678, "0.457"),
        (12.0, "12"),
        (12.34, "12.3"),
        (-3.5, "\u22123.5"),
        (-12500, "\u221212\u202f500"),
        (float("nan"), "no data"),
        (None, "no data"),
        (np.float64(2.5), "2.5"),
        (float("inf"), "∞"),
        (1e-5, "0.00001"),
        (99.96, "100"),
    ],
)
def test_numbers_can_be_read(value, text):
    assert style.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.45678, "0,457"),
        (-3.5, "\u22123,5"),
        (1987, "1987"),
        (1234567.8, "1\u202f234\u202f568"),
        (None, "sans donnée"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_in_french_have_a_decimal_comma(value, text):
    assert style.number(value, lang="fr") == text
    assert style.number(12345.678, 2, lang="fr") == "12\u202f345,68"


def test_cells_of_a_table_as_text():
    assert style.cell(True) == "yes" and style.cell(np.bool_(False)) == "no"
    assert style.cell(pd.NaT) == style.cell(pd.NA) == style.cell("") == "no data"
    assert style.cell(pd.Timestamp("2024-05-06")) == "2024-05-06"
    assert style.cell(pd.Timestamp("2024-05-06 07:08")) == "2024-05-06 07:08"
    assert style.cell("Chenôve") == "Chenôve" and style.cell(np.int64(2015)) == "2015"


# colours


@pytest.mark.parametrize("kind", ["sequential", "diverging", "categorical"])
def test_palettes_have_as_many_distinct_colours_as_asked(kind):
    for k in range(1, 8):
        colours = charts.palette(k, kind)
        assert len(set(colours)) == k and all(re.fullmatch(r"#[0-9a-fA-F]{6}", c) for c in colours)


def luminance(colour):
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_sequential_colours_darken_steadily_so_that_grey_print_keeps_the_order():
    light = [luminance(c) for c in charts.palette(7)]
    assert all(a > b + 0.02 for a, b in pairwise(light))


def test_more_categories_than_anyone_can_tell_apart_are_refused():
    with pytest.raises(ValueError, match="at most 7"):
        charts.palette(8, "categorical")


# source line


def test_a_synthetic_table_stamps_the_figure():
    fig, _ = charts.figure("Two bars.", data=[table(True)])
    assert "SYNTHETIC SAMPLE: invented data" in texts(fig)
    assert "the kit's invented sample (trees-dijon)" in texts(fig) and "Ville de Dijon" not in texts(fig)


def test_a_real_table_is_named_with_licence_and_date_and_no_stamp():
    fig, _ = charts.figure("Two bars.", data=[table(False)])
    assert "trees-dijon (Ville de Dijon, etalab-2.0, fetched 2026-01-02)" in texts(fig)
    frame = table(False)
    frame.attrs["datakit"]["vintage"] = "2018"  # the year of the data, not the day on which somebody fetched it
    fig, _ = charts.figure("Two bars.", data=[frame])
    assert "trees-dijon (Ville de Dijon, etalab-2.0, 2018)" in texts(fig)
    assert "SYNTHETIC" not in texts(fig)


def test_a_mixture_says_which_part_is_synthetic():
    said = style.sources([table(True, "trees-dijon"), table(False, "communes")])
    assert said.synthetic == "SYNTHETIC SAMPLE: trees-dijon (invented data); the rest is real"
    assert "communes (Ville de Dijon" in said.text


def test_one_dataset_from_two_origins_keeps_its_stamp(cache, tmp_path):
    from datakit.data import mirrors

    mirrors.add(tmp_path / "mirror", "communes", a_real_file(tmp_path))
    sample = datakit.load("communes", "sample")
    real = datakit.load("communes", str(tmp_path / "mirror"))
    for tables in ([sample, real], [real, sample], [pd.DataFrame()]):
        said = style.sources(tables)
        assert said.synthetic == "SYNTHETIC SAMPLE: communes (invented data); the rest is real", tables
        assert "invented sample" in said.text and "communes (" in said.text
    assert style.sources([real]).synthetic == ""
    shown = datakit.provenance()
    assert [r["synthetic"] for r in shown.records()] == [True, False]
    assert "SYNTHETIC SAMPLE for communes:" in shown._repr_html_()


def a_real_file(folder):
    """A file of the communes that is not the sample's."""
    file = folder / "communes.geojson"
    file.write_bytes(datakit.fetch("communes", "sample").read_bytes() + b"\n")
    ledger._used.clear()
    return file


def test_of_thirty_sources_a_figure_names_a_few_and_counts_the_others():
    said = style.sources([table(i % 2 == 0, f"data-{i}") for i in range(30)])
    assert "data-12, data-14, and 7 more, in the provenance table" in said.synthetic
    assert len(said.synthetic) < 180 and len(said.text) < 1000
    assert "data-1 (" in said.text and "data-29" not in said.text


def test_without_provenance_the_figure_says_so():
    assert "not recorded" in style.sources([pd.DataFrame()]).text
    assert style.sources([]).synthetic == ""


def test_a_table_that_lost_its_attributes_keeps_the_stamp_through_the_session(monkeypatch):
    monkeypatch.setattr("datakit.data.provenance._used", {"one": table(True).attrs["datakit"]})
    said = style.sources([pd.DataFrame()])
    assert said.synthetic.startswith("SYNTHETIC SAMPLE") and said.text.startswith("Data loaded in this session")


# figures


def test_a_figure_needs_alt_text():
    with pytest.raises(WrongUse, match="alt text"):
        charts.figure("  ")
    from matplotlib.figure import Figure

    with pytest.raises(WrongUse, match="alt text"):
        charts.show(Figure())


def test_show_gives_a_picture_with_escaped_alt_text(tmp_path):
    fig, ax = charts.figure('Hauteur "médiane" <8 m>', title="Arbres")
    ax.plot([1, 2], [3, 4])
    ax.set(xlabel="year", ylabel="height (m)")
    shown = charts.show(fig)
    page = shown._repr_html_()
    assert 'alt="Hauteur &quot;médiane&quot; &lt;8 m&gt;"' in page
    png = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    assert png.startswith(b"\x89PNG") and shown.save(tmp_path / "a.png").read_bytes() == png
    assert repr(shown) == 'Figure: Hauteur "médiane" <8 m>'


def test_the_same_figure_gives_the_same_bytes():
    def made():
        fig, ax = charts.figure("Line.")
        ax.plot([1, 2])
        ax.set(xlabel="x (m)", ylabel="y (m)")
        return charts.show(fig).png

    assert made() == made()


def test_show_refuses_numbers_without_a_label():
    fig, ax = charts.figure("Line.")
    ax.plot([1, 2], [3, 4])
    ax.set_xlabel("year")
    with pytest.raises(WrongUse, match="the y axis has no label"):
        charts.show(fig)


def test_named_categories_need_no_axis_label_and_empty_panels_none():
    fig, axes = charts.figure("Bars.", ncols=2, size=(9, 4))
    axes[0].barh(["Acer", "Tilia"], [1, 2])
    axes[0].set_xlabel("trees")
    axes[1].axis("off")
    assert charts.show(fig).png


def test_text_under_a_figure_does_not_touch_the_axes():
    long = [table(True, f"a-rather-long-dataset-name-{i}") for i in range(9)]
    title = "A title that is long enough to need more than one line of text, and then some more"
    fig, ax = charts.figure("Line.", title=title, data=long)
    ax.plot([1, 2])
    ax.set(xlabel="x (m)", ylabel="y (m)")
    fig.draw_without_rendering()
    renderer = fig.canvas.get_renderer()
    notes = [t.get_window_extent(renderer) for t in fig.texts if t is not fig._suptitle]
    axis = ax.get_tightbbox(renderer)
    assert len(notes) == 2 and not notes[0].overlaps(notes[1])
    assert max(n.y1 for n in notes) <= axis.y0 + 1
    assert fig._suptitle.get_window_extent(renderer).y0 >= axis.y1 - 1
    assert all(n.x1 <= fig.bbox.width for n in notes)


def test_bars_write_no_data_instead_of_zero():
    frame = table(
        True,
        g=["Acer", "Tilia", "Érable à sucre"],
        n=[8640.0, 12700.0, np.nan],
        lo=[8000, 12000, np.nan],
        hi=[9000, 13000, np.nan],
    )
    fig, ax = charts.bars(
        frame, "n", "g", alt="Bars.", title="Trees", unit="trees", low="lo", high="hi", reference=(9000, "mean")
    )
    said = [t.get_text() for t in ax.texts]
    assert said[:3] == ["8640", "12\u202f700", "no data"] and " mean" in said
    assert ax.get_xlabel() == "trees" and [t.get_text() for t in ax.get_yticklabels()][2] == "Érable à sucre"
    assert charts.show(fig).png
    _, ax = charts.bars(frame, "n", "g", alt="Bars.", title="Trees", unit="trees", top=1)
    assert len(ax.patches) == 1


@pytest.mark.parametrize("reference", [8.4, 8.95, 9.4, 12.0])
def test_no_value_stands_on_the_line_of_reference(reference):
    frame = table(True, g=list("abcdefgh"), n=[9.6, 9.2, 8.9, 8.7, 8.2, 7.9, 7.5, 0.4])
    fig, ax = charts.bars(
        frame, "n", "g", alt="Bars.", title="Share", unit="%", reference=(reference, "all"), size=(6, 4)
    )
    fig.draw_without_rendering()
    line = ax.transData.transform((reference, 0))[0]
    values = [t for t in ax.texts if t.get_text() != " all"]
    assert [t.get_text() for t in values] == ["9.6", "9.2", "8.9", "8.7", "8.2", "7.9", "7.5", "0.4"]
    boxes = [t.get_window_extent() for t in values]
    ends = [ax.transData.transform((n, 0))[0] for n in frame["n"]]
    assert not [b for b in boxes if b.x0 - 1 < line < b.x1 + 1]
    assert all(0 < b.x0 - end < 50 for b, end in zip(boxes, ends, strict=True))  # near their own bar
    assert line < ax.get_window_extent().x1 and max(b.x1 for b in boxes) <= fig.bbox.width


def ticks(ax):
    return [t.get_text() for t in ax.get_xticklabels()], [t.get_text() for t in ax.get_yticklabels()]


def test_ticks_are_written_like_every_other_number():
    fig, axes = charts.figure("Lines.", ncols=2, size=(9, 4))
    axes[0].plot([1990, 2000, 2010, 2020], [0, 80_000, 160_000, -20_000])
    axes[0].set(xlabel="year", ylabel="inhabitants", xticks=[1990, 2000, 2010, 2020])
    axes[1].plot([0, 0.25, 0.5], [1, 2, 3])
    axes[1].set(xlabel="share", ylabel="trees", xticks=[0, 0.25, 0.5], yticks=[1, 2, 3])
    charts.show(fig)
    years, people = ticks(axes[0])
    assert years == ["1990", "2000", "2010", "2020"]
    assert "150\u202f000" in people and "0" in people
    assert ticks(axes[1]) == (["0.00", "0.25", "0.50"], ["1", "2", "3"])


def test_ticks_that_are_no_plain_numbers_are_left_alone():
    fig, axes = charts.figure("Bars.", ncols=3, size=(9, 4))
    axes[0].barh(["Acer", "Tilia"], [1, 2])
    axes[1].plot(pd.to_datetime(["2020-01-01", "2024-01-01"]), [1, 2])
    axes[2].loglog([1, 1000], [1, 1000])
    for ax in axes:
        ax.set(xlabel="x", ylabel="y")
    charts.show(fig)
    assert ticks(axes[0])[1] == ["Acer", "Tilia"] and "2022-01" in ticks(axes[1])[0]
    assert any("10^" in t for t in ticks(axes[2])[0])


def test_a_legend_follows_the_ends_of_its_curves():
    _, ax = charts.figure("Lines.")
    ax.axhspan(0, 1, label="band")
    ax.plot([0, 10], [9, 1], label="falls")
    ax.plot([10, 0], [8, 9], label="drawn from the right")
    ax.plot([0, 5, 10], [0, 5, np.nan], label="stops early")
    said = [t.get_text() for t in charts.legend(ax, loc="upper left").get_texts()]
    assert said == ["drawn from the right", "stops early", "falls", "band"]
    ax.invert_yaxis()
    assert charts.legend(ax).get_texts()[0].get_text() == "falls"


def test_curves_that_end_together_are_told_in_the_order_of_their_heights():
    _, ax = charts.figure("Lines.")
    ax.plot([0, 1, 2], [100, 20, 0.2], label="steep")
    ax.plot([0, 1, 2], [100, 90, 0], label="late")
    ax.plot([0, 1, 2], [100, 80, 30], label="never")
    ax.plot([], [], "x", label="a sign")
    assert [t.get_text() for t in charts.legend(ax).get_texts()] == ["never", "late", "steep", "a sign"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([10.5, 9, 8.04], ["10.5", "9.0", "8.0"]),
        ([12500.4, 3], ["12\u202f500", "3"]),
        ([23, 1], ["23", "1"]),
        ([50.2, 0.02], ["50.2", "0.02"]),
        ([0.5, float("nan")], ["0.5", "no data"]),
        ([0, 0], ["0", "0"]),
    ],
)
def test_values_of_bars_have_the_same_decimals(values, said):
    frame = pd.DataFrame({"v": values, "n": list("abc")[: len(values)]})
    _, ax = charts.bars(frame, "v", "n", title="Bars", unit="m", alt="Bars.")
    assert [t.get_text() for t in ax.texts][: len(said)] == said


def test_figures_work_in_plain_python():
    code = (
        "import sys; from datakit.show import charts; fig, ax = charts.figure('Line.'); ax.plot([1, 2]);"
        "ax.set(xlabel='x (m)', ylabel='y (m)'); print(charts.show(fig));"
        "assert 'IPython' not in sys.modules"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Figure: Line." in out


# classes


def test_quantile_classes_hold_about_as_many_rows_each_and_include_their_upper_limit():
    values = pd.Series(np.random.default_rng(1).lognormal(5, 1, 500))
    got = classify(values, Scale(k=5))
    assert len(got.labels) == 5 and got.missing is None and sum(got.counts) == 500
    assert max(got.counts) - min(got.counts) <= 20
    limits = [float(x.split(" – ")[1].replace("\u202f", "")) for x in got.labels[:-1]]
    for i, limit in enumerate(limits):
        assert (got.index[values.to_numpy() <= limit] <= i).all()
    assert classify(pd.Series([1, 2, 3, 4]), Scale(scheme=[2])).index.tolist() == [0, 0, 1, 1]


def test_limits_are_rounded_for_readers():
    got = classify(pd.Series(np.linspace(0.123456, 987.654321, 1000)), Scale(k=4))
    assert all(len(part.replace("\u202f", "")) <= 5 for label in got.labels for part in label.split(" – "))


def test_missing_values_are_a_class_of_their_own_and_never_zero():
    got = classify(pd.Series([0.0, 1.0, np.nan, 2.0, np.inf]), Scale(k=2))
    assert got.labels[-1] == "no data" and got.counts[got.missing] == 2
    assert got.index[2] == got.missing == got.index[4] and got.index[0] != got.missing
    assert classify(pd.array([1, None, 3], dtype="Int64")).counts[-1] == 1


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_to_classify(values):
    got = classify(pd.Series(values, dtype=float))
    assert got.labels == (["no data"] if values else []) and len(got.colours) == len(got.labels)


def test_a_single_value_is_one_class_named_by_it():
    got = classify(pd.Series([42.0, 42.0]))
    assert got.labels == ["42"] and got.counts == [2]


def test_ties_make_fewer_classes_never_empty_labels():
    got = classify(pd.Series([0] * 90 + list(range(1, 11))), Scale(k=5))
    assert sum(got.counts) == 100 and len(set(got.labels)) == len(got.labels)


def test_diverging_classes_are_symmetric():
    got = classify(pd.Series([-10.0, -1, 0, 1, 4]), Scale(k=5, diverging=True))
    assert got.labels[0].startswith("\u2212") and len(got.colours) == 5
    assert got.index[2] == 2  # zero is in the middle class
    around = classify(pd.Series([90.0, 100, 130]), Scale(k=5, diverging=100))
    assert around.index[1] == 2 and "around 100" in around.note


def test_categories_beyond_seven_are_grouped_and_counted():
    values = pd.Series([f"g{i}" for i in range(10) for _ in range(20 - i)] + [None])
    got = classify(values)
    assert got.labels[7:] == ["other (3)", "no data"] and got.counts[7] == 13 + 12 + 11
    assert got.counts[8] == 1 and len(set(got.colours)) == 9


def test_ordered_categories_and_booleans():
    order = pd.Categorical(["high", "low", "high"], categories=["low", "middle", "high"], ordered=True)
    got = classify(pd.Series(order))
    assert got.labels == ["low", "high"] and luminance(got.colours[0]) > luminance(got.colours[1])
    assert classify(pd.Series([True, False, True])).labels == ["yes", "no"]
    assert classify(pd.Series([True, False, None], dtype="boolean")).labels == ["yes", "no", "no data"]


def test_colours_of_categories_may_be_given():
    got = classify(pd.Series(["a", "b", "c", "a"]), Scale(colours={"b": "#111111", "a": "#222222"}))
    assert got.labels == ["b", "a", "c"] and got.colours[:2] == ["#111111", "#222222"]


@pytest.mark.parametrize("options", [{"k": 1}, {"k": 12}, {"scheme": "jenks?"}])
def test_unknown_schemes_and_unreadable_numbers_of_classes_are_refused(options):
    with pytest.raises(WrongUse):
        classify(pd.Series([1.0, 2, 3]), Scale(**options))


def test_equal_widths():
    got = classify(pd.Series([0.0, 100]), Scale(scheme="equal", k=4))
    assert got.labels == ["0 – 25", "25 – 50", "50 – 75", "75 – 100"]


def test_on_a_phone_a_figure_keeps_a_readable_width_and_scrolls():
    fig, ax = charts.figure("A line", size=(8, 4))
    ax.set_axis_off()
    shown = charts.show(fig)._repr_html_()
    assert "overflow-x:auto" in shown and f"clamp({round(0.7 * 880)}px,100%,880px)" in shown


def test_bars_that_are_not_all_shown_say_so_and_a_title_begins_with_a_capital():
    rows = pd.DataFrame({"n": range(20, 0, -1), "name": [f"place {i}" for i in range(20)]})
    words = {"alt": "Bars", "title": "three trees", "unit": "trees"}
    _, ax = charts.bars(rows, "n", "name", top=5, **words)
    assert ax.get_xlabel() == "trees\nthe first 5 of 20 are shown"
    assert ax.figure.get_suptitle() == "Three trees"
    _, ax = charts.bars(rows, "n", "name", top=20, **words)
    assert ax.get_xlabel() == "trees"


def test_an_interval_without_length_is_no_stroke():
    rows = pd.DataFrame({"n": [3.0, 2.0], "low": [3.0, 1.0], "high": [3.0, 4.0], "name": ["a", "b"]})
    _, ax = charts.bars(rows, "n", "name", alt="Bars", title="Bars", unit="trees", low="low", high="high")
    (drawn,) = [c for c in ax.collections if hasattr(c, "get_segments")]
    lengths = [np.ptp(segment[:, 0]) for segment in drawn.get_segments() if len(segment)]
    assert [length for length in lengths if length > 0] == [3.0]
