"""Layers: loaded once, real and invented never together, and nothing falls back without a word."""

import pytest

from datakit.data import layers, provenance
from datakit.data.layers import Layers
from datakit.errors import CannotAnswer, Unreachable, WrongUse
from datakit.language import speaking


@pytest.fixture
def loads(monkeypatch):
    """`datakit.load` whose tables are real, but for the ids in the list that this gives; and what was loaded."""
    invented, asked, true = [], [], layers.load

    def load(id, origins):
        asked.append(id)
        if id in invented or origins == "sample":
            frame = true(id, "sample")
            frame.attrs["datakit"] = {**frame.attrs["datakit"], "synthetic": id in invented}
            return frame
        raise Unreachable(id, "no origin has it", found="a dead server")

    monkeypatch.setattr(layers, "load", load)
    return invented, asked


def test_a_table_is_loaded_once_and_when_asked_for(loads):
    mine = Layers("sample")
    assert loads[1] == []
    assert mine["iris"] is mine["iris"]
    assert sorted(loads[1]) == ["communes", "iris"], "the reference, to know whether both are real"


def test_an_invented_table_is_not_given_beside_a_real_reference(loads):
    loads[0].append("iris")
    with pytest.raises(CannotAnswer, match="iris: is invented in this run, and communes is real") as caught:
        Layers("sample")["iris"]
    assert "rehearsal" in caught.value.next
    assert Layers("sample").get("iris") is None
    assert len(Layers("sample", rehearsal=True)["iris"])
    assert len(Layers("sample", reference="iris")["iris"]), "the reference is what it is"


def test_what_is_loaded_and_left_out_is_stamped_on_nothing(loads, monkeypatch):
    """True figures must not be taken for invented ones because of a table that was refused."""
    used = {}
    monkeypatch.setattr(provenance, "_used", used)
    true = layers.load

    def load(id, origins):  # what `datakit.load` does, with the table said to be real or not
        frame = true(id, origins)
        used[provenance.key(frame.attrs["datakit"])] = dict(frame.attrs["datakit"])
        return frame

    monkeypatch.setattr(layers, "load", load)
    loads[0].append("iris")
    mine = Layers("sample")
    assert mine.get("iris") is None and len(mine["communes-population"])
    said = provenance.provenance()
    assert {r["id"]: r.get("left_out", False) for r in said.records()} == {
        "communes": False,
        "communes-population": False,
        "iris": True,
    }
    assert "role='note'" not in said._repr_html_() and "SYNTHETIC SAMPLE, left out" in repr(said)
    # The same table where it is given, or was used before: stamped.
    assert len(Layers("sample", rehearsal=True)["iris"])
    assert "SYNTHETIC SAMPLE for iris" in provenance.provenance()._repr_html_()
    assert Layers("sample").get("iris") is None
    assert "SYNTHETIC SAMPLE for iris" in provenance.provenance()._repr_html_()


def test_a_real_table_is_not_given_beside_an_invented_reference(loads):
    loads[0].append("communes")
    with pytest.raises(CannotAnswer, match="iris: is real in this run, and communes is invented"):
        Layers("sample")["iris"]
    assert len(Layers("sample", rehearsal=True)["iris"])
    loads[0].append("iris")
    assert len(Layers("sample")["iris"]), "both invented: the result is stamped"


def test_what_no_origin_has_cannot_be_answered_and_is_asked_for_once(loads):
    mine = Layers("publisher")
    loads[0].append("communes")
    for _ in range(2):
        with pytest.raises(CannotAnswer, match="no origin has it") as caught:
            mine["iris"]
    assert caught.value.found == "a dead server"
    assert loads[1].count("iris") == 1


def test_without_the_reference_there_is_nothing(loads):
    with pytest.raises(Unreachable):
        Layers("publisher")["communes"]


def test_a_wrong_origin_is_an_error_not_a_missing_answer():
    with pytest.raises(WrongUse):
        Layers("no-such-place")["communes"]


def test_quality_counts_what_was_set_aside():
    mine = Layers("sample")
    for id in ("trees-dijon", "communes"):
        assert len(mine[id])
    said = mine.quality().set_index("dataset")
    assert list(said.index) == ["trees-dijon", "communes"]
    kept = mine["trees-dijon"]
    assert said.loc["trees-dijon", "rows read"] - said.loc["trees-dijon", "set aside"] == len(kept)
    assert said.loc["trees-dijon", "set aside"] > 0 and ":" in said.loc["trees-dijon", "for example"]


def test_a_fallback_is_said_and_rows_set_aside_are_left_to_the_table_of_quality(capsys, recwarn):
    mine = Layers("http://127.0.0.1:9,sample")
    assert len(mine["trees-dijon"])
    said = capsys.readouterr().out
    why = "http://127.0.0.1:9: the server does not answer; used instead: sample"
    assert said.splitlines() == [f"Note: trees-dijon: {why}", f"Note: communes: {why}"]
    assert [w for w in recwarn if "set aside" in str(w.message)] == []


def test_the_same_is_said_in_french(capsys, recwarn):
    with speaking("fr"):
        assert len(Layers("http://127.0.0.1:9,sample")["trees-dijon"])
    why = "http://127.0.0.1:9\u00a0: le serveur ne répond pas\u202f; utilisé à la place\u00a0: sample"
    assert capsys.readouterr().out.splitlines() == [
        f"Remarque\u00a0: trees-dijon\u00a0: {why}",
        f"Remarque\u00a0: communes\u00a0: {why}",
    ]
    assert not len(recwarn)


def test_a_table_can_be_kept_with_some_of_its_columns(loads):
    mine = Layers("sample")
    rows = len(mine["iris"])
    kept = mine.keep("iris", ["name", "geometry", "no such column"])
    assert list(kept) == ["name", "geometry"] and len(kept) == rows
    assert mine["iris"] is kept and kept.attrs["datakit"]["id"] == "iris"
    loads[0].append("communes-population")
    with pytest.raises(CannotAnswer):
        mine.keep("communes-population", ["commune"])


def test_what_was_used_says_of_which_year_it_is():
    """A day of retrieval where a reader expects the year of the data would be read as that."""
    records = {"a": {"vintage": "2018"}, "b": {}, "c": {"synthetic": True, "vintage": "2018"}}
    common = {"retrieved": "2026-11-25T10:00:00Z", "synthetic": False, "origin": "x", "origin_kind": "mirror"}
    common |= {"sha256": "ab", "licence": "", "title": ""}
    said = provenance.Provenance([{"id": id} | common | own for id, own in records.items()])
    assert said.to_frame()["of"].tolist() == ["2018", "fetched 2026-11-25", ""]
    assert "2026-11-25" in said.records()[0]["retrieved"]
