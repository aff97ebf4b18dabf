"""The kit's cards for another town: its communes, département and box in their addresses and filters.

Only addresses whose form a card of the kit already has are written. A card of the town's keeps the id of the kit's, and
so takes its place in the project: chapters of the kit find the town's data under the names that they know.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from datakit.data.cards import PACKAGED
from datakit.errors import BadCard
from datakit.language import Place, _
from datakit.settings import PACKAGED as SETTINGS
from datakit.settings import challenge
from datakit.trees.inventory.schema import standard_card

if TYPE_CHECKING:
    from typing import Any

    from datakit.challenge.plan import Plan

CENSUS = tuple(f"census-iris-{name}" for name in ("activity", "education", "households", "housing", "population"))
CARDS = {
    "": ("communes", "communes-population", "iris", "insee-squares"),
    "trees": ("trees-osm", "bdtopo-roads"),
    "vegetation": (
        *(f"bdtopo-{name}" for name in ("buildings", "places", "rail", "roads", "sports", "transport")),
        *("bdtopo-vegetation", "bdtopo-water", "osm-green"),
        *("cadastre-buildings", "cadastre-parcels", "meteo-daily", "meteo-daily-latest"),
    ),
    "inclusion": ("bpe", "filosofi-iris", "france-services", "inclusion-places", "qpv-2024", *CENSUS),
}
# The kit's own town and what is around it, wherever a card says it in another way than its settings do.
AROUND = r"Côte-d'Or|\bC\.O\.|département 21\b|\b21\d{3}\b|\b21\d{6}\b|Métropole|Crimolois|Bourgogne"
WIDE = 4.0  # degrees: bounds that wide are those of the country
NOT_STATED = [{"name": "LicenseRef-to-be-stated", "title": "Not stated"}]


def cards(plan: Plan) -> dict[str, dict[str, Any]]:
    """The cards of a challenge's project, by the names of their files.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    dict of str to dict
        ``checked`` is null in each: nobody has looked yet.

    Raises
    ------
    BadCard
        A card of the kit still speaks of the kit's own town when it was rewritten.
    """
    ids = dict.fromkeys(id for theme in ("", *plan.themes) for id in CARDS[theme])
    made = {id: for_town(id, plan) for id in ids}
    if "trees" in plan.themes:
        made[plan.inventory] = _inventory(plan)
    if plan.portal:
        made["portal"] = _portal(plan)
    return made


def for_town(id: str, plan: Plan) -> dict[str, Any]:
    """A card of the kit, for another town.

    Raises
    ------
    BadCard
        It still speaks of the kit's own.
    """
    card = _rewritten(json.loads((PACKAGED / f"{id}.json").read_text(encoding="utf-8")), plan)
    if isinstance(card["url"], str) and "/epcis/" in card["url"]:
        card["url"] = re.sub(r"/epcis/\w*/", f"/epcis/{plan.epci}/", card["url"]) if plan.epci else None
    said = challenge(SETTINGS).territory
    if "row_filter" in card:
        every = {tuple(said["communes"]): list(plan.communes), (said["departement"],): [plan.departement]}
        values = card["row_filter"]["values"]
        card["row_filter"]["values"] = every.get(tuple(values), values)
    if "default" in card.get("parameter", {}):
        card["parameter"]["default"] = plan.code
    _bound(card, plan)
    card["notes"] = [note for note in card.get("notes", []) if not _foreign(note)]
    card["checked"] = None
    if found := _foreign(json.dumps(card, ensure_ascii=False)):
        raise BadCard(id, _("this card speaks of the kit's own town"), found=found)
    return card


def _bound(card, plan):
    """Degrees around the kit's town are those of the town; around its département they are not known."""
    west, _south, east, _north = card.get("bounds") or (0, 0, 0, 0)
    if card["crs"] != "EPSG:4326" or not west or east - west > WIDE:
        return
    if east - west < 1:
        card["bounds"] = _margin(plan)
    else:
        card.pop("bounds")


def _margin(plan):
    west, south, east, north = plan.box
    return [round(v, 2) for v in (west - 0.1, south - 0.1, east + 0.1, north + 0.1)]


