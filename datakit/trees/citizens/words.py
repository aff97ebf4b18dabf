"""What the citizens' page says, in the user's language: its elements, and what its scripts tell."""

from __future__ import annotations

import re
from typing import TypeVar

from datakit.language import _, pgettext

Words = TypeVar("Words", str, dict)


def html() -> dict:
    """The words of the page's elements, by what they stand in."""
    return whole(
        {
            "skip": _("Skip to the trees"),
            "find": _("Choose a place"),
            "search": _("Street, district, town or place"),
            "example": _("Type a name"),
            "options": pgettext("page", "Places found"),
            "searchhelp": _("Type a few letters, then choose with the up and down arrows and Enter."),
            "near": pgettext("page", "Near me"),
            "centre": _("Centre of the map"),
            "start": _("Search for a place, or tap the map."),
            "map": pgettext("page", "Map"),
            "maplabel": _(
                "Map of the trees. Arrows to move, plus and minus for the scale; the list says the same in text."
            ),
            "key": pgettext("page", "Legend"),
            "ktree": pgettext("page", "tree"),
            "kremarkable": pgettext("page", "remarkable tree"),
            "kplace": pgettext("page", "chosen place"),
            "tabs": pgettext("page", "Results"),
            "tablist": pgettext("page", "Trees around"),
            "tabwalk": pgettext("page", "Walk"),
            "filter": pgettext("page", "Show"),
            "fall": pgettext("page", "all trees"),
            "fremarkable": pgettext("page", "remarkable trees"),
            "fallergy": _("highly allergenic pollen"),
            "choose": _("Choose a place first: the nearest trees will be listed here."),
            "more": _("Show more trees"),
            "km": pgettext("page", "At most"),
            "walkremarkable": _("See remarkable trees"),
            "walklarge": _("See the largest trees too"),
            "walkstart": _("Choose where to start, how far to go, then what to see."),
            "walknote": _(
                "This is not a route: trees are joined by straight lines, and the distance on foot is estimated as "
                "{detour} times the straight line (a choice of this kit). Check the way, the crossings and the "
                "opening hours of parks yourself; some trees may stand on land closed to the public. The largest "
                "trees are chosen among the largest tenth within reach, away from each other, after the remarkable "
                "ones. Remarkable trees that stand together are one stop."
            ),
            "about": _("Good to know"),
            "privacy": _(
                "Privacy: this page sends nothing. Your searches, your position and your walks stay on your "
                "device; nothing is stored. Links to sources open other sites. Your position is asked for only if "
                "you press “Near me”; your device finds it by its own means."
            ),
            "notin": _(
                "The inventory describes trees that public bodies look after. It does not contain private gardens "
                "or woods, and may not know what was planted or felled since the latest survey. Measures may be "
                "wrong: those that look impossible are marked “to be checked” or hidden."
            ),
            "remarkablenote": _(
                "A tree is called remarkable when the inventory says so; the criteria are those of its author."
            ),
            "allergynote": _(
                "The allergenic potential is the inventory's, else that of the genus or species according to the "
                "sources below. “Not known” does not mean without risk. This is not medical advice."
            ),
            "noscript": _("This page needs JavaScript. It is inside the file: nothing is downloaded."),
        }
    )


def told() -> dict:
    """What the page's scripts say; where a number decides, the form for one and the other."""
    return whole(
        {
            "street": pgettext("page", "address"),
            "sector": pgettext("page", "district"),
            "commune": pgettext("page", "town"),
            "place": pgettext("page", "place"),
            "none": _("No place of this name in the inventory."),
            "found": {
                "one": _("1 place found"),
                "other": _("{n} places found"),
            },
            "here": _("the place chosen on the map"),
            "me": _("your position (within {n})"),
            "middle": _("the centre of the map"),
            "asking": _("Looking for your position…"),
            "denied": _("Position refused: search for a place by name, or tap the map."),
            "unavailable": _("Position not found: search for a place by name, or tap the map."),
            "summary": {
                "one": _("{place}: 1 tree within 100 m."),
                "other": _("{place}: {n} trees within 100 m."),
            },
            "inside": {
                "one": _("{place}: 1 tree of the inventory{stars}."),
                "other": _("{place}: {n} trees of the inventory{stars}."),
            },
            "stars": {
                "one": _(", 1 of them remarkable"),
                "other": _(", {n} of them remarkable"),
            },
            "midst": _("Trees nearest to the middle: {place}"),
            "alone": _("{place}: no tree of the inventory within 100 m; the nearest is {d} away."),
            "far": _("{place}: the nearest tree of the inventory is {d} away. This place is probably not covered."),
            "head": _("Trees around: {place}"),
            "showing": {
                "one": _("1 tree shown."),
                "other": _("{n} trees shown."),
            },
            "nomatch": _("No such tree in the inventory."),
            "unnamed": _("Tree without a name"),
            "height": pgettext("page", "height"),
            "girth": pgettext("page", "girth"),
            "planted": _("planted in {year}"),
            "nosize": _("size and age not recorded"),
            "doubt": _("measures to be checked"),
            "remarkable": pgettext("page", "Remarkable"),
            "high": _("Pollen: high allergenic potential"),
            "moderate": _("Pollen: moderate allergenic potential"),
            "low": _("Pollen: low allergenic potential"),
            "low_moderate": _("Pollen: sources disagree, from low to moderate"),
            "low_high": _("Pollen: sources disagree, from low to high"),
            "moderate_high": _("Pollen: sources disagree, from moderate to high"),
            "file": _("Pollen: allergenic potential {n} of 5 (says the inventory)"),
            "unknown": _("Pollen: potential not known"),
            "of5": _("{n} of 5"),
            "source": {
                "one": _("source {list}"),
                "other": _("sources {list}"),
            },
            "list": {
                "one": pgettext("page", "1 tree"),
                "other": _("{n} trees"),
            },
            "leftout": {
                "one": _("1 tree without a position is not shown."),
                "other": _("{n} trees without a position are not shown."),
            },
            "first": _("Choose where to start first."),
            "nosay": _("The inventory does not say which trees are remarkable."),
            "nonear": _("No remarkable tree within reach of a loop of {km} km."),
            "offer": _("You can see the largest trees."),
            "instead": _("Here are the largest trees instead."),
            "tap": _("Tap the map to choose a place."),
            "nearest": _("The nearest is {d} away in a straight line."),
            "nolarge": _("No measured tree within reach of a loop of {km} km."),
            "nosizes": _("It gives neither height nor girth: the largest trees cannot be told."),
            "loop": {
                "one": _(
                    "A loop of about {walk} on foot ({straight} in straight lines), about {min} min at {speed} "
                    "km/h, with 1 stop."
                ),
                "other": _(
                    "A loop of about {walk} on foot ({straight} in straight lines), about {min} min at {speed} "
                    "km/h, with {n} stops."
                ),
            },
            "group": {
                "one": _("and 1 other remarkable tree within {d}"),
                "other": _("and {n} other remarkable trees within {d}"),
            },
            "back": _("Back to the start"),
            "leg": _("about {d} on foot"),
            "total": _("{d} from the start"),
        }
    )


def whole(words: Words) -> Words:
    """Words with spaces that do not break before units."""
    if isinstance(words, dict):
        return {key: whole(each) for key, each in words.items()}
    return re.sub(r"(?<=[\d}]) (?=(?:m|km|min|km/h)\b)", "\u00a0", words)
