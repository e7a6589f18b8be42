"""Letters of the check-ins: a link, a day and a telephone number. No health word, ever: anybody may open a mailbox."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ebbtide.ground.people.models import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    subject: str
    body: str
    purpose: str


def language_of(patient: Patient) -> str:
    """The language in which we write to a person; English where we do not speak theirs."""
    known = {code for code, _name in settings.LANGUAGES}
    return patient.language if patient.language in known else settings.LANGUAGE_CODE


def invitation_letter(patient: Patient, *, link: str, until_on: date) -> Letter:
    """A few questions wait; here is the link."""
    with translation.override(language_of(patient)):
        opening = _("A few short questions are waiting for you. You need no account and no app:")
        return _letter(
            patient, _("A few questions for you"), opening, link, until_on, purpose="outcomes.invitation"
        )


def reminder_letter(patient: Patient, *, link: str, until_on: date) -> Letter:
    """They still wait."""
    with translation.override(language_of(patient)):
        opening = _("Your questions are still waiting. What you have answered is kept:")
        return _letter(
            patient,
            _("Your questions are still waiting"),
            opening,
            link,
            until_on,
            purpose="outcomes.reminder",
        )


def alert_letter(*, link: str) -> Letter:
    """To the owner of an alert, who works here: something waits, and it has a clock."""
    body = f"Something in Ebbtide waits for you, and it has a clock. Please sign in now:\n\n{link}\n"
    return Letter(subject="Please sign in to Ebbtide now", body=body, purpose="outcomes.alert")


def _letter(
    patient: Patient, subject: str, opening: str, link: str, until_on: date, *, purpose: str
) -> Letter:
    # the clinic's name may say what is treated there, so the letter gives only its telephone
    until = _("The link works until the end of %(day)s. You can stop at any time and go on later.") % {
        "day": date_format(until_on, "l j F Y")
    }
    stop = _("You do not want these letters, or the link does not work? Call us: %(phone)s.") % {
        "phone": patient.clinic.phone
    }
    return Letter(subject=subject, body="\n\n".join([opening, link, until, stop]) + "\n", purpose=purpose)
