"""The stories' ground: a demonstration clinic that really runs, a real mail server, and a real browser."""

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tools.bench.running import Clinic, running_clinic

from tests.browser import chromium_path
from tests.moulds import a_copy, demonstration_mould
from tests.stories.looking import SCREENS, WIDE, Looking
from tests.stories.second_factor import seconds_to_next, six_digits

# without these Chromium calls home at every start, and a closed network refuses it many times
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


class Letters:
    """A mail server's side of the conversation: it keeps what it was given."""

    def __init__(self) -> None:
        self.kept: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.kept.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content)))
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        """Every letter to one address, oldest first."""
        return [letter for receivers, letter in self.kept if address in receivers]


@dataclass
class Open:
    """The running clinic with its mail server and its accounts."""

    clinic: Clinic
    letters: Letters
    accounts: list[dict[str, str]] = field(default_factory=list)

    def account(self, role: str, number: int = 0) -> dict[str, str]:
        """One account of a role."""
        return [a for a in self.accounts if a["role"] == role][number]


@dataclass
class Desk:
    """One browser, and a window of its own for everybody who uses it."""

    browser: Browser
    open: Open
    looking: Looking

    def looking_at(self, name: str) -> Path:
        """Where a picture that is taken by hand is kept."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        return SCREENS / f"{name}.png"

    def window(self, **options: Any) -> Page:
        """A new window that nobody has used: no cookie, English, no motion."""
        context = self.browser.new_context(
            base_url=self.open.clinic.address, viewport=WIDE, locale="en-US", reduced_motion="reduce", **options
        )  # fmt: skip
        context.set_default_timeout(20_000)
        return self.looking.listen(context.new_page())

    def signed_in(self, role: str, number: int = 0) -> Page:
        """A window in which somebody has typed e-mail, password and the six digits of their app."""
        account = self.open.account(role, number)
        page = self.window()
        page.goto("/account/login/")
        sign_in(page, account["email"], account["password"])
        if account["totp_secret"]:
            type_code(page, account["totp_secret"])
        return page

    def confirm(self, page: Page, role: str, number: int = 0) -> None:
        """Sign in again, as somebody does whom a guarded act asks to: a slow machine must not make a story fail."""
        back = page.url
        page.goto("/account/reauthenticate/")
        page.locator("input[type=password]").first.fill(self.open.account(role, number)["password"])
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_load_state()
        page.goto(back)


def sign_in(page: Page, email: str, password: str) -> None:
    """The first step: e-mail and password."""
    page.locator("input[name=login]").fill(email)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def type_code(page: Page, secret: str) -> None:
    """The second step; a code counts once, so a second sign-in within half a minute waits for the next one."""
    page.get_by_role("heading", name="Second step").wait_for()
    page.locator("input[name=code]").fill(six_digits(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()
    if page.locator("input[name=code]").count():
        page.wait_for_timeout(seconds_to_next() * 1000 + 200)
        page.locator("input[name=code]").fill(six_digits(secret))
        page.get_by_role("button", name="Sign in", exact=True).click()


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running() -> Iterator[Open]:
    """`ebbtide serve --demo` on a folder that nobody has worked in, with a mail server of this machine."""
    chromium_path()
    folder = Path(tempfile.mkdtemp(prefix="ebs-"))
    folder.chmod(0o755)
    letters = Letters()
    mail = Controller(letters, hostname="127.0.0.1", port=a_free_port())
    mail.start()
    try:
        with running_clinic(
            a_copy(demonstration_mould(), folder / "c"),
            extra={"EBBTIDE_SMTP_URL": f"smtp://127.0.0.1:{mail.port}"},
        ) as clinic:
            accounts = json.loads((clinic.data / "demo-accounts.json").read_text(encoding="utf-8"))
            yield Open(clinic=clinic, letters=letters, accounts=accounts)
    finally:
        mail.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def desk(running: Open) -> Iterator[Desk]:
    """A browser of the system's Chromium; closed with the file, because its loop runs in this thread."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=15_000)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield Desk(browser=browser, open=running, looking=Looking())
        browser.close()
