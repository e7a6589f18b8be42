"""The steps at the chair: check-in, drug, monitor, gate, start, a cut network, a dead gateway, stop, waste with a witness."""

import contextlib
import os
import re
import signal
import time
from pathlib import Path

from playwright.sync_api import Page, Response, expect

from tests.stories.conftest import Desk
from tests.stories.looking import words
from tests.stories.second_factor import seconds_to_next, six_digits
from tests.stories.the_way import press
from tests.stories.wire import Wire

ESCORT = "Rosa Feil"
TODAY = {
    "ask-intends_to_drive": "no", "ask-intoxicated_now": "no", "ask-psychotic_symptoms_now": "no",
    "ask-mania_or_hypomania_now": "no", "ask-acls_clinician_on_site": "yes",
    "ask-suicide_risk_level": "none", "ask-antihypertensive_taken_today": "yes",
    "ask-stimulant_prescribed": "no", "ask-phq9_item9": "0", "ask-child_bearing_potential": "no",
    "ask-opioid_mme_per_day": "0", "ask-pdmp_required": "no", "ask-stop_bang_score": "2",
}  # fmt: skip
ROUNDS = 4  # an answer may open the next question


def check_in(page: Page, desk: Desk, visit: str) -> str:
    """The person is here: the session's own address."""
    page.goto(f"/infusion/visits/{visit}/open")
    desk.looking.screen(page, "check-in-at-chair")
    press(page, "Check in")
    page.wait_for_load_state()
    found = re.search(r"/infusion/sessions/([0-9a-f-]{36})", page.url)
    assert found is not None, page.url
    return found.group(1)


def take_the_baseline(page: Page, desk: Desk, session: str) -> None:
    """What the person can do before the infusion is what they are compared with afterwards."""
    page.goto(f"/leaving/sessions/{session}/recovery")
    fill_an_observation(page)
    desk.looking.screen(page, "recovery-baseline")
    press(page, "Record baseline")
    page.wait_for_load_state()


def fill_an_observation(page: Page) -> None:
    """Every item at its best, the pressure as it was."""
    for name, value in {"upper_mmhg": "122", "lower_mmhg": "76"}.items():
        page.locator(f"input[name={name}]").fill(value)
    for name in {one.get_attribute("name") for one in page.locator("form input[type=radio]").all()}:
        assert name is not None
        value = {"awake": "0", "apart": "0", "pain": "4", "thought": "no", "steady": "yes"}.get(name, "2")
        page.locator(f"input[name='{name}'][value='{value}']").check(force=True)


def draw(page: Page, desk: Desk, visit: str) -> None:
    """More than the dose is drawn, so that something is left to waste before a witness."""
    desk.confirm(page, "nurse")
    page.goto(f"/custody/visits/{visit}/draw?label=KET-2-012")  # a vial that nobody has opened
    page.locator("input[name=amount]").fill("40")
    desk.looking.screen(page, "drug-draw")
    page.locator("form.confirm button[type=submit]").click()
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Drug of this visit")).to_be_visible()
    desk.looking.screen(page, "drug-of-the-visit")


def put_the_monitor_on(page: Page, desk: Desk, session: str) -> None:
    """The clinician says: this monitor, this chair, this person."""
    page.goto(f"/infusion/sessions/{session}/monitor")
    choose = page.locator("select[name=device]")
    if choose.count():
        choose.select_option(index=1)
    else:
        page.locator("input[name=device]").first.check()
    desk.looking.screen(page, "monitor")
    press(page, "Put it on this person")
    page.wait_for_load_state()


def be_refused_at_the_gate(page: Page, desk: Desk, session: str) -> None:
    """Signed with nothing filled in: not passed, and each missing thing says what to do."""
    page.goto(f"/infusion/sessions/{session}/gate")
    desk.looking.screen(page, "gate-open")
    press(page, "Sign the gate")
    page.wait_for_load_state()
    assert "Not passed" in words(page), words(page)[:600]
    desk.looking.screen(page, "gate-refused")


def go_through_the_lists_again(page: Page, session: str) -> None:
    """The last time was too long ago to be renewed by a signature: each list is read and confirmed anew."""
    page.goto(f"/infusion/sessions/{session}/gate")
    page.get_by_role("link", name="Go through the lists").click()
    page.wait_for_load_state()
    for name in [one.get_attribute("id") or "" for one in page.locator("section[id^=list-]").all()]:
        button = page.locator(f"#{name}").get_by_role("button", name=re.compile("^I went through the list"))
        if button.count():
            button.first.click()
            page.wait_for_load_state()


