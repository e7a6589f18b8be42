"""The rows beneath each figure of the director: the same rows that the figure counted, so that it can be checked by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse

from ebbtide.desks.director import figures
from ebbtide.desks.director.figures import hours_in_words
from ebbtide.desks.director.measured import CourseFound, Measured, Sent
from ebbtide.journey.access.models import Complaint
from ebbtide.journey.outcomes.rules import IN_WORDS
from ebbtide.journey.registry.response import Lasting
from ebbtide.journey.registry.treated import TreatedVisit

NOT_RECORDED = "not recorded"
LASTING_WORDS = {
    Lasting.LASTED: "lasted 8 weeks",
    Lasting.RETURNED: "pain came back before",
    Lasting.UNKNOWN: "not followed so long",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: who, where it leads, and its values in the order of the columns."""

    who: str
    href: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beneath:
    """What a figure stands on. `meaning` is the definition in words."""

    meaning: str
    columns: tuple[str, ...]
    lines: Sequence[Line]

    @property
    def cells(self) -> list[tuple[Line, list[tuple[str, str]]]]:
        """Each line with its cells beside the names of their columns."""
        return [(line, list(zip(self.columns, line.cells, strict=True))) for line in self.lines]


def _chart(patient_id: object) -> str:
    return reverse("chart:show", args=[patient_id])


def _number(value: Decimal | None) -> str:
    return NOT_RECORDED if value is None else f"{value:.1f}"


def _completion(measured: Measured) -> Beneath:
    return Beneath(
        meaning=f"Check-ins by link that were due in the last {figures.DAYS} days and are over. Completed: every question was answered or declined.",
        columns=("Point", "Due", "Questions answered", "State"),
        lines=[_check_in(row) for row in figures.check_ins_in(measured)],
    )


def _check_in(row: Sent) -> Line:
    cells = (row.point, f"{row.due_on}", f"{row.touched} of {row.asked}", IN_WORDS[row.state])
    return Line(who=row.record_number, href=_chart(row.patient_id), cells=cells)


def _response(measured: Measured) -> Beneath:
    return Beneath(
        meaning="Courses whose day 21 with its window lay in the period. Responder: mean pain of 7 days down at least 30 % and 2 points, and "
        "impression of change at most 2 [design]. Judged only when all of it was answered.",
        columns=("Course", "Pain before (0–10)", "Pain at day 21 (0–10)", "Response", "Missing"),
        lines=[_course(found) for found in figures.courses_in(measured)],
    )


def _course(found: CourseFound) -> Line:
    course, judged = found.course, found.judged
    if judged is None:
        raise ValueError("A course that is not judged is not among the rows.")
    cells = (
        f"{course.first_on} to {course.last_on}, {len(course.visits)} infusions",
        _number(judged.before),
        _number(judged.after),
        judged.response.value,
        "; ".join(judged.missing) or "–",
    )
    return Line(who=course.record_number, href=_chart(course.patient_id), cells=cells)


def _lasting(measured: Measured) -> Beneath:
    return Beneath(
        meaning="Courses that responded and whose eighth week ended in the period. Pain is back when its mean stands at 80 % of the baseline or "
        "above for 7 days [design]; a silence or another course before that leaves it unknown.",
        columns=("Course ended", "Relief seen for", "At 8 weeks"),
        lines=[
            Line(
                who=found.course.record_number,
                href=_chart(found.course.patient_id),
                cells=(f"{found.course.ended_on}", _days_seen(found), LASTING_WORDS[word]),
            )
            for found, word in figures.responders_in(measured)
        ],
    )


def _days_seen(found: CourseFound) -> str:
    lasted = found.judged.lasted if found.judged else None
    if lasted is None:
        return NOT_RECORDED
    return f"{lasted.days} days" if lasted.returned else f"{lasted.days} days, then not seen"


def _harm(measured: Measured) -> Beneath:
    return Beneath(
        meaning=f"Infusions of the last {figures.DAYS} days with a recorded exposure. An event counts while it stands in the log; a corrected or "
        "withdrawn one does not.",
        columns=("Given on", "mg", "Events", "Severe"),
        lines=[_infusion(row) for row in figures.infusions_in(measured)],
    )


def _infusion(row: TreatedVisit) -> Line:
    given = "–" if row.given is None else format(row.given.mg.normalize(), "f")
    cells = (f"{row.on}", given, str(row.adverse_events), str(row.severe_events))
    return Line(who=row.record_number, href=_chart(row.patient_id), cells=cells)


def _chairs(measured: Measured) -> Beneath:
    return Beneath(
        meaning="Visits of the period whose booked time is over. Used: from check-in until the person left, or else until the drug was stopped.",
        columns=("Booked on", "Booked", "Used", "State"),
        lines=[_visit(row) for row in figures.chair_visits_in(measured)],
    )


def _visit(row: TreatedVisit) -> Line:
    used = figures.used_h(row)
    cells = (
        f"{row.starts_at:%Y-%m-%d}",
        f"{(row.ends_at - row.starts_at).total_seconds() / 3600:.1f} h",
        NOT_RECORDED if used is None else f"{used:.1f} h",
        row.status,
    )
    return Line(who=row.record_number, href=_chart(row.patient_id), cells=cells)


def _waiting(measured: Measured) -> Beneath:
    return Beneath(
        meaning="Requests that nobody has answered, the oldest first.",
        columns=("Received", "Waits for"),
        lines=[
            Line(
                who=str(dict(Complaint.choices).get(row.complaint, row.complaint)),
                href=reverse("access:show", args=[row.id]),
                cells=(
                    f"{measured.day_of(row.received_at)}",
                    hours_in_words((measured.at - row.received_at).total_seconds() / 3600),
                ),
            )
            for row in figures.waiting_now(measured)
        ],
    )


BENEATH: Mapping[str, Callable[[Measured], Beneath]] = {
    "completion": _completion,
    "response": _response,
    "lasting": _lasting,
    "harm": _harm,
    "chairs": _chairs,
    "waiting": _waiting,
}
