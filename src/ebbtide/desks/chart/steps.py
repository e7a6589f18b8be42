"""What is next for a person, in words, with its owner and its door. Pure: it reads a position and a time, nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ebbtide.desks.chart.position import Position, day, moment

CLINICIAN, FRONT_DESK, SECOND, NOBODY = "a prescriber", "the front desk", "a second person", "nobody"
NURSES = "the nurses"
LOG, RECOVERY, CALL, ALERT = (
    "infusion.session_log", "leaving.recovery", "leaving.next_day_call", "outcomes.safety_alert",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what, whose, and the button that opens it (`button` is empty when nobody has to act)."""

    words: str
    owner: str = NOBODY
    button: str = ""
    route: str = ""
    row: Any = None
    resource: str = ""
    verb: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """The moment at which the question is asked, on the clinic's wall."""

    at: datetime
    zone: str

    @property
    def today(self) -> date:
        return self.day_of(self.at)

    def day_of(self, when: datetime) -> date:
        """The day on the wall of an instant."""
        return when.astimezone(ZoneInfo(self.zone)).date()

    def words(self, when: datetime | None) -> str:
        """A moment on the wall: Mon 23 Nov 2026, 14:05."""
        if when is None:
            return "a time not recorded"
        there = when.astimezone(ZoneInfo(self.zone))
        return f"{day_words(there.date())}, {there:%H:%M}"


def day_words(on: date | None) -> str:
    """A day in words: Mon 23 Nov 2026."""
    return "a day not recorded" if on is None else f"{on:%a} {on.day} {on:%b %Y}"


def next_step(position: Position, wall: Wall) -> Step:
    """The one thing that moves this person on, the earliest stage that is not done first."""
    for ask in (_before_an_episode, _alert, _seat, _call, _assessment, _order, _consent, _due, _series):
        found = ask(position, wall)
        if found is not None:
            return found
    return Step(
        words=f"Every visit of the series is past. Check-ins go on; review on {day_words(day(position.order, 'review_on'))}.",
        owner=CLINICIAN,
    )


def _before_an_episode(position: Position, wall: Wall) -> Step | None:
    if position.patient.deceased_on is not None:
        return Step(
            words=f"This person died on {day_words(position.patient.deceased_on)}. Nothing can be ordered or booked."
        )
    if position.episode:
        if position.episode["closed_at"]:
            return Step(words="The episode is closed. A new request opens the next one.")
        return None
    if position.request.get("status") == "received":
        return Step(
            words="The request waits for an answer.", owner=position.request["owner"] or CLINICIAN, button="Open the request",
            route="access:show", row=position.request["id"], resource="access.consult_request", verb="read",
        )  # fmt: skip
    return Step(words="No episode is open. A request that is accepted opens one.")


def _alert(position: Position, wall: Wall) -> Step | None:
    if not position.alert:
        return None
    due_at = wall.words(moment(position.alert, "due_at"))
    return Step(
        words=f"An answer asks for a person, by {due_at}: call, and write what came of it.", owner=position.alert["owner"],
        button="Open the alert", route="outcomes:alert", row=position.alert["id"], resource=ALERT, verb="read",
    )  # fmt: skip


# the newest entry that changed the flow, and where the session is after it
FLOWS, HALTED, OVER = (
    frozenset({"start", "resume", "bolus", "rate_increase", "rate_decrease"}),
    "pause",
    "stop",
)


def _seat(position: Position, wall: Wall) -> Step | None:
    seat = position.seat
    if not seat:
        return None
    if seat["last"] == OVER:
        return Step(
            words=f"Infusion {seat['number']} is stopped. Observe the recovery until every condition of leaving is met.",
            owner=NURSES, button="Open the recovery", route="leaving:recovery", row=seat["id"], resource=RECOVERY, verb="create",
        )  # fmt: skip
    if seat["last"] is None:
        return _before_the_start(seat)
    words = "is paused" if seat["last"] == HALTED else "runs"
    return _at_the_chair(
        seat, f"Infusion {seat['number']} {words}, on {seat['chair']}.", "Open the chair", "infusion:chair"
    )


def _before_the_start(seat: Mapping[str, Any]) -> Step:
    if seat["passed"]:
        words = (
            f"Checked in for infusion {seat['number']}, and the start gate is passed: start within the hour."
        )
        return _at_the_chair(seat, words, "Open the chair", "infusion:chair")
    why = "the start gate refused" if seat["passed"] is False else "the start gate is next"
    return _at_the_chair(
        seat, f"Checked in for infusion {seat['number']}: {why}.", "Open the start gate", "infusion:gate"
    )


def _at_the_chair(seat: Mapping[str, Any], words: str, button: str, route: str) -> Step:
    return Step(
        words=words, owner=NURSES, button=button, route=route, row=seat["id"], resource=LOG, verb="read"
    )


def _call(position: Position, wall: Wall) -> Step | None:
    due_on = day(position.departure, "call_due_on")
    if due_on is None or due_on > wall.today:
        return None
    return Step(
        words=f"The call on the day after is due since {day_words(due_on)}.", owner=NURSES, button="Record the call",
        route="leaving:call", row=position.departure["id"], resource=CALL, verb="create",
    )  # fmt: skip


