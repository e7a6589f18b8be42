"""The mail door: hands letters to the clinic's mail server, or keeps them in the demonstration's mailbox."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp

PATIENCE_S = 10
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailDoorShut(ValueError):
    """There is no way out for letters; the sentence says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The clinic's mail server, as EBBTIDE_SMTP_URL names it."""

    host: str
    port: int
    user: str
    password: str
    scheme: str


def server_from(url: str) -> MailServer:
    """The server of smtp://, smtp+starttls:// or smtps://user:password@host:port.

    Raises:
        MailDoorShut: it is none of these, or it would send a password unencrypted over the network.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise MailDoorShut("EBBTIDE_SMTP_URL cannot be read: its port is no number.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise MailDoorShut(
            "EBBTIDE_SMTP_URL is no mail server: write smtps://user:password@host:465, "
            "smtp+starttls://user:password@host:587 or smtp://host:25."
        )
    if parts.scheme == "smtp" and parts.password and not _is_this_machine(parts.hostname):
        raise MailDoorShut(
            "EBBTIDE_SMTP_URL would send its password unencrypted: write smtp+starttls:// or smtps://."
        )
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        scheme=parts.scheme,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trouble() -> str | None:
    """Why letters cannot go out, in one sentence for `ebbtide doctor`; None when they can."""
    try:
        _door()
    except MailDoorShut as shut:
        return str(shut)
    return None


def _door() -> MailServer | None:
    """The server, or None where the demonstration keeps its letters."""
    if settings.EBBTIDE_SMTP_URL:
        return server_from(settings.EBBTIDE_SMTP_URL)
    if settings.EBBTIDE_DEMO:
        return None
    raise MailDoorShut("No mail can go out: set EBBTIDE_SMTP_URL to the clinic's mail server.")


class OutgoingMail(BaseEmailBackend):
    """Django's e-mail backend of the clinic."""

    def __init__(self, fail_silently: bool = False, **_: Any) -> None:  # noqa: FBT001, FBT002 - Django's signature
        super().__init__(fail_silently=fail_silently)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Hand the letters over; how many were taken.

        Raises:
            MailDoorShut: no server is set, and this is no demonstration.
        """
        server = _door()
        if server is None:
            return len(email_messages)  # each is a row of OutgoingMail already: the mailbox page shows it
        connection = self._connection(server)
        try:
            return connection.send_messages(list(email_messages)) or 0
        finally:
            connection.close()  # after a refused password Django leaves it open

    def _connection(self, server: MailServer) -> Smtp:
        return Smtp(
            host=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_ssl=server.scheme == "smtps",
            use_tls=server.scheme == "smtp+starttls",
            timeout=PATIENCE_S,
            fail_silently=self.fail_silently,
        )
