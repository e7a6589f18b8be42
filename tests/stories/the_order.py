"""The steps of care plan and course: the order in every unit, the blind check, the booked series, the letter, the portal."""

import re
import subprocess
import sys
import time
from email.message import Message

from playwright.sync_api import Page, expect
from tools.bench.running import environment

from tests.stories.conftest import Desk, sign_in
from tests.stories.looking import words
from tests.stories.the_way import EMAIL, FAMILY, GIVEN, press

PASSWORD = "low water at seven"
HEALTH_WORDS = (
    "ketamine",
    "infusion",
    "pain",
    "crps",
    "dose",
    "treatment",
    "therapy",
    "syndrome",
    "medicine",
    "opioid",
)


def write_the_order(page: Page, desk: Desk, episode: str) -> None:
    """From the template; 0.5 mg/kg in 20 min is refused before anybody can sign it, in 40 min it is not."""
    page.goto(f"/careplan/episode/{episode}")
    desk.looking.screen(page, "protocols")
    page.locator("article", has_text="Five infusions on consecutive days").get_by_role(
        "link", name="Write this order"
    ).click()
    page.get_by_label("Goal, in the person's own words").fill("Button a shirt with both hands")
    page.get_by_label("Duration of one infusion").fill("20")
    press(page, "Work out the figures")
    expect(page.locator(".errors").first).to_be_visible()
    assert "mg/kg/min" in words(page) or "LIM-RATE" in words(page) or "faster" in words(page), page.locator(
        ".errors"
    ).inner_text()
    desk.looking.screen(page, "order-refused")
    page.get_by_label("Duration of one infusion").fill("40")
    press(page, "Work out the figures")
    page.get_by_role("heading", name="Predicted concentration").wait_for()
    seen = words(page)
    # 0.5 mg/kg at 64.5 kg is 32.25 mg in 40 min: 48.375 mg/h, 0.75 mg/kg/h; the bag holds 100 mL, so 150 mL/h
    for figure in ("32.25 mg", "0.5 mg/kg", "100 mL", "48.375 mg/h", "0.75 mg/kg/h", "150 mL/h", "161.25 mg"):
        assert figure in seen, f"{figure} is not on the page of the order"
    assert "arterial" in seen
    assert "venous" in seen
    for blood in ("artery", "vein"):
        expect(page.get_by_role("img", name=blood).locator("canvas")).to_be_visible()
    desk.looking.screen(page, "order-draft")
    desk.looking.dark(page, "order-draft")


def sign_the_order(page: Page, desk: Desk) -> str:
    """The numbers are repeated; every soft limit asks for its reason. The order's address."""
    order = page.url
    desk.confirm(page, "prescriber")
    page.get_by_role("link", name="Sign this order").click()
    desk.looking.screen(page, "order-sign")
    reasons = page.locator("input[name^='reason-'], textarea[name^='reason-']")
    if reasons.count():
        page.get_by_role("button", name=re.compile("^Sign 32.25 mg")).click()
        expect(page.locator(".errors").first).to_be_visible()
    for box in page.locator("input[name^='reason-'], textarea[name^='reason-']").all():
        box.fill("Talked through with the person; the pattern of the published series is wanted.")
    page.get_by_role("button", name=re.compile("^Sign 32.25 mg over 40 min")).click()
    expect(page.get_by_text("Signed, waiting for the blind check")).to_be_visible()
    desk.looking.screen(page, "order-signed")
    return order


def put_a_nurse_on_the_team(page: Page, desk: Desk, patient: str) -> None:
    """A nurse sees the patients of their teams and nobody else: the front desk puts one there."""
    page.goto(f"/chart/{patient}")
    page.get_by_role("link", name="Care team").click()
    page.get_by_label("Who joins").select_option(label="Grace Adu, nurse")
    desk.looking.screen(page, "care-team")
    press(page, "Put on the team")
    expect(page.get_by_text("Grace Adu is on the care team")).to_be_visible()


def check_blind(desk: Desk, order: str) -> None:
    """A nurse works the numbers out alone: first wrong, then right, and never sees the first person's."""
    page = desk.signed_in("nurse")
    page.goto(order)
    assert "32.25" not in words(page)
    desk.looking.screen(page, "order-before-check")
    page.get_by_role("link", name="Check it blind").click()
    assert "32.25" not in page.content()
    desk.looking.screen(page, "blind-check")
    compare(page, dose_mg="33.25")
    expect(page.get_by_text("Your numbers differ")).to_be_visible()
    assert "32.25" not in page.content()
    desk.looking.screen(page, "blind-check-differs")
    page.get_by_role("link", name="Back to the order").click()
    page.get_by_role("link", name="Check it blind").click()
    compare(page, dose_mg="32.25")
    expect(page.get_by_text("Your numbers agree")).to_be_visible()
    desk.looking.screen(page, "blind-check-agrees")
    page.context.close()


