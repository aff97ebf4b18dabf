"""Make ``docs/data.md`` from the data cards: ``python tools/make_data_dictionary.py [--check]``."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.data.cards import PACKAGED, Catalog, read_card  # noqa: E402

DOCUMENT = ROOT / "docs" / "data.md"
HEAD = """\
# Every dataset and column

Made from the data cards (`datakit/catalog/*.json`) by `tools/make_data_dictionary.py`: change a card, not this page.
`datakit show ID` prints the same, and `--lang fr` prints it in French.

`datakit.load` gives the columns below, in the units below, with geometry in EPSG:2154 (Lambert-93, metres). *Needed* is
what a row must have to be kept; a row that breaks a rule is set aside, and named. "Address seen to answer" is the date
on which a person last saw it; *never* means that nobody has yet.

"""


def cell(text):
    """Text that stays in one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def rules(field):
    """A field's constraints in words."""
    said, c = [], field.constraints
    if c.get("required"):
        said.append("needed")
    if c.get("unique"):
        said.append("unique")
    low, high = c.get("minimum"), c.get("maximum")
    if low is not None and high is not None:
        said.append(f"{low} to {high}")
    elif low is not None:
        said.append(f"at least {low}")
    elif high is not None:
        said.append(f"at most {high}")
    if c.get("enum"):
        values = [str(v) for v in c["enum"]]
        said.append("one of " + ", ".join(values[:8]) + (", …" if len(values) > 8 else ""))
    if c.get("pattern"):
        said.append(f"`{c['pattern']}`")
    if field.optional:
        said.append("the column may be absent")
    return "; ".join(said)


def section(card):
    """One dataset."""
    urls = card.raw_urls
    where = "<br>".join(f"`{cell(u)}`" for u in urls)
    if card.resolve:
        where = "<br>".join(filter(None, [where, f"looked up each time in `{card.resolve['api']}`"]))
    where = where or "none: a team gives the file (`datakit mirror add`)"
    licence = card.raw["licenses"][0]
    facts = [
        ("publisher", f"[{cell(card.publisher)}]({card.homepage})" if card.homepage else cell(card.publisher)),
        ("licence", f"[{licence['name']}]({licence['path']})" if licence.get("path") else licence["name"]),
        ("attribution", cell(card.attribution)),
        ("address", where),
        ("address seen to answer", card.checked or "never"),
        (
            "file",
            f"`{cell(card.raw['path'])}`, {card.format}, updated: {card.raw.get('update_frequency', 'not known')}",
        ),
    ]
    if card.parameter:
        facts.insert(0, ("family", f"`{card.id}@VALUE`: {cell(card.parameter.get('description', ''))}"))
    lines = [f"### `{card.id}`: {card.title}", "", f"*{card.title_fr}*", "", card.description, "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts]
    if card.fields:
        lines += [
            "",
            "| column | in the file | type | unit | meaning | sens | rules |",
            "|---|---|---|---|---|---|---|",
        ]
        for f in card.fields:
            meaning = f.label("en") + (f". {f.description}" if f.description else "")
            row = (f"`{f.name}`", f"`{f.source[0]}`", f.type, f.unit or "", meaning, f.label("fr"), rules(f))
            lines.append("| " + " | ".join(cell(v) for v in row) + " |")
    else:
        lines += ["", "Columns stay as published."]
    if card.notes:
        lines += ["", "Traps:", "", *[f"- {note}" for note in card.notes]]
    return "\n".join(lines) + "\n"


def document():
    """The whole page, from the package's own cards only: a card of the folder one happens to be in has no place here.

    Returns
    -------
    str
    """
    catalog = Catalog([read_card(file) for file in sorted(PACKAGED.glob("*.json"))])
    text = HEAD + "| dataset | what | licence |\n|---|---|---|\n"
    for id, card in catalog.items():
        anchor = "".join(c for c in f"{id} {card.title}".lower() if c.isalnum() or c in " -").replace(" ", "-")
        text += f"| [`{id}`](#{anchor}) | {cell(card.title)} | {card.licence} |\n"
    for theme in dict.fromkeys(card.theme for card in catalog.values()):
        text += f"\n## {theme.capitalize()}\n"
        for card in catalog.values():
            if card.theme == theme:
                text += "\n" + section(card)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing: say whether the page is current")
    if parser.parse_args().check:
        current = DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == document()
        if not current:
            print("docs/data.md is not what the cards say: python tools/make_data_dictionary.py", file=sys.stderr)
        return 0 if current else 1
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
