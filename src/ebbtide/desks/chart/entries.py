"""The story in words: each row of it as one line with its time, its author and the page it opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ebbtide.desks.chart import treatment
from ebbtide.desks.chart.fields import Stage
from ebbtide.desks.chart.line import Entry, grams, link
from ebbtide.desks.chart.steps import day_words
from ebbtide.desks.chart.story import Row
from ebbtide.evidence.protocols import load_protocols
from ebbtide.journey.access.models import Channel, Complaint, RequestStatus, TriageOutcome, VisitStatus
from ebbtide.journey.assessment.models import Decision

PATH = (
    Stage.REGISTRY,
    Stage.OUTCOMES,
    Stage.LEAVING,
    Stage.INFUSION,
    Stage.COURSE,
    Stage.CAREPLAN,
    Stage.ASSESSMENT,
    Stage.ACCESS,
)
LISTS = {"problems": "Problems", "medication_classes": "Medicines", "allergies": "Allergies"}
VERDICTS = {
    "exclude": "rules exclude", "defer": "rules defer", "caution": "with caution", "info": "rules inform",
    "needs_data": "data missing", "clear": "rules clear",
}  # fmt: skip
VISIT_WORDS = {
    VisitStatus.BOOKED: "booked",
    VisitStatus.DONE: "took place",
    VisitStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One stage with its lines, newest on top; `now` is the stage the person has reached."""

    stage: str
    entries: Sequence[Entry]
    now: bool


def template_title(row: Row) -> str:
    """What an order is called: its template's title, else the protocol's id."""
    key = row.data["template"]
    return next((t.title for t in load_protocols().templates if t.id == key), row.data["protocol"])


def _request(row: Row) -> Entry:
    notes = [Channel(row.data["channel"]).label, RequestStatus(row.data["status"]).label]
    if "complaint" in row.data:
        notes.insert(0, Complaint(row.data["complaint"]).label)
    return Entry(
        at=row.at,
        title="Asked for a consultation",
        notes=" · ".join(map(str, notes)),
        who=row.who,
        href=link("access:show", row.id),
    )


def _decision(row: Row) -> Entry:
    title = (
        "Request accepted"
        if row.data["outcome"] == TriageOutcome.ACCEPT
        else "Answered: not here, with a next step"
    )
    return Entry(
        at=row.at,
        title=title,
        notes=row.data.get("reason", ""),
        who=row.who,
        href=link("access:show", row.data["request"]),
    )


def _episode(row: Row) -> Entry:
    complaint = f": {Complaint(row.data['complaint']).label}" if "complaint" in row.data else ""
    return Entry(
        at=row.at, title=f"Episode opened{complaint}", notes="closed since" if row.data["closed_at"] else ""
    )


def _evaluation_visit(row: Row) -> Entry:
    status = VisitStatus(row.data["status"])
    return Entry(
        at=row.at, title=f"Evaluation visit, {VISIT_WORDS[status]}", notes=row.data["room"], who=row.who,
        href=link("access:visit", row.id), struck=status is VisitStatus.CANCELLED,
    )  # fmt: skip


def _import(row: Row) -> Entry:
    taken, known = row.data["taken"], row.data["already_there"]
    return Entry(
        at=row.at,
        title="Record of another system taken in",
        notes=f"{taken} facts taken, {known} known before",
    )


def _list(row: Row) -> Entry:
    name = LISTS.get(row.data["name"], row.data["name"].replace("_", " ").capitalize())
    what = "confirmed as unchanged" if row.data["unchanged"] else "list confirmed"
    return Entry(at=row.at, title=f"{name}: {what}", who=row.who)


def _evaluation(row: Row) -> Entry:
    until = row.instant("valid_until")
    notes = [f"valid until {day_words(until.date() if until else None)}"]
    if "verdict" in row.data:
        notes.insert(0, VERDICTS.get(row.data["verdict"], row.data["verdict"]))
    return Entry(
        at=row.at, title=f"Assessment signed: {Decision(row.data['decision']).label}", notes=" · ".join(notes), who=row.who,
        href=link("assessment:evaluation", row.id),
    )  # fmt: skip


