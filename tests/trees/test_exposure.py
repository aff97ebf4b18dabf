"""Crowns, threats and allergy: small frames counted by hand, known truths found again, sources on every row."""

import warnings

import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.data.cache import DataWarning
from datakit.errors import WrongUse
from datakit.trees import canopy, diversity, exposure, standardise, structure
from datakit.trees.inventory import taxa
from datakit.trees.inventory.suggest import suggest_crosswalk


def trees(taxa, **columns):
    return pd.DataFrame({"taxon": pd.array(taxa, dtype="str"), **columns})


@pytest.fixture(scope="module")
def sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return datakit.load("trees-dijon", "sample")


def allometric(n, seed=0, a=-1.0, b=1.4, sigma=0.3, genus="Acer platanoides"):
    """Trees whose crown area is exp(a + b log dbh + noise)."""
    rng = np.random.default_rng(seed)
    dbh = rng.uniform(8, 90, n)
    area = np.exp(a + b * np.log(dbh) + rng.normal(0, sigma, n))
    return trees([genus] * n, dbh=dbh, diametre_couronne=np.sqrt(4 * area / np.pi)), area


# Names


def test_names_come_from_the_taxon_else_from_genus_and_species_and_codes_are_no_names():
    found = diversity.named(trees(["Platanus x hispanica", "Acer", None, "x Cuprocyparis leylandii"]))
    assert found["genus"].fillna("").tolist() == ["Platanus", "Acer", "", "Cuprocyparis"]
    assert found["species"].fillna("").tolist() == ["Platanus x hispanica", "", "", "Cuprocyparis leylandii"]
    codes = diversity.named(pd.DataFrame({"nom_latin": ["QUERUB", "PINNIGnig"]}))
    assert codes.isna().all(axis=None)


# Crowns


def test_a_measured_crown_is_a_disc():
    found = canopy.crown_area(trees(["Acer"] * 3, diametre_couronne=[4.0, 0.0, 999.0]))
    assert found.area[0] == pytest.approx(4 * np.pi)
    assert found.low[0] == pytest.approx(np.pi / 4 * 3.8**2)
    assert found.high[0] == pytest.approx(np.pi / 4 * 4.2**2)
    assert found.how.tolist() == [canopy.MEASURED, canopy.UNKNOWN, canopy.UNKNOWN]
    assert found.area[1:].isna().all()


def test_without_any_crown_a_declared_ratio_with_a_wide_range():
    found = canopy.crown_area(trees(["Acer", "Acer", None], circonference=[np.pi * 30, 0.0, np.pi * 900]))
    assert found.how.tolist() == [canopy.CHOICE, canopy.UNKNOWN, canopy.UNKNOWN]  # 9 m of trunk is a slip
    assert found.area[0] == pytest.approx(np.pi / 4 * 6**2)  # 20 x 0.3 m
    assert (found.low[0], found.high[0]) == (pytest.approx(np.pi / 4 * 3.75**2), pytest.approx(np.pi / 4 * 9.6**2))


def test_the_allometry_of_an_inventory_is_found_again():
    frame, _ = allometric(4000)
    own, pooled = canopy.allometries(frame)
    assert own["Acer"].coefficients == pytest.approx([-1.0, 1.4], abs=0.1)
    assert own["Acer"].variance == pytest.approx(0.09, rel=0.1)
    assert pooled.coefficients == pytest.approx(own["Acer"].coefficients)
    assert canopy.allometries(frame.head(20)) == ({}, None)


def test_going_back_from_logarithms_is_corrected():
    # Four pairs twice over: the fit is by hand log(area) = 0 + 1 log(dbh), residuals of +-log 2.
    dbh = np.array([10.0, 10.0, 20.0, 20.0] * 10)
    area = dbh * np.array([2.0, 0.5] * 20)
    frame = trees(["Acer"] * 40, dbh=dbh, diametre_couronne=np.sqrt(4 * area / np.pi))
    frame.loc[len(frame)] = ["Acer", 15.0, np.nan]
    frame.loc[1, "dbh"] = frame.loc[1, "dbh"]
    frame = pd.concat([frame, trees(["Acer"], dbh=[15.0], diametre_couronne=[np.sqrt(4 * 15 / np.pi)])])
    fit = canopy.allometries(frame)[0]["Acer"]
    variance = 40 * np.log(2) ** 2 / 39
    assert fit.variance == pytest.approx(variance)
    assert fit.area(np.array([15.0]))[0] == pytest.approx(15 * np.exp(variance / 2))


