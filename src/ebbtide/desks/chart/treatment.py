"""The treatment in words: the session, the way home, what was answered afterwards, and what the registry keeps of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from ebbtide.desks.chart.line import Entry, grams, link
from ebbtide.desks.chart.steps import day_words
from ebbtide.desks.chart.story import Row
from ebbtide.evidence.instruments import load_instruments
from ebbtide.journey.infusion.events import UG_PER_MG
from ebbtide.journey.infusion.models import EntryKind
from ebbtide.journey.leaving.calls import told
from ebbtide.journey.leaving.later import LATER_WORDS, LaterKind
from ebbtide.journey.leaving.models import CallResult
from ebbtide.journey.outcomes.models import AlertKind

# the daily pain scores are the curve, and no lines of the story
DAILY, PAIN = frozenset({"DIARY", "BASE"}), "NRS11"
AT_THE_VISIT = "VISIT"
# ids of instruments.yaml as people say them; the others are said as they are written
SAID = {"NRS11": "pain", "PHQ9": "PHQ-9", "GAD7": "GAD-7", "PCL5": "PCL-5"}
DAYS_A_WEEK = 7


def session(row: Row) -> Entry:
    """Somebody was checked in."""
    return Entry(
        at=row.at, title=f"Infusion {row.data['number']}: checked in", notes=row.data["chair"], who=row.who,
        href=link("infusion:chair", row.id),
    )  # fmt: skip


def gate(row: Row) -> Entry:
    """What the start gate said."""
    title = "Start gate passed" if row.data["passed"] else "Start gate refused: nothing started"
    return Entry(at=row.at, title=title, who=row.who, href=link("infusion:chair", row.data["session"]))


def start(row: Row) -> Entry:
    """Drug began to flow."""
    rate = row.data["body"].get("rate_mg_per_h")
    at_rate = f", {grams(rate)} mg/h" if rate else ""
    return Entry(
        at=row.at, title=f"Infusion {row.data['number']} started{at_rate}", who=row.who,
        href=link("infusion:chair", row.data["session"]),
    )  # fmt: skip


def given_words(given_ug: int | None, weight_kg: str | None) -> str:
    """What was given, in mg and in mg for each kg of the order's weight."""
    if given_ug is None:
        return "amount given not recorded"
    mg = Decimal(given_ug) / UG_PER_MG
    per_kg = f", {grams(str(round(mg / Decimal(weight_kg), 2)))} mg/kg" if weight_kg else ""
    return f"{grams(str(mg))} mg given{per_kg}"


def logged(row: Row) -> Entry:
    """A stop with what was given, or something that went wrong."""
    body = row.data["body"]
    if row.data["kind"] == EntryKind.ADVERSE_EVENT:
        title = f"Adverse event: {body.get('event', 'not described')}"
        notes = [body.get("severity", ""), body.get("action", "")]
    else:
        given = given_words(row.data["given_ug"], row.data["weight_kg"])
        title, notes = f"Infusion {row.data['number']} stopped, {given}", [body.get("reason", "")]
    return Entry(
        at=row.at, title=title, notes=" · ".join(filter(None, notes)), who=row.who,
        href=link("infusion:chair", row.data["session"]),
    )  # fmt: skip


def recovery(row: Row) -> Entry:
    """One observation on the way home; a score with an item missing has no total."""
    totals = (("Aldrete", row.data["aldrete"]), ("PADSS", row.data["padss"]))
    said = ", ".join(
        f"{name} {'not complete' if total is None else f'{total} of 10'}" for name, total in totals
    )
    return Entry(
        at=row.at, title=f"Recovery observed: {said}", notes="against the person's own baseline", who=row.who,
        href=link("leaving:recovery", row.data["session"]),
    )  # fmt: skip


def release(row: Row) -> Entry:
    """A prescriber let somebody go although a gate was shut."""
    return Entry(
        at=row.at, title="Release signed although a condition was not met", notes=row.data["reason"], who=row.who,
        href=link("leaving:recovery", row.data["session"]),
    )  # fmt: skip


