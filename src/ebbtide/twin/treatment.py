"""The twin room: consent, the order, its second check, the series, and what happens to one of its visits."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from ebbtide.ground.people.models import Resource
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.queries import latest_weight
from ebbtide.journey.careplan.actions import (
    CheckOrder,
    SignOrder,
    WriteOrder,
    check_order_blind,
    sign_order,
    write_order,
)
from ebbtide.journey.careplan.dosing import Field, GapDays, Step, StopCondition
from ebbtide.journey.careplan.findings import Level
from ebbtide.journey.careplan.limits import largest_rate_mg_per_kg_h
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.careplan.queries import findings_for, library
from ebbtide.journey.careplan.rules import expected_entry
from ebbtide.journey.careplan.specs import spec_of
from ebbtide.journey.course.actions import (
    BookSeries,
    CancelVisit,
    MoveVisit,
    Slot,
    book_series,
    cancel_visit,
    move_visit,
)
from ebbtide.journey.course.models import Series
from ebbtide.journey.course.placement import PlannedVisit, TimeOfDay, Wishes
from ebbtide.journey.course.queries import offers_for, order_to_place, settings_of, times_for_visit
from ebbtide.twin.aftermath import answer_for_weeks, keep_a_diary_before
from ebbtide.twin.cast import OrderWish, Reached
from ebbtide.twin.chair import call_next_day, infuse
from ebbtide.twin.house import START_RATE_MG_PER_KG_H
from ebbtide.twin.way import Story, Way
from ebbtide.twin.workup import consent

REVIEW_AFTER = timedelta(days=42)
# how long ago the people in the chairs came, by what is seen of them now (min)
CAME_AGO_MIN = {"long": 105, "running": 45, "recovering": 90}
CAP_MG_PER_H, HIGHEST_MG_PER_KG_H = Decimal(25), Decimal("0.35")  # CRPS-10DAY-OUTPATIENT, Schwartzman 2009
VIAL_MG_PER_ML = Decimal(50)
ENDS_THE_RISE = StopCondition(signal="systolic pressure", comparison="above", value=Decimal(160), unit="mmHg")
STOP_IF = ("Sedation deeper than RASS −2", "SpO₂ below 92 % for more than one minute")
# what the prescriber writes beside a soft limit; a key ends with a dot where several limits begin like it
REASONS = {
    "LIM-FIRST": "A fixed series was agreed after the trial of one infusion was offered and declined.",
    "LIM-YEAR": "No infusion elsewhere in the last twelve months, asked at the evaluation.",
    "TEMPLATE-NEEDS-1": "The treating psychiatrist's letter lies with the evaluation.",
    "TEMPLATE-NEEDS-2": "Mood is a goal of this order and was assessed (PHQ-9).",
}
OTHER_REASON = "Read again in the published paper and agreed by both prescribers of the house."


def treat(way: Way, episode: Episode, *, after: datetime) -> Story:
    """From the consent to the booked series, as far as this person came."""
    reached = way.person.reached
    if reached >= Reached.CONSENTED:
        yield (at := after + timedelta(minutes=12))
        consent(way, episode, at)
    if way.person.order is None:
        return
    yield (at := after + timedelta(minutes=25))
    order = _write(way, episode, way.person.order, at)
    if reached >= Reached.ORDERED:
        yield (at := at + timedelta(minutes=4))
        sign_order(way.act(way.doctor, at, "sign-order"), SignOrder(order=order, reasons=_reasons(order, at)))
    next_day = way.house.wall.day_after(after.astimezone(way.house.wall.zone).date())
    if reached >= Reached.CHECKED:
        yield (at := way.house.wall.at(next_day, f"09:{way.person.number:02d}"))
        _check(way, order, at)
    if reached >= Reached.BOOKED:
        yield from _book(way, order, at=way.house.wall.at(next_day, f"11:{way.person.number:02d}"))
    if reached >= Reached.INFUSING:
        yield from only_until(_come(way, Series.objects.get(order=order)), way.house.wall.now)


def only_until(story: Story, now: datetime) -> Story:
    """The part of a story that has happened by now."""
    for at in story:
        if at > now:
            return
        yield at


def _come(way: Way, series: Series) -> Story:
    """The person comes to every visit so far; when the course is over, weeks of answers follow."""
    visits = list(
        series.visits.select_related("chair", "series__order__protocol", "series__episode__patient__clinic")
        .exclude(status="cancelled")
        .order_by("starts_at")
    )
    yield from keep_a_diary_before(way, series.episode, before=visits[0].starts_at)
    for visit in visits:
        if visit.starts_at > way.house.wall.now:
            return
        yield from infuse(way, visit, thorough=way.person.reached is Reached.INFUSING)
        yield from call_next_day(way, visit)
    if way.person.course is not None:
        yield from answer_for_weeks(way, series)


# — the order —


def _write(way: Way, episode: Episode, wish: OrderWish, at: datetime) -> OrderVersion:
    weight = latest_weight(episode.patient, as_of=at)
    assert weight is not None  # noqa: S101 - everybody who gets this far was weighed
    key, dose_field, steps, infusions, gap_days = _dosing(wish.template, weight.kg)
    return write_order(
        way.act(way.doctor, at, "order"),
        WriteOrder(
            episode=episode, protocol=library(way.house.clinic)[key], template=wish.template, drug="racemate",
            weight=weight.fact, dose_field=dose_field, steps=steps, vial_mg_per_ml=VIAL_MG_PER_ML,
            bag_volume_ml=Decimal(250) if dose_field.is_rate else Decimal(100), diluent="sodium chloride 0.9 %",
            infusions=infusions, gap_days=gap_days, goal=wish.goal, review_on=(at + REVIEW_AFTER).date(),
            stop_conditions=STOP_IF,
        ),
    )  # fmt: skip


Dosing = tuple[str, Field, tuple[Step, ...], int, GapDays | None]


def _dosing(template: str, weight_kg: Decimal) -> Dosing:
    """Protocol, dosing field, steps, infusions and gaps of one of the four orders of this house."""
    half_mg_per_kg = (Step(value=Decimal("0.5"), minutes=40),)
    if template == "TPL-CHR-5X40":
        return "CHR-5X40", Field.DOSE_MG_PER_KG, half_mg_per_kg, 5, GapDays(minimum=1, maximum=1)
    if template == "TPL-MOOD-6X3W":
        return "MDD-0.5X6", Field.DOSE_MG_PER_KG, half_mg_per_kg, 6, GapDays(minimum=3, maximum=4)
    if template == "TPL-CRPS-10DAY":
        gap = GapDays(minimum=1, maximum=3)
        return "CRPS-10DAY-OUTPATIENT", Field.RATE_MG_PER_KG_H, _rising(weight_kg), 10, gap
    return "OUT-80MG-2H", Field.DOSE_MG, (Step(value=Decimal(80), minutes=125),), 1, None


def _rising(weight_kg: Decimal) -> tuple[Step, ...]:
    """An hour at the director's start, an hour in between, two at the highest rate that the cap allows."""
    most = min(HIGHEST_MG_PER_KG_H, largest_rate_mg_per_kg_h(cap_mg_per_h=CAP_MG_PER_H, weight_kg=weight_kg))
    start, middle = Decimal(str(START_RATE_MG_PER_KG_H)), Decimal("0.2")
    return (
        Step(value=start, minutes=60, stop_if=ENDS_THE_RISE),
        Step(value=min(middle, most), minutes=60, stop_if=ENDS_THE_RISE),
        Step(value=most, minutes=120, stop_if=ENDS_THE_RISE),
    )


