"""What asks to sign in again: start, resume, bolus and a higher rate; never an observation, a scale, a pause, a stop or help."""

import json
import re

import pytest
from django.urls import reverse

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.events import DOSE_KINDS, Kind
from ebbtide.journey.infusion.models import Entry
from ebbtide.journey.infusion.views.entries import BY_HAND
from tests.clocks import stand_at
from tests.journey.infusion.arrange import RATE, Chairside, after
from tests.journey.infusion.test_pages import idle, sent, url

pytestmark = pytest.mark.django_db
GUARDED = {Kind.START, Kind.RESUME, Kind.BOLUS, Kind.RATE_INCREASE}
BODIES = {
    Kind.OBSERVATION: {"hr_per_min": "78"}, Kind.SCALE: {"name": "RASS", "value": "0"}, Kind.NOTE: {"text": "quiet"},
    Kind.RATE_DECREASE: {"rate_mg_per_h": "40"}, Kind.PAUSE: {}, Kind.STOP: {}, Kind.OFF_MONITOR: {"reason": "toilet"},
    Kind.BACK_ON_MONITOR: {}, Kind.ADVERSE_EVENT: {"event": "nausea", "severity": "mild"},
    Kind.DRUG_GIVEN: {"drug": "ondansetron", "amount": "4", "unit": "mg", "route": "iv"},
    Kind.EMERGENCY_STEP: {"script": "vasovagal", "step": "legs up"}, Kind.COMFORT_CALL: {"state": "open"},
    Kind.PUMP_ACTION: {"done": "stopped"}, Kind.IV_ACCESS: {"done": "patent", "site": "right hand"},
    Kind.EQUIPMENT: {"item": "pump", "identity": "BB-0231", "state": "in_use"}, Kind.COMFORT_CARD: {"light": "dim"},
    Kind.EMERGENCY: {"script": "vasovagal", "state": "opened"},
}  # fmt: skip


@pytest.fixture
def scene(monkeypatch):
    stand_at(monkeypatch, after(3))
    return Chairside().running()


def test_it_has_a_row_for_every_kind():
    assert GUARDED == DOSE_KINDS
    assert set(BODIES) | GUARDED == set(Kind) - {Kind.CHECK_IN}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_it_never_asks_to_sign_in_again_for(kind, scene):
    """An idle nurse charts from one touch, by the page and by a tablet."""
    nurse = idle(scene.staff)
    if kind in BY_HAND:
        assert nurse.post(url("log", scene.session, kind), sent(**BODIES[kind])).status_code == 302
    else:
        assert nurse.post(url("rate", scene.session), sent(**BODIES[kind])).status_code == 302
    assert Entry.objects.filter(kind=kind).exists()


@pytest.mark.parametrize("kind", [Kind.OBSERVATION, Kind.SCALE, Kind.PAUSE, Kind.STOP, Kind.EMERGENCY])
def test_it_never_asks_a_tablet_for(kind, scene):
    told = {"id": str(new_id()), "kind": kind, "body": BODIES[kind], "observed_at": after(3).isoformat()}
    address = reverse("infusion:entries", args=[scene.session.pk])
    answer = idle(scene.staff).post(address, json.dumps(told), content_type="application/json")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("kind", "door"),
    [(Kind.START, ("dose", "start")), (Kind.RESUME, ("dose", "resume")), (Kind.BOLUS, ("dose", "bolus")),
     (Kind.RATE_INCREASE, ("rate",))],
)  # fmt: skip
def test_it_asks_to_sign_in_again_for(kind, door, monkeypatch):
    """Nothing that lets more drug flow is written by a session that somebody left open."""
    stand_at(monkeypatch, after(3))
    scene = Chairside().ready()
    if kind is not Kind.START:
        scene.dose("start", 0, rate_mg_per_h="20")
    if kind is Kind.RESUME:
        scene.chart("pause", 1)
    before = Entry.objects.count()
    name, *more = door
    body = {"amount_mg": "1", "over_min": "1"} if kind is Kind.BOLUS else {"rate_mg_per_h": RATE}
    answer = idle(scene.staff).post(url(name, scene.session, *more), sent(**body))
    assert answer.status_code in {302, 401}
    assert "reauthenticate" in answer.get("Location", "") or answer.status_code == 401
    assert Entry.objects.count() == before


def test_it_undoes_an_observation_without_signing_in_again(scene):
    seen = scene.chart("observation", 3, hr_per_min="178")
    nurse = idle(scene.staff)
    page = nurse.get(url("now", scene.session)).content.decode()
    assert re.search(r'class="undo".*?name="replaces" value="([0-9a-f-]{36})"', page, re.DOTALL)[1] == str(
        seen.id
    )
    answer = nurse.post(url("correct", seen), sent(withdrawn="on", replaces=str(seen.id)))
    assert answer.status_code == 302
    assert scene.state().signs == {}
    assert 'class="undo"' not in nurse.get(url("now", scene.session)).content.decode()
