"""The steps of the assessment: what another practice sent, what is measured and asked, the decision, the consent."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.stories.conftest import Desk
from tests.stories.looking import words
from tests.stories.the_way import FAMILY, GIVEN, press

# what the person answers at the visit; everything else the rules ask stays open
ANSWERS = {
    "primary_indication": "crps_1", "neuropathic_features": "yes", "central_features": "no", "first_line_therapies_tried": "3",
    "child_bearing_potential": "no", "breast_feeding": "no", "cardiac_risk_present": "yes", "psychotic_symptoms_now": "no",
    "mania_or_hypomania_now": "no", "phq9_item9": "0", "phq9_total": "7", "suicide_risk_level": "none",
    "mental_health_clinician": "yes", "epilepsy_controlled": "yes", "ketamine_hypersensitivity": "no",
    "prior_ketamine_reaction": "none", "osa_severity": "none", "stop_bang_score": "2", "difficult_airway": "no", "home_oxygen": "no",
    "bladder_symptoms_persistent": "no", "opioid_mme_per_day": "0", "substance_use_disorder": "none",
    "ketamine_misuse_history": "no", "pdmp_required": "no", "mood_goal": "no", "route": "iv", "order_setting": "clinic_supervised",
    "order_is_remote": "no", "in_person_exam_on_file": "yes", "series_planned": "yes", "planned_infusion_h": "1",
    "protocol_do_not_offer": "no", "alt_x_uln": "0.6", "ast_x_uln": "0.5", "alp_x_uln": "0.7", "ggt_x_uln": "0.6",
    "cognitive_screen_failed": "no", "tsh_suppressed_with_symptoms": "no", "previous_infusions": "0",
    "antihypertensive_taken_today": "yes", "stimulant_prescribed": "yes",
}  # fmt: skip
DATES = ("liver_panel_on", "urinalysis_on")
ROUNDS = 4  # an answer may open the next question
WHY = "ECG of last week read at the cardiologist's and normal by telephone; the tracing is brought before the first infusion."
PLAN = "Every caution was talked through: pressure every 5 min, sedation watched, unchanged medicines on infusion days."


def bring_the_record(page: Page, desk: Desk, bundle: Path) -> None:
    """The bundle of the other practice: taken, left and why, codes that no rule reads; twice changes nothing."""
    page.get_by_role("link", name="Open the chart").first.click()
    page.get_by_role("heading", name="Journey").wait_for()
    desk.looking.screen(page, "chart-new")
    page.goto(page.url.replace("/chart/", "/files/patients/").rstrip("/") + "/import/")
    for name in ("import-result", "import-again"):
        page.locator("input[type=file]").set_input_files(bundle)
        page.get_by_role("button", name=re.compile("^Import for")).click()
        page.get_by_role("heading", name="What the file brought").wait_for()
        desk.looking.screen(page, name)
        if name == "import-result":
            seen = words(page)
            assert "unconfirmed" in seen
            assert "Left, and why" in seen
            assert "Codes that no rule reads" in seen
            page.go_back()
            page.reload()
    figures = page.locator(".figure__number").all_inner_texts()
    assert figures[0] == "0", f"a second import took {figures[0]} facts"
    page.get_by_role("link", name="Go through the lists").click()


def go_through_the_lists(page: Page, desk: Desk) -> None:
    """Nothing counts as absent until a person has gone through the list."""
    desk.looking.screen(page, "history-unconfirmed")
    assert "Not confirmed yet" in words(page)
    limbs = page.locator("#list-affected_limbs")
    limbs.get_by_label("Add; type to search").fill("left arm")
    limbs.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("no cuff, line or tape").first).to_be_visible()
    sections = page.locator("section[id^=list-]")
    for name in [one.get_attribute("id") or "" for one in sections.all()]:
        button = page.locator(f"#{name}").get_by_role("button", name=re.compile("^I went through the list"))
        if button.count():
            button.first.click()
            page.wait_for_load_state()
    desk.looking.screen(page, "history-confirmed")


def measure(page: Page, desk: Desk) -> None:
    """The scale is read twice, so that 64.5 kg is not 46.5 kg; two weights that differ are refused."""
    page.get_by_role("link", name="Measurements").click()
    for again in ("54.6", "64.5"):
        page.locator("input[name=weight]").fill("64.5")
        page.locator("input[name=weight_unit][value=kg]").check()
        page.locator("input[name=weight_again]").fill(again)
        for name, value in {
            "height_cm": "167", "systolic_mmHg": "122", "diastolic_mmHg": "76", "spo2_room_air_percent": "98",
            "pulse_per_min": "72", "pain_nrs": "7",
        }.items():  # fmt: skip
            page.locator(f"input[name={name}]").fill(value)
        challenge = page.locator("input[name=measured_again]")
        if challenge.count():
            challenge.check()
        press(page, "Record measurements")
        if again == "54.6":
            expect(page.get_by_text("The two weights differ").first).to_be_visible()
            desk.looking.screen(page, "measurements-refused")
    if page.locator("input[name=measured_again]").count():
        page.locator("input[name=measured_again]").check()
        press(page, "Record measurements")
    expect(page.get_by_text("64.5").first).to_be_visible()
    desk.looking.screen(page, "measurements")


def answer_what_the_rules_need(page: Page, desk: Desk) -> None:
    """The workbench shows every finding and asks, right there, for what is missing."""
    page.get_by_role("link", name="Findings").click()
    desk.looking.screen(page, "workbench-needs")
    for _round in range(ROUNDS):
        if not answer_once(page):
            break
    seen = words(page)
    assert "rules, pack" in seen
    desk.looking.screen(page, "workbench")
    desk.looking.dark(page, "workbench")


def answer_once(page: Page) -> bool:
    """Fill in what is asked now and known; whether anything was."""
    unfold(page, "form[action$='/answers/'] details")
    filled = 0
    yesterday = str(page.evaluate("() => new Date(Date.now() - 4 * 864e5).toISOString().slice(0, 10)"))
    for name, value in {**ANSWERS, **dict.fromkeys(DATES, yesterday)}.items():
        fields = page.locator(f"form[action$='/answers/'] [name='{name}']")
        if not fields.count():
            continue
        filled += 1
        kind = fields.first.get_attribute("type")
        if kind == "radio":
            page.locator(f"form[action$='/answers/'] [name='{name}'][value='{value}']").check()
        elif fields.first.evaluate("field => field.tagName") == "SELECT":
            fields.first.select_option(value)
        else:
            fields.first.fill(value)
    if filled:
        press(page, "Record these answers")
        page.wait_for_load_state()
        assert page.locator(".field--wrong").count() == 0, page.locator(".field--wrong").all_inner_texts()
    return filled > 0


def unfold(page: Page, which: str) -> None:
    """Open everything of this kind that is folded."""
    folded = page.locator(f"{which}:not([open]) > summary")
    while folded.count():
        folded.first.click()


def decide_and_sign(page: Page, desk: Desk) -> None:
    """Suitable, with a reason for every rule that is set aside and a plan for the cautions; without them it is refused."""
    page.get_by_role("link", name="Decide and sign").click()
    page.get_by_label("Suitable, may be ordered").check()
    press(page, "Sign this decision")
    expect(page.locator(".errors").first).to_be_visible()
    desk.looking.screen(page, "sign-refused")
    page.get_by_label("Suitable, may be ordered").check()
    unfold(page, "details.unfold:has(textarea)")
    for box in page.get_by_label(re.compile("^Reason for overriding")).all():
        box.fill(WHY)
    page.get_by_label("Reason, or the plan for each caution").fill(PLAN)
    press(page, "Sign this decision")
    page.wait_for_load_state()
    expect(page.get_by_text("Signed by").first).to_be_visible()
    assert "Suitable" in words(page)
    assert PLAN in words(page)
    desk.looking.screen(page, "evaluation-signed")


def consent(page: Page, desk: Desk) -> None:
    """The person ticks each part, draws and types the name; a part left out is refused. A member of staff is the witness."""
    page.get_by_role("link", name="Consent", exact=True).click()
    expect(page.get_by_text("No consent counts now")).to_be_visible()
    desk.looking.screen(page, "consents-none")
    page.get_by_role("link", name="Sign on this screen").click()
    press(page, "I agree and sign")
    expect(page.locator(".errors").first).to_be_visible()
    for tick in page.locator("form input[type=checkbox]").all():
        tick.check()
    page.get_by_label("Type your full name").fill(f"{GIVEN} {FAMILY}")
    draw_a_signature(page)
    expect(page.get_by_text("Signed by drawing")).to_be_visible()
    assert "Witness:" in words(page)
    desk.looking.screen(page, "consent-sign")
    if not page.locator("[data-signature-picture]").input_value():
        draw_a_signature(page)
    press(page, "I agree and sign")
    expect(page.get_by_text("counts until").first).to_be_visible()
    assert "witness" in words(page)
    desk.looking.screen(page, "consents-signed")


def draw_a_signature(page: Page) -> None:
    """A wave across the pad, as a finger draws it."""
    pad = page.locator("canvas.signature__pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 20 + step * 18, box["y"] + box["height"] / 2 + (14 if step % 2 else -14))
    page.mouse.up()
