"""The pages of the custody in a real browser, at a phone's and at a desk's width: no fault that axe or the browser sees."""

import os

import pytest
from django.db import connections
from django.urls import reverse

from ebbtide.journey.custody.actions import Counted, RecordCount, record_count
from ebbtide.journey.custody.count_queries import countable
from ebbtide.journey.custody.models import Movement
from tests.browser import chromium_path, served_here
from tests.builders import NOW, an_act
from tests.clocks import stand_at
from tests.journey.custody.presses import at, browser, signs_in
from tests.journey.custody.safe import Safe

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def address(monkeypatch):
    stand_at(monkeypatch, NOW)
    with served_here() as found:
        yield found


@pytest.fixture
def chromium(monkeypatch, db):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    held = connections["default"]
    with playwright.sync_playwright() as browsers:
        connections["default"] = held
        found = browsers.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


def a_busy_day():
    safe = Safe()
    first, late, soon = safe.receive(), safe.receive(), safe.receive(expires_on=NOW.date())
    safe.receive(drug="s_ketamine")
    visit, other = safe.visit(), safe.visit()
    safe.draw(visit, first, 50)
    safe.give(visit, "35.5")
    safe.void(safe.draw(other, soon, 53))
    row = safe.variance("1.5", visit=visit, to_report=True)
    safe.waste(visit, 3)
    return safe, visit, late, row


def the_pages(safe, visit, vial, row):
    counted, destroyed = a_count_that_differs(safe), safe.destroy(safe.receive(("GONE-1",)))
    safe.draw(visit, safe.midazolam(), 1, drug="midazolam")
    assert destroyed.pk
    asked = {
        "nurse": ["safe", "receive", "register", ("visit", visit), ("draw", visit), ("waste", visit), ("return", visit),
                  ("variance", visit), ("vial", vial), ("vial_waste", vial), ("vial_return", vial), "count", "counts", ("counted", counted), ("sign_count", counted),
                  "destroy", "destructions", ("hand_on", visit)],
        "director": ["safe", "register", "variances", ("close", row), ("vial", vial), "report", ("investigation", row),
                     ("note", row), ("loss", row), "counts"],
    }  # fmt: skip
    for role, names in asked.items():
        for name in names:
            route, about = name if isinstance(name, tuple) else (name, None)
            yield role, route, reverse(f"custody:{route}", args=[about.pk] if about else [])
    void = visit.movements.filter(kind="waste").get()
    yield "nurse", "void", reverse("custody:void", args=[void.pk])


def a_count_that_differs(safe):
    told = countable(safe.clinic)
    lines = tuple(
        Counted(
            drug=one.drug,
            mg_per_ml=one.mg_per_ml,
            volume_ml=one.volume_ml,
            vial=one.vial.pk if one.vial else None,
            sealed_vials=None if one.vial else 1,
            left_ug=one.held_ug if one.vial else None,
        )
        for one in told
    )
    return record_count(an_act(safe.by), RecordCount(clinic=safe.clinic, kind="daily", lines=lines))


def signed_in(chromium, address, staff):
    from tests.stories.looking import Looking

    context = chromium.new_context()
    cookie = browser(staff).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    looking = Looking()
    return looking.listen(context.new_page()), looking


@pytest.mark.timeout(300)
@pytest.mark.nightly
def test_each_page_is_without_fault_at_both_widths(address, chromium):
    safe, visit, vial, row = a_busy_day()
    people = {role: signed_in(chromium, address, getattr(safe, role)) for role in ("nurse", "director")}
    for role, name, path in the_pages(safe, visit, vial, row):
        page, looking = people[role]
        assert page.goto(address + path).status == 200, path
        looking.screen(page, f"custody-{name}-{role}")
    assert [looking.faults for _, looking in people.values()] == [[], []]


