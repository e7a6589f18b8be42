"""The worker, as the supervisor starts it: seals, sends, tries again, and ends when it is told to."""

import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from aiosmtpd.controller import Controller
from django.core import mail as django_mail
from django.db import connection, transaction

from ebbtide.ground.jobs import progress, sending
from ebbtide.ground.jobs.actions import RecordAttempt, record_attempt
from ebbtide.ground.jobs.mail import is_sent, post
from ebbtide.ground.jobs.models import JobProgress, MailAttempt, MailOutcome, OutgoingMail
from ebbtide.ground.jobs.sending import MailNotSent, send
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.models import Batch
from ebbtide.ground.people.actions import OpenClinic, open_clinic
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy.actors import system
from tests.builders import NOW, a_clinic, an_act, an_actor
from tests.ground.ledger.open_record import OpenRecord
from tests.ground.live.test_listen import a_free_port, database_url


def a_letter(clinic: Clinic) -> OutgoingMail:
    """A letter posted inside an action."""

    @action("ground.outgoing_mail", "create", about=lambda c: c.clinic)
    def write(act: Act, command: OpenClinic) -> Done[OutgoingMail]:
        row = post(
            clinic=command.clinic,
            to="alma@example.org",
            subject="Your\nvisit",
            body="Tomorrow, 9:00.",
            purpose="reminder",
            at=act.at,
        )
        return Done(value=row)

    return write(an_act(system(clinic)), OpenClinic(clinic=clinic))


def an_open_clinic() -> Clinic:
    clinic = Clinic(name="Harbour", time_zone="America/Chicago", phone="+1", email="a@b.example")
    return open_clinic(an_act(system(clinic)), OpenClinic(clinic=clinic))


def jobs_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'jobs.send_mail'")
        return cursor.fetchone()[0]


class Mailbox:
    """A mail server that refuses the first letters and takes the others."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.taken = refusals, []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusals:
            self.refusals -= 1
            return "451 later"
        self.taken.append(envelope.content)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Controller]:
    controller = Controller(Mailbox(refusals=1), hostname="127.0.0.1", port=a_free_port())
    controller.start()
    yield controller
    controller.stop()


def eventually(true: Callable[[], object], *, within_s: float = 30) -> bool:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if true():
            return True
        time.sleep(0.2)
    return bool(true())


def test_it_seals_and_sends_once_though_the_server_refused_first_and_ends_when_told(
    record: OpenRecord, mailbox: Controller
) -> None:
    letter = a_letter(an_open_clinic())
    told = {**os.environ, "DATABASE_URL": database_url(), "EBBTIDE_DATA": str(record.data_folder),
            "EBBTIDE_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}"}  # fmt: skip
    command = [sys.executable, "-m", "django", "procrastinate", "worker", "--shutdown-graceful-timeout", "3"]
    worker = subprocess.Popen(command, env=told)
    try:
        assert eventually(lambda: is_sent(letter))
        assert eventually(Batch.objects.exists, within_s=15)
        assert eventually(lambda: jobs_waiting() == 0)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    finally:
        worker.kill()
        worker.wait()
    assert list(letter.attempts.order_by("number").values_list("outcome", flat=True)) == ["failed", "sent"]
    (taken,) = mailbox.handler.taken
    assert b"Subject: Your visit" in taken
    assert record.faults() == []


def test_it_takes_a_letter_back_with_the_refused_act(record: OpenRecord) -> None:
    clinic = an_open_clinic()

    def refused_at_the_end() -> None:
        with transaction.atomic():
            a_letter(clinic)
            raise Refused("X-1", "No.")

    with pytest.raises(Refused):
        refused_at_the_end()
    assert not OutgoingMail.objects.exists()
    assert jobs_waiting() == 0


@pytest.mark.django_db
def test_it_does_not_send_what_was_sent() -> None:
    letter = a_letter(a_clinic())
    send(letter.id)
    send(letter.id)
    assert len(django_mail.outbox) == 1
    assert django_mail.outbox[0].extra_headers["Message-ID"] == f"<{letter.id}@ebbtide>"


TROUBLES = {
    smtplib.SMTPDataError(451, b"alma@example.org later"): "SMTPDataError: the mail server answered 451.",
    ConnectionRefusedError("alma@example.org"): "ConnectionRefusedError: the mail server could not be used.",
}


@pytest.mark.django_db
@pytest.mark.parametrize("error", TROUBLES, ids=str)
def test_it_records_a_failed_try_without_any_address(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = a_letter(a_clinic())

    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(sending.EmailMessage, "send", refuse)
    with pytest.raises(MailNotSent, match="did not go out"):
        send(letter.id)
    attempt = MailAttempt.objects.get()
    assert (attempt.outcome, attempt.trouble, attempt.number) == (MailOutcome.FAILED, TROUBLES[error], 1)


@pytest.mark.django_db
def test_it_records_that_a_letter_was_sent_at_most_once() -> None:
    from django.db import IntegrityError

    letter = a_letter(a_clinic())
    send(letter.id)
    with pytest.raises(IntegrityError):
        record_attempt(
            an_act(system(letter.clinic)), RecordAttempt(mail=letter, number=2, outcome=MailOutcome.SENT)
        )


@pytest.mark.django_db
def test_it_shows_progress_to_the_person_who_asked() -> None:
    clinic = a_clinic()
    director, other = an_actor("director", clinic=clinic), an_actor("director", clinic=clinic)
    job = progress.begin(clinic=clinic, by=director, what="Export", total=3, at=NOW)
    progress.advance(job.id, steps=2, at=NOW)
    assert str(progress.progress_of(job.id, by=director)) == "Export: 2 of 3"
    assert progress.progress_of(job.id, by=other) is None
    progress.advance(job.id, steps=9, at=NOW)
    progress.end(job.id, at=NOW)
    assert JobProgress.objects.get().done == 3
