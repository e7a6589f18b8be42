"""The monitors of the demonstration follow the record: what flows at a chair moves what its monitor shows."""

import pytest

from ebbtide.ground.policy.actors import of_staff
from ebbtide.journey.infusion.models import Binding
from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.__main__ import signs_of
from ebbtide.twin.monitors.following import Followed, people_at
from ebbtide.twin.monitors.recording import read
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.monitors import a_device

KEY = "SIM-CHAIR-1"


@pytest.fixture
def chair(db):
    """A person on the simulated monitor of chair 1, with two readings before the start."""
    scene = Chairside().opened()
    device = a_device(scene.clinic, KEY, simulated=True)
    Binding.objects.create(
        device=device, session=scene.session, chair=scene.chair, from_at=after(1), bound_by=scene.staff
    )
    scene.drawn().gated(2)
    for minute, pressure in ((3, "118"), (6, "120")):
        scene.chart(
            "observation", minute, sbp_mmHg=pressure, dbp_mmHg="74", hr_per_min="66", spo2_percent="98"
        )
    scene.nurse = of_staff(scene.staff, authenticated_at=after(9))
    return scene  # fmt: skip


def test_a_person_whose_infusion_has_not_begun_is_at_rest(chair):
    assert people_at(after(8), [KEY]) == {}
    assert Followed([KEY]).person(KEY, after(8)) is None


def test_what_flows_lifts_the_pressure_and_a_pause_lets_it_fall(chair):
    chair.dose("start", 10, rate_mg_per_h="50")
    start, late = (people_at(after(m), [KEY])[KEY].now(after(m)) for m in (10, 35))
    assert (start.sbp, start.dbp, start.hr, start.spo2) == (
        119,
        74,
        66,
        98,
    )  # their own, from before the start
    assert late.sbp > 127
    assert late.hr > 68
    chair.chart("pause", 35, reason="asked to")
    paused = people_at(after(75), [KEY])[KEY].now(after(75))
    assert start.sbp < paused.sbp < late.sbp - 5


def test_who_is_off_the_monitor_is_not_followed(chair):
    chair.dose("start", 10, rate_mg_per_h="50")
    Binding.objects.update(until_at=after(20))
    assert people_at(after(30), [KEY]) == {}


def test_a_record_that_cannot_be_read_leaves_the_monitors_as_they_were(chair, monkeypatch):
    chair.dose("start", 10, rate_mg_per_h="50")
    followed = Followed([KEY])
    monkeypatch.setattr("ebbtide.ground.clock.now", lambda: after(30))
    followed._read()
    before = followed.person(KEY, after(30))
    assert before.sbp > 120
    monkeypatch.setattr("ebbtide.twin.monitors.following.people_at", lambda at: 1 / 0)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    followed._read()
    assert followed.person(KEY, after(30)) == before
    shown = signs_of(1, read(), followed)(invented.FIRST_CUFF_S)
    assert shown["sbp"] - before.sbp < 19
    assert shown != invented.signs(KEY, invented.FIRST_CUFF_S)
