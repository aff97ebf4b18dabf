"""Ratings follow from what sources say, and no statement hides where it was read."""

import pandas as pd
import pytest

from datakit.trees import exposure, ratings
from datakit.trees.inventory import taxa
from datakit.vegetation import candidates

FILES = [
    ("allergy", "datakit.trees", {"high", "moderate", "low"}),
    ("drought", "datakit.trees", {"tolerant", "moderate", "sensitive"}),
    ("hosts", "datakit.trees", {"host", "may be", "not host"}),
    ("candidates", "datakit.vegetation", {"tolerant", "moderate", "sensitive"}),
]
# Sites that keep other people's documents, blogs, and interviews that nobody could find again.
COPIES = r"scribd|expydoc|researcher\.life|docplayer|doczz|readkong|yumpu|studylib|blogs\.|blogspot|wordpress|dielinde"


def said(*rows, evidence=True):
    table = pd.DataFrame(rows, columns=["class", "rater", "evidence"])
    table = table.assign(taxon="Acer", word="so it says", read_as="page", address="https://example.org", note="")
    return table if evidence else table.drop(columns="evidence")


def test_what_all_say_is_the_rating_and_what_they_differ_on_is_none():
    agreed = ratings.follow(said(("low", "A", "other"), ("low", "B", "other")), ["low", "high"])
    assert (agreed["rating"], agreed["least"], agreed["most"]) == ("low", "low", "low")
    assert agreed["source"] == "A, https://example.org; B, https://example.org"
    differ = ratings.follow(said(("low", "A", "other"), ("high", "B", "other"), evidence=False), ["low", "high"])
    assert (differ["rating"], differ["least"], differ["most"]) == ("conflicting", "low", "high")
    assert differ["note"] == 'A: "so it says". B: "so it says". Not rated: these sources conflict.'
    silent = ratings.follow(said(("", "A", "study")))
    assert silent["rating"] is None and silent["source"] is None
    assert silent["note"] == 'Not rated. A: "so it says".'


def test_town_trees_go_first_and_the_others_stay_in_sight():
    found = ratings.follow(said(("sensitive", "Town", "study"), ("tolerant", "Forest", "other")))
    assert found["rating"] == "sensitive" and "Forest" not in found["source"]
    assert found["note"] == 'Also read, and not counted: Forest: "so it says".'
    # A study that rates nothing does not silence the others.
    found = ratings.follow(said(("", "Town", "study"), ("tolerant", "Forest", "other")))
    assert found["rating"] == "tolerant"
    assert ratings.follow(said(("sensitive", "A", "study"), ("tolerant", "B", "trial")))["rating"] == "conflicting"


def test_how_it_was_read_is_said():
    row = {"rater": "RNSA", "address": "", "read_as": "copy"}
    assert ratings.cite(row) == "RNSA (read in a copy only)"
    assert ratings.cite(row | {"address": "https://example.org", "read_as": "page"}) == "RNSA, https://example.org"


@pytest.mark.parametrize(("name", "package", "classes"), FILES)
def test_every_statement_says_who_where_and_how(name, package, classes):
    rows = ratings.statements(name, package)
    assert set(rows["class"]) <= classes | {""}
    assert set(rows["read_as"]) <= set(ratings.READ_AS)
    assert rows["rater"].str.len().gt(1).all()
    assert taxa.resolve(rows["taxon"])["taxon"].notna().all()
    assert not rows.duplicated().any()
    counts = rows["class"].ne("") | (rows["low"].ne("") if "low" in rows else False)
    assert rows.loc[counts, "word"].ne("").all()
    # A class needs an address; without one it is of a dated publication, or says that it was read in a copy or in part.
    dated = rows["rater"].str.contains(r"\((?:19|20)\d\d\)")
    open_about_it = rows["read_as"].isin(["copy", "excerpt"])
    assert (rows["address"].str.match(r"https?://\S+\.\S+$") | dated | open_about_it)[counts].all()
    assert (rows["address"].ne("") | rows["address"].eq("") & (dated | open_about_it | ~counts)).all()
    if "evidence" in rows:
        assert set(rows["evidence"]) <= {*ratings.TOWN, "other"}


@pytest.mark.parametrize(("name", "package", "classes"), FILES)
def test_no_site_of_copies_is_given_as_an_address(name, package, classes):
    cells = ratings.statements(name, package).melt()["value"].astype("str")
    assert not cells.str.contains(COPIES, case=False).any()


@pytest.mark.parametrize("name", ["allergy", "drought"])
def test_no_rating_rests_on_a_copy_alone(name):
    for taxon, rows in ratings.statements(name).groupby("taxon"):
        heard = ratings.counted(rows)
        assert heard.empty or (heard["read_as"] != "copy").any(), taxon


def test_a_press_report_alone_calls_nothing_harmful_but_willows():
    """A rating that only the press carries is a weak one: this list may shrink, and not grow unseen."""
    rows = ratings.statements("allergy")
    alone = [t for t, r in rows.groupby("taxon") if len(h := ratings.counted(r)) and h["read_as"].eq("press").all()]
    high = exposure.allergens().set_index("taxon")["potential"].reindex(alone)
    assert set(high[high == "high"].index) <= {"Salix"}


def test_a_candidate_is_rated_as_the_statements_say():
    table = candidates.table()
    own = ratings.statements("candidates", "datakit.vegetation")
    drought, allergy = ratings.statements("drought"), ratings.statements("allergy")
    for taxon, row in table.iterrows():
        genus = taxon.split()[0]
        kin = taxon if (allergy["taxon"] == taxon).any() else genus
        heat = own[(own["taxon"] == taxon) & (own["what"] == "heat")]
        for column, rows in (
            ("drought", drought[drought["taxon"] == taxon]),
            ("heat", heat),
            ("allergy", allergy[allergy["taxon"] == kin]),
        ):
            classes = set(ratings.counted(rows)["class"])
            expected = (
                classes.pop() if len(classes) == 1 else candidates.CONFLICTING if classes else candidates.NOT_RATED
            )
            assert row[column] == expected, (taxon, column)


def test_every_threat_has_hosts_and_every_host_a_threat():
    threats, hosts = ratings.statements("threats"), ratings.statements("hosts")
    assert set(hosts["threat"]) == set(threats["id"]) - {"drought"}
    assert set(hosts["threat"][hosts["class"] == "host"]) == set(hosts["threat"])
