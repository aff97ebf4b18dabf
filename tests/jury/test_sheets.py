"""A juror's sheet says what the dossier and its second run say, in words, on one page of A4, whatever a team wrote."""

import dataclasses
import json
import re
import zipfile

import browser
import pytest
from bs4 import BeautifulSoup

from datakit.cli import main
from datakit.errors import WrongUse
from datakit.jury import entries, sheets, verdicts
from datakit.settings import Criterion, challenge
from tests.jury import invented

A4 = (595, 842)
HOSTILE = "</p><script>alert(1)</script><a href='https://example.org'>x</a><img src=x onerror=alert(1)>{{ 7*7 }}"


def shown(folder, *paths, lang="en"):
    file = sheets.write(entries.collect(paths), challenge(), folder, lang)[0]
    return file.read_text(encoding="utf-8")


def words(html):
    return " ".join(BeautifulSoup(html, "html.parser").body.get_text(" ").split())


def test_a_sheet_says_what_a_juror_needs(tmp_path):
    file = invented.dossier(tmp_path)
    invented.verdict(tmp_path / "verdicts", file=file)
    said = words(shown(tmp_path / "out", file, tmp_path / "verdicts", lang="fr"))
    for key in ("title", "team", "question", "sentence", "cannot_say", "benefit"):
        assert " ".join(invented.TEXTS[key].split()) in said, key
    for text in (
        "Thème : arbres",
        "DONNÉES INVENTÉES",
        "Reproduit",
        "3 réponses : 3 identiques.",
        "2 autres réponses dans le dossier",
        "6 mois ; secteurs : Quetigny ; en comparaison : Chenôve",
        *(one.name for one in challenge().criteria),
        "30 %",
    ):
        assert " ".join(text.split()) in said, text
    assert said.count("doit baisser") == 2


def test_areas_are_named_where_a_dataset_of_the_dossier_names_them(tmp_path):
    texts = {key: json.dumps(value, ensure_ascii=False) for key, value in invented.TEXTS.items()}
    form = invented.FORM.format(**texts).replace('["Quetigny"]', '["21515", "99999"]').replace("Chenôve", "21166")
    file = invented.dossier(tmp_path, form=form)
    assert "areas: 21515, 99999; compared with: 21166" in words(shown(tmp_path / "codes", file))
    file = invented.dossier(tmp_path, form=form.replace('["trees-dijon"]', '["trees-dijon", "communes-population"]'))
    said = words(shown(tmp_path / "names", file))
    assert "areas: Quetigny (21515), 99999; compared with: Chenôve (21166)" in said
    form = form.replace(
        '["21166"]', '["21166", "21171", "21278", "21452"]'
    )  # no room for names: none of the places is lost
    file = invented.dossier(tmp_path, form=form.replace('["trees-dijon"]', '["communes"]'))
    assert "areas: 21515, 99999; compared with: 21166, 21171, 21278, 21452" in words(shown(tmp_path / "many", file))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (
            verdicts.CLOSE,
            ["Reproduced, within tolerance", "2 the same, 1 within tolerance", "“found”: 62 trees"],
        ),
        (verdicts.DIFFERENT, ["Not reproduced", "2 the same, 1 different", "58.5 trees here"]),
        (verdicts.CANNOT, ["Cannot be run again", "2 the same, 1 not to be had"]),
        (verdicts.REFUSED, ["Refused", "Le fichier data.lock manque."]),
    ],
)
def test_the_verdict_is_said_in_words(tmp_path, status, told):
    file = invented.dossier(tmp_path)
    invented.verdict(tmp_path / "verdicts", status=status, file=file, late=True)
    said = words(shown(tmp_path / "out", file, tmp_path / "verdicts"))
    for text in (*told, "after the deadline"):
        assert text in said


