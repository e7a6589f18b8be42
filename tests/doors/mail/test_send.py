"""The mail door against a real SMTP server on this machine."""

import smtplib
import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from django.core.mail import EmailMessage

from ebbtide.doors.mail.backend import MailDoorShut, server_from, trouble


class Mailbox:
    def __init__(self) -> None:
        self.letters: list[object] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(envelope)
        return "250 OK"


def _checks(_server, _session, _envelope, _mechanism, data) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"p@ss word")
    return AuthResult(success=good, handled=False)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mail_server() -> Iterator[Controller]:
    controller = Controller(
        Mailbox(), hostname="127.0.0.1", port=a_free_port(), authenticator=_checks, auth_require_tls=False
    )
    controller.start()
    yield controller
    controller.stop()


def port_of(controller: Controller) -> int:
    return controller.port


def letter() -> EmailMessage:
    return EmailMessage(
        subject="Your visit",
        body="Tomorrow, 9:00.\n",
        to=["alma@example.org"],
        from_email="desk@clinic.example",
    )


def use(settings, url: str, *, demo: bool = False) -> None:
    settings.EMAIL_BACKEND = "ebbtide.doors.mail.backend.OutgoingMail"
    settings.EBBTIDE_SMTP_URL, settings.EBBTIDE_DEMO = url, demo


def test_it_hands_the_letter_to_the_server(settings, mail_server: Controller) -> None:
    use(settings, f"smtp://127.0.0.1:{port_of(mail_server)}", demo=True)
    assert letter().send() == 1
    (taken,) = mail_server.handler.letters
    assert taken.rcpt_tos == ["alma@example.org"]
    assert b"Tomorrow, 9:00." in taken.content


def test_it_signs_in_with_a_password_that_needs_quoting(settings, mail_server: Controller) -> None:
    use(settings, f"smtp://desk:p%40ss%20word@127.0.0.1:{port_of(mail_server)}")
    assert letter().send() == 1


def test_it_fails_loudly_when_the_server_refuses_the_password(settings, mail_server: Controller) -> None:
    use(settings, f"smtp://desk:wrong@127.0.0.1:{port_of(mail_server)}")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        letter().send()


def test_it_fails_when_encryption_was_asked_for_and_is_not_there(settings, mail_server: Controller) -> None:
    use(settings, f"smtp+starttls://127.0.0.1:{port_of(mail_server)}")
    with pytest.raises(smtplib.SMTPNotSupportedError):
        letter().send()


def test_it_keeps_the_letter_in_the_demonstration(settings) -> None:
    use(settings, "", demo=True)
    assert letter().send() == 1
    assert trouble() is None


def test_it_says_what_to_set_outside_the_demonstration(settings) -> None:
    use(settings, "")
    with pytest.raises(MailDoorShut, match="set EBBTIDE_SMTP_URL"):
        letter().send()
    assert "EBBTIDE_SMTP_URL" in str(trouble())


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtps://mail.example", 465),
        ("smtp+starttls://mail.example", 587),
        ("smtp://mail.example", 25),
        ("smtps://a:b@mail.example:2465", 2465),
    ],
)
def test_it_knows_the_usual_ports(url: str, port: int) -> None:
    assert server_from(url).port == port


@pytest.mark.parametrize(
    "url",
    ["http://mail.example", "mail.example:25", "smtp://", "smtp://mail.example:x", "smtp://a:b@mail.example"],
)
def test_it_refuses_an_address_it_cannot_use_safely(url: str) -> None:
    with pytest.raises(MailDoorShut, match="EBBTIDE_SMTP_URL"):
        server_from(url)
