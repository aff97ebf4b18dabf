"""One packed dossier for all tests of the room: they read it."""

import pytest

from tests import dossiers


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    return dossiers.packed(tmp_path_factory.mktemp("dossiers"))