def test_other_cells_that_differ_are_not_called_other_figures(tmp_path):
    file = invented.dossier(tmp_path)
    cells = [{"notebook": "10_tour", "cell": 7, "packed": "a", "again": "b"}]
    invented.verdict(tmp_path / "v", file=file)
    one = verdicts.read(tmp_path / "v" / "equipe")
    dataclasses.replace(one, status=verdicts.DIFFERENT, cells=cells).write(tmp_path / "v" / "equipe")
    said = words(shown(tmp_path / "out", file, tmp_path / "v"))
    assert "Its answers came out again, but" in said and "cell 7 of the notebook 10_tour" in said
    assert "other figures" not in said


def test_the_folder_of_verdicts_is_enough(tmp_path):
    """What verify leaves has a copy of the form, the packed sentences and the report of the second run."""
    file = invented.dossier(tmp_path)
    folder = invented.verdict(tmp_path / "v", file=file, status=verdicts.DIFFERENT)
    answer, output = invented.answer(invented.TEXTS, sentence="Un autre chiffre.")
    packed = verdicts.AnswerVerdict(
        "10_tour", answer["id"], answer["question"], "Ce qui était dit.", verdicts.DIFFERENT
    )
    dataclasses.replace(verdicts.read(folder), answers=[packed]).write(folder)
    with zipfile.ZipFile(file) as opened:
        opened.extract("dossier.toml", folder)
    (folder / "report").mkdir()
    (folder / "report/results.json").write_text(json.dumps({"10_tour": [answer]}), encoding="utf-8")
    (folder / "report/10_tour.ipynb").write_text(json.dumps({"cells": [{"outputs": [output]}]}), encoding="utf-8")
    page = shown(tmp_path / "out", tmp_path / "v")
    said = words(page)
    assert invented.TEXTS["benefit"] in said and "Ce qui était dit." in said and "Un autre chiffre" not in said
    assert "INVENTED DATA" in said and "data:image/png" in page


def test_a_dossier_without_a_picture_shows_its_other_answers(tmp_path):
    file = invented.dossier(tmp_path, image=b"", others=2)
    assert "Its other answers" in words(shown(tmp_path / "out", file))
    assert "Its other answers" not in words(shown(tmp_path / "other", invented.dossier(tmp_path, "b")))


def test_a_picture_of_another_answer_says_what_it_shows_and_is_as_real_as_the_first(tmp_path):
    real = [{"id": "communes", "title": "Communes", "synthetic": False}]
    for data, there in ((None, True), (real, False)):
        other = invented.answer(invented.TEXTS, data=data, id="map", sentence="La carte inventée en a 7.")
        file = invented.dossier(tmp_path, f"b{there}", image=b"", others=0, beside=[other])
        page = shown(tmp_path / f"out{there}", file)
        assert ("<img" in page) is there and ("No picture goes with this answer." in words(page)) is not there
        assert "La carte inventée en a 7." in words(page)


def test_a_dossier_that_nobody_ran_again_says_so(tmp_path):
    said = words(shown(tmp_path / "out", invented.dossier(tmp_path)))
    assert "Not run again yet" in said
    assert "By the team’s own record." in said


def test_the_jurys_own_run_says_whether_the_data_is_real(tmp_path):
    """A team's record may say what it likes of its data: what was loaded on the jury's machine counts."""
    real = [{"id": "trees-dijon", "title": "Trees", "attribution": "A town", "vintage": "2026", "synthetic": False}]
    file = invented.dossier(tmp_path, data=real)
    folder = invented.verdict(tmp_path / "verdicts", file=file)
    assert "REAL DATA" in words(shown(tmp_path / "out", file))
    (folder / "report").mkdir()
    own, _ = invented.answer(invented.TEXTS, data=[*real, {"title": "Invented trees", "synthetic": True}])
    (folder / "report/results.json").write_text(json.dumps({"10_tour": [own]}), encoding="utf-8")
    said = words(shown(tmp_path / "out", file, tmp_path / "verdicts"))
    assert "PARTLY INVENTED DATA" in said and "Invented trees: invented" in said
    assert "Trees, A town, 2026" in said
    assert "By the team’s own record." not in said


