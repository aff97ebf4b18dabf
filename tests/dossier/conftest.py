"""One packed dossier for all tests of the room: they read it."""

import zipfile

import pytest

from datakit.dossier import packing
from datakit.run.running import RunReport
from tests import dossiers
from tests.things import once


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    return once(tmp_path_factory, "dossiers", dossiers.packed)


@pytest.fixture
def run_again(packed, monkeypatch):
    """The packed dossier's report in the place of a run of seconds: changed as a test wants, ``change(name, text)``."""

    def instead(change=lambda name, text: text, seconds=1.0):
        def run(*_, output, **__):
            output.mkdir()
            with zipfile.ZipFile(packed.path) as opened:
                for name in (name for name in opened.namelist() if name.startswith("report/")):
                    (output.parent / name).write_text(change(name, opened.read(name).decode()), encoding="utf-8")
            return RunReport(output, [], seconds)

        monkeypatch.setattr(packing, "run", run)

    return instead