def test_the_corrected_mean_has_no_bias_and_the_interval_holds_what_it_says():
    frame, area = allometric(6000, seed=1, sigma=0.5)
    hidden = frame.copy()
    hidden.loc[3000:, "diametre_couronne"] = np.nan
    found = canopy.crown_area(hidden)[3000:]
    assert found.how.str.endswith("Acer").all()
    assert found.area.sum() == pytest.approx(area[3000:].sum(), rel=0.04)
    # Left uncorrected the sum would be a factor exp(0.5**2 / 2) = 1.13 too small.
    assert found.area.sum() / np.exp(0.125) < 0.95 * area[3000:].sum()
    within = (found.low <= area[3000:]) & (area[3000:] <= found.high)
    assert within.mean() == pytest.approx(0.95, abs=0.02)


def test_a_rare_genus_has_the_fit_of_all_and_a_wide_trunk_no_fit():
    frame, _ = allometric(200)
    frame.loc[len(frame)] = ["Ginkgo biloba", 40.0, np.nan]
    frame.loc[len(frame)] = ["Acer platanoides", 300.0, np.nan]
    how = canopy.crown_area(frame)["how"]
    assert how.iloc[-2].endswith("all genera")
    assert how.iloc[-1] == canopy.CHOICE


def test_slips_of_unit_do_not_make_the_allometry():
    frame, _ = allometric(500)
    frame.loc[:4, "dbh"] /= 30
    assert canopy.allometries(frame)[1].coefficients[1] == pytest.approx(1.4, abs=0.1)


def test_the_total_does_not_pretend_that_shared_errors_average_out():
    few = trees(["Acer"] * 10, dbh=[30.0] * 10)
    many = trees(["Acer"] * 10_000, dbh=[30.0] * 10_000)
    for frame in (few, many):
        row = canopy.total(frame).loc[0]
        # The declared ratio is one number for all trees: 1.6² either way, however many trees.
        assert row.high / row.area == pytest.approx(1.6**2, rel=0.15)
        assert row.low / row.area == pytest.approx(1.6**-2, rel=0.15)
    # Of a fitted total, each tree's own error does average out; what the coefficients share does not.
    frame, _ = allometric(60, seed=3)
    hidden = trees(["Acer platanoides"] * 20_000, dbh=[40.0] * 20_000)
    row = canopy.total(pd.concat([frame, hidden], ignore_index=True)).loc[0]
    fit = canopy.allometries(frame)[0]["Acer"]
    x = np.array([1, np.log(40)])
    alone = 1.96 * np.sqrt(fit.variance * x @ fit.spread @ x)
    assert np.log(row.high / row.low) / 2 == pytest.approx(alone, rel=0.3)
    assert alone > 10 * 1.96 * np.sqrt(fit.variance / 20_000)


def test_totals_by_group_add_up(sample):
    whole, parts = canopy.total(sample).loc[0], canopy.total(sample, "secteur")
    assert parts.area.sum() == pytest.approx(whole.area)
    assert parts.trees.sum() == whole.trees == len(sample)
    assert parts.known.sum() == whole.known < whole.trees
    assert ((parts.low <= parts.area) & (parts.area <= parts.high)).all()


# Threats


def test_every_threat_says_where_it_comes_from():
    table = exposure.threats()
    assert {"canker-stain", "ash-dieback", "box-tree-moth", "horse-chestnut-leaf-miner", "drought"} <= set(table.id)
    assert table.id.is_unique
    assert table.source.str.len().min() > 15
    assert set(table.kind) == {"disease", "insect", "climate"}
    for host in [host for hosts in table.hosts for host in hosts]:
        assert host == host.strip() and host[0].isupper()
    ratings = exposure.drought_ratings()
    assert ratings.taxon.is_unique
    assert set(ratings.rating.dropna()) == {"sensitive", "tolerant", "conflicting"}
    allergens = exposure.allergens()
    assert allergens.taxon.is_unique
    assert (
        taxa.resolve(allergens.taxon)["taxon"].to_numpy() == allergens.taxon.to_numpy()
    ).all()  # as standardise does
    assert set(allergens.potential.dropna()) == {"high", "moderate", "low", "conflicting"}
    assert (allergens.score.dropna().between(0, 5)).all()


REFERENCE = r"https?://\S+\.\S+|\((?:19|20)\d\d\)"
WEAK = r"scribd|expydoc|researcher\.life|docplayer|doczz|readkong|blogs\.|blogspot|wordpress|dielinde"


