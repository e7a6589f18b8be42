"""Public ids: UUIDv7, so that new rows sort by time and an id never carries meaning."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new public id."""
    return UUID(int=uuid7().int)
