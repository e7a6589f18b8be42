"""The evidence room's reconfirmation: what a signed "unchanged since yesterday" may renew. No clock, no I/O.

Follows EVALUATION 6, CONSECUTIVE DAYS. Evaluation itself does not change: it sees ages only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ebbtide.evidence.model import ReconfirmationPolicy
from ebbtide.evidence.readings import InputValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a nurse or prescriber signs after asking the person.

    Args:
        role: the signer's role.
        at: when it was signed.
        names: the inputs the statement is meant to renew.
        changed: those of them to which the person answered "yes, something changed".
        full_review_at: by input, when its list was last gone through from top to bottom.
    """

    role: str
    at: datetime
    names: tuple[str, ...]
    changed: frozenset[str] = frozenset()
    full_review_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An input that the statement does not renew, and why, in words for the page."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfirmation:
    """What the statement renews (a new confirmed_at, nothing else changes) and what it does not."""

    renewed: tuple[str, ...]
    refused: tuple[Refusal, ...]


def reconfirm(
    statement: Statement, *, policy: ReconfirmationPolicy, inputs: Mapping[str, InputValue]
) -> Reconfirmation:
    """Decide, input by input, what a signed statement renews."""
    decided = {
        name: _why_not(name, statement, policy=policy, value=inputs.get(name)) for name in statement.names
    }
    return Reconfirmation(
        renewed=tuple(name for name, why in decided.items() if why is None),
        refused=tuple(Refusal(name=name, why=why) for name, why in decided.items() if why is not None),
    )


def _why_not(
    name: str, statement: Statement, *, policy: ReconfirmationPolicy, value: InputValue | None
) -> str | None:
    """Why this input is not renewed; None when it is."""
    if statement.role not in policy.signed_by:
        return f"Only {' or '.join(sorted(policy.signed_by))} may sign “{policy.statement}”."
    if name not in policy.renews:
        return "This is taken anew each day; no statement renews it."
    if name in statement.changed:
        return "Something changed: open the list and go through it."
    if value is None or value.list_confirmed_at is None:
        return "This list was never confirmed: go through it and confirm it."
    if not all(member.confirmed for member in value.members):
        return "The list holds items that nobody has confirmed: go through it and confirm it."
    return _why_too_late(
        statement.at,
        confirmed_at=value.list_confirmed_at,
        reviewed_at=statement.full_review_at.get(name),
        policy=policy,
    )


def _why_too_late(
    at: datetime, *, confirmed_at: datetime, reviewed_at: datetime | None, policy: ReconfirmationPolicy
) -> str | None:
    if at - confirmed_at > timedelta(hours=policy.max_gap_h):
        return (
            f"Last confirmed {confirmed_at:%Y-%m-%d %H:%M}, more than {policy.max_gap_h:g} h ago: "
            "go through the list and confirm it."
        )
    if reviewed_at is None or at - reviewed_at > timedelta(days=policy.max_days_without_full_review):
        return (
            f"The list was not gone through in the last {policy.max_days_without_full_review} days: "
            "go through it and confirm it."
        )
    return None
