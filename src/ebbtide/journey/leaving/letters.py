"""Letters of the leaving: that a paper waits behind the sign-in; never a word about health."""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from ebbtide.ground.jobs.mail import post
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.people.models import Patient


def tell_instructions(patient: Patient, link: str, at: datetime) -> list[OutgoingMail]:
    """Where the paper of today's visit is; whoever cannot sign in to the portal has it on paper alone."""
    if not patient.email or not patient.account_id or not link:
        return []
    with translation.override(patient.language):
        subject = _("A paper from your visit")
        body = "\n\n".join(
            [
                _("The paper that you were given today is also here, after you sign in:"),
                link,
                _("Questions? Call %(phone)s.") % {"phone": patient.clinic.phone},
            ]
        )
    return [
        post(
            clinic=patient.clinic,
            to=patient.email,
            subject=subject,
            body=body,
            purpose="leaving.instructions",
            at=at,
        )
    ]
