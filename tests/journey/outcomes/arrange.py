"""A clinic with somebody on call, a person whose series is over, a check-in, and the link as it stands in the letter."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.test import Client

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.people.models import ClinicSetting, Resource
from ebbtide.ground.policy.actors import link_holder
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.outcomes.actions import Invite, RecordScores, Result, invite, record_scores
from ebbtide.journey.outcomes.rules import window
from tests.builders import (
    NOW,
    a_chair,
    a_clinic,
    a_nurse_place,
    a_patient,
    a_signed_order,
    a_staff,
    an_act,
    an_actor,
    an_episode,
)

CHICAGO = ZoneInfo("America/Chicago")
TODAY = NOW.astimezone(CHICAGO).date()
ON_CALL = {
    "name": "Robin Lee",
    "phone": "+1 312 555 0177",
    "from": "08:00",
    "to": "20:00",
    "days": "every_day",
}


def somebody_on_call(clinic, **fields):
    """A prescriber of this name, and the setting that names them."""
    staff = a_staff("prescriber", clinic=clinic, name=ON_CALL["name"])
    ClinicSetting.objects.create(
        clinic=clinic, name="outcomes.on_call", value={**ON_CALL, **fields}, reason="x", set_at=NOW
    )
    return staff


def a_person(clinic=None, **fields):
    """An episode of somebody with an e-mail address."""
    clinic = clinic or a_clinic()
    return an_episode(a_patient(clinic=clinic, **fields))


def visits(episode, *, days, status="done", infusions=None, order=None):
    """A series whose visits were or will be on these days."""
    clinic = episode.patient.clinic
    order = order or a_signed_order(episode, infusions=infusions or len(days))
    chair = Resource.objects.filter(clinic=clinic, kind="chair").first() or a_chair(clinic)
    place = Resource.objects.filter(clinic=clinic, kind="nurse_place").first() or a_nurse_place(
        a_staff("nurse", clinic=clinic)
    )
    series = Series.objects.create(episode=episode, order=order, booked_by=order.written_by, booked_at=NOW)
    for number, day in enumerate(days, start=1):
        starts_at = datetime.combine(day, time(10), tzinfo=CHICAGO).astimezone(UTC)
        Visit.objects.create(
            series=series, number=number, chair=chair, nurse_place=place, status=status,
            starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
        )  # fmt: skip
    return series


def ago(days):
    return TODAY - timedelta(days=days)


def a_check_in(episode=None, *, ask=("NRS11", "PEG"), point="FU-W1", due_on: date = TODAY, days=2):
    episode = episode or a_person()
    when = window(due_on=due_on, closes_on=due_on + timedelta(days=days), zone="America/Chicago")
    return invite(
        an_act(an_actor("system", clinic=episode.patient.clinic)),
        Invite(
            episode=episode, point=point, due_on=due_on, instruments=tuple(ask),
            opens_at=when.opens_at, closes_at=when.closes_at,
        ),
    )  # fmt: skip


def link_in(mail: OutgoingMail) -> str:
    return re.search(r"http://[^/\s]+(/check-in/[\w-]+/)", mail.body)[1]


def open_link(check_in) -> tuple[Client, str]:
    """A browser that nobody used, and the path of the link."""
    return Client(), link_in(check_in.mail)


def holder(check_in):
    return link_holder(check_in.episode.patient, invitation_id=check_in.pk)


def answer(client, path, number, value):
    told = {"skip": "1"} if value is None else {"value": str(value)}
    return client.post(f"{path}{number}/", told)


def a_diary(episode, values, *, ending_on=TODAY, instrument="NRS11"):
    """One value a day, the last of them on this day; None is a day without an answer."""
    first = ending_on - timedelta(days=len(values) - 1)
    results = tuple(
        Result(
            instrument=instrument, point="DIARY", answers={1: value},
            observed_at=datetime.combine(first + timedelta(days=n), time(8, 30), tzinfo=CHICAGO).astimezone(UTC),
        )
        for n, value in enumerate(values) if value is not None
    )  # fmt: skip
    record_scores(
        an_act(an_actor("system", clinic=episode.patient.clinic)),
        RecordScores(episode=episode, results=results),
    )


def d(text):
    return Decimal(text)
