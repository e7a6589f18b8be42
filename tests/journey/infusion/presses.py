"""One press of each button of the infusion, with what the page sends: for the walks over all doors."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from ebbtide.ground.people.ids import new_id
from tests.builders import a_staff
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


PRESSES = {
    "infusion:open": open_visit, "infusion:log": log, "infusion:dose": dose, "infusion:rate": rate,
    "infusion:correct": correct, "infusion:sign_gate": sign_gate, "infusion:unchanged": unchanged,
    "infusion:monitor": monitor, "infusion:unbind": unbind, "infusion:add_device": add_device,
    "infusion:retire_device": retire_device, "infusion:sign_switch": sign_switch,
}  # fmt: skip