def pass_the_gate(page: Page, desk: Desk, session: str) -> None:
    """Everything asked, measured and confirmed now, in one signature."""
    for _round in range(ROUNDS):
        page.goto(f"/infusion/sessions/{session}/gate")
        unchanged = page.get_by_role("button", name="Sign: unchanged since yesterday")
        if unchanged.count() and _round == 0:
            unchanged.click()
            page.wait_for_load_state()
            page.goto(f"/infusion/sessions/{session}/gate")
        fill_the_gate(page)
        press(page, "Sign the gate")
        page.wait_for_load_state()
        if "Not passed" not in words(page):
            break
    assert "Not passed" not in words(page), page.locator(".gate-missing").inner_text()
    desk.looking.screen(page, "gate-passed")


def fill_the_gate(page: Page) -> None:
    form = page.locator("form[action$='/gate/sign']")
    for name in ("identifiers", "limb", "alarms_audible", "asked_24h"):
        box = form.locator(f"input[name={name}]")
        if box.count():
            box.check()
    for name in ("call_tested", "comfort_declined"):
        form.locator(f"input[name={name}]").check()
    for box in form.locator("input[name=equipment]").all():
        box.check()
    form.locator("input[name=pump_identity]").fill("P-07")
    form.locator("input[name=escort_name]").fill(ESCORT)
    form.locator("input[name=escort_phone]").fill("312 555 0188")
    for name, value in {
        "now-systolic_mmHg": "122", "now-diastolic_mmHg": "76", "now-pulse_per_min": "72", "now-spo2_room_air_percent": "98",
    }.items():  # fmt: skip
        form.locator(f"input[name='{name}']").fill(value)
    for name, value in TODAY.items():
        fill_one(form, name, value)
    earlier = page.evaluate("() => document.querySelector(\"input[name='ask-last_solids_at']\")?.type ?? ''")
    if earlier:
        fill_the_fast(form, page)


def fill_the_fast(form, page: Page) -> None:
    """Nothing eaten since last night, nothing drunk since early morning, by the clock that the demonstration shows."""
    shown = page.locator(".banner--demo").inner_text()
    day, hour, minute = re.search(r"(\d+) \w+ \d{4}, (\d\d):(\d\d)", shown).groups()  # type: ignore[union-attr]
    assert day
    for name, hours in (("ask-last_solids_at", 9), ("ask-last_clear_fluid_at", 3)):
        box = form.locator(f"input[name='{name}']").first
        box.fill(clock_before(shown, hours=hours))
    assert hour
    assert minute


def clock_before(shown: str, *, hours: int) -> str:
    """The wall time so many hours before the demonstration's clock, as a field for date and time takes it."""
    from datetime import datetime, timedelta

    found = re.search(r"\w{3} (\d+ \w{3} \d{4}), (\d\d:\d\d)", shown)
    assert found is not None, shown
    at = datetime.strptime(f"{found[1]} {found[2]}", "%d %b %Y %H:%M") - timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M")


def fill_one(form, name: str, value: str) -> None:
    fields = form.locator(f"[name='{name}']")
    if not fields.count():
        return
    if fields.first.get_attribute("type") == "radio":
        form.locator(f"[name='{name}'][value='{value}']").check(force=True)
    elif fields.first.evaluate("field => field.tagName") == "SELECT":
        fields.first.select_option(value)
    else:
        fields.first.fill(value)


