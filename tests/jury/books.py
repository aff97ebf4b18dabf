"""Spreadsheets for the tests: xlsx by openpyxl, ods written by hand (OpenDocument is a zip with one XML file)."""

import zipfile
from xml.sax.saxutils import escape

from openpyxl import Workbook

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def xlsx(file, sheets):
    """Write sheets: name -> rows of values, None for an empty cell."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file


def ods(file, sheets):
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "table", "text"))
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{OFFICE}manifest:1.0"/>')
        packed.writestr(
            "content.xml",
            f"<office:document-content {spaces}>{body}</office:document-content>",
        )
    return file


def _cell(value):
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
