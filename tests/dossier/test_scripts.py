"""What would be executed in a page is found, and what the kit's own pages hold is let through."""

import html
import time

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from datakit.dossier.scripts import executed, own_script
from datakit.run.report import notebook_page

HEAD = (
    '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    'font-src data:">'
)


def frame(page=HEAD, rights="allow-scripts", more=""):
    return f"""<iframe sandbox="{rights}" {more} srcdoc='{html.escape(page)}'></iframe>"""


@pytest.mark.parametrize(
    "page",
    [
        "<script>alert(1)</script>",
        "<SCRIPT\nsrc=//h>",
        "<img src=x onerror=alert(1)>",
        "<img alt='>' onerror=alert(1)>",
        '<img alt="a"onerror=alert(1)>',
        "<svg/onload=alert(1)>",
        '<img \xa0=">" src=x onerror=alert(1)>',
        '<a href="java\nscript:alert(1)">',
        "<a href=&#106;avascript:alert(1)>",
        '<svg><animate attributeName=href values="&#106;avascript:alert(1)">',
        '<!-- <a title=" --><script>alert(1)</script> <!-- "> -->',
        "<p title='<script>'>",
        "<scr<script>ipt>",
        '<iframe srcdoc="&lt;script>">',
        "<meta http-equiv=refresh content=0>",
        '<meta http-equiv="refresh" http-equiv="Content-Security-Policy" content="0">',
        "<object data=x>",
        "<base href=//h/>",
        "<form action=//h>",
        f"<img {'a ' * 200} onerror=alert(1)>",
        frame(rights="allow-scripts allow-same-origin"),
        frame(page="&lt" + HEAD[1:]),
        frame(page="\xa0" + HEAD),
        frame(page="<script>"),
        frame(more="src=//h"),
        own_script().replace("addEventListener", "alert"),
    ],
)
def test_what_would_be_executed_is_found(page):
    assert executed(f"<p>before</p>{page}<p>after</p>"), page


POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'">"""


@pytest.mark.parametrize(
    "page", [own_script(), frame(), POLICY, "<p>1 < 2, a<b</p>", '<a href="https://h">', "<img alt='"]
)
def test_what_is_not_is_let_through(page):
    assert executed(page) == []


def test_the_kits_own_pages_and_maps_are_let_through_and_a_script_in_prose_or_output_is_not():
    from datakit.data.layers import Layers
    from datakit.show.maps import Map, Words

    places = Layers("sample")["communes"]
    shown = Map(Words("Communes", "Each one.", "Where they are.")).add_areas(places.head(3))._repr_html_()
    cells = [new_markdown_cell("# A title"), new_code_cell("a < b", outputs=[_html(shown)])]
    page = notebook_page(new_notebook(cells=cells), "one", "ok", None)
    assert "<iframe" in page and executed(page) == []
    for cell in (
        new_markdown_cell("<img src=x onerror=alert(1)>"),
        new_code_cell("", outputs=[_html("<script>alert(1)</script>")]),
        new_code_cell("", outputs=[new_output("display_data", {"application/javascript": "alert(1)"})]),
    ):
        page = notebook_page(new_notebook(cells=[*cells, cell]), "one", "ok", None)
        assert executed(page), cell


def _html(text):
    return new_output("display_data", {"text/html": text})


@pytest.mark.parametrize("page", ["<a '" * 50_000, "<a x='" * 50_000, "<a " * 100_000])
def test_a_tangled_page_is_refused_in_little_time(page):
    clock = time.process_time()
    assert executed(page)
    assert time.process_time() - clock < 5
