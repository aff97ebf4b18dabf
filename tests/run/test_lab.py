"""JupyterLab's language: the one that the browser likes best among those that are installed."""

import json
import subprocess

import pytest

from datakit.run.lab import wanted


@pytest.mark.parametrize(
    ("accepted", "installed", "found"),
    [
        ("fr-FR,fr;q=0.9,en-US;q=0.8", ["fr_FR"], "fr_FR"),
        ("fr", ["fr_FR"], "fr_FR"),
        ("en-GB,en;q=0.9,fr;q=0.8", ["fr_FR"], "en"),
        ("de-DE, de;q=0.9, fr;q=0.3", ["fr_FR"], "fr_FR"),
        ("en;q=0.2, fr;q=0.7", ["fr_FR"], "fr_FR"),
        ("fr-FR", [], "en"),
        ("", ["fr_FR"], "en"),
        ("fr;q=much, *", ["fr_FR"], "en"),
    ],
)
def test_the_language_is_the_browsers(accepted, installed, found):
    assert wanted(accepted, installed) == found


def test_french_is_installed():
    packs = pytest.importorskip("jupyterlab_server.translation_utils").get_language_packs()[0]
    assert "fr_FR" in packs


def test_make_lab_opens_the_project_with_its_settings(root):
    said = subprocess.run(["make", "-n", "lab"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert f'--ServerApp.root_dir="{root}"' in said and f'JUPYTER_CONFIG_PATH="{root}/.jupyter"' in said
    settings = json.loads((root / ".jupyter/jupyter_server_config.json").read_text(encoding="utf-8"))
    assert settings["ServerApp"]["jpserver_extensions"] == {"datakit.run.lab": True}
    assert 'JUPYTER_CONFIG_PATH="$PWD/.jupyter' in (root / "binder/start").read_text(encoding="utf-8")
