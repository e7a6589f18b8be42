"""Stories at the door in a real browser: refused and then right; a difference with its owner while the person leaves; a fall the next day."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.journey.custody.models import Variance
from ebbtide.journey.leaving.models import Departure, LaterEvent
from tests.builders import a_staff, an_assignment
from tests.clocks import start_from
from tests.house.posts import browser
from tests.journey.custody.presses import signs_in
from tests.journey.infusion.arrange import after
from tests.journey.infusion.test_safety_in_a_browser import look, pages
from tests.journey.leaving.arrange import STOP, Door

pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
NEXT_DAY = STOP + 20 * 60
PHONE, TABLET = {"width": 390, "height": 844}, {"width": 1024, "height": 768}


@pytest.fixture(autouse=True)
def at_the_door(monkeypatch):
    start_from(monkeypatch, after(STOP + 33))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def leave(page, door):
    """The escort's part of the door, as the nurse types it."""
    page.goto(reverse("leaving:discharge", args=[door.session.pk]))
    for name, value in {"escort": "Sam Reyes", "escort_tel": "312 555 0177", "relation": "Brother"}.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("input[name=handed_over]").check()
    page.locator("input[name=signature]").fill("Sam Reyes")
    page.get_by_role("button", name="Discharge").click()
    page.wait_for_load_state()


def observe(page, door, **other):
    """Every item at its best but what is told otherwise."""
    page.goto(reverse("leaving:recovery", args=[door.session.pk]))
    for name, value in {"upper_mmhg": "124", "lower_mmhg": "78"}.items():
        page.locator(f"input[name={name}]").fill(value)
    best = {"awake": "0", "apart": "0", "pain": "3", "thought": "no", "steady": "yes", **other}
    for name in {one.get_attribute("name") for one in page.locator("form input[type=radio]").all()}:
        page.locator(f"input[name='{name}'][value='{best.get(name, '2')}']").check(force=True)
    page.get_by_role("button", name="Record observation").click()
    page.wait_for_load_state()


def test_discharge_is_refused_says_what_to_do_and_is_then_right():
    door = Door().stopped()
    nurse = browser(door.staff)
    with pages() as (new_page, looking):
        page = new_page(nurse)
        observe(page, door, awake="-1", steady="no")
        leave(page, door)
        said = page.locator("body").inner_text()
        assert "RASS is -1 and must be 0: observe again in 15 min." in said
        assert "let the person rest, walk again in 15 min." in said
        look(page, looking, "door-refused", TABLET, PHONE)
        observe(page, door)
        leave(page, door)
        page.get_by_text("No driving until").first.wait_for()
        assert "Tuesday 24 November 2026, 08:00" in page.locator("body").inner_text()
        look(page, looking, "door-left", TABLET, PHONE)
    assert Departure.objects.get().discharged_by == door.staff


def test_a_difference_is_posted_with_its_owner_while_the_person_leaves():
    door = Door().stopped()
    door.observe()
    second, owner = a_staff("nurse", clinic=door.clinic), a_staff("prescriber", clinic=door.clinic)
    proof, nurse, doctor = signs_in(second), browser(door.staff), browser(owner)
    with pages() as (new_page, looking):
        safe = new_page(nurse)
        fill_the_difference(safe, door, owner)
        safe.get_by_role("button", name="Post the difference").click()
        safe.locator(".errors").first.wait_for()  # one sign-in alone posts nothing
        chair = safe.context.new_page()
        leave(looking.listen(chair), door)  # and holds nobody back
        chair.get_by_text("No driving until").first.wait_for()
        for name, value in proof.items():
            safe.locator(f"input[name={name}]").fill(value)
        look(safe, looking, "difference", TABLET, PHONE)
        safe.get_by_role("button", name="Post the difference").click()
        safe.get_by_role("heading", name="Drug of this visit").wait_for()
        look_into_it(new_page(doctor), looking)
    row = Variance.objects.get()
    assert (row.owner, row.movement.witness, row.movement.amount_ug) == (owner, second, 2_000)
    assert row.notes.get().by == owner
    assert Departure.objects.get().discharged_at <= row.posted_at


def fill_the_difference(page, door, owner):
    page.goto(reverse("custody:variance", args=[door.visit.pk]))
    page.locator("input[name=way][value=missing]").check(force=True)
    page.locator("input[name=amount]").fill("2")
    page.locator("[name=searched]").fill("Counted twice, chair and bin searched")
    page.locator("select[name=owner]").select_option(str(owner.pk))
    page.locator("input[name=due_on]").fill(f"{after(0) + timedelta(days=7):%Y-%m-%d}")
    page.locator("input[name=to_report][value=unknown]").check(force=True)


def look_into_it(page, looking):
    """The owner's part, at any time afterwards."""
    page.goto(reverse("custody:variances"))
    look(page, looking, "differences", TABLET)
    page.get_by_role("link", name="Open the investigation").click()
    page.get_by_role("link", name="Add a note").click()
    page.locator("[name=words]").fill("Asked both who drew: a spill at the pump is likely.")
    page.get_by_role("button", name="Add the note").click()
    page.get_by_text("a spill at the pump").wait_for()
    look(page, looking, "investigation", TABLET, PHONE)


def test_a_fall_the_next_day_stands_in_the_chart_and_on_the_prescribers_desk(monkeypatch):
    door = Door().stopped()
    door.observe()
    left, owner = door.leave(), a_staff("prescriber", clinic=door.clinic)
    an_assignment(owner, door.patient)
    start_from(monkeypatch, after(NEXT_DAY))
    nurse, doctor = browser(door.staff), browser(owner)
    with pages() as (new_page, looking):
        page = new_page(nurse)
        page.goto(reverse("leaving:departure", args=[left.pk]))
        page.get_by_role("link", name="Chart an event").click()
        page.locator("input[name=what_kind][value=fall]").check(force=True)
        page.locator("input[name=bad][value=severe]").check(force=True)
        page.locator("[name=what]").fill("On the stairs at home")
        page.locator("input[name=on]").fill("2026-11-24")
        page.locator("input[name=at]").fill("02:00")
        page.locator("[name=done_about_it]").fill("Seen at the emergency department, nothing broken")
        look(page, looking, "fall-charted", TABLET, PHONE)
        page.get_by_role("button", name="Record the event").click()
        page.get_by_text("late, charted").wait_for()
        desk = new_page(doctor)
        desk.goto(reverse("chart:show", args=[door.patient.pk]))
        assert "Fall, severe" in desk.locator("body").inner_text()
        desk.goto(reverse("outcomes:alerts"))
        assert "Reyes" in desk.locator("body").inner_text()
        look(desk, looking, "alerts-after-a-fall", TABLET)
    row = LaterEvent.objects.get()
    assert (row.kind, row.severity, row.late, row.recorded_by) == ("fall", "severe", True, door.staff)
    assert after(NEXT_DAY) - row.observed_at > timedelta(hours=3)
