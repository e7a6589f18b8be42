"""Reading what monitors sent: newest with its source, trend without invented points, and only for who may see it."""

from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from ebbtide.ground.live.topics import TopicRefused, topics_for
from ebbtide.journey.infusion.vitals import newest, page_data, trend, unbound_devices
from tests.builders import NOW, a_clinic, a_patient, a_staff, an_actor
from tests.journey.infusion.monitors import Chair, a_sample

pytestmark = pytest.mark.django_db


def s(seconds: float):
    return NOW + timedelta(seconds=seconds)


def test_it_shows_the_newest_of_each_signal_with_source_state_and_age() -> None:
    chair = Chair()
    chair.store(
        a_sample("hr", 71.0),
        a_sample("hr", 74.0, at=s(3)),
        a_sample("spo2", None, at=s(3), state="probe_off"),
    )
    chair.store(a_sample("sbp", 128.0, at=s(-40)))
    found = newest(chair.session, s(4))
    assert list(found) == ["hr", "spo2", "sbp"]
    hr, spo2, sbp = found.values()
    assert (hr.text, hr.unit, hr.word, hr.age_s, hr.device) == ("74", "/min", "live", 1.0, "Monitor 1")
    assert (spo2.word, spo2.shows_a_number) == ("probe off", False)
    assert (sbp.text, sbp.freshness, sbp.age_s) == ("128", "live", 44.0)


def test_it_calls_a_value_stale_and_then_lost() -> None:
    chair = Chair()
    chair.store(a_sample("spo2", 97.0))
    told = [newest(chair.session, s(at))["spo2"] for at in (1, 16, 61)]
    assert [(one.word, one.shows_a_number) for one in told] == [
        ("live", True),
        ("stale", True),
        ("lost", False),
    ]


def test_it_names_one_source_when_two_monitors_report_one_sign() -> None:
    """Wish W15."""
    chair = Chair(monitors=2)
    chair.store(a_sample("hr", 71.0, key="SIM-CHAIR-1"), a_sample("hr", 75.0, at=s(0.5), key="SIM-CHAIR-2"))
    assert [newest(chair.session, s(at))["hr"].device for at in (1, 15.2)] == ["Monitor 1", "Monitor 2"]


def test_it_is_silent_about_a_monitor_that_was_taken_off() -> None:
    chair = Chair()
    chair.store(a_sample())
    chair.devices[0].bindings.update(until_at=s(1))
    assert newest(chair.session, s(2)) == {}


def test_it_shows_nothing_of_before_the_binding() -> None:
    chair = Chair()
    chair.store(a_sample(at=s(-3600)))
    assert newest(chair.session, s(1)) == {}


def test_it_asks_the_database_twice() -> None:
    chair = Chair(monitors=2)
    chair.store(*(a_sample(at=s(n)) for n in range(50)))
    from django.db import connection

    with CaptureQueriesContext(connection) as caught:
        newest(chair.session, s(50))
    assert len(caught) == 2


def test_it_draws_a_trend_and_leaves_gaps_gaps() -> None:
    chair = Chair()
    told = [a_sample("hr", 60.0 + n, at=s(n)) for n in range(30)]
    chair.store(*told, a_sample("hr", None, at=s(45)), a_sample("hr", 80.0, at=s(90)))
    points = trend(chair.session, s(0), s(120))["hr"]
    assert [(p.value, p.state) for p in points] == [
        (74, "value"),
        (89, "value"),
        (None, "no_data"),
        (80, "value"),
    ]
    assert trend(chair.session, s(91), s(120)) == {}


def test_it_says_what_the_page_needs_to_go_on_alone() -> None:
    chair = Chair()
    chair.store(a_sample("hr", 71.0))
    told = page_data(chair.session, s(2))
    (one,) = told["values"].values()
    assert (told["at"], told["gateway_beat_at"], one["value"]) == (s(2).isoformat(), None, 71)


def test_it_lists_monitors_that_speak_and_are_on_nobody() -> None:
    chair = Chair(monitors=2)
    chair.devices[1].bindings.all().delete()
    chair.store(a_sample(key="SIM-CHAIR-1"), a_sample(key="SIM-CHAIR-2"))
    assert unbound_devices(chair.clinic.id, s(30)) == [("Monitor 2", NOW)]
    assert unbound_devices(chair.clinic.id, s(61)) == []


def test_it_lets_only_those_listen_who_care_for_the_person() -> None:
    chair, other = Chair(), a_clinic(name="Other")
    topic = [f"vitals:{chair.session.id}"]
    assert topics_for(an_actor(chair.nurse), topic) == set(topic)
    assert topics_for(an_actor("director", clinic=chair.clinic), topic) == set(topic)
    for stranger in (
        an_actor("nurse", clinic=chair.clinic),  # of this clinic, not assigned
        an_actor("director", clinic=other),
        an_actor("front_desk", clinic=chair.clinic),
        an_actor(chair.patient),  # one's own, once it is released; never live
        an_actor(a_patient(clinic=chair.clinic)),
    ):
        with pytest.raises(TopicRefused):
            topics_for(stranger, topic)


def test_it_lets_staff_hear_the_gateways_beat() -> None:
    chair = Chair(monitors=0)
    topic = [f"gateway:{chair.clinic.id}"]
    assert topics_for(an_actor(a_staff("nurse", clinic=chair.clinic)), topic) == set(topic)
    with pytest.raises(TopicRefused):
        topics_for(an_actor(chair.patient), topic)
