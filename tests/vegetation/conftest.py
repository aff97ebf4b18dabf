"""Fixtures of more than one test file of this room."""

from tests.stac import scenes, service  # noqa: F401  fixtures
