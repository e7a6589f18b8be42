"""The picture's doors: what they send, to whom, how much of it, and that a switched-off prediction is not even worked out."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion import predicting
from ebbtide.journey.infusion.actions import SignSwitch, sign_switch
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.clocks import stand_at
from tests.desks.chart.arrange import signed_in
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.monitors import Chair, a_device, a_sample
from tests.journey.infusion.test_devices import bind

pytestmark = pytest.mark.django_db


def seconds(s):
    return NOW + timedelta(seconds=s)


def switch_on(clinic, on=True):
    director = an_actor(a_staff("director", clinic=clinic))
    command = SignSwitch(clinic=clinic, switch="prediction", on=on, reason="Agreed at the review.", read=True)
    sign_switch(an_act(director, key=f"switch {on}"), command)


def get(session, who, door="picture"):
    return signed_in(who).get(reverse(f"infusion:{door}", args=[session.pk]))


@pytest.fixture
def monitored(monkeypatch):
    stand_at(monkeypatch, seconds(120))
    return Chair()


@pytest.fixture
def running(monkeypatch):
    stand_at(monkeypatch, after(20))
    scene = Chairside().running()
    scene.chart("observation", 5, sbp_mmHg="128", dbp_mmHg="80", hr_per_min="77")
    scene.chart("pause", 10)
    return scene


def test_it_names_the_source_of_every_trace(monitored):
    monitored.store(*(a_sample(value=97.0, at=seconds(s)) for s in range(10)))
    told = get(monitored.session, monitored.nurse).json()
    (trace,) = told["traces"]
    assert (trace["signal"], trace["unit"], trace["v"]) == ("spo2", "%", [97] * 10)
    assert [told["sources"][place]["words"] for place in trace["sources"]] == ["Monitor 1"]


def test_w16_monitor_values_that_somebody_has_to_copy_into_charts_of_their_own(running):
    """Nobody typed them, and they stand beside what hands wrote, the rate and what happened: all on one axis of time."""
    monitor = a_device(running.clinic)
    bind(running, monitor)
    told = tuple(
        a_sample(name, value, at=after(12)) for name, value in (("hr", 76.0), ("spo2", 97.0), ("rr", 14.0))
    )
    command = StoreSamples(clinic=running.clinic, messages=1, samples=told, set_aside=())
    store_samples(an_act(integration(running.clinic), at=after(12)), command)
    shown = get(running.session, running.staff).json()
    at_s = (after(12) - datetime.fromisoformat(shown["from"])).total_seconds()
    assert {one["signal"]: one["t"] for one in shown["traces"]} == {
        name: [at_s] for name in ("hr", "spo2", "rr")
    }
    ends_s = (datetime.fromisoformat(shown["until"]) - datetime.fromisoformat(shown["from"])).total_seconds()
    times = [one["t"] for one in (*shown["typed"], *shown["marks"])] + [at for at, _ in shown["rates"]]
    assert len(times) >= 5
    assert all(0 <= at <= ends_s for at in times)


def test_it_says_that_a_monitor_is_simulated(monitored):
    simulated = a_device(monitored.clinic, "SIM-CHAIR-9", simulated=True)
    monitored.bind(simulated)
    monitored.store(a_sample(key="SIM-CHAIR-9", at=seconds(1)))
    told = get(monitored.session, monitored.nurse).json()
    assert told["sources"][told["traces"][0]["sources"][0]]["words"] == "Monitor 9 (simulated)"


def test_a_gap_and_a_probe_that_was_off_reach_the_page(monitored):
    monitored.store(
        a_sample(value=97.0, at=seconds(0)),
        a_sample(value=None, state="probe_off", at=seconds(1)),
        a_sample(value=96.0, at=seconds(2)),
        a_sample(value=95.0, at=seconds(60)),
    )
    (trace,) = get(monitored.session, monitored.nurse).json()["traces"]
    assert [gap[2] for gap in trace["gaps"]] == ["probe off", "nothing received"]
    assert trace["v"].count(None) == 2


def test_a_reading_that_comes_late_is_drawn_too(monitored, monkeypatch):
    monitored.store(*(a_sample(value=97.0, at=seconds(s)) for s in (0, 1, 2, 30, 31)), key="first")
    for at_s in (120, 121):
        stand_at(monkeypatch, seconds(at_s))
        (trace,) = get(monitored.session, monitored.nurse).json()["traces"]
        assert [value for value in trace["v"] if value] == [97] * 5
    monitored.store(a_sample(value=91.0, at=seconds(15)), a_sample(value=96.0, at=seconds(121)), key="late")
    stand_at(monkeypatch, seconds(200))
    (trace,) = get(monitored.session, monitored.nurse).json()["traces"]
    assert [value for value in trace["v"] if value] == [97, 97, 97, 91, 97, 97, 96]


def test_what_no_session_is_bound_to_is_not_drawn(monitored):
    a_device(monitored.clinic, "SIM-CHAIR-8")
    monitored.store(a_sample(key="SIM-CHAIR-8", at=seconds(1)))
    assert get(monitored.session, monitored.nurse).json()["traces"] == []


def test_four_hours_of_six_signals_stay_below_200_kb(monkeypatch):
    stand_at(monkeypatch, NOW + timedelta(hours=4))
    chair = Chair()
    every = {"hr": 20, "spo2": 20, "rr": 20, "etco2": 20, "sbp": 60, "dbp": 60}
    for signal, step in every.items():  # sparse here; the buckets are what counts
        chair.store(
            *(a_sample(signal, 80.0 + s % 7, at=seconds(s)) for s in range(0, 4 * 3600, step)),
            key=signal,
            at=seconds(4 * 3600),
        )
    answer = get(chair.session, chair.nurse)
    assert len(answer.content) < 200_000
    assert all(len(trace["v"]) <= 4 * 720 for trace in answer.json()["traces"])


def test_it_has_rates_hands_and_marks(running):
    told = get(running.session, running.staff).json()
    assert [rate for _, rate in told["rates"]] == [52.5, 0.0]
    assert {(one["signal"], one["v"]) for one in told["typed"]} == {
        ("sbp", 128.0),
        ("dbp", 80.0),
        ("hr", 77.0),
    }
    assert told["marks"][0]["kind"] == "pause"
    assert told["phase"] == "paused"


def test_while_the_switch_is_off_nothing_is_predicted_sent_or_shown(running, monkeypatch):
    monkeypatch.setattr(predicting, "answers", lambda *_: pytest.fail("a model was asked"))
    assert get(running.session, running.staff).json()["prediction"] == ""
    answer = get(running.session, running.staff, "prediction")
    assert (answer.status_code, answer.content) == (204, b"")
    html = get(running.session, running.staff, "picture_table").content.decode()
    html += get(running.session, running.staff, "chair").content.decode()
    assert "redicted" not in html.replace("data-picture-predicted", "")


def test_the_switch_shows_it_to_who_treats_the_person_and_to_nobody_else(running):
    switch_on(running.clinic)
    url = reverse("infusion:prediction", args=[running.session.pk])
    assert get(running.session, running.staff).json()["prediction"] == url
    told = get(running.session, running.staff, "prediction").json()
    assert [panel["site"] for panel in told["panels"]] == ["arterial", "venous"]
    stranger = a_staff("nurse", clinic=running.clinic)
    assert get(running.session, stranger, "prediction").status_code == 404
    assert get(running.session, a_staff("front_desk", clinic=running.clinic), "prediction").status_code == 403


def test_switched_off_again_it_is_gone(running):
    switch_on(running.clinic)
    switch_on(running.clinic, on=False)
    answer = get(running.session, running.staff, "prediction")
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_table_has_the_prediction_with_its_caption(running):
    switch_on(running.clinic)
    html = get(running.session, running.staff, "picture_table").content.decode()
    assert "a model, not a measurement" in html
    assert "Kamp 2020, arterial" in html
    assert "while nothing flows" in html


def test_before_a_start_it_says_that_there_is_nothing_to_predict(monkeypatch):
    stand_at(monkeypatch, after(5))
    scene = Chairside().opened()
    switch_on(scene.clinic)
    told = get(scene.session, scene.staff, "prediction").json()
    assert (told["panels"], told["words"][:28]) == ([], "Nothing has gone in yet by t")
    assert get(scene.session, scene.staff, "picture_table").status_code == 200


def test_it_asks_the_database_at_most_eight_times_more_than_the_guard(running, django_assert_max_num_queries):
    switch_on(running.clinic)
    client = signed_in(running.staff)
    for door in ("picture", "prediction", "picture_table"):
        url = reverse(f"infusion:{door}", args=[running.session.pk])
        client.get(url)
        with django_assert_max_num_queries(12):
            client.get(url)


def test_a_stopped_session_stands_still(running, monkeypatch):
    running.chart("stop", 12)
    stand_at(monkeypatch, after(600))
    told = get(running.session, running.staff).json()
    assert told["ended"]
    assert told["until"] == after(12 + 120).isoformat()


def test_the_patient_sees_neither(running):
    switch_on(running.clinic)
    an_actor(running.patient)  # with an account of their own
    running.patient.save()
    assert not get(running.session, running.patient).content.startswith(b"{")
    assert get(running.session, running.patient, "prediction").status_code == 403
