"""Names of trees: every way of writing them to one taxon, none merged with another, measured on the real files."""

import json
from collections import Counter

import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.trees.inventory import taxa
from datakit.trees.inventory.spelling import Speller, edits, french_key, parse

# Real trees and other plants that the reference does not hold: nothing may take them for a neighbour.
OTHERS = """
Acer circinatum, Acer carpinifolium, Acer cissifolium, Acer glabrum, Acer mono, Acer pictum, Acer spicatum,
Acer velutinum, Acer grandidentatum, Acer maximowiczianum, Aesculus californica, Aesculus chinensis, Aesculus sylvatica,
Abies amabilis, Abies cilicica, Abies firma, Abies fraseri, Abies magnifica, Abies sibirica, Abies veitchii,
Alnus japonica, Alnus serrulata, Alnus maritima, Betula populifolia, Betula nana,
Betula platyphylla, Carpinus caroliniana, Carya glabra, Carya laciniosa, Carya tomentosa, Celtis caucasica,
Celtis laevigata, Celtis tournefortii,
Cercis griffithii, Cercis occidentalis, Cercis racemosa, Cornus racemosa, Cornus capitata, Crataegus mollis,
Crataegus punctata, Crataegus submollis, Eucalyptus citriodora, Eucalyptus glaucescens, Eucalyptus viminalis,
Fraxinus latifolia, Fraxinus nigra, Fraxinus velutina, Fraxinus uhdei, Juglans hindsii, Juniperus recurva,
Juniperus rigida, Juniperus thurifera, Larix gmelinii, Larix laricina, Larix occidentalis, Larix sibirica,
Magnolia macrophylla, Magnolia sieboldii, Magnolia sprengeri, Magnolia virginiana, Malus prunifolia, Malus spectabilis,
Malus toringoides, Malus fusca, Picea jezoensis, Picea meyeri, Picea purpurea, Picea rubens, Picea torano,
Pinus aristata, Pinus armandii, Pinus flexilis, Pinus koraiensis, Pinus lambertiana, Pinus monticola, Pinus patula,
Pinus peuce, Pinus pumila, Pinus pungens, Pinus resinosa, Pinus rigida, Pinus sabiniana, Pinus virginiana,
Populus maximowiczii, Populus tremuloides, Prunus americana, Prunus cerasoides, Prunus japonica, Prunus nigra,
Prunus spinulosa, Prunus tomentosa, Prunus tenella, Pyrus betulifolia, Pyrus cordata, Quercus dentata, Quercus lobata,
Quercus lyrata, Quercus marilandica, Quercus rotundifolia, Quercus stellata, Quercus trojana, Quercus virginiana,
Salix exigua, Salix herbacea, Salix myrsinifolia, Salix nigra, Salix repens, Salix retusa, Sorbus alnifolia,
Sorbus americana, Sorbus sargentiana, Sorbus vilmorinii, Taxus canadensis, Thuja standishii, Tilia chinensis,
Tilia japonica, Tilia mandshurica, Tilia maximowicziana, Tilia miqueliana, Tilia oliveri, Ulmus alata, Ulmus laciniata,
Ulmus rubra, Ulmus thomasii, Viburnum lentago, Zelkova abelicea, Zelkova sinica
"""
PLANTS = [
    "Salvia officinalis",
    "Malva sylvestris",
    "Carica papaya",
    "Prunella vulgaris",
    "Abelia x grandiflora",
    "Pilea pungens",
    "Rubus ulmifolius",
    "Sorbaria sorbifolia",
    "Rosa canina",
    "Ribes nigrum",
    "Cassia fistula",
    "Myrica gale",
    "Olearia x haastii",
    "Hedera helix",
    "Sophora tetraptera",
    "Sabal palmetto",
    "Tilleul",
]
CASES = {
    "Platanus x acerifolia": ("Platanus x acerifolia", "exact"),
    "PLATANUS X ACERIFOLIA": ("Platanus x acerifolia", "exact"),
    "Platanus acerifolia": ("Platanus x acerifolia", "exact"),
    "Platanus xacerifolia": ("Platanus x acerifolia", "exact"),
    "Platanus ×hispanica": ("Platanus x acerifolia", "synonym"),
    "Platanus × hybrida Brot.": ("Platanus x acerifolia", "synonym"),
    "Plantanus acerifolia": ("Platanus x acerifolia", "spelling"),
    "TILIA CORDATA 'Greenspire'": ("Tilia cordata", "exact"),
    "Tilia argentea": ("Tilia tomentosa", "synonym"),
    "Quercus robur L.": ("Quercus robur", "exact"),
    "Quercus pedunculata": ("Quercus robur", "synonym"),
    "Quercus robur f. fastigiata": ("Quercus robur", "exact"),
    "Quercus robur x petraea": ("Quercus", "genus only"),
    "Quercus x robur x petraea": ("Quercus", "genus only"),
    "Quercus robur ou petraea": ("Quercus", "genus only"),
    "Thuja / Cupressus": (None, "unknown"),
    "Zelkova Carpinifolia - K. Koch -": ("Zelkova carpinifolia", "exact"),
    "Acer campestris -  - Royal Ruby": ("Acer campestre", "spelling"),
    "Alnus Glutinosa -": ("Alnus glutinosa", "exact"),
    "Betula sp. -  -": ("Betula", "genus only"),
    "Cedrus libanii": ("Cedrus libani", "spelling"),
    "Abies koreana Siebold et Zucc.": ("Abies koreana", "exact"),
    "Aesculus hippocastanun": ("Aesculus hippocastanum", "spelling"),
    "Aesculus ×carnea": ("Aesculus x carnea", "exact"),
    "Sophora japonica": ("Styphnolobium japonicum", "synonym"),
    "Styphnolobium japonica": ("Styphnolobium japonicum", "spelling"),
    "Acer dasycarpum": ("Acer saccharinum", "synonym"),
    "Acer sp.": ("Acer", "genus only"),
    "Acer": ("Acer", "genus only"),
    "Acer platanoïdes": ("Acer platanoides", "exact"),
    "Picea n. sp.": ("Picea", "genus only"),
    "Picea pungens f. Glauca": ("Picea pungens", "exact"),
    "Cedrus libani atlantica": ("Cedrus atlantica", "synonym"),
    "Cedrus libani subsp. atlantica": ("Cedrus atlantica", "synonym"),
    "Cedrus libani": ("Cedrus libani", "exact"),
    "Prunus pissardii": ("Prunus cerasifera", "synonym"),
    "Prunus cerasifera pissardii": ("Prunus cerasifera", "exact"),
    "Pinus nigra austriaca": ("Pinus nigra", "exact"),
    "Pinus nigra nigra": ("Pinus nigra", "exact"),
    "Pinus silvestris": ("Pinus sylvestris", "spelling"),
    "Robinia pseudacacia": ("Robinia pseudoacacia", "spelling"),
    "x Cupressocyparis leylandii": ("Cupressus x leylandii", "synonym"),
    "Cuprocyparis × leylandii": ("Cupressus x leylandii", "synonym"),
    "Malus 'Evereste'": ("Malus", "genus only"),
    "Crataegus crus-galli": ("Crataegus crus-galli", "exact"),
    "Gingko biloba": ("Ginkgo biloba", "spelling"),
    "BETULA": ("Betula", "genus only"),
    "SALVIA": (None, "unknown"),
    "TILCOR": ("Tilia cordata", "code"),
    "PINNIGnig": ("Pinus nigra", "code"),
    "QUERUB": ("Quercus rubra", "code"),
    "QUEROB": ("Quercus robur", "code"),
    "SOPJAP": ("Styphnolobium japonicum", "code"),
    "PRUCERpis": ("Prunus cerasifera", "code"),
    "": (None, "unknown"),
    "non renseigné": (None, "unknown"),
}


