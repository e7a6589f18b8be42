"""Asking: a check-in is sent by link, and reminded of at most twice while it is not finished."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ebbtide.evidence.instrument_texts import load_texts
from ebbtide.evidence.instruments import load_instruments
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Clinic, Patient
from ebbtide.journey.access.models import Episode
from ebbtide.journey.outcomes import letters, rules
from ebbtide.journey.outcomes.actions.acting import address, check_ins_topic, one_at_a_time, posted, ruled
from ebbtide.journey.outcomes.models import Invitation, Reminder
from ebbtide.journey.outcomes.queries import answers_of, digest, on_call, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """One check-in. What may not be asked from afar, and everything when there is no e-mail address, is asked at the visit."""

    episode: Episode
    point: str
    due_on: date
    instruments: tuple[str, ...]
    opens_at: datetime
    closes_at: datetime


@action("outcomes.invitation", "create", about=lambda command: command.episode)
def invite(act: Act, command: Invite) -> Done[Invitation]:
    """Send the link of a check-in. PHQ-9 goes out only while somebody is on call for its last question."""
    patient = command.episode.patient
    _check_may_be_asked(command)
    by_link, at_visit = _split(command.instruments, patient)
    token = secrets.token_urlsafe(32)
    until_on = _last_day(command.closes_at, patient.clinic)
    letter = letters.invitation_letter(patient, link=link_for(token), until_on=until_on)
    mail = posted(patient.clinic, patient.email, letter, act) if by_link else None
    row = Invitation.objects.create(
        episode=command.episode,
        point=command.point,
        instruments=list(by_link),
        at_visit=list(at_visit),
        due_on=command.due_on,
        opens_at=command.opens_at,
        closes_at=command.closes_at,
        token_sha256=digest(token),
        mail=mail,
        made_at=act.at,
    )
    return Done(value=row, rows=[mail] if mail else [], announce=[check_ins_topic(patient.clinic_id)])


def _check_may_be_asked(command: Invite) -> None:
    if command.episode.closed_at is not None or command.episode.patient.deceased_on is not None:
        raise Refused("OUT-EPISODE", "This episode is closed: nobody is asked about it any more.")
    unknown = [name for name in command.instruments if name not in load_texts()]
    if unknown or not command.instruments:
        raise Refused(
            "OUT-INSTRUMENT",
            f"{', '.join(unknown) or 'Nothing'} can be asked by link: choose among {', '.join(load_texts())}.",
        )


def _split(instruments: Sequence[str], patient: Patient) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What goes by link, and what is asked at the visit instead."""
    if not patient.email:
        return (), tuple(instruments)
    pack = load_instruments()
    needs = {name for name in instruments if pack.instrument(name).remote_needs_on_call}
    kept_back = needs if needs and on_call(patient.clinic) is None else set()
    return (
        tuple(name for name in instruments if name not in kept_back),
        tuple(name for name in instruments if name in kept_back),
    )


def _last_day(closes_at: datetime, clinic: Clinic) -> date:
    # a window ends at midnight: its last day is the one before
    return (closes_at - timedelta(seconds=1)).astimezone(ZoneInfo(clinic.time_zone)).date()


def link_for(token: str) -> str:
    """The address that a letter names."""
    return address("outcomes:start", token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    invitation: Invitation


@action("outcomes.invitation", "create", about=lambda command: command.invitation)
def remind(act: Act, command: Remind) -> Done[Reminder]:
    """A second or third letter, only while the check-in is open and not finished. The lock is the one under which answers are given."""
    row = command.invitation
    patient = row.episode.patient
    one_at_a_time("check-in", row.pk)
    sent = Reminder.objects.filter(invitation=row).count()
    with ruled():
        rules.check_reminder(
            standing(row, len(answers_of(row)), at=act.at), sent=sent, has_email=bool(patient.email)
        )
    token = secrets.token_urlsafe(32)
    until_on = _last_day(row.closes_at, patient.clinic)
    letter = letters.reminder_letter(patient, link=link_for(token), until_on=until_on)
    mail = posted(patient.clinic, patient.email, letter, act)
    made = Reminder.objects.create(
        invitation=row, number=sent + 1, token_sha256=digest(token), mail=mail, made_at=act.at
    )
    return Done(value=made, rows=[mail], announce=[check_ins_topic(patient.clinic_id)])
