"""The steps of the way in, each as one person does it on the page, and what that person must see."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.doors.fhir import builders as fhir
from tests.stories.conftest import Desk
from tests.stories.looking import words

GIVEN, FAMILY, BORN, EMAIL = "Jacki", "Feil", "1968-05-19", "jacki.feil@example.org"
STORY = "My left hand burns since a broken wrist two years ago. Gabapentin and physiotherapy helped a little."


def press(page: Page, name: str) -> None:
    """Press a button by the word on it."""
    page.get_by_role("button", name=name, exact=True).click()


def ask_on_the_public_form(desk: Desk) -> None:
    """One question a screen, without an account; the answers once more before anything is sent."""
    page = desk.window()
    page.goto("/")
    desk.looking.screen(page, "home")
    page.get_by_role("link", name="Ask for a consultation").first.click()
    expect(page.get_by_role("heading", name="What troubles you most?")).to_be_visible()
    expect(page.get_by_text("1 of 7")).to_be_visible()
    desk.looking.screen(page, "request-1-complaint")
    page.get_by_label("Complex regional pain syndrome (CRPS)").check()
    press(page, "Next")
    page.get_by_label("How long have you had it").fill(STORY)
    desk.looking.screen(page, "request-2-story")
    press(page, "Next")
    page.get_by_label("First name").fill(GIVEN)
    page.get_by_label("Last name").fill(FAMILY)
    press(page, "Next")
    page.get_by_label("When were you born?").fill(BORN)
    press(page, "Next")
    page.get_by_label("Telephone").fill("12")
    press(page, "Next")
    expect(page.get_by_text("This is not a telephone number we can call").first).to_be_visible()
    desk.looking.screen(page, "request-5-contact-refused")
    page.get_by_label("Telephone").fill("312 555 0177")
    page.get_by_label("E-mail").fill(EMAIL)
    press(page, "Next")
    page.get_by_label("English").check()
    press(page, "Next")
    press(page, "Next")
    expect(page.get_by_role("heading", name="Your answers")).to_be_visible()
    assert STORY in words(page)
    desk.looking.screen(page, "request-8-answers")
    page.wait_for_timeout(4_000)  # nobody answers seven questions in less, and the form says so to machines
    press(page, "Send request")
    expect(page.get_by_role("heading", name="We have your request")).to_be_visible()
    desk.looking.screen(page, "request-9-received")
    page.context.close()


def see_it_arrive(desk: Desk) -> Page:
    """The front desk has the queue open; the new request appears by itself, and somebody takes it."""
    page = desk.signed_in("front_desk")
    expect(page.get_by_text("Front desk").first).to_be_visible()
    desk.looking.screen(page, "front-desk-today")
    desk.looking.dark(page, "front-desk-today")
    page.goto("/request/queue/")
    expect(page.get_by_text(f"{GIVEN} {FAMILY}")).to_have_count(0)
    ask_on_the_public_form(desk)
    expect(page.get_by_text(f"{GIVEN} {FAMILY}")).to_be_visible(timeout=15_000)
    desk.looking.screen(page, "queue")
    page.get_by_role("link", name=f"{GIVEN} {FAMILY}").click()
    press(page, "Take this request")
    expect(page.get_by_text("In triage").first).to_be_visible()
    assert STORY not in words(page)  # the front desk answers the telephone; what was told is for a clinician
    desk.looking.screen(page, "request-front-desk")
    return page


def accept_and_book(desk: Desk) -> Page:
    """The prescriber accepts with a reason and books the evaluation: clinician, room, time."""
    page = desk.signed_in("prescriber")
    page.goto("/request/queue/")
    page.get_by_role("link", name=f"{GIVEN} {FAMILY}").click()
    page.get_by_role("link", name="Accept and book").click()
    press(page, "Accept and book")
    expect(page.get_by_role("heading", name="Accept and book the evaluation")).to_be_visible()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    choose_a_free_time(page)
    page.get_by_label("Reason").fill("CRPS with two first-line treatments tried; worth an evaluation.")
    page.get_by_label("Sex").select_option("female")
    desk.looking.screen(page, "accept")
    press(page, "Accept and book")
    expect(page.get_by_text("Accepted").first).to_be_visible()
    desk.looking.screen(page, "request-accepted")
    return page


def choose_a_free_time(page: Page) -> None:
    """The first free time; a day that is full or closed gives way to the next one."""
    for _day in range(7):
        if page.locator("input[name=slot]").count():
            page.locator("input[name=slot]").first.check()
            return
        day = page.locator("input[name=on]")
        day.evaluate(
            "field => { const at = new Date(field.value); at.setDate(at.getDate() + 1); field.value = at.toISOString().slice(0, 10); }"
        )
        press(page, "Show free times")
    raise AssertionError("there is no free time in a week")


def the_bundle(real: Path, folder: Path) -> Path:
    """The file that the other practice sent: a real one, or, where none is kept, a small one of the same person."""
    found = next((real / "fhir").glob("Jacki_Feil_*.json"), None)
    if found is not None:
        return found
    person = fhir.a_patient(birthDate=BORN, name=[{"use": "official", "family": FAMILY, "given": [GIVEN]}])
    pain, weight = fhir.a_condition("82423001", "Chronic pain"), fhir.an_observation("29463-7", 66.2, "kg")
    stopped, unread = fhir.a_prescription(status="stopped"), fhir.an_observation("2339-0", 96, "mg/dL")
    made = folder / "bundle.json"
    made.write_bytes(fhir.as_bytes(fhir.a_bundle(pain, weight, stopped, unread, patient=person)))
    return made
