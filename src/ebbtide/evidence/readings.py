"""The evidence room's readings: what a recorded value is worth at a stage and a moment. No clock, no I/O.

Follows EVALUATION 6: a value older than its `stale_after_h` is missing, and a set is known only after a person
confirmed the list. An item that nobody confirmed counts as present and is marked; its absence stays missing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ebbtide.evidence.errors import ValueRefused
from ebbtide.evidence.inputs import InputSpec, InputType, Scalar
from ebbtide.evidence.logic import NOT_RECORDED, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One item of a set: what it is, whether a person confirmed it, when it was observed and where it is from."""

    value: str
    confirmed: bool
    observed_at: datetime | None = None
    origin: str = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputValue:
    """One recorded fact, as the engine is given it.

    Args:
        name: a name of the vocabulary.
        value: a scalar, or the members of a set (an empty tuple is an empty list).
        unit: the unit it was recorded in; None where the caller has none to compare.
        observed_at: when it was true of the person; None for what has no time (age).
        origin: how it came: "typed", "imported from Observation/…", "device …", "derived from …".
        confirmed: whether a person stands behind a scalar; members carry their own.
        confirmed_at: when a person last confirmed a scalar.
        list_confirmed_at: when a person last confirmed that a set is complete.
    """

    name: str
    value: Scalar | tuple[Member, ...]
    unit: str | None = None
    observed_at: datetime | None = None
    origin: str = "typed"
    confirmed: bool = True
    confirmed_at: datetime | None = None
    list_confirmed_at: datetime | None = None

    def check(self, spec: InputSpec) -> None:
        """Refuse a value that the vocabulary does not allow, or times without a zone."""
        spec.check_unit(self.unit)
        if isinstance(self.value, tuple) is not (spec.type is InputType.SET):
            kind = "a list" if spec.type is InputType.SET else "one value"
            raise ValueRefused(f"{spec.words}: {kind} is expected.")
        for value in [one.value for one in self.members] if isinstance(self.value, tuple) else [self.value]:
            spec.check(value)
        times = [self.observed_at, self.confirmed_at, self.list_confirmed_at]
        times += [member.observed_at for member in self.members]
        if any(at is not None and at.tzinfo is None for at in times):
            raise ValueRefused(f"{spec.words}: a time without a zone was given. Give it with its zone.")

    @property
    def members(self) -> tuple[Member, ...]:
        """The members of a set; none for a scalar."""
        return self.value if isinstance(self.value, tuple) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """An input that is missing, and why it counts as missing."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An input at one stage and moment: what the logic reads, and what a finding shows."""

    reading: Reading
    why_absent: str = "not recorded"
    shown: Scalar | tuple[str, ...] | None = None
    observed_at: datetime | None = None
    confirmed_at: datetime | None = None
    origin: str = ""
    unconfirmed: bool = False


NOT_SEEN = Seen(reading=NOT_RECORDED)


def see(spec: InputSpec, value: InputValue | None, *, stage: str, as_of: datetime, standing: bool) -> Seen:
    """One input at this stage and moment; `standing` lists keep their items when the confirmation grows old."""
    if value is None:
        return NOT_SEEN
    limit_h = None if spec.stale_after_h is None else spec.stale_after_h.get(stage)
    if isinstance(value.value, tuple):
        return _see_set(value, limit_h=limit_h, as_of=as_of, standing=standing)
    return _see_scalar(value, limit_h=limit_h, as_of=as_of)


def _see_scalar(value: InputValue, *, limit_h: float | None, as_of: datetime) -> Seen:
    assert not isinstance(value.value, tuple)  # noqa: S101  (for the type checker; the caller asked)
    why = _why_absent(value.observed_at, limit_h=limit_h, as_of=as_of)
    if why is not None:
        return Seen(reading=NOT_RECORDED, why_absent=why)
    return Seen(
        reading=Reading(value=value.value, confirmed=value.confirmed),
        shown=value.value,
        observed_at=value.observed_at,
        confirmed_at=value.confirmed_at,
        origin=value.origin,
        unconfirmed=not value.confirmed,
    )


def _see_set(value: InputValue, *, limit_h: float | None, as_of: datetime, standing: bool) -> Seen:
    present = [member for member in value.members if _counts(member, limit_h, as_of, standing=standing)]
    why = _why_incomplete(value.list_confirmed_at, limit_h=limit_h, as_of=as_of)
    # An item whose confirmation has grown old is again an item nobody has confirmed: present, and marked.
    members: dict[str, bool] = {}
    for member in present:
        members[member.value] = members.get(member.value, False) or (member.confirmed and why is None)
    return Seen(
        reading=Reading(members=members, complete=why is None),
        why_absent=why or "not recorded",
        shown=tuple(sorted(members)),
        observed_at=max((one.observed_at for one in present if one.observed_at), default=value.observed_at),
        confirmed_at=value.list_confirmed_at,
        origin="; ".join(sorted({member.origin for member in present})) or value.origin,
        unconfirmed=why is not None or not all(members.values()),
    )


def _counts(member: Member, limit_h: float | None, as_of: datetime, *, standing: bool) -> bool:
    """Whether an item counts as present: never from the future, and a finding of the day only while fresh.

    A standing list (problems, medicines, clearances, limbs) keeps its items whatever their age. A urine screen or
    what was taken in the last 24 h does not.
    """
    if member.observed_at is None:
        return True
    return _why_absent(member.observed_at, limit_h=None if standing else limit_h, as_of=as_of) is None


def _why_absent(at: datetime | None, *, limit_h: float | None, as_of: datetime) -> str | None:
    """Why a value of this time counts as missing; None when it counts."""
    if at is None:
        return None if limit_h is None else "recorded without a time, so its age cannot be judged"
    if at > as_of:
        return f"recorded for {at:%Y-%m-%d}, which is later than the moment of judgement"
    if limit_h is not None and as_of - at > timedelta(hours=limit_h):
        return f"last recorded {_age(as_of - at)} before this was judged, and it counts for {_span(limit_h)}"
    return None


def _why_incomplete(at: datetime | None, *, limit_h: float | None, as_of: datetime) -> str | None:
    if at is None:
        return "the list has not been confirmed by a person"
    if _why_absent(at, limit_h=limit_h, as_of=as_of) is None:
        return None
    if at > as_of:
        return "the list was confirmed later than the moment of judgement"
    return f"the list was last confirmed {_age(as_of - at)} before this was judged, and it counts for {_span(limit_h or 0)}"


def _age(age: timedelta) -> str:
    """How old a value was, in whole units. No wall clock: this floor does not know the clinic's zone, and the words are kept."""
    minutes = int(age / timedelta(minutes=1))
    if minutes < 180:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _span(hours: float) -> str:
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} h"