def _others():
    return [each.strip() for each in OTHERS.replace("\n", " ").split(",")]


def test_reference_is_whole_and_consistent():
    table = taxa.reference()
    species = table[table["rank"] == "species"]
    assert len(species) >= 320 and table["taxon"].is_unique
    assert not table.drop(columns=["espece", "autres_fr", "cd_ref"]).isna().any(axis=None)
    assert (species["taxon"] == species["genre"] + " " + species["espece"]).all()
    assert (
        len(table[["genre", "famille"]].drop_duplicates()) == table["genre"].nunique()
        and table["famille"].str.endswith("aceae").all()
    )
    assert set(species["genre"]) == set(table.loc[table["rank"] == "genus", "taxon"])
    assert not species["nom_fr"].duplicated().any() and "Érable champêtre" in set(species["nom_fr"])
    table.loc["Acer campestre", "nom_fr"] = "changed"
    assert taxa.reference().loc["Acer campestre", "nom_fr"] == "Érable champêtre"


def test_codes_of_taxref_are_of_species_and_of_one_only():
    table = taxa.reference()
    coded = table[table["cd_ref"].notna()]
    assert coded["cd_ref"].str.fullmatch(r"[0-9]{5,6}").all() and coded["cd_ref"].is_unique
    assert (coded["rank"] == "species").all()
    assert table.loc["Acer campestre", "cd_ref"] == "79734"
    assert table.loc["Platanus x acerifolia", "cd_ref"] == "114024"  # TAXREF writes x hispanica
    assert pd.isna(table.loc["Quercus robur", "cd_ref"])  # the code that was read is of one of its varieties