def test_every_rating_has_an_address_or_a_reference_and_what_is_not_rated_a_reason():
    for table, rating in ((exposure.drought_ratings(), "rating"), (exposure.allergens(), "potential")):
        rated = table[rating].notna()
        assert table.source[rated].str.contains(REFERENCE).all()
        assert table.source[~rated].eq("").all() and table.note[~rated].str.startswith("Not rated").all()
        conflicting = table[table[rating].eq("conflicting")]
        assert conflicting.note.str.endswith("Not rated.").all() and conflicting.source.str.contains("; ").all()
    threats = exposure.threats()
    assert threats.source[threats.kind != "climate"].str.contains(REFERENCE).all()


@pytest.mark.parametrize("name", ["allergy.csv", "drought.csv", "threats.csv"])
def test_no_weak_carrier_is_cited(name):
    cells = exposure._read(name).melt()["value"]
    assert not cells.str.contains(WEAK, case=False).any()


def test_what_sources_conflict_on_is_not_rated():
    row = exposure.table(trees(["Quercus robur", "Tilia platyphyllos"])).set_index("threat").loc["drought"]
    assert (row.trees, row.maybe) == (0, 2)  # neither tolerant nor sensitive
    frame = trees(["Tilia cordata", "Acer platanoides", "Ligustrum vulgare", "Thuja plicata"])
    assert exposure.allergy(frame).potential.tolist() == [exposure.CONFLICTING] * 2 + ["moderate", "not rated"]
    table = exposure.allergy_table(frame).set_index("potential")
    assert table.trees[exposure.CONFLICTING] == 2 and table.trees["low"] == 0


def test_oak_processionary_and_sooty_bark_have_their_hosts():
    frame = trees(["Quercus robur", "Quercus", "Acer pseudoplatanus", "Acer", "Acer negundo"])
    table = exposure.table(frame).set_index("threat")
    assert (table.trees["oak-processionary"], table.maybe["oak-processionary"]) == (2, 0)
    assert (table.trees["sooty-bark"], table.maybe["sooty-bark"]) == (1, 1)


def test_a_host_is_named_a_maybe_is_not():
    names = diversity.named(trees(["Aesculus hippocastanum", "Aesculus x carnea", "Aesculus", "Acer", None]))
    found = exposure.match(names, ["Aesculus hippocastanum"])
    assert found.tolist() == ["host", "other", "maybe", "other", "maybe"]
    found = exposure.match(names, ["Aesculus"])
    assert found.tolist() == ["host", "host", "host", "other", "maybe"]
    found = exposure.match(names, ["Aesculus hippocastanum"], rated=["Acer"])
    assert found.tolist() == ["host", "maybe", "maybe", "other", "maybe"]  # A. x carnea is not rated


def test_exposure_by_hand():
    frame = trees(
        ["Platanus x hispanica", "Platanus", "Acer campestre", "Tilia cordata", None],
        diametre_couronne=[10.0, 10.0, 10.0, np.nan, 20.0],
    )
    row = exposure.table(frame).set_index("threat").loc["canker-stain"]
    assert (row.trees, row.maybe, row.of) == (2, 1, 5)
    assert (row.share_pct, row.share_high_pct) == (pytest.approx(40), pytest.approx(60))
    # 10, 10, 10 and 20 m of crown: areas as 1, 1, 1, 4.
    assert row.canopy_pct == pytest.approx(100 * 2 / 7)
    assert row.canopy_of == pytest.approx(7 * np.pi * 25)
    assert row.low == pytest.approx(100 * 2 / 7)
    assert row.high == pytest.approx(100 * 6 / 7)
    drought = exposure.table(frame).set_index("threat").loc["drought"]
    assert (drought.trees, drought.maybe) == (1, 2)  # the lime; the tree without a name, and the plane by its genus


@pytest.mark.parametrize("name", ["Platanus x hispanica", "Platanus x acerifolia"])
def test_a_synonym_is_the_same_tree(name):
    row = exposure.table(trees([name])).set_index("threat").loc["drought"]
    assert (row.trees, row.maybe) == (0, 0)  # rated tolerant under either name


def test_lost_trees_are_not_exposed():
    frame = trees(["Platanus"] * 4, statut=pd.array(["standing", "lost", None, "standing"], dtype="str"))
    assert exposure.table(frame).set_index("threat").of["canker-stain"] == 3
    frame = trees(["Platanus"] * 3, etat=pd.array(["EN PLACE", "Abattu", None], dtype="str"))
    assert exposure.table(frame).set_index("threat").of["canker-stain"] == 2


