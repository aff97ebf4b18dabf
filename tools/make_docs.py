"""Write ``docs/data.md``, the dictionary of every dataset and column, from the data cards: ``make docs``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.cards import PACKAGED, Catalog, read_card  # noqa: E402

INTRO = """\
# Datasets and columns

*Made from the data cards in `datakit/catalog/` by `make docs`: change the cards, not this page.*

`datakit.load("ID")` returns these columns, in these units; tables with a geometry come in EPSG:2154 (metres).
*Libellé* is the label in French. *Published as* is the header in the publisher's file. An address that is not
checked has not been seen to answer by the makers of the kit.

*Les colonnes que rend `datakit.load`, avec leurs unités et leurs libellés en français ; « published as » est l'en-tête
du fichier du producteur ; une adresse « not checked » n'a pas été vue répondre.*
"""


def cell(value):
    """Text that fits into one cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def rules(field):
    """What a value must satisfy, in words short enough for a table."""
    said = []
    for name, value in field.constraints.items():
        if name in ("required", "unique"):
            said += [name] if value else []
        elif name == "minimum":
            said.append(f"at least {value}")
        elif name == "maximum":
            said.append(f"at most {value}")
        elif name == "enum":
            said.append("one of " + ", ".join(map(str, value)))
        elif name == "pattern":
            said.append(f"like `{value}`")
        else:
            said.append(f"{name} {value}")
    return "; ".join(said + (["may be absent"] if field.optional else []))


def section(card):
    """The Markdown of one card."""
    lines = [f"### `{card.id}`", "", f"**{card.title}** · *{card.title_fr}*", ""]
    lines += [" ".join(card.description.split()), "", f"*{' '.join(card.description_fr.split())}*", ""]
    publisher = f"[{card.publisher}]({card.homepage})" if card.homepage else card.publisher
    terms = card.raw["licenses"][0]
    licence = f"[{card.licence}]({terms['path']})" if terms.get("path") else card.licence
    file = f"`{card.raw['path']}`, {card.format}, {card.encoding}"
    if card.crs:
        file += f", {card.crs}"
    lines.append(f"- Publisher: {publisher}. Licence: {licence}; cite as: {card.attribution}")
    if card.raw_urls:
        known = f"checked {card.checked}" if card.checked else "not checked"
        lines += [f"- Address ({known}): `{url}`" for url in card.raw_urls]
    elif card.resolve:
        lines.append(f"- Address: looked up each time in `{card.resolve['api']}`")
    else:
        lines.append(f"- Address: none. Put the file into a mirror: `datakit mirror add DIR {card.id} FILE`")
    lines.append(f"- File: {file}. Updated: {card.raw.get('update_frequency', 'not said')}")
    if card.parameter:
        default = card.parameter.get("default")
        said = f"`{card.id}@VALUE`, {card.parameter.get('description', card.parameter['name'])}"
        lines.append(f"- One card, many datasets: {said}" + (f" (`{default}` where none is given)" if default else ""))
    lines += [f"- {' '.join(note.split())}" for note in card.notes]
    lines.append("")
    if not card.fields:
        return [*lines, "Columns stay as published.", ""]
    lines += ["| column | type | unit | label | libellé | published as | rules |", "|---|---|---|---|---|---|---|"]
    for field in card.fields:
        source = " or ".join(f"`{s}`" for s in field.source)
        row = (f"`{field.name}`", field.type, field.unit or "", field.label(), field.label("fr"), source, rules(field))
        lines.append("| " + " | ".join(map(cell, row)) + " |")
    return [*lines, ""]


def render():
    """The whole page.

    Returns
    -------
    str
        Markdown, made from the cards of the package alone: cards that a team added do not change it.
    """
    catalog = Catalog([read_card(path) for path in sorted(PACKAGED.glob("*.json"))])
    lines, theme = [INTRO], None
    for card in catalog.values():
        if card.theme != theme:
            theme = card.theme
            lines += [f"## {theme.capitalize()}", ""]
        lines += section(card)
    return "\n".join(lines).rstrip() + "\n"


def main():
    path = ROOT / "docs/data.md"
    path.write_text(render(), encoding="utf-8")
    print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
