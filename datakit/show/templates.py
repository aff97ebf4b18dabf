"""HTML from Jinja2 templates: whatever a template is given is escaped, unless it is marked as HTML already."""

from __future__ import annotations

from functools import cache

from datakit.extras import needed_by


def render(template: str, package: str = __package__, **values: object) -> str:
    """Fill a template from the folder ``web`` of a package.

    Parameters
    ----------
    template : str
        Name of the file, for example ``"table.html.j2"``.
    package : str
        Package whose folder ``web`` holds it.
    **values
        What the template names. Text is escaped; ``markupsafe.Markup`` is taken as HTML.

    Returns
    -------
    str

    Raises
    ------
    jinja2.UndefinedError
        The template names something that was not given: nothing is left blank silently.
    """
    return _templates(package).get_template(template).render(values)


@cache
def _templates(package):
    with needed_by(__name__):
        from jinja2 import Environment, PackageLoader, StrictUndefined
    return Environment(
        loader=PackageLoader(package, "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
