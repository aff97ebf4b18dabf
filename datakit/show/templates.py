"""HTML from Jinja2 templates: what they are given is escaped, unless the template itself marks it safe."""

from __future__ import annotations

from functools import cache

from datakit.extras import needed_by
from datakit.language import _, language, ngettext, pgettext
from datakit.settings import challenge

PLAIN = (".lock.j2", ".md.j2", ".py.j2", ".toml.j2")


def render(template: str, package: str = __package__, **values: object) -> str:
    """Fill a template from the folder ``web`` of a package.

    Parameters
    ----------
    template : str
        Name of the file, for example ``"table.html.j2"``; it may lie in a folder of that one.
    package : str
        Package whose folder ``web`` holds it.
    **values
        What the template names. All is escaped, but for what the template marks ``safe`` and in files of plain text.

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
    environment = Environment(
        loader=PackageLoader(package, "web"),
        autoescape=lambda name: not str(name).endswith(PLAIN),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_, ngettext=ngettext, pgettext=pgettext, language=language, challenge=challenge)
    return environment
