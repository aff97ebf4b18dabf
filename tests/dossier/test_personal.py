"""Personal data is found where it stands, told masked, and digits that are something else are left alone."""

import gzip
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from nbformat import v4
from stdnum.fr import nir

from datakit.data.origins import SAMPLE
from datakit.dossier import packing, personal
from datakit.errors import DatakitError, WrongUse
from tests import dossiers

# Nobody's: a name of no domain, the example of the library of numbers, a birth in a country that is none, and the
# account that the bankers' own examples show.
MAIL = "camille.martin@ville-de-tilleul.fr"
PHONES = (
    "06 12 34 56 78",
    "0612345678",
    "+33 6 12 34 56 78",
    "06.12.34.56.78",
    "0033612345678",
    "+33 (0)6 12 34 56 78",
)
NIR = "185059999999901"[:13]
NIR += nir.calc_check_digits(NIR)
IBAN = "FR76 3000 6000 0112 3456 7890 189"


def kinds(text, people=()):
    return [kind for kind, _start, _end in personal.matches(text, people)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"Écrire à {MAIL}.", personal.MAIL),
        (f"<a href='mailto:{MAIL}'>", personal.MAIL),
        *((f"tél. {phone}", personal.PHONE) for phone in PHONES),
        (f'{{"tel": "{PHONES[1]}"}}', personal.PHONE),
        (f"a;{PHONES[1]};b", personal.PHONE),
        (f"n° {NIR}", personal.NIR),
        (f"{NIR[0]} {NIR[1:3]} {NIR[3:5]} {NIR[5:7]} {NIR[7:10]} {NIR[10:13]} {NIR[13:]}", personal.NIR),
        (IBAN, personal.IBAN),
        (IBAN.replace(" ", ""), personal.IBAN),
    ],
)
def test_personal_data_is_found(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "5.0412345678, 47.0312345678",  # coordinates
        "[5.041, 0.0612345678]",
        "212310101;0101;21231",  # IRIS, département, commune
        "SIRET 21210231300018",
        "81234567890",  # an id of OpenStreetMap
        "2026-05-01T08:00:00+02:00 and 01/03/2026 08:00",
        "sha256:06123456780612345678",
        "a0612345678 id-0612345678-7",
        "leaflet@1.9.4/dist marker@2x.png git+https://git@forge.test/a dijon-portal@arbres.geojson",
        "nom@example.org nobody@machine.invalid",
        "0612345678345",
        "06 12 34 56",
        "06 39 98 00 12",  # the regulator keeps it for films
        NIR[:-1] + str((int(NIR[-1]) + 1) % 10),  # its key is wrong
        "FR76 3000 6000 0112 3456 7890 188",
        f"data:image/png;base64,{'A' * 40}/{PHONES[1]}/",
        "FRLW014E2345600N2345600 200m",
    ],
)
def test_other_digits_and_signs_are_left_alone(text):
    assert not kinds(text)


def test_nothing_is_found_in_the_sample_nor_in_the_kits_own_notebooks():
    for folder, which in ((SAMPLE, "*"), (Path(__file__).parents[2] / "notebooks", "[123]3_*.ipynb")):
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob(which) if path.is_file())
        assert names
        found, _unread = personal.traces(folder, names)
        assert not found, [str(trace) for trace in found]


def test_people_of_the_contact_are_found_however_they_are_written(tmp_path):
    (tmp_path / "contact.toml").write_text(
        f'[contact]\nnames = ["Zoé Lefèvre"]\nemails = ["{MAIL}"]\nphones = ["+32 2 555 12 12"]\n'
        'addresses = ["12, rue du Tilleul", "21000"]\n',
        encoding="utf-8",
    )
    people = personal.contacts(tmp_path)
    for text in (
        "par zoe lefevre",
        "LEFÈVRE Zoé",
        "Zoé-Lefèvre",
        "zoe.lefevre",
        "au 12 rue du Tilleul, Talant",
        "+3225551212",
    ):
        assert kinds(text, people) == [personal.CONTACTED], text
    assert not kinds("Zoé habite rue du Tilleul, 21000 Dijon ; Lefèvres", people)
    (tmp_path / "contact.toml").write_text("[contact\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="TOML"):
        personal.contacts(tmp_path)


def test_it_is_told_where_it_stands_and_never_whole(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "note": ["", f"appeler {PHONES[0]}"], "n": [1, 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", sep=";", index=False)
    (tmp_path / "t.json").write_text(json.dumps([{"id": 1, "note": MAIL}]), encoding="utf-8")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as packed:
        packed.writestr("xl/sharedStrings.xml", f"<si><t>{MAIL}</t></si>")
    shown = v4.new_output("display_data", {"text/html": f"<td>{MAIL}</td>"})
    cell = v4.new_code_cell("x = 1", outputs=[shown])
    (tmp_path / "n.ipynb").write_text(json.dumps(v4.new_notebook(cells=[cell])), encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    names = sorted(path.name for path in tmp_path.iterdir())
    found, unread = personal.traces(tmp_path, names)
    assert sorted((trace.file, trace.where) for trace in found) == [
        ("n.ipynb", "cell 1, its output"),
        ("t.csv", "row 2, column note"),
        ("t.csv", "row 2, column note"),  # packed: it has the name of what is in it
        ("t.json", "line 1, note"),
        ("t.parquet", "row 2, column note"),
        ("t.xlsx/xl/sharedStrings.xml", "line 1"),
    ]
    assert unread == ["picture.png"]
    told = " ".join(map(str, found))
    assert "camille" not in told and "martin" not in told and "34" not in told
    assert "c•••.m•••@v•••-d•••-t•••.f•••" in told and "06•••" in told


def test_it_is_found_however_its_signs_are_escaped(tmp_path):
    (tmp_path / "contact.toml").write_text('[contact]\nnames = ["Zoé Lefèvre"]\n', encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps({"by": "Zoé Lefèvre"}), encoding="utf-8")
    (tmp_path / "b.html").write_text(
        f"<p>06&nbsp;12&nbsp;34&nbsp;56&nbsp;78 {MAIL.replace('@', '&#64;')}", encoding="utf-8"
    )
    found, _unread = personal.traces(tmp_path, ["a.json", "b.html"], personal.contacts(tmp_path))
    assert [trace.kind for trace in found] == [personal.CONTACTED, personal.PHONE, personal.MAIL]


def test_many_are_counted_and_not_listed(tmp_path):
    (tmp_path / "t.csv").write_text("tel\n" + f"{PHONES[1]}\n" * 50, encoding="utf-8")
    found, _unread = personal.traces(tmp_path, ["t.csv"])
    assert len(found) == personal.SHOWN and str(found[-1]).endswith("(and 47 more)")


def test_what_only_a_run_shows_is_found_before_it_is_packed(tmp_path, run_again):
    mine = dossiers.make(tmp_path)
    run_again(lambda name, text: text.replace("habitants", MAIL, 1) if name.endswith(".html") else text)
    with pytest.raises(DatakitError, match="personal data") as caught:
        packing.pack(mine, progress=False)
    assert "report/10_question.html" in str(caught.value) and "martin" not in str(caught.value)
    assert [path.name for path in mine.iterdir() if path.suffix == ".zip" or path.name.startswith(".dossier")] == []