def compare(page: Page, *, dose_mg: str) -> None:
    page.get_by_label("Weight").fill("64.5")
    page.get_by_label("Dose of one infusion").fill(dose_mg)
    page.get_by_label("Rate of the pump").fill("150")
    press(page, "Compare")
    page.wait_for_load_state()


def place_the_series(page: Page, desk: Desk, order: str) -> None:
    """The front desk is offered whole series, confirms one, and books all five visits or none."""
    page.goto(order.replace("/careplan/order/", "/course/orders/") + "/place")
    offers = page.locator("article[data-offer]")
    expect(offers.first).to_be_visible()
    assert "32.25" not in words(page)
    desk.looking.screen(page, "place-series")
    offers.first.get_by_role("button", name=re.compile("^Choose these dates")).click()
    expect(page.get_by_role("heading", name="Book these dates")).to_be_visible()
    assert EMAIL in words(page)
    desk.looking.screen(page, "confirm-series")
    page.get_by_role("button", name="Book 5 visits").click()
    expect(page.get_by_role("heading", name="Booked series")).to_be_visible()
    assert page.locator("tbody tr").count() == 5
    desk.looking.screen(page, "series")


def read_the_letters(desk: Desk, *, within_s: float = 60.0) -> list[Message]:
    """The letters reach the mail server: time and place, and not a word about health."""
    until = time.monotonic() + within_s
    while len(letters := desk.open.letters.to(EMAIL)) < 2:
        assert time.monotonic() < until, (
            f"{len(letters)} letters to the patient after {within_s:.0f} s, 2 expected"
        )
        time.sleep(0.2)
    for letter in letters:
        told = f"{letter['Subject']} {letter['From']} {body_of(letter)}".lower()
        found = [word for word in HEALTH_WORDS if re.search(rf"\b{word}", told)]
        assert not found, f"a letter says {found}: {told}"
    assert len(re.findall(r"\d\d:\d\d", body_of(letters[-1]))) >= 5, "the five times are not in the letter"
    return letters


def body_of(letter: Message) -> str:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode(part.get_content_charset() or "utf-8")


def look_at_the_chart(page: Page, desk: Desk, patient: str) -> None:
    """The prescriber's chart tells the whole way."""
    page.goto(f"/chart/{patient}")
    expect(page.get_by_role("heading", name="Journey")).to_be_visible()
    seen = words(page)
    for event in ("Evaluation visit, booked", "Care plan", "Course"):
        assert event in seen, f"{event} is not in the story"
    desk.looking.screen(page, "chart")
    desk.looking.dark(page, "chart")
    page.goto("/chart/")
    desk.looking.screen(page, "patients")


def open_the_portal(page: Page, desk: Desk, patient: str) -> str:
    """The front desk opens the portal; the link to choose a password is shown once."""
    page.goto(f"/chart/{patient}")
    page.get_by_role("link", name="Open the portal for this patient").click()
    desk.looking.screen(page, "portal-open")
    page.get_by_role("button", name=f"Open the portal for {GIVEN} {FAMILY}").click()
    link = page.get_by_label("Link to choose a password").input_value()
    desk.looking.screen(page, "portal-opened")
    return link


def visit_the_portal(desk: Desk, link: str) -> None:
    """The patient chooses a password, signs in, and sees when to come and who has read the record."""
    page = desk.window()
    page.goto(link)
    for box in page.locator("input[type=password]").all():
        box.fill(PASSWORD)
    desk.looking.screen(page, "password")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto("/account/login/")
    sign_in(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="When to come")).to_be_visible()
    assert page.locator("main .list").first.locator("li").count() >= 6  # the evaluation and five infusions
    desk.looking.screen(page, "portal")
    page.get_by_role("link", name="Who has read my record").click()
    assert "Dr. Miriam Okafor" in words(page)
    desk.looking.screen(page, "portal-readers")
    page.context.close()


def audit(desk: Desk, patient: str) -> None:
    """The auditor sees who did and who read what, and no content."""
    page = desk.signed_in("auditor")
    page.goto("/clinic/ledger")
    expect(page.get_by_role("heading", name="Ledger")).to_be_visible()
    desk.looking.screen(page, "ledger")
    page.goto(f"/chart/{patient}/readers")
    seen = words(page)
    assert "Dr. Miriam Okafor" in seen
    assert f"{GIVEN} {FAMILY}" not in seen
    desk.looking.screen(page, "readers")
    page.context.close()


def direct(desk: Desk) -> None:
    """The director sees the clinic, what is set and who approved it."""
    page = desk.signed_in("director")
    page.goto("/clinic/")
    desk.looking.screen(page, "clinic")
    page.goto("/clinic/settings")
    desk.looking.screen(page, "settings")
    page.context.close()


def prove_the_record(desk: Desk) -> None:
    """`ebbtide ledger verify` on the clinic while it runs."""
    done = subprocess.run(
        [sys.executable, "-m", "ebbtide.site.cli", "ledger", "verify"],
        env=environment(desk.open.clinic.data), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "intact" in done.stdout.lower()
