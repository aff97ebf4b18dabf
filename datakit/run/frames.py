"""Tables that pandas and Markdown write, made readable by eye, by keyboard and by ear for the pages of a report.

The kit's own tables (`datakit.show.tables`) are so already. pandas gives no scopes, splits a header in two where the
index has a name, and leaves sentences and numbers to one alignment.
"""

from __future__ import annotations

import re

from datakit.extras import needed_by
from datakit.language import _
from datakit.show.style import NO_DATA

_NUMBER = re.compile(r"[-\u2212+]?[\d.,\u202f\u00a0]+(e[-+]?\d+)?\s?%?")
_WHOLE = 24  # letters, as in datakit.show.tables
_NOTHING = ("", "NaN", "NaT", "<NA>", "None")
SCROLLER = '<div class="scroll">'


def readable(html: str) -> str:
    """HTML of an output with each table of pandas given scopes, one row of headers, and sides.

    Parameters
    ----------
    html : str
        What pandas shows of a table, or anything else, which comes back as it is.

    Returns
    -------
    str
        Text stands on the left (class ``t``; ``k`` where it is short enough for one line), numbers on the right
        (``n``), what is missing is a dash named "no data".
    """
    if 'class="dataframe"' not in html:
        return html
    with needed_by(__name__):
        from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    for style in page.find_all("style"):
        style.decompose()
    for table in page.find_all("table", class_="dataframe"):
        del table["border"]
        _one_header(table)
        _no_numbering(table)
        _scopes(table)
        _sides(table)
    return str(page)


def _one_header(table):
    """Names of the index stand in the row of the columns, where pandas gives them a row of their own."""
    rows = table.thead.find_all("tr") if table.thead else []
    if len(rows) != 2 or any(cell.has_attr("colspan") for cell in rows[0].find_all("th")):
        return
    above, below = (row.find_all("th") for row in rows)
    levels = len(table.tbody.tr.find_all("th")) if table.tbody and table.tbody.tr else 0
    if len(above) != len(below) or any(cell.get_text(strip=True) for cell in below[levels:]):
        return
    for one, other in zip(above[:levels], below, strict=False):
        one.string = other.get_text(strip=True)
    rows[1].decompose()


def _no_numbering(table):
    """Rows that are only counted from 0 need no numbers: they look like data."""
    rows = table.select("tbody tr")
    numbers = [[cell.get_text(strip=True) for cell in row.find_all("th")] for row in rows]
    heads = [row.find(["th", "td"]) for row in table.select("thead tr")]
    if numbers != [[str(i)] for i in range(len(rows))] or any(head.get_text(strip=True) for head in heads):
        return
    for cell in [*heads, *(row.th for row in rows)]:
        cell.decompose()


def _scopes(table):
    for cell in table.select("thead th"):
        if cell.get_text(strip=True):
            cell["scope"] = "colgroup" if int(cell.get("colspan", 1)) > 1 else "col"
        else:
            cell.name = "td"  # a header that says nothing
    for cell in table.select("tbody th"):
        cell["scope"] = "rowgroup" if int(cell.get("rowspan", 1)) > 1 else "row"


def _sides(table):
    heads = table.select("thead tr:last-child > *")
    columns = [row.find_all(["td", "th"], recursive=False) for row in table.select("tbody tr")]
    width = len(heads)
    for place, head in enumerate(heads):
        cells = [row[place - width] for row in columns if len(row) >= width - place]  # a row that spans has fewer
        texts = [cell.get_text(strip=True) for cell in cells]
        known = [text for text in texts if text not in _NOTHING]
        side = "n" if known and all(_NUMBER.fullmatch(text) for text in known) else "t"
        whole = side == "t" and max(map(len, texts), default=0) <= _WHOLE
        for cell, text in zip(cells, texts, strict=True):
            cell["class"] = [side, "k"] if whole else side
            if text in _NOTHING[1:]:
                cell.string = "\u2013"
                cell["aria-label"] = cell["title"] = _(NO_DATA)
        head["class"] = side


def in_scrollers(body: str) -> str:
    """A page's body with each table of Markdown and pandas in a box of its own that scrolls sideways."""
    bare = re.compile(r'<table(?: border="1")?(?: class="dataframe")?(?: border="1")?>.*?</table>', re.S)
    return bare.sub(lambda found: f"{SCROLLER}{found[0]}</div>", body)