@pytest.mark.parametrize(
    ("columns", "stand"),
    [
        ({"statut": ["standing", "lost", None, "standing"]}, [0, 2, 3]),
        ({"etat": ["EN PLACE", "Abattu", "À abattre", "?"]}, [0, 2, 3]),  # what is condemned stands
        ({"etat": ["Abattu"] * 4}, []),  # nothing is left, though there is no survivor to learn from
        ({"statut": ["standing", None, None, None], "etat": ["Abattu"] * 4}, [0, 1, 2, 3]),  # statut goes first
        ({}, [0, 1, 2, 3]),  # an inventory that speaks of no state
    ],
)
def test_what_stands(columns, stand):
    frame = trees(["Platanus"] * 4, **{name: pd.array(words, dtype="str") for name, words in columns.items()})
    assert exposure.standing(frame).index.tolist() == stand


def test_condemned_trees_of_the_standard_table_stand():
    raw = pd.DataFrame({"lat": [47.3] * 3, "lon": [5.0] * 3, "etat": ["En place", "À abattre", "Abattu"]})
    raw["genre"], raw["id"] = "Acer", ["1", "2", "3"]
    table = standardise(raw, suggest_crosswalk(raw).crosswalk)
    assert exposure.standing(table)["etat"].tolist() == ["En place", "À abattre"]


def test_the_parts_make_the_whole(sample):
    whole = exposure.table(sample, draws=50).set_index("threat")
    parts = exposure.table(sample, "secteur", draws=50)
    for threat, rows in parts.groupby("threat"):
        assert rows.of.sum() == whole.of[threat]
        assert np.average(rows.share_pct, weights=rows.of) == pytest.approx(whole.share_pct[threat])
        hosts = (rows.canopy_pct * rows.canopy_of).sum()  # a sector without a known crown has no share and no weight
        assert hosts / rows.canopy_of.sum() == pytest.approx(whole.canopy_pct[threat])
    assert ((whole.low <= whole.canopy_pct) & (whole.canopy_pct <= whole.high)).all()
    # The sample's plane trees are its largest: a threat to few trees takes much of the canopy.
    assert whole.canopy_pct["canker-stain"] > 1.5 * whole.share_pct["canker-stain"]


def test_an_inventory_without_measures_or_names_says_so():
    row = exposure.table(trees(["Platanus", None])).set_index("threat").loc["canker-stain"]
    assert (row.share_pct, row.share_high_pct) == (pytest.approx(50), pytest.approx(100))
    assert np.isnan(row.canopy_pct) and np.isnan(row.low) and np.isnan(row.high)
    nameless = exposure.table(pd.DataFrame({"x": [1, 2]})).set_index("threat").loc["canker-stain"]
    assert (nameless.trees, nameless.maybe, nameless.share_high_pct) == (0, 2, 100)
    with pytest.raises(WrongUse):
        exposure.table(trees(["Platanus"]), by="quartier")


# Allergy


def test_allergy_of_a_species_goes_before_its_genus_and_unrated_is_not_harmless():
    found = exposure.allergy(
        trees(["Betula pendula", "Acer platanoides", "Acer negundo", "Ginkgo biloba", None, "Carpinus betulus"])
    )
    disputed = exposure.CONFLICTING
    assert found.potential.tolist() == ["high", disputed, "not rated", disputed, "not named", "high"]
    assert found.score[0] == 5 and found.score[1:].isna().all()


def test_allergy_counts_every_tree_once(sample):
    table = exposure.allergy_table(sample)
    assert table.trees.sum() == len(exposure.standing(sample))
    assert table.share_pct.sum() == pytest.approx(100) and table.canopy_pct.sum() == pytest.approx(100)
    parts = exposure.allergy_table(sample, "secteur").groupby("potential").trees.sum()
    assert parts.to_dict() == table.set_index("potential").trees.to_dict()


# Diversity and structure by group


