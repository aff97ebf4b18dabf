"""The chapters: true numbers on real data, other parameters, and nothing shown that is hidden."""

import json
import re

from tests.chapters import answers, execute, shipped, value

CHAPTERS = [
    "30_inclusion_digital",
    "31_inclusion_access",
    "32_inclusion_need",
    "33_inclusion_sites",
]


def said(names, origins, **parameters):
    """Chapter -> question -> answer."""
    books = execute(*names, origins=origins, **parameters)
    return {name: answers(book, solutions=False) for name, book in books.items()}


def test_the_chapters_say_true_numbers_on_real_data_or_why_they_cannot(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found = said(CHAPTERS[:2], f"{real_mirror},sample")  # of the others: tests/data/test_real.py
    first = found["30_inclusion_digital"]
    listed, where = (
        first["Are the places where their files say?"],
        first["Where are they, and which communes have none?"],
    )
    expected = {"digital_listed": 69, "france_services_listed": 3, "flagged": 1}
    assert {name: value(listed, name) for name in expected} == expected
    expected = {"all": 23, "inhabitants": 257_193, "digital": 68, "france_services": 3, "france_services_there": 0}
    assert {name: value(where, name) for name in expected} == expected
    assert value(where, "largest") == "Dijon"
    older = first["Where do older people live?"]
    assert older["answered"] and [value(older, name) for name in ("described", "all")] == [8, 23]
    assert 50 < value(older, "covered") < 95, "93 IRIS are not the whole Métropole, and it is said"
    board = found["31_inclusion_access"]["Where can one board with a wheelchair?"]
    assert [value(board, name) for name in ("platforms", "boardable", "of")] == [1080, 215, 543]
    for chapter in found.values():
        for question, answer in chapter.items():
            assert (answer["kind"] == "REAL") if answer["answered"] else answer["why"], question


def test_a_rehearsal_on_real_data_runs_and_says_that_it_is_mixed(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found = said(CHAPTERS[1:3], f"{real_mirror},sample", rehearsal=True)
    far = found["31_inclusion_access"]["Which kind of service are most people far from?"]
    assert far["answered"] and far["kind"] == "MIXED"
    assert (
        "divia-gtfs: this copy of the timetable has no hours"
        in found["31_inclusion_access"]["What do trams and buses add?"]["why"]
    )


def test_the_list_of_the_exercise_is_that_of_the_body_at_the_same_distances():
    found = shipped("32_inclusion_need")
    body, again = found["Which areas should be looked at first?"], found["Is the list the same at other thresholds?"]
    assert value(body, "areas") == value(again, "as_is") >= value(again, "kept")


def test_other_kinds_are_answered_as_far_as_the_data_goes():
    """The first kind is looked into; hours that nobody says are told, and not computed."""
    found = said(CHAPTERS[:4], "sample", kinds=["post", "library"])
    assert found["30_inclusion_digital"]["Where are they, and which communes have none?"]["sentence"].startswith("Post")
    assert "when it is open" in found["30_inclusion_digital"]["When are they open?"]["why"]
    far = found["31_inclusion_access"]["Which kind of service are most people far from?"]
    assert {value(far, "most"), value(far, "least")} == {"Library", "Post office or postal counter"}
    assert "too few kinds" in found["32_inclusion_need"]["Which areas should be looked at first?"]["why"]
    sites = found["33_inclusion_sites"]
    assert "when it is open" in sites["How many hours of help can people count on?"]["why"]
    assert sites["Which sites would bring a place near to most people?"]["answered"]


def test_no_output_shows_a_figure_under_the_threshold():
    """With a threshold that hides half of the IRIS: no table, map or list holds what belongs to a hidden one."""
    told = """
import json
small = here.iris[here.iris["households"] < min_households]
assert len(small) > 40
print(json.dumps({"names": small["name"].tolist(), "codes": small["iris"].tolist(),
                  "shares": small["pop_75_plus_pct"].round(1).tolist(), "listed": first.listed["iris"].tolist()}))
"""
    (book,) = execute("32_inclusion_need", after=[told], min_households=1000).values()
    hidden = json.loads(book.cells[-1].outputs[0].text)
    assert not set(hidden["listed"]) & set(hidden["codes"])
    # What a reader can see: every output, the data inside the maps included.
    outputs = "\n".join(str(o.get("data", o.get("text", ""))) for c in book.cells[:-1] for o in c.get("outputs", []))
    for name, share in zip(hidden["names"], hidden["shares"], strict=True):
        for found in re.finditer(re.escape(name), outputs):
            near = outputs[found.end() : found.end() + 200].split("secteur fictif")[0]
            assert not re.search(rf"\b{share}\b", near), (name, near)
