"""Letters of the way in: only a time, a place and a telephone number. No health word, ever: anybody may open a mailbox."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _

from ebbtide.ground.people.models import Clinic


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    subject: str
    body: str
    purpose: str


def received_letter(clinic: Clinic, *, language: str) -> Letter:
    """We have your message."""
    with _in(language):
        body = _(
            "We have received your message. A person reads it and answers you. If you do not hear from us, please call {phone}."
        )
        return _letter(clinic, _("We have your message"), body, purpose="access.received")


def visit_letter(clinic: Clinic, *, language: str, starts_at: datetime) -> Letter:
    """You have an appointment."""
    with _in(language):
        body = _(
            "You have an appointment with us on {when} (time at the clinic).{place}\nIf the time does not suit you, please call {phone}."
        )
        return _letter(
            clinic, _("Your appointment"), body, purpose="access.visit_booked", when=_when(clinic, starts_at)
        )


def cancelled_letter(clinic: Clinic, *, language: str, starts_at: datetime) -> Letter:
    """Your appointment does not take place."""
    with _in(language):
        body = _(
            "Your appointment on {when} (time at the clinic) does not take place. For another time please call {phone}."
        )
        return _letter(
            clinic,
            _("Your appointment does not take place"),
            body,
            purpose="access.visit_cancelled",
            when=_when(clinic, starts_at),
        )


def answered_letter(clinic: Clinic, *, language: str) -> Letter:
    """We have an answer; it is told by telephone, because it is about health."""
    with _in(language):
        body = _("We have answered your message. Please call {phone} so that we can tell you the answer.")
        return _letter(clinic, _("We have an answer for you"), body, purpose="access.answered")


def _in(language: str) -> translation.override:
    known = {code for code, _name in settings.LANGUAGES}
    return translation.override(language if language in known else settings.LANGUAGE_CODE)


def _when(clinic: Clinic, at: datetime) -> str:
    wall = at.astimezone(ZoneInfo(clinic.time_zone))
    return f"{formats.date_format(wall, 'l j F Y')}, {wall:%H:%M}"


def _letter(clinic: Clinic, subject: str, body: str, *, purpose: str, when: str = "") -> Letter:
    # the clinic's name may say what is treated there, so the letter gives only its address and telephone
    place = f"\n{clinic.address}" if clinic.address else ""
    told = body.format(phone=clinic.phone, when=when, place=place)
    return Letter(subject=subject, body=f"{told}\n", purpose=purpose)
