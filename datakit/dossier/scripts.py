"""What would be executed in a page of strangers: every place where a browser could begin an element is looked at.

No attempt is made to understand a page as a browser does: wherever a ``<`` and a letter stand, even in a comment or in
the value of an attribute, an element is read from there on, as the HTML standard reads one. A browser begins none
elsewhere, so that none is missed. Of the kit's own pages only two things are executed: their script, word for word, and
maps, each in a frame without rights whose policy loads nothing.
"""

from __future__ import annotations

import html
import re
from functools import cache

from datakit.show.templates import render

# Elements that execute, load, or change what addresses of a page mean.
REFUSED = {
    *("script", "iframe", "frame", "frameset", "object", "embed", "applet", "portal", "fencedframe"),
    *("base", "link", "form", "foreignobject"),
}
RIGHTS = {"allow-scripts", "allow-popups"}  # of a map: its own script, and links that one opens; never the same origin
# As the kit writes it, to the letter: a policy that comes after a word of text would not count.
MAP = re.compile(
    r"""<!DOCTYPE html>\n<html lang="[a-z]{2}">\n<head>\n<meta charset="utf-8">\n"""
    r"""<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:(?: https:)?; """
    r"""style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:">"""
)
ESCAPED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'", "&amp;": "&"}
# White space is that of HTML, which is less than Python's: where a value ends depends on it.
START = re.compile(r"<(?=([A-Za-z][^\t\n\f\r />]*))")
ATTRIBUTE = re.compile(
    r"""[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)"""
    r"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*)|(?=>)))?"""
)
END = re.compile(r"[\t\n\f\r /]*>")
BUTTONS = re.compile(
    r"this\.setAttribute\('aria-pressed',!document\.body\.classList\.toggle\('(?:nocode|nosolutions)'\)\)"
)
WORK = 3  # times the length of a page, after which it is too tangled to be read
MOST = 60  # attributes of an element


def executed(page: str) -> list[str]:
    """What of a page would be executed and is not the kit's own.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    list of str
        The beginnings of what was found, ten at most; empty where nothing is.
    """
    found: list[str] = []
    budget = WORK * len(page) + 10_000
    for start in START.finditer(page):
        name = start[1].lower()
        attributes, end = _attributes(page, start.end(1))
        budget -= end - start.start()
        if budget < 0:
            found.append("…")
        elif _executes(page, start, name, attributes):
            found.append(page[start.start() : start.start() + 60])
        if budget < 0 or len(found) == 10:
            break
    return found


def _executes(page, start, name, attributes):
    if name == "script":
        return not page.startswith(own_script(), start.start())
    if name == "iframe":
        return not _is_map(attributes)
    if name in REFUSED or "\0" in name:
        return True
    return any(_acts(key, value) for key, value in attributes)


def _acts(key, value):
    """Whether an attribute executes something: a handler of events, an address that is a program."""
    if key.startswith("on"):
        return not BUTTONS.fullmatch(value)
    if key == "http-equiv" and value == "Content-Security-Policy":  # it forbids, and cannot allow
        return False
    plain = re.sub(r"[\x00-\x20\x7f-\xa0]", "", html.unescape(value)).lower()
    return key in ("srcdoc", "http-equiv") or "javascript:" in plain or "vbscript:" in plain


def _is_map(attributes):
    """Whether a frame is one of the kit's maps: no rights over the page, and the policy that loads nothing."""
    said = dict(reversed(attributes))  # of two attributes of one name, the first counts
    rights = said.get("sandbox")
    whole = re.sub("|".join(ESCAPED), lambda found: ESCAPED[found[0]], said.get("srcdoc", "")[:2000])
    others = [item for item in attributes if item[0] not in ("sandbox", "srcdoc", "title", "style")]
    return rights is not None and {*rights.split()} <= RIGHTS and bool(MAP.match(whole)) and not others


def _attributes(page, place):
    """The attributes that an element has, if one begins here, and where it ends."""
    found = []
    while not (end := END.match(page, place)):
        one = ATTRIBUTE.match(page, place)
        if one is None:  # the page ends first: no element
            return found, len(page)
        if len(found) == MOST:  # nobody wrote this: as good as a handler
            return [("on", "")], len(page)
        found.append((one[1].lower(), next((value for value in one.groups()[1:] if value is not None), "")))
        place = one.end()
    return found, end.end()


@cache
def own_script() -> str:
    """The script of the kit's own pages, with its element."""
    return f"<script>\n{render('report.js', 'datakit.run')}</script>"
