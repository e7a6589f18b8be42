"""Announce that something changed: after the commit, a NOTIFY with a topic. A hint, never a record.

It has no content, with one exception: vital signs and the gateway's beat travel with their values, because a page that
asked for each of them would ask twenty times a second. Who may hear them is judged by the stream (topics.py).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from ebbtide.ground.database.prepared import planned

CHANNEL = "ebbtide_live"
NOTIFY = "SELECT pg_notify($1::text, payload) FROM jsonb_array_elements_text($2::jsonb) AS payload"
MOST_BYTES = 7900  # PostgreSQL carries less than 8,000; beyond it the page is told to read again


def announce(*topics: str) -> None:
    """Tell every open page that listens to one of `topics` to read the state again, once this transaction is durable.

    In one statement: a NOTIFY of its own for each is a way to the database and a commit of its own.
    """
    if topics:
        transaction.on_commit(lambda: _notify(topics), robust=True)


def _notify(topics: Sequence[str]) -> None:
    _notify_all([json.dumps({"topic": topic}) for topic in topics])


def announce_values(told: Mapping[str, Any]) -> None:
    """Tell the pages that listen to these topics the new values themselves, in one statement after the commit."""
    payloads = [_payload(topic, values) for topic, values in told.items()]
    if payloads:
        transaction.on_commit(lambda: _notify_all(payloads), robust=True)


def _payload(topic: str, values: Any) -> str:
    whole = json.dumps({"topic": topic, "values": values}, separators=(",", ":"))
    return whole if len(whole) <= MOST_BYTES else json.dumps({"topic": topic})  # ASCII: a character is a byte


def _notify_all(payloads: list[str]) -> None:
    # as one JSON text: in an array each of their many quotation marks would be escaped by a pattern
    planned(NOTIFY, [CHANNEL, json.dumps(payloads)])