def _due(position: Position, wall: Wall) -> Step | None:
    """A visit of this day to check in, or one of a day that is gone and of which nothing is recorded."""
    starts_at = moment(position.due, "starts_at")
    if starts_at is None or wall.day_of(starts_at) > wall.today:
        return None
    number = position.due["number"]
    if wall.day_of(starts_at) < wall.today:
        return Step(
            words=f"Infusion {number} was booked for {wall.words(starts_at)}, and nothing of it is recorded: move it, or cancel it.",
            owner=FRONT_DESK, button="Open the series", route="course:series", row=position.due["series"],
            resource="course.booking", verb="read",
        )  # fmt: skip
    return Step(
        words=f"Infusion {number} is today, {wall.words(starts_at)}. Check the person in.", owner=NURSES, button="Check in",
        route="infusion:open", row=position.due["id"], resource=LOG, verb="create",
    )  # fmt: skip


def _assessing(position: Position, words: str) -> Step:
    return Step(
        words=words, owner=position.visit.get("clinician") or CLINICIAN, button="Open the assessment",
        route="assessment:workbench", row=position.episode["id"], resource="assessment.history", verb="read",
    )  # fmt: skip


def _assessment(position: Position, wall: Wall) -> Step | None:
    if not position.evaluation:
        return _evaluation_visit(position, wall)
    if position.evaluation["decision"] != "suitable":
        words = {"not_now": "The assessment says not now", "not_suitable": "The assessment says not suitable"}
        return _assessing(
            position,
            f"{words[position.evaluation['decision']]}. Assess again when what it asks for has changed.",
        )
    valid_until = moment(position.evaluation, "valid_until")
    if valid_until is not None and valid_until < wall.at and not position.series:
        return _assessing(
            position, f"The assessment expired on {wall.words(valid_until)}. Assess again and sign."
        )
    return None


def _evaluation_visit(position: Position, wall: Wall) -> Step:
    starts_at = moment(position.visit, "starts_at")
    if starts_at is None:
        return Step(
            words="The evaluation visit is not booked.", owner=FRONT_DESK, button="Book the evaluation visit",
            route="access:book_visit", row=position.episode["id"], resource="access.evaluation_visit", verb="create",
        )  # fmt: skip
    if starts_at > wall.at:
        return _assessing(
            position, f"The evaluation is on {wall.words(starts_at)}. What is known can be entered before."
        )
    return _assessing(position, "The evaluation visit was reached. Complete the assessment and sign it.")


def _order(position: Position, wall: Wall) -> Step | None:
    order = position.order
    if not order:
        return Step(
            words="The assessment is signed. Write the order.", owner=CLINICIAN, button="Write the order",
            route="careplan:choose", row=position.episode["id"], resource="careplan.order", verb="create",
        )  # fmt: skip
    if not order["signed_at"]:
        return Step(
            words="The order is written and not signed.", owner=CLINICIAN, button="Read the order",
            route="careplan:show", row=order["id"], resource="careplan.order", verb="read",
        )  # fmt: skip
    if not order["checked"]:
        return Step(
            words="The order is signed. A second person checks it blind.", owner=SECOND, button="Check it blind",
            route="careplan:check", row=order["id"], resource="careplan.double_check", verb="create",
        )  # fmt: skip
    return None


def consent_missing(position: Position, wall: Wall) -> str:
    """Why no consent counts today, in words; empty when one does."""
    if not position.consent:
        return "No consent is signed."
    expires_on = day(position.consent, "expires_on")
    return (
        f"The consent expired on {day_words(expires_on)}."
        if expires_on is not None and expires_on < wall.today
        else ""
    )


def _consent(position: Position, wall: Wall) -> Step | None:
    why = consent_missing(position, wall)
    if not why:
        return None
    return Step(
        words=f"{why} Read it together and sign it.", owner=FRONT_DESK, button="Open the consent",
        route="assessment:consents", row=position.episode["id"], resource="assessment.consent", verb="read",
    )  # fmt: skip


def _series(position: Position, wall: Wall) -> Step | None:
    if not position.series:
        return Step(
            words="Order, check and consent stand. Place the series.", owner=FRONT_DESK, button="Place the series",
            route="course:place", row=position.order["id"], resource="course.series", verb="create",
        )  # fmt: skip
    if position.infusion:
        return Step(
            words=f"Infusion {position.infusion['number']} is on {wall.words(moment(position.infusion, 'starts_at'))}.",
            button="Open the series", route="course:series", row=position.series["id"], resource="course.booking", verb="read",
        )  # fmt: skip
    return None


def stage_words(position: Position, wall: Wall) -> str:
    """The stage of the journey this person has reached."""
    if not position.episode:
        return "Request" if position.request.get("status") == "received" else "No episode"
    reached: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: bool(position.seat) and position.seat["last"] == OVER, "Leaving"),
        (lambda: bool(position.seat), "Infusion"),
        (
            lambda: bool(position.series) and position.series["done"] and not position.series["open"],
            "Outcomes",
        ),
        (lambda: bool(position.series), "Course"),
        (lambda: bool(position.order), "Care plan"),
        (lambda: bool(position.evaluation) or _visit_begun(position, wall), "Assessment"),
    )
    return next((words for is_reached, words in reached if is_reached()), "Access")


def _visit_begun(position: Position, wall: Wall) -> bool:
    starts_at = moment(position.visit, "starts_at")
    return starts_at is not None and starts_at <= wall.at
