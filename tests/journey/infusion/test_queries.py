"""What other rooms ask of a session: what it gave, and the person's own baseline before it."""

from decimal import Decimal

import pytest

from ebbtide.journey.infusion.models import Batch, Entry, Sample
from ebbtide.journey.infusion.queries import baseline_of, event_of, given_exposure, state_of
from tests.journey.infusion.arrange import LOADING, RATE, Chairside, after
from tests.journey.infusion.test_devices import a_device

pytestmark = pytest.mark.django_db


def test_it_tells_what_a_session_gave():
    scene = Chairside(steps=LOADING, dose_field="dose_mg", dose_mg=Decimal(40)).ready()
    scene.dose("bolus", 0, amount_mg="10", over_min=4)
    scene.dose("start", 2, rate_mg_per_h="30")
    assert given_exposure(scene.session) is None
    scene.chart("pause", 3)  # half a minute before the bolus would have been in
    scene.dose("resume", 3, rate_mg_per_h="30")
    scene.chart("stop", 33)
    found = given_exposure(scene.session)
    assert found is not None
    assert found.mg == Decimal("7.5") + Decimal("0.5") + Decimal(15)
    assert found.schedule.total_mg == pytest.approx(float(found.mg))
    assert (found.started_at, found.stopped_at) == (after(0), after(33))
    assert float(found.hours) == pytest.approx(31 / 60, abs=1e-3)
    assert [round(b.over_h * 60) for b in found.schedule.boluses] == [3]


def test_it_tells_nothing_of_a_session_that_never_started():
    scene = Chairside().opened()
    scene.chart("stop", 1)
    assert given_exposure(scene.session) is None


def test_it_reads_the_state_as_it_was_at_a_time():
    scene = Chairside().running()
    scene.chart("stop", 10)
    assert state_of(scene.session, after(5)).phase == "running"
    assert state_of(scene.session).phase == "stopped"


def test_it_keeps_an_entry_whose_body_nobody_can_read_any_more():
    scene = Chairside().running()
    entry = Entry.objects.get(kind="start")
    entry.body = {"rate": "old"}
    event = event_of(entry)
    assert (event.kind, event.values) == ("start", {})
    assert scene.state().problems == ()


def test_it_takes_the_median_of_what_was_seen_before_the_start():
    scene = Chairside().ready()
    assert baseline_of(scene.session) == {}
    for minute, systolic in ((0, "120"), (1, "130"), (2, "126")):
        scene.chart("observation", minute, sbp_mmHg=systolic, dbp_mmHg="80")
    scene.chart("observation", 2, spo2_percent="97")
    device = a_device(scene.clinic)
    batch = Batch.objects.create(
        clinic=scene.clinic, messages=1, samples=3, samples_sha256="0" * 64, received_at=after(0)
    )
    for minute, value, state in ((0, 70.0, "value"), (1, 74.0, "value"), (2, None, "no_data")):
        Sample.objects.create(
            device=device, signal="hr", observed_at=after(minute), value=value, unit="/min", state=state,
            received_at=after(minute), session=scene.session, batch=batch,
        )  # fmt: skip
    scene.dose("start", 2.5, rate_mg_per_h=RATE)
    scene.chart("observation", 3, sbp_mmHg="180", dbp_mmHg="100")
    found = baseline_of(scene.session)
    assert {name: (one.value, one.unit, one.readings) for name, one in found.items()} == {
        "sbp": (126, "mmHg", 3),
        "dbp": (80, "mmHg", 3),
        "hr": (72, "/min", 2),
    }
