"""Need beside access: thirds, groups by rule, colours that stay apart, and how far the weights decide."""

import numpy as np
import pandas as pd
import pytest

from datakit.inclusion import gap


def test_thirds_hold_a_third_of_the_people():
    rng = np.random.default_rng(1)
    people = pd.Series(rng.integers(1, 2000, 300).astype(float))
    found = gap.thirds(pd.Series(rng.normal(size=300)), people)
    assert (people.groupby(found).sum() / people.sum()).tolist() == pytest.approx([1 / 3] * 3, abs=0.01)
    tied = gap.thirds(pd.Series([1.0, 1.0, 1.0, np.nan]), pd.Series([1.0, 1, 1, 1]))
    assert tied[:3].min() == tied[:3].max()
    assert tied.isna().tolist() == [False, False, False, True]


def test_nine_classes_and_silence():
    found = gap.bivariate(
        pd.Series([1.0, 2, 3, np.nan]), pd.Series([300.0, 200, 100, 50]), pd.Series([10.0, 10, 10, 10])
    )
    assert found.label.tolist()[:3] == [
        "low need, bad access",
        "middling need, middling access",
        "high need, middling access",
    ]
    assert found.label[3] == gap.UNKNOWN
    assert found.colour[0] == gap.COLOURS[0][2]


# Simulation of complete dichromacy: Machado, Oliveira and Fernandes (2009), A physiologically-based model for
# simulation of color vision deficiency, IEEE Transactions on Visualization and Computer Graphics 15(6), severity 1.0.
EYES = {
    "common": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


@pytest.mark.parametrize("eye", EYES)
def test_the_nine_colours_stay_apart(eye):
    from matplotlib.colors import to_rgb

    def lab(colour):
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        linear = np.clip(EYES[eye] @ linear, 0, 1)
        m = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        xyz = np.array(m) @ linear / np.array([0.95047, 1, 1.08883])
        f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    seen = [lab(c) for row in gap.COLOURS for c in row]
    apart = [np.linalg.norm(a - b) for k, a in enumerate(seen) for b in seen[k + 1 :]]
    assert min(apart) > 14  # several times the difference that an eye can see


def test_groups_by_rule_and_what_they_are_like():
    table = pd.DataFrame(
        {"need": [9.0, 9, 1, 1, np.nan], "minutes": [40.0, 5, 40, 5, 5], "poverty": [30.0, 25, 8, np.nan, 50]}
    )
    people = pd.Series([100.0, 300, 200, 400, 50])
    found = gap.typology(table.need, table.minutes, people, far=20, needy=5)
    assert found.tolist() == ["far and in need", "near, yet in need", "far, less need", "near, less need", gap.UNKNOWN]
    told = gap.describe(found, table, people, {"poverty": "poverty (%)"})
    assert told.people.sum() == 1050
    assert told.people_pct.sum() == pytest.approx(100) and told.people_pct.iloc[0] == pytest.approx(100 * 100 / 1050)
    assert told.loc["far, less need", "poverty (%)"] == 8
    assert np.isnan(told.loc["near, less need", "poverty (%)"])
    assert told["what it says"].str.len().min() > 40


def test_steadiness_tells_the_sure_from_those_the_weights_decide():
    parts = pd.DataFrame({"a": [10.0, 9, 1, 1, 1, 1], "b": [10.0, 1, 9, 1, 1, 1]})
    people = pd.Series([100.0] * 6)
    found = gap.steadiness(parts, people, draws=4000)
    assert found[0] == 1
    assert found[3:].max() == 0
    assert found[1] == pytest.approx(0.5, abs=0.03)  # whoever weighs a more finds area 1, the others area 2
    assert found[1] + found[2] == pytest.approx(1)
    assert gap.steadiness(parts.assign(a=[np.nan, 9, 1, 1, 1, 1]), people, draws=10).isna().sum() == 1


def test_the_square_counts_everybody_who_can_be_counted_once():
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(3)
    score, minutes = pd.Series(rng.normal(size=60)), pd.Series(rng.normal(size=60))
    score[::7] = np.nan
    people = pd.Series(rng.integers(100, 3000, 60).astype(float))
    classes = gap.bivariate(score, minutes, people)
    fig, ax = plt.subplots()
    shown = gap.square(ax, classes, people)
    written = sorted(text.get_text().replace("\u202f", "").replace("\u00a0", "") for text in ax.texts)
    plt.close(fig)
    assert shown.to_numpy().sum() == people[score.notna()].sum()
    high_bad = people[classes["label"] == "high need, bad access"].sum()
    assert shown.loc["high need", "bad access"] == high_bad
    assert written == sorted(f"{n:.0f}" for n in shown.to_numpy().ravel())
