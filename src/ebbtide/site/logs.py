"""Logs: JSON lines, ids only. A key that could name a patient is dropped before it is written."""

from collections.abc import MutableMapping
from typing import Any

import structlog

FORBIDDEN = frozenset(
    {
        "name",
        "given_name",
        "family_name",
        "birth_date",
        "email",
        "phone",
        "address",
        "reason",
        "text",
        "note",
        "message_text",
    }
)


def drop_what_names_a_patient(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove every key that can identify a person; which ones were removed is said."""
    dropped = sorted(FORBIDDEN & event.keys())
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped"] = dropped
    return event


def configure() -> None:
    """Set structlog up once."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            drop_what_names_a_patient,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
