"""Alerts: opened in the transaction of the answer, with an owner and a clock; taken by somebody, and closed with a note."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model

from ebbtide.evidence.instruments import Instrument
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Staff
from ebbtide.journey.access.models import Episode
from ebbtide.journey.leaving.concerns import Concern, Opened
from ebbtide.journey.leaving.models import LaterEvent, NextDayCall, Recovery
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
    """What asks for a person: which rule, when, and the one row that says it."""

    episode: Episode
    rule: str
    at: datetime
    answer: Answer | None = None
    score: Score | None = None
    recovery: Recovery | None = None
    call: NextDayCall | None = None
    later_event: LaterEvent | None = None
    # what was told, and its clock (min); from the rule where an instrument asked
    kind: AlertKind | None = None
    within_min: int | None = None

    @property
    def what(self) -> AlertKind:
        """The kind of the alert."""
        return self.kind or (AlertKind.SELF_HARM if self.rule == SELF_HARM_RULE else AlertKind.BLOOD)

    @property
    def minutes(self) -> int:
        """Within how many minutes of on-call time a person has acted."""
        asked = rules.SELF_HARM_WITHIN_MIN if self.what is AlertKind.SELF_HARM else rules.BLOOD_WITHIN_MIN
        return asked if self.within_min is None else self.within_min


def open_alert(act: Act, origin: Origin) -> list[Model]:
    """An alert with its owner and its clock, and a letter to the owner that something waits. Never refused, never put off."""
    clinic = origin.episode.patient.clinic
    called, beside = on_call(clinic), act.by.staff_id
    due_at = rules.alert_due_at(
        origin.at,
        within_min=origin.minutes,
        hours=called.told.hours if called is not None and beside is None else None,
        zone=clinic.time_zone,
    )
    made = SafetyAlert.objects.create(
        episode=origin.episode,
        kind=origin.what,
        rule=origin.rule,
        answer=origin.answer,
        score=origin.score,
        recovery=origin.recovery,
        call=origin.call,
        later_event=origin.later_event,
        opened_at=origin.at,
        due_at=due_at,
        owner=owner_for(origin.episode, beside=beside, called=called),
    )
    letter = letters.alert_letter(link=address("outcomes:alert", str(made.pk)))
    return [made, posted(clinic, made.owner.account.email, letter, act)]


def open_told(act: Act, concern: Concern) -> Opened:
    """What was told on the day of an infusion or after it: the opener that `leaving` calls inside its own acts."""
    told = concern.told_in
    if isinstance(told, Recovery) and _open_in_session(told):
        return Opened()  # asked again and said again: the same call for help, not a second one
    source = next(name for model, name in TOLD_IN.items() if isinstance(told, model))
    origin = Origin(
        episode=concern.episode,
        rule=concern.rule,
        at=concern.at,
        kind=AlertKind(concern.kind),
        within_min=concern.within_min,
        **{source: told},  # type: ignore[arg-type]  # the name follows from the model
    )
    return Opened(rows=open_alert(act, origin), topics=[alerts_topic(concern.episode.patient.clinic_id)])


TOLD_IN: Mapping[type[Model], str] = {Recovery: "recovery", NextDayCall: "call", LaterEvent: "later_event"}


def _open_in_session(told: Recovery) -> bool:
    return SafetyAlert.objects.filter(recovery__session=told.session_id, closed__isnull=True).exists()


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
