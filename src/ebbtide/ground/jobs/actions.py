"""The jobs room: the record of each try to send a letter."""

from dataclasses import dataclass

from ebbtide.ground.jobs.models import MailAttempt, MailOutcome, OutgoingMail
from ebbtide.ground.ledger.action import Act, Done, action


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
