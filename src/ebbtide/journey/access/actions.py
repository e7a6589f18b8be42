"""Changing the way in: a request arrives, finds an owner, is answered; an accepted one opens an episode with its first visit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from ebbtide.ground.jobs.mail import post
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.actions import PatientDetails, new_patient
from ebbtide.ground.people.models import Clinic, Patient, Resource, Staff
from ebbtide.journey.access import letters, queries, rules
from ebbtide.journey.access.crisis import speaks_of_self_harm
from ebbtide.journey.access.models import (
    Channel,
    Episode,
    Request,
    RequestStatus,
    TriageDecision,
    TriageOutcome,
)
from ebbtide.journey.access.visits import BookEvaluation, book_evaluation_visit, one_booking_at_a_time

PUBLIC_ROLES = ("visitor", "patient")


@contextmanager
def ruled() -> Iterator[None]:
    """A rule that says not yet refuses the act."""
    try:
        yield
    except rules.NotYet as exc:
        raise Refused(exc.rule, exc.sentence) from exc


def queue_topic(clinic_id: UUID) -> str:
    return f"queue:{clinic_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRequest:
    """What a person asks, in their own words; nothing of it is trusted until triage."""

    clinic: Clinic
    channel: str
    details: PatientDetails
    complaint: str
    story: str = ""
    best_time: str = ""
    referred_by: str = ""
    # the person who typed it heard words of self-harm, or says so for another reason
    call_today: bool = False


@action("access.consult_request", "create", about=lambda command: command.clinic)
def receive_request(act: Act, command: ReceiveRequest) -> Done[Request]:
    """A request joins the queue. Nobody is looked up: the answer and its time are the same for a known and an unknown person."""
    told = command.details
    with ruled():
        rules.check_contact(phone=told.phone, email=told.email)
        rules.check_story_length(command.story)
    if act.by.has(*PUBLIC_ROLES) and command.channel != Channel.WEB:
        raise Refused(
            "ACC-CHANNEL", "A request from the public pages is a web request: send it from the form."
        )
    crisis = speaks_of_self_harm(command.story, command.best_time, command.referred_by)
    row = Request.objects.create(
        clinic=command.clinic,
        channel=command.channel,
        given_name=told.given_name,
        family_name=told.family_name,
        birth_date=told.birth_date,
        phone=told.phone,
        email=told.email,
        language=told.language,
        complaint=command.complaint,
        story=command.story,
        best_time=command.best_time,
        referred_by=command.referred_by,
        call_today=command.call_today or crisis,
        received_at=act.at,
        typed_by_id=None if command.channel == Channel.WEB else act.by.staff_id,
    )
    mails = _letter(
        command.clinic, told.email, letters.received_letter(command.clinic, language=told.language), act
    )
    return Done(value=row, rows=mails, announce=[queue_topic(command.clinic.id)])


def _letter(clinic: Clinic, to: str, letter: letters.Letter, act: Act) -> list[OutgoingMail]:
    if not to:
        return []
    return [
        post(
            clinic=clinic,
            to=to,
            subject=letter.subject,
            body=letter.body,
            purpose=letter.purpose,
            at=act.recorded_at,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRequest:
    request: Request
    staff: Staff


@action("access.consult_request", "acknowledge", about=lambda command: command.request)
def hand_over_request(act: Act, command: TakeRequest) -> Done[Request]:
    """Whoever answers requests takes one, or gives it to a colleague who owns it from now."""
    row = _waiting(command.request, RequestStatus.RECEIVED)
    if command.staff.clinic_id != row.clinic_id or command.staff.left_at is not None:
        raise Refused("ACC-OWNER", "This colleague does not work here any more: choose another one.")
    row.owner, row.owned_since = command.staff, act.at
    row.save(update_fields=["owner", "owned_since"])
    return Done(value=row, announce=[queue_topic(row.clinic_id)])


def _waiting(request: Request, then: RequestStatus) -> Request:
    # two people at once: the second waits here, reads what the first did, and is refused in words
    row = Request.objects.select_for_update().get(pk=request.pk)
    with ruled():
        if then == RequestStatus.RECEIVED and row.status == then:
            return row
        rules.check_may_follow(rules.Status(row.status), rules.Status(then))
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEpisode:
    """Who the person is: somebody on record, or a new record, said by a person and never guessed."""

    details: PatientDetails
    same_as: Patient | None = None
    somebody_else: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRequest:
    request: Request
    reason: str
    person: NewEpisode
    clinician: Resource
    room: Resource
    starts_at: datetime
    minutes: int
    next_step: str = field(default="Evaluation visit booked.")


@action("access.triage_decision", "sign", about=lambda command: command.request)
def accept_request(act: Act, command: AcceptRequest) -> Done[Episode]:
    """Yes: a record, an episode and an evaluation visit, all of it or nothing."""
    request = _waiting(command.request, RequestStatus.ACCEPTED)
    with ruled():
        rules.check_reason(command.reason)
    one_booking_at_a_time(request.clinic_id)
    patient = _person(act, request, command.person)
    decision = _decide(act, request, TriageOutcome.ACCEPT, reason=command.reason, next_step=command.next_step)
    request.status, request.patient = RequestStatus.ACCEPTED, patient
    request.owner, request.owned_since = decision.decided_by, act.at
    request.save(update_fields=["status", "patient", "owner", "owned_since"])
    episode = Episode.objects.create(
        patient=patient, request=request, complaint=request.complaint, opened_at=act.at
    )
    visit = book_evaluation_visit(
        act.nested("visit"),
        BookEvaluation(
            episode=episode,
            clinician=command.clinician,
            room=command.room,
            starts_at=command.starts_at,
            minutes=command.minutes,
        ),
    )
    rows: list[Model] = [decision, request, patient, patient.resource, visit]
    return Done(value=episode, rows=rows, announce=[queue_topic(request.clinic_id)])


def _person(act: Act, request: Request, person: NewEpisode) -> Patient:
    told = person.details
    with ruled():
        rules.check_two_identifiers(
            rules.Person(
                given_name=told.given_name, family_name=told.family_name, born=told.birth_date is not None
            )
        )
        alike = queries.people_alike(
            request.clinic_id,
            given_name=told.given_name,
            family_name=told.family_name,
            birth_date=told.birth_date,
        )
        rules.check_same_person_was_asked(
            alike=len(alike), chosen=person.same_as is not None, new_confirmed=person.somebody_else
        )
    if person.same_as is None:
        return new_patient(act, request.clinic, told)
    if person.same_as not in alike:
        raise Refused(
            "ACC-IDENTITY",
            "This record has another name or birth date: open a new record, or correct the date first.",
        )
    return person.same_as


def _decide(
    act: Act, request: Request, outcome: TriageOutcome, *, reason: str, next_step: str
) -> TriageDecision:
    decided_by = queries.staff_of(act.by)
    return TriageDecision.objects.create(
        request=request,
        outcome=outcome,
        reason=reason,
        next_step=next_step,
        decided_by=decided_by,
        decided_at=act.at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNotHere:
    request: Request
    reason: str
    next_step: str


@action("access.triage_decision", "sign", about=lambda command: command.request)
def answer_not_here(act: Act, command: AnswerNotHere) -> Done[TriageDecision]:
    """Not here, with a reason and what the person can do now; the letter only asks them to call."""
    request = _waiting(command.request, RequestStatus.NOT_HERE)
    with ruled():
        rules.check_reason(command.reason)
        rules.check_next_step(command.next_step)
    decision = _decide(
        act, request, TriageOutcome.NOT_HERE, reason=command.reason, next_step=command.next_step
    )
    request.status = RequestStatus.NOT_HERE
    request.owner, request.owned_since = decision.decided_by, act.at
    request.save(update_fields=["status", "owner", "owned_since"])
    letter = letters.answered_letter(request.clinic, language=request.language)
    return Done(
        value=decision,
        rows=[request, *_letter(request.clinic, request.email, letter, act)],
        announce=[queue_topic(request.clinic_id)],
    )