def test_synonyms_point_into_the_reference_and_never_name_another_accepted_taxon():
    names, accepted = taxa.synonyms(), taxa.reference().index
    assert names["taxon"].isin(accepted).all() and set(names["kind"]) == {"synonym", "spelling", "form"}
    meant = {}
    for name, taxon in [*zip(accepted, accepted, strict=True), *names[["name", "taxon"]].itertuples(index=False)]:
        meant.setdefault(parse(name).words, set()).add(taxon)
    assert {key: several for key, several in meant.items() if len(several) > 1} == {}


@pytest.mark.parametrize("name", CASES)
def test_ways_of_writing_a_name(name):
    found = taxa.resolve([name]).iloc[0]
    taxon, how = CASES[name]
    assert (None if pd.isna(found["taxon"]) else found["taxon"], found["how"]) == (taxon, how)


def test_answer_follows_the_index_and_carries_what_is_known_of_the_taxon():
    names = pd.Series(["Tilia x vulgaris 'Pallida'", None, "Tilia", "Baobab"], index=[7, 3, 3, 1])
    table = taxa.resolve(names)
    assert list(table.columns) == taxa.COLUMNS and list(table.index) == [7, 3, 3, 1]
    first = table.iloc[0]
    assert list(first) == [
        "Tilia x europaea",
        "Malvaceae",
        "Tilia",
        "x europaea",
        "Pallida",
        "Tilleul commun",
        "Common lime",
        "species",
        "synonym",
    ]
    assert table["how"].tolist()[1:] == ["unknown", "genus only", "unknown"]
    assert table.iloc[2]["nom_fr"] == "Tilleul" and table["espece"].isna().tolist()[1:] == [True] * 3
    assert taxa.resolve(names[:0]).empty and taxa.resolve([None]).iloc[0]["how"] == "unknown"


def test_cultivars_from_the_name_or_from_their_own_column():
    names = [
        "Pyrus communis ''Duchesse d''Angoulême''",
        "Pyrus communis",
        "Acer rubrum",
        "Malus cv. Evereste",
        "Malus",
        "Carpinus  Betulus - L. - Fastigiata",
        "Tilia  Platyphyllos -  - Flamme du Vercors",
        "Betula sp. -  - ",
    ]
    own = ["Other", "''Duchesse d''Angoulême''", "October Glory", None, "", None, None, None]
    found = taxa.resolve(names, own)["cultivar"]
    assert found[:4].tolist() == ["Duchesse d'Angoulême", "Duchesse d'Angoulême", "October Glory", "Evereste"]
    assert found[5:7].tolist() == ["Fastigiata", "Flamme du Vercors"] and found[[4, 7]].isna().all()
    with pytest.raises(WrongUse):
        taxa.resolve(names, own[:2])
    with pytest.raises(WrongUse):
        taxa.resolve("Acer rubrum")


def test_every_accepted_name_resolves_to_itself_in_any_case_and_every_synonym_to_its_taxon():
    names = taxa.reference().index
    for written in (names, names.str.upper(), names.str.replace(" x ", " × "), names.str.replace(" x ", " ")):
        assert taxa.resolve(written)["taxon"].tolist() == names.tolist()
    others = taxa.synonyms()
    assert taxa.resolve(others["name"])["taxon"].tolist() == others["taxon"].tolist()


def test_no_real_taxon_is_mended_into_another():
    """Each species left out in turn: its names must then be unknown, not taken for those of a neighbour."""
    table, others = taxa.reference(), taxa.synonyms()
    speller, merged = Speller(table, others), []
    known, epithets = speller.names, speller.epithets
    real = [*table.index, *others.loc[others["kind"] == "synonym", "name"]]
    for words in filter(lambda words: len(words) > 1, (parse(name).words for name in real)):
        taxon = known[words][0]
        speller.names = {key: found for key, found in known.items() if found[0] != taxon}
        ours = {each: other for each, other in epithets.get(words[0], {}).items() if other != taxon}
        speller.epithets = {**epithets, words[0]: ours}
        found, how = speller.latin(parse(" ".join(words)))
        if how == "spelling":
            merged.append((words, found))
    assert merged == []
    found = taxa.resolve(_others())
    assert found[found["rank"] == "species"].empty, found[found["rank"] == "species"]
    assert (found["taxon"] == [each.split()[0] for each in _others()]).all()
    assert taxa.resolve(PLANTS)["taxon"].isna().all()


