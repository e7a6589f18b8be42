"""Fixtures of the ledger's tests."""

from tests.ground.ledger.open_record import database_made, pytest_collection_modifyitems, record

__all__ = ["database_made", "pytest_collection_modifyitems", "record"]