def start(page: Page, desk: Desk, session: str) -> None:
    """Start at the ordered rate; from here the log says what flows."""
    desk.confirm(page, "nurse")
    page.goto(f"/infusion/sessions/{session}")
    desk.looking.screen(page, "chair-checked-in")
    page.get_by_role("link", name="Start", exact=True).click()
    rate = page.locator("input[name=rate_mg_per_h]")
    if not rate.input_value():
        rate.fill("48.375")
    desk.looking.screen(page, "start")
    page.locator("main form.form button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"/infusion/sessions/{session}")
    expect(page.get_by_text("INFUSING").first).to_be_visible()


def see_live_values(page: Page, desk: Desk) -> None:
    """Vital signs arrive over the wire, each with its source and age."""
    expect(page.locator("#vitals")).to_contain_text("%", timeout=30_000)
    expect(page.locator("#vitals")).to_contain_text(re.compile(r"\b\d{2,3}\b"), timeout=30_000)
    desk.looking.screen(page, "chair-infusing")
    page.set_viewport_size({"width": 1024, "height": 768})
    page.screenshot(path=str(desk.looking_at("chair-infusing-1024")), full_page=False)
    page.set_viewport_size({"width": 1280, "height": 800})
    desk.looking.dark(page, "chair-infusing", theme="low")


def observe_by_hand(page: Page, desk: Desk, session: str) -> None:
    """A cuff reading and a scale, charted by hand."""
    page.goto(f"/infusion/sessions/{session}/log/observation")
    for name, value in {
        "hr_per_min": "84",
        "sbp_mmHg": "134",
        "dbp_mmHg": "82",
        "spo2_percent": "97",
    }.items():
        page.locator(f"input[name={name}]").fill(value)
    desk.looking.screen(page, "vitals-by-hand")
    page.locator("main form.form button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"/infusion/sessions/{session}")
    assert "134" in words(page)


def lose_the_network(page: Page, desk: Desk, wire: Wire) -> None:
    """The tablet hears nothing: the page says so by its own clock, and reads itself again when the network is back."""
    before = len(desk.looking.faults)
    wire.cut()
    expect(page.locator("body")).to_contain_text("no data for", timeout=90_000)
    page.screenshot(path=str(desk.looking_at("chair-network-cut-1280")), full_page=True)
    wire.mend()
    expect(page.locator("body")).not_to_contain_text("no data for", timeout=60_000)
    expect(page.locator("#vitals")).to_contain_text(re.compile(r"\b\d{2,3}\b"), timeout=60_000)
    del desk.looking.faults[before:]  # what a browser says of a cut network is no fault of the page


def kill_the_gateway(page: Page, desk: Desk) -> None:
    """kill -9 of the gateway: the chart goes on, and the supervisor brings the gateway back."""
    killed = [pid for pid in gateways(desk.open.clinic.data) if not os.kill(pid, signal.SIGKILL)]
    assert killed
    until_s = time.monotonic() + 60
    while not set(gateways(desk.open.clinic.data)) - set(killed):
        assert time.monotonic() < until_s, "the gateway did not come back"
        time.sleep(0.2)
    page.reload()
    expect(page.get_by_text("INFUSING").first).to_be_visible()
    expect(page.locator("#vitals")).to_contain_text(re.compile(r"\b\d{2,3}\b"), timeout=60_000)


def gateways(data: Path) -> list[int]:
    """The gateway processes of the clinic in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (
                entry.name.isdecimal()
                and b"ebbtide.doors.hl7v2" in (entry / "cmdline").read_bytes()
                and f"EBBTIDE_DATA={data}".encode() in (entry / "environ").read_bytes()
            ):
                found.append(int(entry.name))
    return found


def was_posted(answer: Response) -> bool:
    """Whether this is the clinic's answer to something that was sent, and not to something that was asked."""
    return answer.request.method == "POST"


def pause_and_stop(page: Page, desk: Desk, session: str) -> None:
    """One tap each; what had gone in enters the register in the same transaction."""
    page.goto(f"/infusion/sessions/{session}")
    with page.expect_response(was_posted):  # a page left too early would take its own request back
        press(page, "Pause")
    page.goto(f"/infusion/sessions/{session}")
    expect(page.get_by_text("PAUSED").first).to_be_visible()
    with page.expect_response(was_posted):
        press(page, "Stop")
    page.goto(f"/infusion/sessions/{session}")
    expect(page.get_by_text("STOPPED").first).to_be_visible()
    desk.looking.screen(page, "chair-stopped")


def waste(page: Page, desk: Desk, visit: str) -> None:
    """Without a witness it is refused; a prescriber signs in beside the nurse, and the visit's drug is in balance."""
    desk.confirm(page, "nurse")
    page.goto(f"/custody/visits/{visit}")
    in_hand = (
        page.locator("dt", has_text="In hand now").locator("xpath=following-sibling::dd[1]").inner_text()
    )
    amount_mg = re.search(r"([0-9.]+) mg", in_hand)
    assert amount_mg is not None, in_hand
    page.goto(f"/custody/visits/{visit}/waste")
    page.locator("input[name=amount]").fill(amount_mg[1])
    page.locator("[name=reason]").fill("The person wished to stop; the rest of the bag is thrown away.")
    press_submit(page)
    expect(page.locator(".errors").first).to_be_visible()
    desk.looking.screen(page, "waste-refused")
    witness = desk.open.account("prescriber")
    page.locator("input[name=amount]").fill(amount_mg[1])
    page.locator("input[name=witness_email]").fill(witness["email"])
    page.locator("input[name=witness_password]").fill(witness["password"])
    page.wait_for_timeout(seconds_to_next() * 1000 + 300)  # a code counts once
    page.locator("input[name=witness_code]").fill(six_digits(witness["totp_secret"]))
    press_submit(page)
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Drug of this visit")).to_be_visible()
    desk.looking.screen(page, "drug-in-balance")


def press_submit(page: Page) -> None:
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()