def test_nothing_that_a_stranger_wrote_runs_or_leads_away(tmp_path):
    texts = dict.fromkeys(invented.TEXTS, HOSTILE)
    file = invented.dossier(tmp_path, data=[{"title": HOSTILE, "attribution": HOSTILE}], **texts)
    invented.verdict(tmp_path / "verdicts", status=verdicts.CANNOT, file=file, why=[HOSTILE], title=HOSTILE)
    page = BeautifulSoup(shown(tmp_path / "out", file, tmp_path / "verdicts"), "html.parser")
    assert not page.find_all(["script", "a", "iframe", "link", "object", "form"])
    assert all(one["src"].startswith("data:image/png;base64,") for one in page.find_all("img"))
    assert not [one for one in page.find_all(True) if any(name.startswith("on") for name in one.attrs)]
    assert "{{ 7*7 }}" in page.get_text()
    assert "default-src 'none'" in str(page.head)


@pytest.mark.parametrize(
    "form",
    [
        "",
        "dossier = 3",
        "[dossier]\ntitle = 3",
        "not TOML",
        "[dossier]\ndata = 3",
        "[[indicators]]\nid = 1",
        "indicators = 3",
    ],
)
def test_a_form_that_cannot_be_read_leaves_a_sheet_all_the_same(tmp_path, form):
    file = invented.dossier(tmp_path, form=form)
    assert invented.TEXTS["sentence"][:40] in shown(tmp_path / "out", file, lang="fr")


@pytest.mark.parametrize("results", ["", "[]", '{"a": 3, "b": [4, {"answered": true, "sentence": 3}]}', "[" * 100_000])
def test_results_that_are_none_are_left_out(tmp_path, results):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as packed:
        packed.writestr("report/results.json", results)
        packed.writestr("report/b.ipynb", '{"cells": [{"outputs": [3]}]}')
    assert "odd" in shown(tmp_path / "out", tmp_path / "odd.zip")