def test_one_wrong_letter_is_mended_or_left_but_never_another_species():
    """A letter dropped, doubled, changed and swapped inside each epithet of six letters or more."""
    table = taxa.reference()
    species = table.loc[table["rank"] == "species", "taxon"]
    written, meant = [], []
    for taxon in species:
        genus, _, epithet = taxon.rpartition(" ")
        if len(epithet) >= 6:
            for at in range(1, len(epithet) - 1):
                a, b = epithet[at], epithet[at + 1]
                for middle in (b, a + a + b, "q" + b, b + a):
                    written.append(f"{genus} {epithet[:at]}{middle}{epithet[at + 2 :]}")
                    meant.append(taxon)
    found = taxa.resolve(written)
    named = found["rank"].eq("species")
    wrong = named & found["taxon"].ne(pd.Series(meant))
    share = (named & ~wrong).mean()
    print(f"\n{len(written)} names with one error: {share:.1%} mended, {wrong.mean():.2%} taken for another")
    assert not wrong.any(), found[wrong].assign(written=pd.Series(written)[wrong])
    assert share > 0.95


def test_edit_distance_by_hand():
    assert edits("kitten", "sitting", 5) == 3 and edits("kitten", "sitting", 2) == 3
    assert edits("robur", "robru", 2) == 1 and edits("", "ab", 3) == 2 and edits("same", "same", 0) == 0


def test_codes_are_species_only_when_one_taxon_can_be_meant():
    codes = ["TILCOR", "ACESAC", "PRUSER", "PRUSERkan", "CUP", "MALgol", "CAS", "ACEZZZ", "ZZZZZZ", "BETULA", "SALVIA"]
    found = taxa.resolve(codes)
    assert found["how"].tolist() == [
        "code",
        *["genus only"] * 2,
        "code",
        *["genus only"] * 2,
        "unknown",
        "genus only",
        "unknown",
        "genus only",
        "genus only",
    ]
    assert found["taxon"].tolist()[1:6] == ["Acer", "Prunus", "Prunus serrulata", "Cupressus", "Malus"]
    among_names = taxa.resolve(["Acer rubrum", "Tilia cordata", "Tilia x euchlora", "SALVIA", "TILCOR", "CUP"])
    assert among_names["how"].tolist() == ["exact"] * 3 + ["unknown", "code", "unknown"]
    assert taxa.resolve(["tilcor", "Tilcor"])["taxon"].isna().all()


def test_french_names_only_when_one_taxon_can_be_meant():
    said = {
        "Frêne": "Fraxinus",
        "frene commun": "Fraxinus excelsior",
        "Érables planes": "Acer platanoides",
        "Acacia": None,
        "Orme de Sibérie": None,
        "Robinier, Faux acacia": "Robinia pseudoacacia",
        "Alisier blanc, Alouchier": "Sorbus aria",
        "Arbre aux 40 écus": "Ginkgo biloba",
        "Sapin, Épicéa": None,
        "Cerisier à fleurs": "Prunus",
        "Saule pleureur": "Salix",
        "Olivier": "Olea europaea",
        "": None,
        "PLATANES": "Platanus",
        "Charme": "Carpinus",
        "Réverbère": None,
    }
    found = taxa.from_french(list(said))
    assert [None if pd.isna(each) else each for each in found["taxon"]] == list(said.values())
    assert list(found.columns) == taxa.COLUMNS and found.iloc[1]["nom_en"] == "Common ash"
    assert set(found.loc[found["taxon"].isna(), "how"]) == {"unknown"}
    with pytest.raises(WrongUse):
        taxa.from_french("Frêne")


def test_work_grows_with_the_distinct_names_not_with_the_rows(monkeypatch):
    calls = Counter()
    monkeypatch.setattr(taxa, "parse", lambda text: calls.update([text]) or parse(text))
    names = pd.Series(["Acer rubrum", "Tilia cordatta", None, "Baobab"]).sample(20_000, replace=True, random_state=1)
    table = taxa.resolve(names)
    assert set(calls.values()) == {1} and len(table) == 20_000
    assert (table["taxon"].isna() == names.isin(["Baobab"]) | names.isna()).all()


