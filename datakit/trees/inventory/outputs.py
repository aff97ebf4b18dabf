"""What an import writes: the standard table in the layout of the city's card, and the card that lets it be loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from datakit.errors import BadCard, WrongUse
from datakit.language import N_, _, pgettext
from datakit.settings import challenge
from datakit.trees.inventory.schema import standard_card

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


def _layout():
    """The card of the standard table: every import is written in its layout, so that a mirror needs no other card."""
    return json.loads(standard_card().read_text(encoding="utf-8"))


def laid_out(trees: gpd.GeoDataFrame) -> pd.DataFrame:
    """The standard table as the card of the city's file wants it."""
    fields, place = {f["name"]: f for f in _layout()["schema"]["fields"]}, trees.geometry.to_crs(4326)
    table = pd.DataFrame(trees).reindex(columns=[n for n, f in fields.items() if n in trees or not f.get("optional")])
    for name in table.columns:
        words = [fields[name].get(f"{which}Values", [which])[0] for which in ("true", "false")]
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = table[name].dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_bool_dtype(table[name]):
            table[name] = table[name].map(dict(zip((True, False), words, strict=True)))
    table.insert(1, "longitude", place.x.round(7))
    table.insert(2, "latitude", place.y.round(7))
    return table


def marked(table: pd.DataFrame, safe: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """The changes made to keep formulas out of the table."""
    made = [pd.DataFrame({"row": pd.Series(dtype="Int64")})]
    for name in (name for name in table.columns if not safe[name].equals(table[name])):
        other = safe[name].notna() & (safe[name].astype(object) != table[name].astype(object))
        made.append(
            pd.DataFrame(
                {
                    "row": rows[other.to_numpy()].astype("Int64"),
                    "column": name,
                    "rule": N_("a formula for a spreadsheet"),
                    "before": table[name][other].to_numpy(),
                    "after": safe[name][other].to_numpy(),
                }
            )
        )
    return pd.concat(made)


def headed(table: pd.DataFrame) -> pd.DataFrame:
    """A list of changes, or of rows set aside, with heads in the user's language."""
    heads = {
        "row": pgettext("head", "row"),
        "column": pgettext("head", "column"),
        "value": pgettext("head", "value"),
        "rule": pgettext("head", "rule"),
        "before": pgettext("head", "before"),
        "after": pgettext("head", "after"),
    }
    return table.rename(columns=heads)


def card_of(file: Path, id: str, city: str, made_from: str) -> dict:
    """A card for the standard table of one city; where an import made one already, that one, with what was edited."""
    if file.exists():
        try:
            card = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadCard(str(file), _("this data card is not JSON"), found=str(error)) from error
        notes = card.get("notes") or [] if isinstance(card, dict) else []
        own = [i for i, note in enumerate(notes) if str(note).startswith("Imported from ")]
        if not own and id == challenge().territory["inventory"] and id != standard_card().stem:
            return card | {"notes": [made_from, *notes]}  # a challenge's card for its own town, before the town's file
        if not own:
            raise WrongUse(
                str(file),
                _("a card of this name is there, and no import made it: it stays as it is"),
                next="datakit trees import FILE --city ANOTHER-NAME",
            )
        return card | {"notes": [made_from if i == own[0] else note for i, note in enumerate(notes)]}
    card = _layout()
    card |= {
        "description": "Made by `datakit trees import`: the standard table, with what was changed listed beside it.",
        "description_fr": "Fait par `datakit trees import` : la table standard, avec la liste de ce qui a été changé.",
        "notes": [
            made_from,
            N_("The licence of that file is not known here: write it into this card before publishing."),
        ],
    }
    if id != standard_card().stem:
        card.pop("bounds", None)
        card |= {
            "name": id,
            "title": f"Tree inventory of {city}, imported",
            "title_fr": f"Inventaire des arbres de {city}, importé",
            "sources": [{"title": city}],
            "attribution": f"{city}, tree inventory",
            "licenses": [{"name": "LicenseRef-to-be-stated", "title": "Not stated"}],
        }
    return card
