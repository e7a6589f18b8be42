"""One press of each button of the infusion, with what the page sends: for the walks over all doors."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.card import key_for
from ebbtide.journey.infusion.check_rows import CheckKept
from ebbtide.journey.infusion.emergency import load_scripts
from tests.builders import NOW, a_staff, an_assignment
from tests.journey.custody.presses import browser
from tests.journey.infusion.arrange import RATE, Chairside
from tests.journey.infusion.ready import a_ready_chair
from tests.journey.infusion.test_devices import a_device, bind


@dataclass
class AtTheChair:
    """One press: who presses, where, and with what."""

    client: Client
    url: str
    told: dict[str, Any]


def at(scene: Chairside, door: str, row: Any = None, *more: str, by: Any = None, **told: Any) -> AtTheChair:
    url = reverse(f"infusion:{door}", args=[*([row.pk] if row is not None else []), *more])
    return AtTheChair(browser(by or scene.staff), url, {"key": "k", "entry": str(new_id()), **told})


def open_visit() -> AtTheChair:
    scene = Chairside()
    return at(scene, "open", scene.visit)


def log() -> AtTheChair:
    scene = Chairside().running()
    return at(scene, "log", scene.session, "pause")


def dose() -> AtTheChair:
    scene = Chairside().ready()
    return at(scene, "dose", scene.session, "start", rate_mg_per_h=RATE)


def rate() -> AtTheChair:
    scene = Chairside().running()
    return at(scene, "rate", scene.session, rate_mg_per_h="40")


def correct() -> AtTheChair:
    scene = Chairside().running()
    return at(scene, "correct", scene.chart("note", 0, text="restless"), text="calm")


def sign_gate() -> AtTheChair:
    scene = Chairside().opened()
    return at(scene, "sign_gate", scene.session, identifiers="on")


def unchanged() -> AtTheChair:
    scene = a_ready_chair(history_days_ago=1)
    return at(scene, "unchanged", scene.session)


def monitor() -> AtTheChair:
    scene = Chairside().opened()
    return at(scene, "monitor", scene.session, device=str(a_device(scene.clinic).pk))


def unbind() -> AtTheChair:
    scene = Chairside().opened()
    return at(scene, "unbind", bind(scene, a_device(scene.clinic)))


def add_device() -> AtTheChair:
    scene = Chairside()
    by = a_staff("operator", clinic=scene.clinic)
    return at(scene, "add_device", by=by, name="Monitor 7", device_key="BED7")


def retire_device() -> AtTheChair:
    scene = Chairside()
    by = a_staff("operator", clinic=scene.clinic)
    return at(scene, "retire_device", a_device(scene.clinic), by=by)


def sign_switch() -> AtTheChair:
    director = a_staff("director")
    told = {"key": "k", "to": "on", "reason": "Agreed at the review.", "read": "on"}
    return AtTheChair(browser(director), reverse("infusion:sign_switch", args=["prediction"]), told)


def _in_a_script(door: str, *more: str, **told: Any) -> AtTheChair:
    scene = Chairside().running()
    scene.chart("emergency", 0, script="hypertension", state="opened")
    return at(scene, door, scene.session, *more, **told)


def open_script() -> AtTheChair:
    scene = Chairside().running()
    return at(scene, "open_script", scene.session, script="hypertension", state="opened")


def script_step() -> AtTheChair:
    first = load_scripts().scripts["hypertension"].steps[0]
    return _in_a_script("script_step", "hypertension", script="hypertension", step=first.words)


def script_pump() -> AtTheChair:
    return _in_a_script("script_pump", "hypertension", done="paused")


def close_script() -> AtTheChair:
    return _in_a_script("close_script", "hypertension", outcome="settled", severity="moderate")


def undo_step() -> AtTheChair:
    scene = Chairside().running()
    first = load_scripts().scripts["hypertension"].steps[0]
    scene.chart("emergency", 0, script="hypertension", state="opened")
    return at(scene, "undo_step", scene.chart("emergency_step", 0, script="hypertension", step=first.words))


def transfer_sheet() -> AtTheChair:
    return _in_a_script("transfer_sheet")


def answer_call() -> AtTheChair:
    scene = Chairside().running()
    scene.chart("comfort_call", 0, state="open")
    return at(scene, "answer_call", scene.session)


def card_call() -> AtTheChair:
    scene = Chairside().running()
    url = reverse("infusion:card_call", args=[key_for(scene.session, NOW)])
    return AtTheChair(Client(), url, {"key": "k"})


def acknowledge_check() -> AtTheChair:
    scene = Chairside().running()
    check = "CHK-SPO2|spo2|1.000"
    CheckKept.objects.create(session=scene.session, state={}, shown=[{"key": check}], kept_at=NOW)
    return at(scene, "acknowledge_check", scene.session, check=check)


def silence_checks() -> AtTheChair:
    scene = Chairside().running()
    return at(scene, "silence_checks", scene.session, silence_s="120")


def change_limit() -> AtTheChair:
    told = {"key": "k", "value": "92", "reason": "Agreed at the review."}
    url = reverse("infusion:change_limit", args=["CHK-SPO2", "value"])
    return AtTheChair(browser(a_staff("director")), url, told)


def change_person_limit() -> AtTheChair:
    scene = Chairside()
    prescriber = a_staff("prescriber", clinic=scene.clinic)
    an_assignment(prescriber, scene.patient)
    told = {"key": "k", "value": "88", "reason": "Lives at 89 %."}
    url = reverse("infusion:change_person_limit", args=[scene.patient.pk, "CHK-SPO2", "value"])
    return AtTheChair(browser(prescriber), url, told)


PRESSES = {
    "infusion:acknowledge_check": acknowledge_check, "infusion:silence_checks": silence_checks,
    "infusion:change_limit": change_limit, "infusion:change_person_limit": change_person_limit,
    "infusion:open": open_visit, "infusion:log": log, "infusion:dose": dose, "infusion:rate": rate,
    "infusion:correct": correct, "infusion:sign_gate": sign_gate, "infusion:unchanged": unchanged,
    "infusion:monitor": monitor, "infusion:unbind": unbind, "infusion:add_device": add_device,
    "infusion:retire_device": retire_device, "infusion:sign_switch": sign_switch,
    "infusion:open_script": open_script, "infusion:script_step": script_step,
    "infusion:script_pump": script_pump, "infusion:close_script": close_script, "infusion:undo_step": undo_step,
    "infusion:transfer_sheet": transfer_sheet, "infusion:answer_call": answer_call, "infusion:card_call": card_call,
}  # fmt: skip
