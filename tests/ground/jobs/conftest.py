"""Fixtures of the tests of the jobs room."""

from tests.ground.ledger.open_record import pytest_collection_modifyitems, pytest_runtest_setup, record

__all__ = ["pytest_collection_modifyitems", "pytest_runtest_setup", "record"]
