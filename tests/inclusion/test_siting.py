"""The best sites against every combination tried one by one, and gains counted by hand."""

import subprocess
import sys
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.inclusion import siting


def town(seed, areas=25, candidates=7):
    rng = np.random.default_rng(seed)
    home, site = rng.uniform(0, 5000, (areas, 2)), rng.uniform(0, 5000, (candidates, 2))
    cost = np.hypot(*(home[:, None] - site[None]).transpose(2, 0, 1))
    between = np.hypot(*(site[:, None] - site[None]).transpose(2, 0, 1))
    return cost, between, rng.integers(0, 900, areas).astype(float), rng.uniform(200, 4000, areas)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 2, 3])
def test_nobody_finds_sites_that_reach_more(seed, k):
    cost, _, people, present = town(seed)
    cost[seed, 2] = np.nan

    def reached(sites):
        return people[(np.nan_to_num(cost[:, list(sites)], nan=9e9).min(axis=1) <= 1000) & ~(present <= 1000)].sum()

    found = siting.best_sites(cost, people, k, limit=1000, present=present)
    assert len(found) == k
    assert reached(found) == max(map(reached, combinations(range(7), k)))
    assert siting.gain(cost, found, pd.DataFrame({"all": people}), limit=1000, present=present).newly[0] == reached(
        found
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 2])
def test_nobody_finds_sites_that_are_nearer(seed, k):
    cost, _, people, present = town(seed)

    def way(sites):
        return (people * np.minimum(cost[:, list(sites)].min(axis=1), present)).sum()

    found = siting.best_sites(cost, people, k, goal="distance", present=present)
    assert len(found) == k
    assert way(found) == pytest.approx(min(map(way, combinations(range(7), k))))


def test_people_who_have_a_service_do_not_pull_a_second_one():
    cost = np.array([[100.0, 5000.0], [5000.0, 100.0]])
    people = np.array([900.0, 300.0])
    assert siting.best_sites(cost, people, limit=500) == [0]
    assert siting.best_sites(cost, people, limit=500, present=[50.0, 9000.0]) == [1]
    assert siting.best_sites(cost, people, goal="distance", present=[50.0, 9000.0]) == [1]


def test_when_everybody_is_served_the_answer_is_still_a_site():
    cost = np.array([[100.0, 5000.0], [5000.0, 100.0]])
    assert siting.best_sites(cost, [10.0, 20.0], limit=500, present=[1.0, 1.0]) == [1]


def test_gains_by_group_by_hand():
    cost = np.array([[100.0, 900.0], [900.0, 100.0], [np.nan, 300.0], [400.0, 400.0]])
    groups = pd.DataFrame({"all": [100, 200, 50, 10], "old": [10, 5, 20, np.nan]})
    found = siting.gain(cost, [1], groups, limit=350, present=[100.0, 2000.0, np.nan, 999.0]).set_index("group")
    assert found.loc["all"].tolist() == pytest.approx([100 * 100 / 360, 100 * 350 / 360, 250, 360])
    assert found.loc["old"].tolist() == pytest.approx([100 * 10 / 35, 100, 25, 35])


@pytest.mark.parametrize("stops", [1, 2, 4, 6])
def test_a_round_is_the_shortest_through_its_stops(stops):
    cost, between, people, present = town(9)
    found = siting.weekly_round(cost, between, people, stops, limit=1200, present=present)
    assert found.day.tolist() == list(range(1, stops + 1))
    sites = found.site.tolist()

    def length(order):
        return sum(between[a, b] for a, b in zip(order, [*order[1:], order[0]], strict=True))

    assert found.way.sum() == pytest.approx(min(map(length, permutations(sites))))
    newly = people[(cost[:, sites].min(axis=1) <= 1200) & ~(present <= 1200)].sum()
    assert found.newly.sum() == pytest.approx(newly)


def test_a_week_has_seven_days():
    cost, between, people, _ = town(2, candidates=9)
    assert siting.weekly_round(cost, between, people, 7, limit=1200).day.tolist() == list(range(1, 8))
    with pytest.raises(WrongUse, match="a week") as error:
        siting.weekly_round(cost, between, people, 8, limit=1200)
    assert (error.value.expected, error.value.found) == ("1 to 7", "8")


def test_sites_are_best_without_any_solver_to_install():
    """PuLP's fourth major took its solver away, and spopt with it: this needs scipy only."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "import sys; sys.modules['pulp'] = sys.modules['spopt'] = None\n"
            "from datakit.inclusion import siting\n"
            "print(siting.best_sites([[100.0, 5000.0], [5000.0, 100.0]], [9.0, 3.0], limit=500),"
            " siting.best_sites([[100.0, 5000.0], [5000.0, 100.0]], [9.0, 30.0], goal='distance'))",
        ],
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("[0] [1]\n", "")


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"k": 9}, {"goal": "fame"}, {"limit": None}, {"people": np.ones(3)}, {"people": -np.ones(25)}]
)
def test_wrong_questions_are_refused(wrong):
    cost, _, people, _ = town(1)
    given = {"people": people, "k": 1, "limit": 1000} | wrong
    with pytest.raises(WrongUse):
        siting.best_sites(cost, given.pop("people"), given.pop("k"), **given)
