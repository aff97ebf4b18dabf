"""The account of what was used, in French; a program asks the records, whatever language people read."""

import pandas as pd

from datakit.data.provenance import Provenance, banner
from datakit.language import speaking

INVENTED = {"id": "communes", "title": "Communes", "origin": "sample", "origin_kind": "sample", "synthetic": True}
INVENTED |= {"sha256": "ab" * 32, "licence": "CC0-1.0", "rows": 23, "rows_rejected": 1, "retrieved": "2026-05-31"}
REAL = INVENTED | {
    "id": "iris",
    "synthetic": False,
    "origin_kind": "publisher",
    "origin": "publisher",
    "sha256": "c" * 64,
}


def test_the_table_says_in_french_what_is_invented_and_its_records_keep_their_codes():
    said = Provenance([INVENTED, REAL | {"left_out": True, "card": "cards/iris.json"}])
    with speaking("fr"):
        shown, text = said._repr_html_(), repr(said)
    for expected in (
        "\u00c9CHANTILLON INVENT\u00c9\u00a0: tous les chiffres",
        "<caption style='caption-side:top;text-align:left;font-weight:600'>Donn\u00e9es utilis\u00e9es</caption>",
        ">jeu de donn\u00e9es</th>",
        ">mill\u00e9sime</th>",
        ">t\u00e9l\u00e9charg\u00e9 le 31/05/2026</td>",
        ">\u00e9chantillon fourni</td>",
        "iris (d\u2019apr\u00e8s cards/iris.json)",
        "Communes (hors calcul)",
    ):
        assert expected in shown, expected
    assert "jeu de donn\u00e9es" in text and "dataset" not in text
    assert said.records()[0] == INVENTED and list(said.to_frame()) == list(Provenance.COLUMNS)
    with speaking("fr"):
        assert repr(Provenance([])) == "rien n\u2019est encore charg\u00e9"


def test_what_pandas_says_below_a_table_that_it_cuts_is_said_in_french():
    from datakit.data.provenance import _stamped

    table = pd.DataFrame({"a": range(100)})
    assert "<p>100 rows × 1 columns</p>" in _stamped(table)
    with speaking("fr"):
        assert "<p>100 lignes × 1 colonnes</p>" in _stamped(table)


def test_the_sentence_before_figures_of_invented_data():
    with speaking("fr"):
        assert banner([REAL]) == banner([REAL, INVENTED | {"left_out": True}]) == ""
        assert banner([INVENTED, REAL]) == (
            "\u00c9CHANTILLON INVENT\u00c9 pour communes\u00a0: les chiffres qui les utilisent ne disent rien de Dijon."
        )
    assert banner([INVENTED]).startswith("SYNTHETIC SAMPLE: every figure")
