"""The jobs room: posting a letter inside an action, and the record of each try to send it."""

from dataclasses import dataclass
from datetime import datetime

from ebbtide.ground.jobs.models import MailAttempt, MailOutcome, OutgoingMail
from ebbtide.ground.ledger.action import Act, Done, action
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAttempt:
    mail: OutgoingMail
    number: int
    outcome: MailOutcome
    trouble: str = ""


@action("ground.outgoing_mail", "create", about=lambda c: c.mail)
def record_attempt(act: Act, command: RecordAttempt) -> Done[MailAttempt]:
    """One try to send a letter, as it ended."""
    attempt = MailAttempt.objects.create(
        mail=command.mail,
        number=command.number,
        outcome=command.outcome,
        trouble=command.trouble,
        tried_at=act.at,
    )
    return Done(value=attempt)