def _properties(path):
    return pd.DataFrame([each["properties"] for each in json.loads(path.read_text(encoding="utf-8"))["features"]])


@pytest.fixture(scope="module")
def real(shared_data):
    """Latin name and French name of each tree of the real files."""
    grenoble = _properties(shared_data / "trees-grenoble-slim" / "grenoble.geojson")
    paris = _properties(shared_data / "trees-paris-sample" / "les-arbres_sample.geojson")
    older = pd.read_csv(shared_data / "trees-paris-sample" / "les-arbres_2019_extrait.csv", sep=";")
    older.columns = older.columns.str.lower()
    codes = pd.read_csv(shared_data / "trees-saint-quentin" / "Data_Arbre.csv")["fk_nomtech"]
    tables = {"grenoble": grenoble, "paris": paris, "paris-2019": older}
    found = {
        name: pd.DataFrame(
            {"latin": (t["genre"] + " " + t["espece"].fillna("")).str.strip(), "fr": t["libellefrancais"]}
        )
        for name, t in tables.items()
    }
    return {**found, "saint-quentin": pd.DataFrame({"latin": codes, "fr": None})}


def test_share_of_real_trees_whose_taxon_is_known(real):
    print()
    for name, table in real.items():
        found = taxa.resolve(table["latin"])
        known, species = found["taxon"].notna().mean(), found["rank"].eq("species").mean()
        rest = Counter(table["latin"][found["rank"].ne("species")].fillna("(missing)")).most_common(8)
        print(f"{name}: {len(table)} trees, {known:.2%} with a taxon, {species:.2%} with a species; others: {rest}")
        assert known >= 0.97, name
        assert species >= {"saint-quentin": 0.9}.get(name, 0.9), name


def _french(ours, taxon):
    if not isinstance(taxon, str):
        return set()
    first, others = ours.loc[taxon, ["nom_fr", "autres_fr"]]
    return {french_key(each) for each in [first, *(others.split("|") if isinstance(others, str) else ())]}


def test_agreement_with_the_french_names_of_the_real_files(real):
    pairs = pd.concat([table for name, table in real.items() if name != "saint-quentin"]).dropna()
    pairs = pairs.value_counts(["latin", "fr"]).rename("trees").reset_index()
    found, ours = taxa.resolve(pairs["latin"]), taxa.reference()
    agree = []
    for text, (taxon, genus) in zip(pairs["fr"], found[["taxon", "genre"]].itertuples(index=False), strict=True):
        theirs = {french_key(part) for part in text.split(",")}
        words = [_french(ours, each) for each in (taxon, genus)]
        agree.append("taxon" if theirs & words[0] else "genus" if theirs & words[1] else "no")
    pairs["agree"] = agree
    share, trees = (
        (pairs["agree"] != "no").mean(),
        pairs.loc[pairs["agree"] != "no", "trees"].sum() / pairs["trees"].sum(),
    )
    same = (pairs["agree"] == "taxon").mean()
    print(
        f"\n{len(pairs)} pairs: {share:.1%} agree ({same:.1%} on the taxon, others on its genus), {trees:.1%} of trees"
    )
    print(pairs[pairs["agree"] == "no"].head(12).to_string(index=False))
    assert share >= 0.9 and trees >= 0.97
    back = taxa.from_french(pairs["fr"])
    wrong = back["genre"].notna() & found["genre"].notna() & (back["genre"] != found["genre"])
    print(f"French to genus: {back['genre'].notna().mean():.1%} of pairs answered, {wrong.sum()} wrong")
    print(pairs[wrong].to_string(index=False))
    assert wrong.mean() <= 0.03


def test_codes_of_the_real_file_are_species_genera_or_reported(real):
    codes = real["saint-quentin"]["latin"].dropna().value_counts()
    found = taxa.resolve(codes.index)
    how = found["how"].value_counts().to_dict()
    print(
        f"\n{len(codes)} codes: {how}; genus only: {codes.index[found['how'] == 'genus only'].tolist()}; "
        f"unknown: {codes.index[found['how'] == 'unknown'].tolist()}"
    )
    assert set(how) <= {"code", "genus only", "unknown"} and how["code"] >= 0.75 * len(codes)
    named = found["how"] == "code"
    for code, taxon in zip(codes.index[named], found.loc[named, "taxon"], strict=True):
        ways = [taxon, *taxa.synonyms().query("taxon == @taxon")["name"]]
        assert any("".join(w[:3] for w in parse(way).words[:2]).upper() == code[:6] for way in ways), (code, taxon)