def test_diversity_by_group_compares_on_the_same_number_of_trees():
    big = trees([f"Genus{i} x" for i in "abcd"] * 250).assign(secteur="big")
    small = trees(["Genusa x", "Genusb x"] * 60).assign(secteur="small")
    tiny = trees(["Genusa x"] * 5).assign(secteur="tiny")
    table = diversity.by(pd.concat([big, small, tiny], ignore_index=True), "secteur").set_index("secteur")
    assert (table.n == 60).all()  # half of the smallest group of at least 100
    assert table.named.tolist() == [1000, 120, 5] and table.taxa.tolist() == [4, 2, 1]
    assert table.rarefied["big"] == pytest.approx(diversity.rarefied([250] * 4, 60))
    assert table.simpson["small"] == pytest.approx(2, abs=0.03)
    # Without replacement, 60 of 4 x 250: E[sum p²] = 1/60 + 59/60 x 249/999.
    assert table.simpson["big"] == pytest.approx(1 / (1 / 60 + 59 / 60 * 249 / 999), rel=0.02)
    assert table.shannon_low["big"] < table.shannon["big"] < table.shannon_high["big"] <= 4
    assert table.loc["tiny", ["rarefied", "shannon", "simpson"]].isna().all()  # too few: not compared, not hidden
    assert table.species_pct.tolist() == [25, 50, 100]
    assert table.family_pct.isna().all()
    with pytest.raises(WrongUse):
        diversity.by(big, "commune")
    with pytest.raises(WrongUse):
        diversity.by(pd.DataFrame({"secteur": ["a"]}), "secteur")


def test_diversity_by_group_counts_all_trees(sample):
    table = diversity.by(sample, "secteur", draws=20)
    assert table.trees.sum() == len(sample)
    assert table.named.sum() == diversity.taxon(sample, "species").notna().sum()
    assert table.rarefied.notna().equals(table.named >= table.n)
    table = table[table.rarefied.notna()]
    assert len(table) > 20
    assert ((table.rarefied_low <= table.rarefied) & (table.rarefied <= table.rarefied_high)).all()


def test_structure_by_group():
    frame = pd.DataFrame(
        {"s": ["a"] * 10 + ["b"] * 2, "diametre": [10.0] * 4 + [30] * 3 + [50] * 2 + [70] + [np.nan] * 2}
    )
    table = structure.by(frame, "s").set_index("s")
    assert table.off_pct["a"] == pytest.approx(0) and np.isnan(table.off_pct["b"])
    assert table.measured.tolist() == [10, 0]
    assert structure.by(frame.assign(diametre=10.0), "s").off_pct.tolist() == [60, 60]  # all young: 60 points too many


# Real inventories


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
def test_real_inventories(real_mirror, real_cards, monkeypatch, record_property, capsys):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    for id in ("trees-grenoble", "trees-paris"):
        frame = datakit.load(id, real_mirror)
        table = exposure.table(frame).set_index("threat")
        with capsys.disabled():
            print(f"\n{id}")
            print(
                table[["trees", "maybe", "of", "share_pct", "share_high_pct", "canopy_pct", "low", "high"]]
                .round(1)
                .to_string()
            )
            print(exposure.allergy_table(frame).round(1).to_string(index=False))
        assert (table.of == len(frame)).all()
        # Counted again without the module; the copies hold a few genera only, and no plane.
        genus, species = frame["genre"].str.strip().str.lower(), frame["espece"].str.strip().str.lower()
        assert table.trees["canker-stain"] == (genus == "platanus").sum()
        ash = (genus == "fraxinus") & species.isin(["excelsior", "angustifolia"])
        assert table.trees["ash-dieback"] == ash.sum()
        assert (table.share_pct <= table.share_high_pct).all()
        assert table.canopy_pct.isna().all() == (id == "trees-grenoble")  # nothing is measured there


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
def test_codes_are_resolved_before_exposure_is_counted(real_mirror, real_cards, monkeypatch, capsys):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    raw = datakit.load("trees-saint-quentin", real_mirror)
    assert exposure.table(raw, draws=20).maybe.eq(6645).all()  # codes are no names, and that is said
    frame = standardise(raw)
    table = exposure.table(frame).set_index("threat")
    standing = raw["etat"] == "EN PLACE"
    assert (table.of == standing.sum()).all()
    assert table.trees["canker-stain"] == raw["nom_latin"][standing].str.startswith("PLA").sum()
    # Crowns are not measured there: shares of canopy are known within a factor, and the interval says so.
    assert table.high["canker-stain"] > 3 * table.low["canker-stain"] > 0
    with capsys.disabled():
        print("\ntrees-saint-quentin")
        print(
            table[["trees", "maybe", "share_pct", "share_high_pct", "canopy_pct", "low", "high"]].round(1).to_string()
        )
        print(exposure.allergy_table(frame).round(1).to_string(index=False))
