"""The emergency and the way back to pause and stop: on every page that a nurse can be on while she charts at a chair."""

import re

import pytest
from django.urls import reverse

from ebbtide.journey.infusion.events import DOSE_KINDS, Kind
from ebbtide.journey.infusion.views.entries import BY_HAND
from tests.builders import a_staff
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.house.routes import ours
from tests.journey.infusion.arrange import Chairside, after

pytestmark = pytest.mark.django_db

NO_PAGE = {
    "now", "vitals", "picture", "prediction", "shell", "entries", "tick", "sign_gate", "unchanged", "open_script",
    "transfer_sheet", "script_step", "script_pump", "close_script", "undo_step", "answer_call", "checks", "checks_now",
    "acknowledge_check", "silence_checks", "blank_script", "open_here",
}  # fmt: skip
KINDS = {
    "log": sorted(BY_HAND),
    "dose": sorted(DOSE_KINDS - {Kind.RATE_INCREASE}),
    "blank": ["start", "resume", "bolus", "rate"],
    "script": ["hypertension"],
    "correct": [None],
}
AT_A_CHAIR = re.compile(r"(infusion/)?(sessions|entries)/<uuid:id>")


@pytest.fixture
def scene(monkeypatch):
    stand_at(monkeypatch, after(3))
    scene = Chairside().running()
    scene.chart("emergency", 1, script="hypertension", state="opened")
    scene.noted = scene.chart("note", 1, text="restless")
    return scene


def pages(scene):
    """The address of every page of a session, each kind of entry once; a new route must say which of both it is."""
    names = {
        route.name.removeprefix("infusion:")
        for route in ours()
        if route.name.startswith("infusion:") and AT_A_CHAIR.search(route.path)
    }
    assert names >= NO_PAGE
    for name in sorted(names - NO_PAGE):
        for kind in KINDS.get(name, [None]):
            row = scene.noted if name == "correct" else scene.session
            yield reverse(f"infusion:{name}", args=[row.pk, *([kind] if kind else [])])


def test_the_emergency_and_the_way_back_are_on_every_page_of_a_session(scene):
    nurse, seen = browser(scene.staff), 0
    for address in pages(scene):
        page = nurse.get(address)
        assert page.status_code == 200, address
        words = page.content.decode()
        opens = reverse("infusion:open_script", args=[scene.session.pk])
        assert words.count(f'action="{opens}"') == 6, address  # once, and not twice
        assert reverse("infusion:chair", args=[scene.session.pk]) in words or "data-phase" in words, address
        if "/emergency/of/" not in address:  # the script asks for the pump by itself
            for kind in ("pause", "stop"):
                assert f'action="{reverse("infusion:log", args=[scene.session.pk, kind])}"' in words, address
        seen += 1
    assert seen > 25


def test_it_is_one_touch_away_while_the_drug_is_drawn_and_while_the_person_recovers(scene):
    nurse = browser(scene.staff)
    scene.chart("stop", 2)
    goes = reverse("infusion:emergency", args=[scene.session.pk])
    for address in (
        reverse("custody:visit", args=[scene.visit.pk]),
        reverse("custody:draw", args=[scene.visit.pk]),
        reverse("custody:waste", args=[scene.visit.pk]),
        reverse("leaving:recovery", args=[scene.session.pk]),
        reverse("leaving:discharge", args=[scene.session.pk]),
    ):
        page = nurse.get(address)
        assert page.status_code == 200, address
        assert f'href="{goes}">EMERGENCY</a>' in page.content.decode(), address


def test_what_is_not_open_offers_no_pause(scene):
    scene.chart("stop", 2)
    page = browser(scene.staff).get(reverse("infusion:log", args=[scene.session.pk, "note"])).content.decode()
    assert f'action="{reverse("infusion:log", args=[scene.session.pk, "pause"])}"' not in page
    assert "EMERGENCY" in page


def test_who_only_reads_has_no_button(scene):
    director = browser(a_staff("director", clinic=scene.clinic))
    page = director.get(reverse("infusion:chair", args=[scene.session.pk]))
    assert page.status_code == 200
    assert "emergency__choice" not in page.content.decode()


def test_the_empty_page_of_a_tablet_has_it_before_anybody_typed_a_pin(scene):
    page = browser(scene.staff).get(reverse("infusion:shell", args=[scene.session.pk])).content.decode()
    assert page.count('emergency__choice"') == 6
    assert scene.patient.family_name not in page