@pytest.mark.timeout(300)
def test_a_scanner_types_a_label_and_presses_enter(address, chromium):
    safe, visit, vial, _ = a_busy_day()
    page, looking = signed_in(chromium, address, safe.nurse)
    page.goto(address + reverse("custody:draw", args=[visit.pk]))
    page.get_by_label("Label of the vial").fill("")
    page.keyboard.type(f"{vial.label}\n")
    page.wait_for_url("**label=**")
    assert page.locator(".confirm__title").inner_text().split()[-1] == vial.label
    page.get_by_label("Amount").fill("0.5")
    page.get_by_label("mL", exact=True).check()
    page.get_by_role("button", name="Draw", exact=True).click()
    page.wait_for_url(f"**/custody/visits/{visit.pk}")
    assert "25 mg" in page.content()
    assert not looking.faults


@pytest.mark.timeout(300)
def test_a_wrong_code_keeps_what_the_first_person_typed(address, chromium):
    safe, visit, _, _ = a_busy_day()
    page, looking = signed_in(chromium, address, safe.nurse)
    press = at(safe, "waste", visit)
    told = signs_in(safe.doctor)
    page.goto(address + press.url)
    page.get_by_label("Amount").fill("10")
    page.get_by_label("Why?").fill("rest of the bag")
    page.get_by_label("E-mail of the second person").fill(told["witness_email"])
    page.get_by_label("Their password").fill(told["witness_password"])
    page.get_by_label("Their code").fill("000000")
    page.get_by_role("button", name="Waste it").click()
    page.get_by_role("alert").wait_for()
    assert "could not be signed in" in page.get_by_role("alert").inner_text()
    looking.screen(page, "custody-waste-refused")
    assert page.get_by_label("Amount").input_value() == "10"
    for name in ("Their password", "Their code"):
        assert page.get_by_label(name).input_value() == ""
    page.get_by_label("Their password").fill(told["witness_password"])
    page.get_by_label("Their code").fill(told["witness_code"])
    page.get_by_role("button", name="Waste it").click()
    page.wait_for_url(f"**/custody/visits/{visit.pk}")
    assert not looking.faults


@pytest.mark.timeout(300)
def test_waste_without_a_witness_is_refused(address, chromium):
    safe, visit, _, _ = a_busy_day()
    page, looking = signed_in(chromium, address, safe.nurse)
    before = Movement.objects.count()
    page.goto(address + reverse("custody:waste", args=[visit.pk]))
    page.get_by_label("Amount").fill("10")
    page.get_by_label("Why?").fill("rest of the bag")
    page.get_by_role("button", name="Waste it").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Amount").input_value() == "10"
    told = signs_in(safe.nurse)
    page.get_by_label("E-mail of the second person").fill(told["witness_email"])
    page.get_by_label("Their password").fill(told["witness_password"])
    page.get_by_label("Their code").fill(told["witness_code"])
    page.get_by_role("button", name="Waste it").click()
    page.get_by_text("Nobody witnesses their own act").first.wait_for()
    assert Movement.objects.count() == before
    assert not looking.faults


@pytest.mark.timeout(300)
def test_a_symbol_with_separators_is_typed_and_chooses_its_vial(address, chromium):
    safe = Safe()
    symbol = "]d2010036141412345817271231" + "10L-7|21S1"
    vial, visit = safe.receive((symbol,)), safe.visit()
    page, looking = signed_in(chromium, address, safe.nurse)
    page.goto(address + reverse("custody:draw", args=[visit.pk]))
    page.keyboard.type(f"{symbol}\n")  # the field has the focus already
    page.wait_for_url("**label=**")
    assert page.locator(".confirm__title").inner_text().split()[-1] == vial.label
    page.get_by_label("Label of the vial").fill(symbol.replace("10L-7", "10L-8"))
    page.get_by_role("button", name="Take this vial").click()
    page.get_by_text("The label in your hand says lot L-8").wait_for()
    looking.screen(page, "custody-draw-wrong-lot")
    assert not looking.faults