def departure(row: Row) -> Entry:
    """Somebody left, with whom, and until when they do not drive."""
    on, at = date.fromisoformat(row.data["no_driving_on"]), row.data["no_driving_at"][:5]
    return Entry(
        at=row.at, title=f"Left after infusion {row.data['number']}, with an escort ({row.data['escort']})",
        notes=f"no driving until {day_words(on)}, {at}", who=row.who, href=link("leaving:departure", row.id),
    )  # fmt: skip


def call(row: Row) -> Entry:
    """A try to call on the day after, and what it told."""
    flags = told(row.data.get("red_flags", {}))
    notes = [f"told: {', '.join(flags)}" if flags else "", row.data.get("step", "")]
    return Entry(
        at=row.at, title=f"Call on the day after: {CallResult(row.data['outcome']).label.lower()}",
        notes=" · ".join(filter(None, notes)), who=row.who, href=link("leaving:departure", row.data.get("departure", "")),
    )  # fmt: skip


def later(row: Row) -> Entry:
    """Something that happened after the person had left, with its own time."""
    recorded = row.instant("recorded_at")
    late = f"charted {day_words(recorded.date())}" if row.data["late"] and recorded else ""
    title = f"After infusion {row.data['number']}: {LATER_WORDS[LaterKind(row.data['kind'])]}, {row.data['severity']}"
    return Entry(
        at=row.at, title=title, notes=" · ".join(filter(None, [row.data["what"], row.data["done"], late])), who=row.who,
        href=link("leaving:departure", row.data["departure"]),
    )  # fmt: skip


def alert(row: Row) -> Entry:
    """Something that was told and asked for a person."""
    closed = row.instant("closed_at")
    state = "closed" if closed else "open"
    return Entry(
        at=row.at, title=f"Safety alert, {state}", notes=AlertKind(row.data["kind"]).label, who=row.who,
        href=link("outcomes:alert", row.id),
    )  # fmt: skip


def exposure(row: Row) -> Entry:
    """What one infusion gave, as the registry keeps it; a prediction stays on the order's own page."""
    per_kg = row.data["mg_per_kg"]
    said = f"{grams(row.data['mg'])} mg, {f'{grams(per_kg)} mg/kg' if per_kg else 'mg/kg not recorded'}, {grams(row.data['hours'])} h"
    return Entry(at=row.at, title=f"Exposure of infusion {row.data['number']}: {said}")


# — what was answered, one line for each check-in —


def check_ins(rows: Iterable[Row]) -> list[Entry]:
    """The scores of one check-in or visit are one line; a score is nobody's to guess when too much was blank."""
    told = [row for row in rows if not _is_daily(row)]
    groups = groupby(told, key=lambda row: (row.data["point"], row.at.date()))
    return [_check_in(list(group)) for _, group in groups]


def _is_daily(row: Row) -> bool:
    return row.data["point"] in DAILY and row.data.get("instrument", PAIN) == PAIN


def _check_in(rows: Sequence[Row]) -> Entry:
    first = rows[0]
    scores = [score_words(row.data) for row in rows if "instrument" in row.data]
    return Entry(
        at=first.at, title=f"{point_words(first.data['point'])}: {', '.join(scores) if scores else 'answered'}",
        who=first.who, href=link("outcomes:episode", first.data.get("episode", "")),
    )  # fmt: skip


def score_words(data: Mapping[str, str]) -> str:
    """One result: PEG 5.67; the name of the instrument is its short one."""
    value = data["value"]
    name = SAID.get(data["instrument"], data["instrument"])
    return f"{name} {'not scored, too much blank' if value is None else grams(value)}"


def point_words(point: str) -> str:
    """When a check-in was asked, in words."""
    if point == AT_THE_VISIT:
        return "Asked at the visit"
    found = load_instruments().point(point)
    if found is None:
        return "Before the course"
    weeks, days = divmod(found.after_days, DAYS_A_WEEK)
    span = (
        f"{weeks} week{'s' * (weeks != 1)}"
        if not days
        else f"{found.after_days} day{'s' * (found.after_days != 1)}"
    )
    return f"Check-in, {span} after the course"