def _foreign(text):
    said = challenge(SETTINGS).territory
    found = re.search(f"{re.escape(said['town'])}|{AROUND}", text, re.IGNORECASE)
    return found[0] if found else ""


def _rewritten(value, plan):
    """The same, with the town wherever a text names the kit's."""
    if isinstance(value, dict):
        return {name: _rewritten(one, plan) for name, one in value.items()}
    if isinstance(value, list):
        return [_rewritten(one, plan) for one in value]
    return _said(value, plan) if isinstance(value, str) else value


def _said(text, plan):
    said = challenge(SETTINGS).territory
    old, codes, new = said["departement"], said["communes"], plan.departement
    if found := re.search(rf"{codes[0]}(\W+|%7C){codes[1]}", text):
        text = text.replace(found[1].join(codes), found[1].join(plan.communes))
    text = re.sub(r"BBOX=[\d,]+,EPSG:2154", f"BBOX={','.join(map(str, plan.bounds))},EPSG:2154", text)
    text = text.replace(f"/communes/{old}/", f"/communes/{new}/").replace(f"Q_{old}_", f"Q_{new}_")
    text = text.replace(f"^{old}[0-9]{{3}}$", f"^{new}[0-9]{{{5 - len(new)}}}$")
    text = re.sub(rf"{re.escape(said['town'])} \(\d{{5}}\)", f"{plan.town} ({plan.code})", text)
    text = re.sub(r" \(SIREN \d{9}\)|\b23 (?=communes\b)", "", text)
    text = text.replace(f"de {said['name']}", f"{Place(plan.territory):de}").replace(said["name"], plan.territory)
    for here in ("de la Côte-d'Or", "de Côte-d'Or", "of Côte-d'Or", "Côte-d'Or"):
        joined = {"de": f"du département {new}", "of": f"of the département {new}"}
        text = text.replace(here, joined.get(here[:2], f"département {new}"))
    return text.replace(f"département {old}", f"département {new}")


def _inventory(plan):
    """The town's own file of trees, in the national schema."""
    card = json.loads(standard_card().read_text(encoding="utf-8"))
    return card | {
        "name": plan.inventory,
        "title": f"Tree inventory of {plan.town} (the town's own file)",
        "title_fr": f"Inventaire des arbres {Place(plan.town):de} (fichier de la ville)",
        "description": "One row per tree, in the national schema for urban trees (schema-arbre 0.3.1).",
        "description_fr": "Une ligne par arbre, au schéma national des arbres urbains (schema-arbre 0.3.1).",
        "sources": [{"title": plan.territory}],
        "licenses": NOT_STATED,
        "attribution": f"{plan.territory}, tree inventory",
        "bounds": _margin(plan),
        "checked": None,
        "notes": [
            "The licence of the town's file is not known here: write it into this card before publishing anything.",
            *(note for note in card["notes"][1:] if not _foreign(note)),
        ],
    }


def _portal(plan):
    """Any dataset of an Opendatasoft portal, by its name."""
    said = challenge(SETTINGS).territory
    card = json.loads((PACKAGED / f"{said['portal']}.json").read_text(encoding="utf-8"))
    host = re.match(r"https://([^/]+)/", card["url"])
    return card | {
        "name": "portal",
        "title": f"Any dataset of the portal {plan.portal}, by its name",
        "title_fr": f"Tout jeu de données du portail {plan.portal}, par son nom",
        "description": f"Any geographic dataset of {plan.portal} by the name in its address (slug).",
        "description_fr": f"Tout jeu de données géographique de {plan.portal} d'après le nom de son adresse (slug).",
        "sources": [{"title": plan.territory, "path": f"https://{plan.portal}"}],
        "licenses": NOT_STATED,
        "attribution": f"{plan.territory}, {plan.portal}",
        "url": card["url"].replace(host[1], plan.portal),
        "parameter": card["parameter"] | {"description": "name of the dataset in its address"},
        "checked": None,
        "notes": [
            "The licence of each dataset stands on its page of the portal: write it into this card.",
            "Columns are kept as published: look at them before use.",
        ],
    }