def test_a_file_that_is_no_zip_has_a_sheet_with_its_verdict(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    invented.verdict(tmp_path / "v", "broken", verdicts.REFUSED, tmp_path / "broken.zip")
    assert "Refused" in shown(tmp_path / "out", tmp_path, tmp_path / "v")


def test_a_zip_that_was_refused_is_not_opened_once_more(tmp_path, monkeypatch):
    file = invented.dossier(tmp_path)
    invented.verdict(tmp_path / "v", status=verdicts.REFUSED, file=file)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    said = words(shown(tmp_path / "out", file, tmp_path / "v"))
    assert "Dossier inventé equipe" in said and "Refused" in said and invented.TEXTS["benefit"] not in said


def test_a_zip_and_a_verdict_that_are_not_of_each_other_are_told(tmp_path):
    file = invented.dossier(tmp_path)
    invented.verdict(tmp_path / "verdicts")
    with pytest.raises(WrongUse, match="another zip"):
        entries.collect([file, tmp_path / "verdicts"])
    (tmp_path / "b").mkdir()
    with pytest.raises(WrongUse, match="two dossiers have this name"):
        entries.collect([file, invented.dossier(tmp_path / "b")])
    with pytest.raises(WrongUse, match="no dossier is here"):
        entries.collect([empty(tmp_path)])
    with pytest.raises(WrongUse, match="no such file"):
        entries.collect([tmp_path / "nowhere"])


def empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


def test_a_member_is_not_read_beyond_its_limit(tmp_path, monkeypatch):
    file = invented.dossier(tmp_path)
    monkeypatch.setattr(entries, "RESULTS_BYTES", 100)
    assert entries.collect([file])[0].answers == []


def test_the_answer_shown_is_that_of_the_question_else_of_the_first_indicator(tmp_path):
    entry = entries.collect([invented.dossier(tmp_path, others=0)])[0]
    [one] = entry.answers
    other = {**one, "id": "other", "question": "Autre ?"}
    assert dataclasses.replace(entry, answers=[other, one]).main() is one
    form = dataclasses.replace(entry.form, question="Une question que nul carnet ne pose ?")
    assert dataclasses.replace(entry, answers=[other, one], form=form).main() is one  # of the indicator
    assert dataclasses.replace(entry, answers=[other, one], form=None).main() is other


def test_the_command_speaks_the_challenges_language(tmp_path, capsys):
    file = invented.dossier(tmp_path)
    assert main(["jury", "sheet", str(file), "--output", str(tmp_path / "fr")]) == 0
    assert "1 dossier" in capsys.readouterr().out
    assert (tmp_path / "fr/sheets/equipe.html").read_text(encoding="utf-8").count("Ce que la ville y gagne") == 1
    assert main(["jury", "sheet", str(file), "--output", str(tmp_path / "en"), "--lang", "en"]) == 0
    one = tmp_path / "one.html"  # a file that is asked for is a file
    assert main(["jury", "sheet", str(file), "--output", str(one)]) == 0
    assert one.read_text() == (tmp_path / "fr" / sheets.ALL).read_text()
    assert "What the city gets" in (tmp_path / "en/sheets.html").read_text(encoding="utf-8")


LONG = "Longtemps les arbres de la place Wilson, plantés en 2019 sans arrosage, ont tenu bon malgré tout. " * 60
CASES = {
    "usual": {},
    "long": dict.fromkeys(invented.TEXTS, LONG) | {"indicators": 9, "others": 30, "image": invented.png(900, 2600)},
    "wide": dict.fromkeys(invented.TEXTS, "W" * 900) | {"indicators": 4, "image": invented.png(2600, 400)},
    "no picture": dict.fromkeys(invented.TEXTS, "W" * 900) | {"image": b"", "others": 9},
    "empty": dict.fromkeys(invented.TEXTS, "") | {"indicators": 0, "others": 0, "image": b"", "data": []},
}
PARTS = ".sheet, .upper, .body, .left, .right, .more, .pair, .marks, .sheet footer"
OVER = """all => all.filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
  .map((e) => `${e.className || e.tagName}: ${e.scrollHeight} > ${e.clientHeight}`)"""


@pytest.mark.browser
@pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or "")
@pytest.mark.parametrize("many", [False, True], ids=["four criteria", "fourteen criteria"])
def test_each_sheet_is_one_page_of_a4_and_nothing_stands_out_of_it(tmp_path, running, many):
    from tests.run.test_axe_browser import violations

    for name, texts in CASES.items():
        file = invented.dossier(tmp_path, name, **texts)
        why = [texts.get("title", "")] * 4 if texts.get("title") else []
        invented.verdict(tmp_path / "v", name, verdicts.DIFFERENT, file, why=why, late=True)
    rules = challenge()
    if many:
        rules = dataclasses.replace(rules, criteria=tuple(Criterion(f"c{i}", LONG, 1) for i in range(14)), title=LONG)
    files = sheets.write(entries.collect([tmp_path, tmp_path / "v"]), rules, tmp_path / "out", "fr")
    opened = browser.Page(running, 794, 1123)
    for file in files:
        opened.page.goto(file.as_uri())
        pdf = opened.page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == (len(CASES) if file.name == sheets.ALL else 1), file.name
        box = [float(side) for side in re.search(rb"/MediaBox\s*\[([^]]+)\]", pdf)[1].split()]
        assert box == pytest.approx([0, 0, *A4], abs=1)
    opened.page.goto(files[0].as_uri())
    opened.page.emulate_media(media="print")
    assert opened.page.locator(PARTS).evaluate_all(OVER) == []
    cut = opened.page.locator("[aria-label=long] h1").evaluate("e => e.textContent.trim().endsWith('…')")
    assert cut and not opened.asked and not opened.complaints
    opened.page.emulate_media(media="screen")
    opened.page.set_viewport_size({"width": 390, "height": 844})
    serious, _rest = violations(opened.page)
    assert not serious, "\n".join(serious)
    assert opened.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    opened.close()
