"""The jobs room: posting a letter inside an action."""

from datetime import datetime

from ebbtide.ground.jobs.models import MailOutcome, OutgoingMail
from ebbtide.ground.people.models import Clinic


def post(*, clinic: Clinic, to: str, subject: str, body: str, purpose: str, at: datetime) -> OutgoingMail:
    """Write a letter inside an action and leave the sending to a job; both vanish when the action is refused.

    The caller puts the row into `Done.rows`. The words carry a time, a place and a link, nothing about health.

    Args:
        clinic: whose letter it is.
        to: one e-mail address.
        subject: one line; line breaks are taken out.
        body: plain text.
        purpose: what the letter is for, in one word ("reminder"), for the clinic's own lists.
        at: when it was written.
    """
    from ebbtide.ground.jobs.tasks import send_mail

    mail = OutgoingMail.objects.create(
        clinic=clinic, to=to, subject=" ".join(subject.split()), body=body, purpose=purpose, made_at=at
    )
    send_mail.configure(queueing_lock=f"mail:{mail.id}", lock=f"mail:{mail.id}").defer(mail_id=str(mail.id))
    return mail


def is_sent(mail: OutgoingMail) -> bool:
    return mail.attempts.filter(outcome=MailOutcome.SENT).exists()
