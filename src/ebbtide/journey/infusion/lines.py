"""The log in words: one line for each entry, newest first, with source, author and time. Pure: no Django, no clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ebbtide.journey.infusion.events import FIELDS, SCALES, SIGNS, Event, Kind, ScaleName, plain_signed

TITLES: Mapping[Kind, str] = {
    Kind.CHECK_IN: "Checked in",
    Kind.OBSERVATION: "Vital signs by hand",
    Kind.SCALE: "Scale",
    Kind.NOTE: "Note",
    Kind.START: "Started",
    Kind.RESUME: "Resumed",
    Kind.BOLUS: "Bolus",
    Kind.RATE_INCREASE: "Rate raised",
    Kind.RATE_DECREASE: "Rate lowered",
    Kind.PAUSE: "Paused",
    Kind.STOP: "Stopped",
    Kind.OFF_MONITOR: "Off the monitor",
    Kind.DRUG_GIVEN: "Drug given",
    Kind.ADVERSE_EVENT: "Adverse event",
    Kind.EMERGENCY_STEP: "Emergency step",
    Kind.COMFORT_CALL: "Patient calls",
    Kind.PUMP_ACTION: "At the pump",
    Kind.IV_ACCESS: "Cannula",
    Kind.EQUIPMENT: "Equipment",
    Kind.BACK_ON_MONITOR: "Back on the monitor",
    Kind.COMFORT_CARD: "Comfort card",
    Kind.EMERGENCY: "Emergency",
}
SHORT: Mapping[str, str] = {
    "hr_per_min": "HR",
    "spo2_percent": "SpO₂",
    "rr_per_min": "RR",
    "etco2_mmHg": "EtCO₂",
    "o2_flow_l_per_min": "O₂",
    "temp_c": "T",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the log as a person reads it."""

    id: UUID
    kind: Kind | None
    title: str
    words: str
    at: datetime
    recorded_at: datetime
    author: str
    late: bool
    stands: bool
    is_correction: bool
    from_monitor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alarm of the bedside monitor's own, as it told of it."""

    id: UUID
    text: str
    priority: str
    ended: bool
    training: bool
    device: str
    at: datetime
    received_at: datetime


def with_notices(lines: Iterable[Line], notices: Iterable[Notice]) -> list[Line]:
    """The log with the monitor's own alarms in their places, newest first."""
    return sorted([*lines, *map(_noticed, notices)], key=lambda line: line.at, reverse=True)


def _noticed(one: Notice) -> Line:
    priority = "" if one.ended or not one.priority else f", its priority {one.priority}"
    training = " (training mode)" if one.training else ""
    return Line(
        id=one.id,
        kind=None,
        title="Monitor alarm ended" if one.ended else "Monitor alarm",
        words=f"{one.text or 'no words'}{priority}{training}",
        at=one.at,
        recorded_at=one.received_at,
        author=one.device,
        late=False,
        stands=True,
        is_correction=False,
        from_monitor=True,
    )


def lines_of(events: Iterable[Event], *, set_aside: frozenset[UUID]) -> list[Line]:
    """Every entry, also what was corrected or withdrawn, newest first."""
    ordered = sorted(events, key=lambda one: (one.observed_at, one.recorded_at, one.id), reverse=True)
    return [_line(event, stands=event.id not in set_aside) for event in ordered]


def _line(event: Event, *, stands: bool) -> Line:
    return Line(
        id=event.id,
        kind=event.kind,
        title=f"Withdrawn: {TITLES[event.kind].lower()}" if event.withdrawn else TITLES[event.kind],
        words="" if event.withdrawn else said(event),
        at=event.observed_at,
        recorded_at=event.recorded_at,
        author=event.author,
        late=event.late,
        stands=stands or event.withdrawn,
        is_correction=event.replaces is not None,
    )


def said(event: Event) -> str:
    """What an entry says, each number with its unit."""
    return _SAID.get(event.kind, _plain)(event)


def _number(event: Event, name: str, unit: str) -> str:
    value = event.decimal(name)
    return "not recorded" if value is None else f"{plain_signed(value)} {unit}".rstrip()


def _with_reason(words: str, event: Event) -> str:
    return ": ".join(part for part in (words, event.text("reason")) if part)


