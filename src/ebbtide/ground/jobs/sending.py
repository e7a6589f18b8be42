"""The jobs room: sending one letter, once, through whatever door the settings name."""

import smtplib
from uuid import UUID

import structlog
from django.core.mail import EmailMessage
from django.db import connection, transaction

from ebbtide.ground import clock
from ebbtide.ground.jobs.actions import RecordAttempt, record_attempt
from ebbtide.ground.jobs.mail import is_sent
from ebbtide.ground.jobs.models import MailAttempt, MailOutcome, OutgoingMail
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.policy.actors import system

log = structlog.get_logger("mail")


class MailNotSent(Exception):
    """The letter did not go out this time; the job tries again later."""


def send(mail_id: UUID) -> None:
    """Send the letter unless a try before this one did.

    Raises:
        MailNotSent: it did not go out, and the try is recorded.
    """
    with transaction.atomic():
        _one_at_a_time(mail_id)
        mail = OutgoingMail.objects.select_related("clinic").get(id=mail_id)
        if is_sent(mail):
            return
        trouble = _trouble_while_sending(mail)
        attempt = _record(mail, trouble)
    log.info(
        "mail_tried", mail=str(mail_id), number=attempt.number, outcome=str(attempt.outcome), trouble=trouble
    )
    if trouble:
        raise MailNotSent(f"The letter {mail_id} did not go out: {trouble}")


def _one_at_a_time(mail_id: UUID) -> None:
    # the application may not update letters, so it cannot lock their rows: an advisory lock serves
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mail:{mail_id}"])


def _trouble_while_sending(mail: OutgoingMail) -> str:
    """Hand the letter over; empty when the other side took it, else what went wrong, without any address."""
    message = EmailMessage(subject=mail.subject, body=mail.body, to=[mail.to])
    # one fixed id: if this process dies between handing over and remembering, the two copies can be told to be one
    message.extra_headers["Message-ID"] = f"<{mail.id}@ebbtide>"
    try:
        taken = message.send()
    except smtplib.SMTPResponseException as error:
        return f"{type(error).__name__}: the mail server answered {error.smtp_code}."
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return f"{type(error).__name__}: the mail server could not be used."
    return "" if taken else "The mail door took nothing."


def _record(mail: OutgoingMail, trouble: str) -> MailAttempt:
    number = MailAttempt.objects.filter(mail=mail).count() + 1
    act = act_now(system(mail.clinic), f"mail/{mail.id}/{number}", at=clock.now())
    outcome = MailOutcome.FAILED if trouble else MailOutcome.SENT
    return record_attempt(act, RecordAttempt(mail=mail, number=number, outcome=outcome, trouble=trouble))