def _consent(row: Row) -> Entry:
    how = {"screen": "on the screen", "scanned": "on paper, scanned"}[row.data["how"]]
    withdrawn = row.data["withdrawn_at"]
    return Entry(
        at=row.at, title="Consent withdrawn" if withdrawn else "Consent signed", notes=f"{how} · counts until {day_words(date.fromisoformat(row.data['expires_on']))}",
        who=row.who, href=link("documents:show", row.data["document"]), struck=bool(withdrawn),
    )  # fmt: skip


def _order(row: Row) -> Entry:
    count = row.data["infusions"]
    notes = [f"{count} infusion{'s' * (count != 1)}", "signed" if row.data["signed_at"] else "not signed"]
    title = f"Order written, version {row.data['version']}"
    if "dose_mg" in row.data:
        title = f"{template_title(row)}, {grams(row.data['dose_mg'])} mg"
        notes.insert(0, f"order, version {row.data['version']}")
    return Entry(
        at=row.at, title=title, notes=" · ".join(notes), who=row.who, href=link("careplan:show", row.id),
        struck=bool(row.data["withdrawn_at"]),
    )  # fmt: skip


def _of_order(words: str) -> Callable[[Row], Entry]:
    def entry(row: Row) -> Entry:
        return Entry(
            at=row.at, title=words.format(**row.data), notes=row.data.get("reason", ""), who=row.who,
            href=link("careplan:show", row.data["order"]),
        )  # fmt: skip

    return entry


def _check(row: Row) -> Entry:
    said = "agrees" if row.data["agrees"] else "differs: nothing starts from this order"
    return Entry(
        at=row.at,
        title=f"Blind second check {said}",
        who=row.who,
        href=link("careplan:show", row.data["order"]),
    )


def _series(row: Row) -> Entry:
    cancelled = row.data["status"] == "cancelled"
    title = "Series booked, later cancelled" if cancelled else "Series booked"
    return Entry(at=row.at, title=title, who=row.who, href=link("course:series", row.id), struck=cancelled)


def _visit(row: Row) -> Entry:
    status = VisitStatus(row.data["status"])
    return Entry(
        at=row.at, title=f"Infusion {row.data['number']}, {VISIT_WORDS[status]}", notes=row.data["chair"],
        href=link("course:series", row.data["series"]), struck=status is VisitStatus.CANCELLED,
    )  # fmt: skip


def _document(row: Row) -> Entry:
    return Entry(at=row.at, title=row.data.get("title", "A paper"), href=link("documents:show", row.id))


WORDS: Mapping[str, Callable[[Row], Entry]] = {
    "request": _request, "decision": _decision, "episode": _episode, "evaluation_visit": _evaluation_visit,
    "import": _import, "list": _list, "evaluation": _evaluation, "consent": _consent, "order": _order,
    "signature": _of_order("Order version {version} signed"), "withdrawal": _of_order("Order version {version} taken back"),
    "check": _check, "series": _series, "visit": _visit, "document": _document,
    "session": treatment.session, "gate": treatment.gate, "start": treatment.start, "logged": treatment.logged,
    "recovery": treatment.recovery, "release": treatment.release, "departure": treatment.departure,
    "call": treatment.call, "later": treatment.later, "alert": treatment.alert, "exposure": treatment.exposure,
}  # fmt: skip


def chapters(rows: Sequence[Row]) -> list[Chapter]:
    """The stages that have begun, the latest on top; a stage without an entry is not shown."""
    told = {stage: _told([row for row in rows if row.stage is stage]) for stage in PATH}
    begun = [stage for stage in PATH if told[stage]]
    # nobody stands in the registry: it keeps what the stages before it made
    here = next((stage for stage in begun if stage is not Stage.REGISTRY), None)
    return [Chapter(stage=str(stage), entries=told[stage], now=stage is here) for stage in begun]


def _told(rows: Sequence[Row]) -> list[Entry]:
    scores = treatment.check_ins(row for row in rows if row.kind == "score")
    lines = [WORDS[row.kind](row) for row in rows if row.kind != "score"]
    return sorted([*lines, *scores], key=lambda entry: entry.at, reverse=True) if scores else lines


def papers(rows: Sequence[Row]) -> list[Entry]:
    """The papers of this person, newest first."""
    return [_document(row) for row in rows if row.kind == "document"]