def _rate(event: Event) -> str:
    return _with_reason(_number(event, "rate_mg_per_h", "mg/h"), event)


def _bolus(event: Event) -> str:
    over = event.decimal("over_min") or Decimal(0)
    how = "at once" if over == 0 else f"over {plain_signed(over)} min"
    return _with_reason(f"{_number(event, 'amount_mg', 'mg')} {how}", event)


def _observation(event: Event) -> str:
    upper, lower = event.decimal("sbp_mmHg"), event.decimal("dbp_mmHg")
    parts = [] if upper is None or lower is None else [f"BP {plain_signed(upper)}/{plain_signed(lower)} mmHg"]
    parts += [
        f"{words} {_number(event, name, SIGNS[name].unit)}"
        for name, words in SHORT.items()
        if event.decimal(name) is not None
    ]
    if taken := event.text("as_monitor"):
        same = set(taken.split()) >= {name for name in SIGNS if event.decimal(name) is not None}
        parts.append("read off the monitor" if same else f"read off the monitor: {_names(taken)}")
    if site := event.text("cuff_site"):
        parts.append(f"cuff {site}")
    return _on_limb(" · ".join(parts), event)


def _names(taken: str) -> str:
    """The signs that were read off the monitor; a pressure is one."""
    named = ["BP" if name in {"sbp_mmHg", "dbp_mmHg"} else SHORT.get(name, name) for name in taken.split()]
    return ", ".join(dict.fromkeys(named))


def _scale(event: Event) -> str:
    name = event.text("name")
    words = SCALES[ScaleName(name)].words if name in ScaleName.__members__ else name
    return f"{words} {_number(event, 'value', '')}".replace("-", "−")


def _drug(event: Event) -> str:
    return f"{event.text('drug')} {_number(event, 'amount', event.text('unit'))}, {event.text('route')}"


def _off_monitor(event: Event) -> str:
    lasts = event.decimal("for_min")
    return ", ".join(
        part for part in (event.text("reason"), lasts and f"for {plain_signed(lasts)} min") if part
    )


CANNULA_WORDS: Mapping[str, str] = {
    "placed": "placed",
    "patent": "looked at, patent",
    "not_patent": "looked at, NOT patent",
    "attempt_failed": "attempt failed",
    "removed": "removed",
}


def _cannula(event: Event) -> str:
    gauge, attempts = event.text("gauge"), event.decimal("attempts")
    count = "" if attempts is None else f"{plain_signed(attempts)} attempt{'' if attempts == 1 else 's'}"
    parts = (
        CANNULA_WORDS.get(event.text("done"), event.text("done")),
        event.text("site"),
        gauge and f"{gauge} G",
        count,
    )
    return _on_limb(", ".join(part for part in parts if part), event)


def _on_limb(words: str, event: Event) -> str:
    why = event.text("limb_reason")
    return f"{words} · on the spared limb: {why}" if why else words


ITEM_WORDS: Mapping[str, str] = {
    "pump": "pump", "monitor": "monitor", "oxygen": "oxygen", "suction": "suction", "airway_kit": "airway kit",
    "other": "other",
}  # fmt: skip


def _equipment(event: Event) -> str:
    item, state = event.text("item"), event.text("state").replace("_", " ")
    what = f"{ITEM_WORDS.get(item, item)} {event.text('identity')}".strip()
    return f"{what}, {state}" if state else what


def _adverse(event: Event) -> str:
    return ": ".join(
        part for part in (f"{event.text('event')}, {event.text('severity')}", event.text("action")) if part
    )


def _plain(event: Event) -> str:
    return ", ".join(found for name in FIELDS[event.kind] if (found := event.text(name)))


_SAID: Mapping[Kind, Callable[[Event], str]] = {
    Kind.START: _rate,
    Kind.RESUME: _rate,
    Kind.RATE_INCREASE: _rate,
    Kind.RATE_DECREASE: _rate,
    Kind.BOLUS: _bolus,
    Kind.OBSERVATION: _observation,
    Kind.SCALE: _scale,
    Kind.DRUG_GIVEN: _drug,
    Kind.ADVERSE_EVENT: _adverse,
    Kind.OFF_MONITOR: _off_monitor,
    Kind.IV_ACCESS: _cannula,
    Kind.EQUIPMENT: _equipment,
}
