"""The evidence room's ages: dated facts and a moment in, inputs out. The caller gives the moment; no clock, no I/O.

Rules never look at a clock (EVALUATION 6), so what a rule reads as days or hours is computed here from what was
recorded as a date: `additions.yaml` says which fact feeds which input.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ebbtide.evidence.errors import InputUnknown
from ebbtide.evidence.inputs import FeedsBy, InputSpec
from ebbtide.evidence.interactions import InteractionPack, sedating_class_count
from ebbtide.evidence.model import SuitabilityPack
from ebbtide.evidence.readings import InputValue

SECONDS_PER_HOUR = 3600
SEDATIVES_TOGETHER = 2  # classes; SUI-DRG-02 asks for two or more, so two are enough even on an open list
SECOND_READING_MIN = timedelta(minutes=5)  # systolic_mmHg: "the second taken 5 to 10 min later at rest"
SECOND_READING_MAX = timedelta(minutes=10)


def age_years(*, born_on: date, on: date) -> int:
    """Completed years of life on a day (years)."""
    had_birthday = (on.month, on.day) >= (born_on.month, born_on.day)
    return on.year - born_on.year - (0 if had_birthday else 1)


def days_since(*, day: date, as_of: datetime) -> int:
    """Whole calendar days from a day to the moment of judgement (days)."""
    return (as_of.date() - day).days


def hours_since(*, at: datetime, as_of: datetime) -> float:
    """Hours from an instant to the moment of judgement (h)."""
    return (as_of - at).total_seconds() / SECONDS_PER_HOUR


def latest_values(values: Iterable[InputValue], *, as_of: datetime) -> dict[str, InputValue]:
    """Of each name the value observed last, leaving out what was observed after the moment of judgement.

    A value without a time yields to any that has one; of two with the same time the later in order stands.
    """
    latest: dict[str, InputValue] = {}
    for value in values:
        if value.observed_at is not None and value.observed_at > as_of:
            continue
        standing = latest.get(value.name)
        if standing is None or _time(value) >= _time(standing):
            latest[value.name] = value
    return latest


def _time(value: InputValue) -> datetime:
    return value.observed_at or datetime.min.replace(tzinfo=UTC)


def to_inputs(
    facts: Mapping[str, InputValue], *, pack: SuitabilityPack, interactions: InteractionPack, as_of: datetime
) -> dict[str, InputValue]:
    """Every input that the facts give at this moment: those recorded as such, and those computed from dates.

    A computed input replaces a typed one of the same name, because an age that was typed goes stale.
    """
    unknown = sorted(name for name in facts if name not in pack.inputs)
    if unknown:
        raise InputUnknown(f"Not in the vocabulary of facts: {', '.join(unknown)}.")
    inputs = {name: fact for name, fact in facts.items() if not pack.inputs[name].record_only}
    derived = [_from_dated(pack.inputs[name], fact, as_of=as_of) for name, fact in facts.items()]
    derived += [_pregnancy_test_age(facts, as_of=as_of), _bladder_change(facts)]
    derived += [_sedating_classes(facts, interactions)]
    return inputs | {value.name: value for value in derived if value is not None}


def _from_dated(spec: InputSpec, fact: InputValue, *, as_of: datetime) -> InputValue | None:
    """The input that a dated fact feeds; None when it feeds none, or lies after the moment of judgement."""
    if spec.feeds is None:
        return None
    moment = fact.value if spec.feeds_by is FeedsBy.VALUE else fact.observed_at
    if isinstance(moment, datetime) and spec.feeds_by is FeedsBy.VALUE:
        return _computed(fact, spec.feeds, hours_since(at=moment, as_of=as_of))
    if isinstance(moment, datetime):
        return _computed(fact, spec.feeds, days_since(day=moment.date(), as_of=as_of))
    if not isinstance(moment, date):
        return None
    if spec.feeds == "age_years":
        return _computed(fact, spec.feeds, age_years(born_on=moment, on=as_of.date()))
    return _computed(fact, spec.feeds, days_since(day=moment, as_of=as_of))


def _computed(fact: InputValue, name: str, value: float) -> InputValue | None:
    if value < 0:
        return None
    origin = f"computed from {fact.name.replace('_', ' ')}; {fact.origin}"
    return replace(fact, name=name, value=value, unit=None, origin=origin)


def _pregnancy_test_age(facts: Mapping[str, InputValue], *, as_of: datetime) -> InputValue | None:
    test = facts.get("pregnancy_test_result")
    if test is None or test.observed_at is None:
        return None
    return _computed(test, "pregnancy_test_age_h", hours_since(at=test.observed_at, as_of=as_of))


def _bladder_change(facts: Mapping[str, InputValue]) -> InputValue | None:
    now, baseline = facts.get("bladder_check_total"), facts.get("bladder_check_baseline")
    if (
        now is None
        or baseline is None
        or not isinstance(now.value, int)
        or not isinstance(baseline.value, int)
    ):
        return None
    origin = f"computed from two bladder checks; {now.origin}"
    return replace(
        now, name="bladder_check_change", value=now.value - baseline.value, unit=None, origin=origin
    )


def _sedating_classes(facts: Mapping[str, InputValue], interactions: InteractionPack) -> InputValue | None:
    """The count, when the list is confirmed or already long enough to decide.

    A count over a list that nobody confirmed is a lower bound, and a lower bound must not read as "only one".
    """
    medicines = facts.get("medication_classes")
    if medicines is None:
        return None
    count = sedating_class_count(frozenset(member.value for member in medicines.members), pack=interactions)
    if medicines.list_confirmed_at is None and count < SEDATIVES_TOGETHER:
        return None
    return InputValue(
        name="cns_depressant_class_count",
        value=count,
        observed_at=medicines.list_confirmed_at or medicines.observed_at,
        origin="computed from the medication list",
        confirmed=medicines.list_confirmed_at is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """One reading of the cuff, with its time."""

    systolic_mmHg: int  # noqa: N815  (the unit ends the name)
    diastolic_mmHg: int  # noqa: N815
    at: datetime


def confirmed_pressure(
    readings: Iterable[Pressure],
    *,
    check_systolic_mmHg: float,  # noqa: N803
    check_diastolic_mmHg: float,  # noqa: N803
) -> Pressure | None:
    """The reading that rules may use, of those measured in the clinic; None while a second is awaited.

    A first reading below the check level stands. At or above it, the second, taken 5 to 10 min later at rest,
    stands instead; until then the pressure is missing. Both are kept in the record.
    """
    ordered = sorted(readings, key=lambda reading: reading.at)
    if not ordered:
        return None
    last = ordered[-1]
    if last.systolic_mmHg < check_systolic_mmHg and last.diastolic_mmHg < check_diastolic_mmHg:
        return last
    before = [SECOND_READING_MIN <= last.at - reading.at <= SECOND_READING_MAX for reading in ordered[:-1]]
    return last if any(before) else None