def _reasons(order: OrderVersion, at: datetime) -> dict[str, str]:
    found = findings_for(spec_of(order), order.episode, template_id=order.template, at=at)
    soft = [finding.limit_id for finding in found if finding.level is Level.SOFT]
    return {limit_id: REASONS.get(limit_id, OTHER_REASON) for limit_id in soft}


def _check(way: Way, order: OrderVersion, at: datetime) -> None:
    """A nurse works the numbers out alone, from the weight and the protocol, and gets them right."""
    own = expected_entry(spec_of(order))
    check_order_blind(
        way.act(way.nurse, at, "check"),
        CheckOrder(
            order=order, weight_kg=own.weight_kg, dose_mg=own.dose_mg, rate_ml_per_h=own.rate_ml_per_h
        ),
    )


# — the series —


def _book(way: Way, order: OrderVersion, *, at: datetime) -> Story:
    yield at
    series = _place(way, order, at)
    if way.person.change is None:
        return
    yield (changed_at := at + timedelta(hours=2))
    _change(way, series, changed_at)


def _place(way: Way, order: OrderVersion, at: datetime) -> Series:
    wish, clinic = way.person.order, way.house.clinic
    assert wish is not None  # noqa: S101 - whoever has an order wished for it
    settings = settings_of(clinic)
    wishes = Wishes(
        earliest_on=_first_day(way, wish), not_before=max(at, _not_before(way)),
        time_of_day=TimeOfDay(wish.prefers),
    )  # fmt: skip
    placement = offers_for(order_to_place(order.pk, today=settings.hours.day_of(at)), settings, wishes)
    slots = tuple(_slot(planned) for planned in placement.offers[0].visits)
    return book_series(way.act("desk", at, "book"), BookSeries(order=order, slots=slots))


def _not_before(way: Way) -> datetime:
    """Whoever sits in a chair now came so long ago; the others come when they like."""
    came_ago_min = CAME_AGO_MIN.get(way.person.chair_part)
    now = way.house.wall.now
    if came_ago_min is None:
        return now - timedelta(days=365)
    quarter = timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    return now - quarter - timedelta(minutes=came_ago_min)


def _first_day(way: Way, wish: OrderWish) -> date:
    if wish.began_days_ago is not None:
        return way.house.wall.open_day_ago(wish.began_days_ago)
    assert wish.from_open_day is not None  # noqa: S101 - the cast says when a booked series begins
    return way.house.wall.open_day_ahead(wish.from_open_day)


def _slot(planned: PlannedVisit) -> Slot:
    places = Resource.objects.select_related("clinic", "staff").in_bulk([planned.chair, planned.nurse_place])
    return Slot(
        chair=places[planned.chair], nurse_place=places[planned.nurse_place], starts_at=planned.starts_at,
        ends_at=planned.ends_at, why_here=planned.why_here,
    )  # fmt: skip


def _change(way: Way, series: Series, at: datetime) -> None:
    change = way.person.change
    assert change is not None  # noqa: S101 - the caller looked
    visit = series.visits.select_related("series__order", "series__episode__patient__clinic").get(
        number=change.number
    )
    if change.kind == "cancelled":
        cancel_visit(way.act("desk", at, "cancel"), CancelVisit(visit=visit, reason=change.reason))
        return
    other = times_for_visit(visit, settings_of(way.house.clinic), not_before=at)[0]
    move_visit(way.act("desk", at, "move"), MoveVisit(visit=visit, slot=_slot(other)))
