"""Passkeys in a real browser: set up at the first sign-in, then signing in with it and nothing typed, then proving again."""

import os

import pytest
from django.db import connections
from django.urls import reverse

from tests.browser import chromium_path, served_here
from tests.builders import a_staff
from tests.ground.people.entering import PASSWORD, kinds

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def address():
    with served_here() as found:
        yield found


@pytest.fixture
def page(monkeypatch, db):
    """A page of Chromium with a device that holds passkeys and always recognises its owner."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    # playwright keeps an event loop in this thread; the queries of the test itself are still one after another
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    held = connections["default"]
    with playwright.sync_playwright() as browsers:
        connections["default"] = (
            held  # the loop would else give the test another connection, outside its transaction
        )
        browser = browsers.chromium.launch(executable_path=path, args=["--no-sandbox"])
        found = browser.new_page()
        found.troubles = []
        found.on("console", lambda said: found.troubles.append(said.text) if said.type == "error" else None)
        found.on("pageerror", lambda error: found.troubles.append(str(error)))
        device = found.context.new_cdp_session(found)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield found
        browser.close()


def test_a_nurse_sets_up_a_passkey_and_comes_in_with_it(address, page):
    nurse = a_staff("prescriber")
    page.set_default_timeout(8000)
    page.goto(address + reverse("account_login"))
    page.fill("input[name=login]", nurse.account.email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account/2fa/")

    page.get_by_role("link", name="Add a key").click()
    page.fill("input[name=name]", "The tablet")
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    assert kinds(nurse.account) == {"webauthn", "recovery_codes"}
    assert page.goto(f"{address}/request/queue/").status == 200

    page.goto(address + reverse("account_logout"))
    page.locator("#main").get_by_role("button", name="Sign out").click()
    page.goto(f"{address}/request/queue/")
    page.wait_for_url("**/account/login/**")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{address}/request/queue/")
    assert "Requests" in page.content()

    page.goto(address + reverse("mfa_reauthenticate_webauthn") + "?next=/request/queue/")
    page.click("#mfa_webauthn_reauthenticate")
    page.wait_for_url(f"{address}/request/queue/")
    assert page.troubles == []
