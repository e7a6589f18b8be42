"""Reading what monitors sent: newest with its source, trend without invented points, and only for who may see it."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from ebbtide.ground.live.topics import TopicRefused, topics_for
from ebbtide.journey.infusion.actions.samples import note_beat
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


def places(chair, at):
    return {
        one["signal"]: (one["number"], one["unit"], one["words"])
        for one in page_data(chair.session, at)["shown"]
    }


def test_it_writes_the_strip_as_the_page_draws_it() -> None:
    chair = Chair()
    chair.store(
        a_sample("sbp", 128.0),
        a_sample("dbp", 74.0),
        a_sample("temp", 36.74),
        a_sample("spo2", None, state="probe_off"),
    )
    assert places(chair, s(20)) == {
        "hr": ("–", "", "not received"),
        "spo2": ("–", "", "probe off · Monitor 1"),
        "rr": ("–", "", "not received"),
        "sbp": ("128/74", "mmHg", "Monitor 1"),
        "temp": ("36.7", "°C", "Monitor 1"),
    }
    assert places(chair, s(120))["spo2"] == ("–", "", "lost · Monitor 1")


def test_w15_two_monitors_disagree_and_nobody_sees_which_one_is_shown() -> None:
    """Both are named and a rule chooses one: whose number stands there is never a riddle, and a disagreement is seen at once."""
    chair = Chair(monitors=2)
    chair.store(a_sample("hr", 70.0), a_sample("spo2", 97.0), a_sample("rr", 14.0))
    chair.store(*(a_sample(name, value, key="SIM-CHAIR-2") for name, value in (("hr", 88.0), ("spo2", 97.0))))
    assert places(chair, s(1))["hr"] == ("70", "/min", "Monitor 1 · Monitor 2 88")
    assert places(chair, s(1))["spo2"] == ("97", "%", "Monitor 1 · Monitor 2 the same")
    assert places(chair, s(1))["rr"] == ("14", "/min", "Monitor 1")
    assert places(chair, s(20))["hr"] == ("70", "/min", "stale · Monitor 1")


def test_it_writes_no_diastolic_of_another_measurement() -> None:
    chair = Chair()
    chair.store(a_sample("sbp", 128.0), a_sample("dbp", 74.0, at=s(-30)))
    assert places(chair, s(1))["sbp"][0] == "128/–"


def test_it_marks_a_simulated_monitor() -> None:
    chair = Chair()
    chair.devices[0].simulated = True
    chair.devices[0].save()
    chair.store(a_sample("hr", 70.0))
    assert places(chair, s(20))["hr"] == ("70", "/min", "stale · Monitor 1 (simulated)")


@pytest.mark.parametrize(("beat", "silent"), [(None, True), (-3, False), (-12, True)])
def test_it_says_that_the_gateway_is_silent(beat, silent) -> None:
    chair = Chair()
    if beat is not None:
        note_beat("hl7v2", chair.clinic, at=s(beat), devices=1, messages=1)
    assert (page_data(chair.session, s(0))["gateway_silent_s"] is not None) == silent


def test_it_asks_three_times_for_the_whole_strip(django_assert_num_queries) -> None:
    chair = Chair()
    with django_assert_num_queries(3):
        page_data(chair.session, s(0))


def test_it_puts_the_strip_into_the_page_and_never_lets_it_look_live_by_itself() -> None:
    """Wish W25: without its script the strip names the time of each value, and says that nothing renews itself."""
    chair = Chair()
    chair.store(a_sample("hr", 70.0))
    page = render_to_string(
        "infusion/_vitals.html", {"vitals": page_data(chair.session, s(3)), "clinic": chair.clinic}
    )
    assert '<div class="vital vital--live" data-signal="hr">' in page
    assert "Monitor 1 · at 09:00" in page
    assert "ago" not in page
    assert "these values do not renew themselves" in page
    assert 'id="vitals-data" type="application/json"' in page
    assert '<script type="module" src="/static/js/vitals.js"></script>' in page


def test_it_is_on_the_chairside_page(client) -> None:
    chair = Chair()
    client.force_login(chair.nurse.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    page = client.get(f"/infusion/sessions/{chair.session.id}").content.decode()
    assert "data-vitals-places" in page
    assert "/static/css/vitals.css" in page
