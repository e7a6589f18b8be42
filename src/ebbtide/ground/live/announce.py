"""Announce that something changed: after the commit, a NOTIFY with a topic and no content. A hint, never a record."""

import json

from django.db import connection, transaction

CHANNEL = "ebbtide_live"


def announce(topic: str) -> None:
    """Tell every open page that listens to `topic` to read the state again, once this transaction is durable."""
    transaction.on_commit(lambda: _notify(topic), robust=True)


def _notify(topic: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"topic": topic})])
