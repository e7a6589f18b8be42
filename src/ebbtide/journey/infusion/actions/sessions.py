"""infusion: opening a session at check-in: today's visit, its signed and checked order, its chair."""

from dataclasses import dataclass

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Resource, ResourceKind
from ebbtide.ground.people.occupancy import lock, resource_of
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.careplan.queries import status_of
from ebbtide.journey.careplan.rules import Status
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.actions.turns import staff_of, topics
from ebbtide.journey.infusion.models import Entry, EntryKind, Session
from ebbtide.journey.infusion.queries import current_order, day_of, open_sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    visit: Visit
    chair: Resource


@action("infusion.session_log", "create", about=lambda command: command.visit)
def open_session(act: Act, command: OpenSession) -> Done[Session]:
    """Check-in: the person is here. One open session for a chair and for a person; nothing can be given yet."""
    visit, chair = command.visit, command.chair
    patient = visit.series.episode.patient
    # whoever opens another session for this chair or this person waits here, and then finds ours
    place = resource_of(patient)
    lock([chair, place])
    _check_visit(act, visit)
    _check_chair(visit, chair)
    _check_free(visit, chair)
    order = current_order(visit.series.order)
    if status_of(order, newest_version=order.version) is not Status.CHECKED:
        raise Refused(
            "INF-ORDER-STATE",
            "The newest version of this order is not signed and checked: sign it and do the second check, then check in.",
        )
    staff = staff_of(act)
    session = Session.objects.create(visit=visit, order=order, chair=chair, opened_by=staff, opened_at=act.at)
    entry = Entry.objects.create(
        id=new_id(),
        session=session,
        kind=EntryKind.CHECK_IN,
        body={},
        observed_at=act.at,
        recorded_at=act.recorded_at,
        author=staff,
        tablet=act.device[:60],
    )
    return Done(value=session, rows=[entry, place], announce=[*topics(session), f"day:{patient.clinic_id}"])


def _check_visit(act: Act, visit: Visit) -> None:
    visit.refresh_from_db(fields=["status", "starts_at", "chair"])
    start, end = day_of(visit.series.episode.patient.clinic, act.at)
    if visit.status != VisitStatus.BOOKED or not start <= visit.starts_at < end:
        raise Refused(
            "INF-VISIT", "This visit is not booked for today: open today's visit, or move this one first."
        )
    if visit.series.episode.patient.deceased_on is not None:
        raise Refused("INF-DECEASED", "The record says that this person has died: nothing can be given.")


def _check_chair(visit: Visit, chair: Resource) -> None:
    if chair.kind != ResourceKind.CHAIR or chair.pk != visit.chair_id:
        raise Refused(
            "INF-CHAIR", "The visit is booked on another chair: move the visit to this chair, then check in."
        )


def _check_free(visit: Visit, chair: Resource) -> None:
    if Session.objects.filter(visit=visit).exists():
        raise Refused("INF-OPEN", "This visit is checked in already: open its session.")
    patient = visit.series.episode.patient
    others = open_sessions(patient.clinic)
    if others.filter(chair=chair).exists():
        raise Refused(
            "INF-CHAIR-TAKEN",
            f"Another session on {chair.name} is still open: chart its stop first, or move this visit.",
        )
    if others.filter(visit__series__episode__patient=patient).exists():
        raise Refused(
            "INF-PERSON-TAKEN", "Another session of this person is still open: chart its stop first."
        )
