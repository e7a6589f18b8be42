"""Fixtures of the tests of the live room."""

from tests.ground.ledger.open_record import database_made, pytest_collection_modifyitems, record

__all__ = ["database_made", "pytest_collection_modifyitems", "record"]
