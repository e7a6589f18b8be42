"""A process of one thread that asks the same few small questions all day: its one connection to the record."""

from django.conf import settings

# A plan is kept on the connection, and one made while a table held ten rows reads the whole table for ever: the foreign
# keys of a batch, looked up so, took longer with every message. Each of these questions has an index.
BY_INDEX = "-c enable_seqscan=off"


def hold_one_connection(*, by_index: bool = False) -> None:
    """No pool, which would only hold connections that nobody uses; called before the first question is asked."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options.pop("pool", None)
    if by_index:
        options["options"] = f"{options.get('options', '')} {BY_INDEX}".strip()
