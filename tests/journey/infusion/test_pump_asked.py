"""A high check while drug flows asks what was done with the pump, and goes on asking until somebody says it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.check_rows import CheckEvent, CheckKept
from ebbtide.journey.infusion.models import Entry
from ebbtide.journey.infusion.pump_asked import High, pump_asked
from ebbtide.journey.infusion.session import fold
from tests.clocks import stand_at
from tests.desks.chart.arrange import signed_in
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.events import an_event

ASKED = "What was done with the pump?"


def highs(*minutes):
    return [High(title=f"Check {minute}", at=after(minute)) for minute in minutes]


def log(*told):
    start = an_event("start", 0, rate_mg_per_h="50")
    return fold([start, *(an_event(kind, minute, **body) for kind, minute, body in told)])


@pytest.mark.parametrize(
    ("told", "raised", "waiting"),
    [
        ([], [5], ("Check 5",)),
        ([], [], None),
        ([], [-5], None),  # before the start nothing flowed
        ([("pause", 4, {})], [5], None),  # nor after a pause
        ([("pump_action", 6, {"done": "continued"})], [5], None),
        ([("pause", 6, {})], [5], None),
        ([("stop", 6, {})], [5], None),
        ([("pump_action", 5, {"done": "continued"})], [5.5], None),  # typed: the minute it was raised in
        ([("pump_action", 5.1, {"done": "continued"})], [5.5], ("Check 5.5",)),  # tapped before it was raised
        ([("pump_action", 5.6, {"done": "continued"})], [5.5], None),
        ([("pump_action", 4, {"done": "continued"})], [5], ("Check 5",)),  # an answer to something before
        ([("pump_action", 6, {"done": "continued"})], [5, 7], ("Check 7",)),
        ([], [7, 5], ("Check 5", "Check 7")),
        ([("rate_decrease", 6, {"rate_mg_per_h": "40"})], [5], ("Check 5",)),
    ],
)
def test_it_asks_until_it_is_answered(told, raised, waiting):
    found = pump_asked(highs(*raised), log(*told))
    assert (found.titles if found else None) == waiting


@pytest.mark.django_db
def test_the_chair_asks_names_no_rate_and_is_answered_in_one_touch(monkeypatch):
    stand_at(monkeypatch, after(9))
    scene = Chairside().running()
    CheckEvent.objects.create(
        session=scene.session,
        said="raised",
        key="k",
        limit="CHK-SPO2",
        subject="spo2",
        priority="high",
        at=after(8),
    )
    CheckKept.objects.create(session=scene.session, state={}, shown=[], kept_at=after(8))
    client, chair = signed_in(scene.staff), reverse("infusion:chair", args=[scene.session.pk])
    shown = client.get(chair).content.decode()
    asked = shown[shown.index(ASKED) : shown.index("Yes, stopped by hand")]
    assert "Oxygen saturation is low" in asked
    assert "mg" not in asked
    told = {"key": new_id(), "entry": new_id(), "done": "continued", "text": "Oxygen saturation is low"}
    assert (
        client.post(reverse("infusion:log", args=[scene.session.pk, "pump_action"]), told).status_code == 302
    )
    assert Entry.objects.get(kind="pump_action").body["done"] == "continued"
    stand_at(monkeypatch, after(9) + timedelta(seconds=30))
    assert ASKED not in client.get(chair).content.decode()
