"""JupyterLab as a guest finds it: in the language of the browser, and with no notebook marked as changed.

Of itself JupyterLab speaks the language of the machine that it runs on: English on Binder, whoever opens it. And it
writes the version of Python into each notebook that it opens, which then counts as changed before anybody typed.

This is an extension of the Jupyter server, switched on by ``.jupyter/jupyter_server_config.json``. It answers the
address of JupyterLab's setting "default"; a language that a person chose in the menu is left alone. A notebook is
handed out with the version that JupyterLab would write; the file stays as it is.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from datakit.extras import needed_by

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

ENGLISH, KERNEL = "en", "python3"


def wanted(accepted: str, installed: Iterable[str]) -> str:
    """The language that a browser likes best among those that are installed.

    Parameters
    ----------
    accepted : str
        The browser's header ``Accept-Language``: ``"fr-FR,fr;q=0.9,en;q=0.8"``.
    installed : iterable of str
        Locales: ``"fr_FR"``. English needs no words.

    Returns
    -------
    str
        One of them, or ``"en"``.

    Examples
    --------
    >>> wanted("de;q=0.9, fr-CA;q=0.8, en;q=0.5", ["fr_FR"])
    'fr_FR'
    """
    here = {ENGLISH: ENGLISH, **{locale.replace("_", "-").lower(): locale for locale in installed}}
    likes = []
    for place, part in enumerate(accepted.split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            likes.append((-float(quality or 1), place, name.strip().lower()))
        except ValueError:
            continue  # what cannot be read is no wish
    for _, _, name in sorted(likes):
        same = [locale for spelled, locale in here.items() if spelled.split("-")[0] == name.split("-")[0]]
        if name in here or same:
            return here.get(name) or same[0]
    return ENGLISH


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    _answer_in_their_language(server)
    server.io_loop.add_callback(
        _hand_out_as_here, server
    )  # when all are loaded: jupytext brings another manager of files


def _hand_out_as_here(server):
    with needed_by(__name__):
        from ipykernel.ipkernel import IPythonKernel

    files = server.web_app.settings["contents_manager"]
    ask = files.get

    def as_here(model):
        content = model.get("content")
        if model["type"] == "notebook" and content and content["metadata"].get("kernelspec", {}).get("name") == KERNEL:
            spec = server.kernel_spec_manager.get_kernel_spec(KERNEL)
            about = {"name": KERNEL, "display_name": spec.display_name, "language": spec.language}
            content["metadata"].update(kernelspec=about, language_info=dict(IPythonKernel.language_info))
        return model

    async def when_there(model):
        return as_here(await model)

    def get(*args, **options):
        model = ask(*args, **options)
        return when_there(model) if inspect.isawaitable(model) else as_here(model)

    files.get = get


def _answer_in_their_language(server):
    """Before JupyterLab does: extensions are loaded in the order of their names."""
    with needed_by(__name__):
        from jupyter_server.base.handlers import APIHandler
        from jupyter_server.utils import url_path_join
        from jupyterlab_server.translation_utils import get_language_pack, get_language_packs, translator
        from tornado.web import authenticated

    class Words(APIHandler):
        @authenticated
        async def get(self):
            installed, _ = get_language_packs()
            locale = wanted(self.request.headers.get("Accept-Language", ""), installed)
            data, message = get_language_pack(locale)
            translator.set_locale(locale)  # what the server itself puts into menus
            self.set_header("Vary", "Accept-Language")
            self.finish({"data": data, "message": message})

    address = url_path_join(server.web_app.settings["base_url"], "lab/api/translations/default")
    server.web_app.add_handlers(".*$", [(address, Words)])
