"""Letters of the course: times and a place, never a word about health."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ebbtide.ground.jobs.mail import post
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.people.models import Patient
from ebbtide.journey.course.models import Visit


def tell_booked(patient: Patient, visits: Sequence[Visit], at: datetime) -> list[OutgoingMail]:
    """The dates of a series that was just booked."""
    with translation.override(patient.language):
        return _letter(
            patient, _("Your appointments"), _("These appointments are booked for you:"), visits, at
        )


def tell_moved(patient: Patient, visit: Visit, at: datetime) -> list[OutgoingMail]:
    """The new time of one visit."""
    with translation.override(patient.language):
        return _letter(
            patient,
            _("Your appointment has a new time"),
            _("Your appointment is now at this time:"),
            [visit],
            at,
        )


def tell_cancelled(patient: Patient, visits: Sequence[Visit], at: datetime) -> list[OutgoingMail]:
    """The times that are not booked any more."""
    with translation.override(patient.language):
        return _letter(
            patient, _("Appointments cancelled"), _("These appointments are cancelled:"), visits, at
        )


def _letter(
    patient: Patient, subject: str, opening: str, visits: Sequence[Visit], at: datetime
) -> list[OutgoingMail]:
    # the clinic's name may say what is treated there, so the letter gives only its address and telephone
    if not patient.email or not visits:
        return []
    clinic = patient.clinic
    times = "\n".join(f"- {_when(visit, clinic.time_zone)}" for visit in visits)
    place = _("Place: %(address)s") % {"address": clinic.address} if clinic.address else ""
    body = [
        opening,
        times,
        place,
        _("Please read the instructions in your portal before you come."),
        _("To change a time, call %(phone)s.") % {"phone": clinic.phone},
    ]
    text = "\n\n".join(part for part in body if part)
    return [
        post(
            clinic=clinic, to=patient.email, subject=subject, body=text, purpose="course.appointments", at=at
        )
    ]


def _when(visit: Visit, time_zone: str) -> str:
    zone = ZoneInfo(time_zone)
    start, end = visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)
    return f"{date_format(start, 'D j M Y')}, {start:%H:%M}–{end:%H:%M}"
