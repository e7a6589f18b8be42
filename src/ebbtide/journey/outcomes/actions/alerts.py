"""Alerts: opened in the transaction of the answer, with an owner and a clock; taken by somebody, and closed with a note."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model

from ebbtide.evidence.instruments import Instrument
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Staff
from ebbtide.journey.access.models import Episode
from ebbtide.journey.outcomes import letters, rules
from ebbtide.journey.outcomes.actions.acting import address, alerts_topic, one_at_a_time, posted, ruled
from ebbtide.journey.outcomes.models import AlertClosed, AlertKind, AlertTaken, Answer, SafetyAlert, Score
from ebbtide.journey.outcomes.queries import on_call, owner_for, shown_alert

SELF_HARM_RULE = "SUI-PSY-06"


def alert_for_answer(act: Act, instrument: Instrument, answer: Answer) -> list[Model]:
    rule = instrument.alert
    if rule is None or answer.item != rule.item or answer.value is None or answer.value < rule.at:
        return []
    standing_open = SafetyAlert.objects.filter(
        answer__invitation=answer.invitation, rule=rule.rule, closed__isnull=True
    )
    # going back and choosing a number again is the same call for help, not a second one
    if standing_open.exists():
        return []
    return open_alert(
        act, Origin(episode=answer.invitation.episode, rule=rule.rule, at=act.at, answer=answer)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What asks for a person: which rule, when, and the answer or the score that says it."""

    episode: Episode
    rule: str
    at: datetime
    answer: Answer | None = None
    score: Score | None = None


def open_alert(act: Act, origin: Origin) -> list[Model]:
    """An alert with its owner and its clock, and a letter to the owner that something waits. Never refused, never put off."""
    clinic = origin.episode.patient.clinic
    called, beside = on_call(clinic), act.by.staff_id
    urgent = origin.rule == SELF_HARM_RULE
    due_at = rules.alert_due_at(
        origin.at,
        within_min=rules.SELF_HARM_WITHIN_MIN if urgent else rules.BLOOD_WITHIN_MIN,
        hours=called.told.hours if called is not None and beside is None else None,
        zone=clinic.time_zone,
    )
    made = SafetyAlert.objects.create(
        episode=origin.episode,
        kind=AlertKind.SELF_HARM if urgent else AlertKind.BLOOD,
        rule=origin.rule,
        answer=origin.answer,
        score=origin.score,
        opened_at=origin.at,
        due_at=due_at,
        owner=owner_for(origin.episode, beside=beside, called=called),
    )
    letter = letters.alert_letter(link=address("outcomes:alert", str(made.pk)))
    return [made, posted(clinic, made.owner.account.email, letter, act)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAlert:
    alert: SafetyAlert


@action("outcomes.safety_alert", "acknowledge", about=lambda command: command.alert)
def take_alert(act: Act, command: TakeAlert) -> Done[AlertTaken]:
    """The alert is mine from now; its clock runs on."""
    me = _staff(act)
    one_at_a_time("alert", command.alert.pk)
    _check_still_open(command.alert)
    alert = SafetyAlert.objects.select_related("owner", "episode__patient").get(pk=command.alert.pk)
    shown = shown_alert(alert, at=act.at)
    if shown.taken_at is not None and shown.owner.pk == me.pk:
        raise Refused("OUT-MINE", "This alert is yours already.")
    row = AlertTaken.objects.create(alert=alert, taken_by=me, taken_at=act.at)
    return Done(value=row, announce=[alerts_topic(alert.episode.patient.clinic_id)])


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAlert:
    alert: SafetyAlert
    note: str


@action("outcomes.safety_alert", "sign", about=lambda command: command.alert)
def close_alert(act: Act, command: CloseAlert) -> Done[AlertClosed]:
    """A prescriber or director closes an alert, and says who spoke with the person and what came of it."""
    me = _staff(act)
    with ruled():
        rules.check_note(command.note)
    one_at_a_time("alert", command.alert.pk)
    _check_still_open(command.alert)
    row = AlertClosed.objects.create(
        alert=command.alert, note=command.note.strip(), closed_by=me, closed_at=act.at
    )
    return Done(value=row, announce=[alerts_topic(command.alert.episode.patient.clinic_id)])


def _check_still_open(alert: SafetyAlert) -> None:
    if AlertClosed.objects.filter(alert=alert).exists():
        raise Refused("OUT-ENDED", "This alert is closed already: nothing was changed.")


def _staff(act: Act) -> Staff:
    if act.by.staff_id is None:
        raise Refused("OUT-STAFF", "An alert is answered by somebody of the clinic: sign in as staff.")
    return Staff.objects.get(pk=act.by.staff_id)
