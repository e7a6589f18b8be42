"""What the tests of the way in stand on: a request, a clinician, a room, a browser that is signed in."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from ebbtide.ground.people.models import Account, Clinic, Resource, Staff
from ebbtide.journey.access.models import Request
from tests.builders import NOW, a_clinic, a_staff

BACKEND = "ebbtide.ground.people.sign_in.AccountBackend"
NINE = datetime.fromisoformat("2026-11-24T15:00:00+00:00")  # Tuesday 09:00 in Chicago
HOUR = timedelta(hours=1)
ANSWERS: dict[str, dict[str, str]] = {
    "complaint": {"complaint": "crps"},
    "story": {"story": "Two years after a broken wrist. Physiotherapy and pregabalin."},
    "name": {"given_name": "Alma", "family_name": "Reyes"},
    "born": {"birth_date": "1979-05-04"},
    "contact": {"phone": "312 555 0142", "email": "alma@example.org"},
    "call": {"language": "en", "best_time": "weekdays after 3"},
    "referrer": {"referred_by": "Dr Okafor"},
}


def a_request(clinic: Clinic | None = None, **fields: Any) -> Request:
    made = {
        "channel": "web",
        "given_name": "Alma",
        "family_name": "Reyes",
        "birth_date": "1979-05-04",
        "phone": "+1 312-555-0142",
        "email": "alma@example.org",
        "complaint": "crps",
        "story": "Two years after a broken wrist.",
        "received_at": NOW,
    }
    row = Request.objects.create(clinic=clinic or Clinic.objects.first() or a_clinic(), **{**made, **fields})
    row.refresh_from_db()
    return row


def a_room(clinic: Clinic | None = None, name: str = "Room 1") -> Resource:
    return Resource.objects.create(clinic=clinic or Clinic.objects.get(), kind="room", name=name)


def a_clinician(staff: Staff | None = None) -> Resource:
    staff = staff or a_staff("prescriber")
    return Resource.objects.create(clinic=staff.clinic, kind="clinician", name=staff.name, staff=staff)


def signed_in(who: Staff | Account) -> Client:
    client = Client()
    client.force_login(who.account if isinstance(who, Staff) else who, backend=BACKEND)
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    return client


def answered(client: Client, **changed: dict[str, str]) -> Client:
    """A visitor who has answered every question, a minute after starting."""
    for slug, told in {**ANSWERS, **changed}.items():
        answer = client.post(f"/request/ask/{slug}/", told)
        assert answer.status_code == 302, answer.content.decode()
    return waited(client, seconds=60)


def waited(client: Client, *, seconds: int) -> Client:
    session = client.session
    kept = session["asking"]
    kept["started_at"] = (datetime.fromisoformat(kept["started_at"]) - timedelta(seconds=seconds)).isoformat()
    session["asking"] = kept
    session.save()
    return client
