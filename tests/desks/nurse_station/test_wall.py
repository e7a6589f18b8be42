"""The wall of the nurse station: every chair for whoever works there, a first name only for whom it is, silence said aloud."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.builders import NOW, a_chair, a_clinic, a_staff, an_assignment
from tests.clocks import stand_at
from tests.desks.chart.arrange import signed_in
from tests.desks.nurse_station.arrange import (
    MIN,
    a_beat,
    a_departure,
    a_log_entry,
    a_monitor,
    a_sample,
    a_session,
    a_started_session,
    a_visit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


def wall(who) -> str:
    answer = signed_in(who).get(reverse("nurse_station:wall"))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def a_tile(html: str, chair: str) -> str:
    return re.sub("<[^>]+>", " ", next(one for one in html.split("<article")[1:] if chair in one))


def test_it_shows_an_infusion_with_its_minutes_and_its_monitor(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    device = a_monitor(session)
    a_beat()
    a_sample(session, device, "spo2", 2)
    a_log_entry(session, "observation", NOW - 3 * MIN, sbp_mmHg="128", dbp_mmHg="80")
    a_log_entry(session, "scale", NOW - 2 * MIN, name="RASS", value=0)
    nurse = a_staff("nurse", clinic=clinic)
    an_assignment(nurse, session.visit.series.episode.patient)
    html = wall(nurse)
    said = a_tile(html, "Chair Reyes")
    for words in (
        "Alma R.",
        "Infusing",
        "22 min left",
        "data live",
        "newest data 2 s ago",
        "next check in 11 min",
    ):
        assert words in said, words
    assert "CHECKS OFF, bedside monitor only" in html
    assert "Monitor gateway silent" not in html


def test_it_names_nobody_whom_the_reader_may_not_read(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    html = wall(a_staff("nurse", clinic=clinic))
    assert "Alma" not in html
    assert "Infusing" in a_tile(html, "Chair Reyes")
    assert str(session.id) not in html
    assert "Reyes" not in html.replace("Chair Reyes", "")
    assert "Alma R." in wall(a_staff("director", clinic=clinic))


def test_it_says_no_value_no_drug_and_no_dose(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    a_sample(session, a_monitor(session), "spo2", 2, value=91.0)
    a_log_entry(session, "observation", NOW - MIN, hr_per_min="133")
    html = wall(a_staff("director", clinic=clinic))
    for never in ("91", "133", "52.5", "mg", "ketamine", "racemate"):
        assert never not in re.sub("<[^>]+>", " ", html), never


def test_it_puts_the_heaviest_state_first(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    device = a_monitor(session)
    a_sample(session, device, "spo2", 70)
    a_sample(session, device, "pulse", 20, unit="/min")
    html = wall(a_staff("nurse", clinic=clinic))
    assert "SpO₂ lost" in a_tile(html, "Chair Reyes")
    assert "check--high" in html


def test_it_says_a_call_of_the_patient(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    a_log_entry(session, "comfort_call", NOW - MIN, state="open")
    assert "patient calls" in a_tile(wall(a_staff("nurse", clinic=clinic)), "Chair Reyes")


def test_it_says_each_phase(clinic):
    waiting = a_session(a_visit(clinic, "Here"))
    paused = a_started_session(a_visit(clinic, "Held"))
    a_log_entry(paused, "pause", NOW - 4 * MIN, reason="dizzy")
    stopped = a_started_session(a_visit(clinic, "Over"), started_at=NOW - 50 * MIN)
    a_log_entry(stopped, "stop", NOW - 9 * MIN, reason="complete")
    html = wall(a_staff("nurse", clinic=clinic))
    assert "Checked in for 30 min" in " ".join(a_tile(html, "Chair Here").split())
    assert "Paused for 4 min" in " ".join(a_tile(html, "Chair Held").split())
    assert "Stopped for 9 min" in " ".join(a_tile(html, "Chair Over").split())
    assert waiting.chair.name in html


def test_a_chair_is_free_again_once_somebody_left(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    a_departure(session)
    assert "Free" in a_tile(wall(a_staff("nurse", clinic=clinic)), "Chair Reyes")


def test_a_free_chair_says_the_next_visit_of_the_day(clinic):
    chair = a_chair(clinic, "Chair 1")
    a_visit(clinic, "Later", NOW + 120 * MIN, chair=chair)
    a_visit(clinic, "Next", NOW + 60 * MIN, chair=chair)
    a_visit(clinic, "Gone", NOW + 30 * MIN, chair=chair, status="cancelled")
    a_chair(clinic, "Chair 2")
    html = wall(a_staff("prescriber", clinic=clinic))
    assert "Free until 10:00" in a_tile(html, "Chair 1")
    assert "Alma N." in a_tile(html, "Chair 1")
    assert "until" not in a_tile(html, "Chair 2")


@pytest.mark.parametrize(("ago_s", "words"), [(30, "30 s ago"), (None, "never heard")])
def test_it_says_that_the_gateway_is_silent(clinic, ago_s, words):
    a_monitor(a_started_session(a_visit(clinic, "Reyes")))
    if ago_s is not None:
        a_beat(ago_s)
    html = re.sub("<[^>]+>", "", wall(a_staff("nurse", clinic=clinic)))
    assert "Monitor gateway silent" in html
    assert words in html


def test_a_clinic_without_monitors_misses_no_gateway(clinic):
    a_started_session(a_visit(clinic, "Reyes"), started_at=NOW - 2 * MIN)
    html = wall(a_staff("nurse", clinic=clinic))
    assert "Monitor gateway silent" not in html
    assert "no monitor bound" in html


def test_it_teaches_where_there_is_no_chair(clinic):
    assert "No chair yet" in wall(a_staff("nurse", clinic=clinic))


@pytest.mark.parametrize("role", ["front_desk", "auditor", "researcher", "operator"])
def test_it_is_closed_to_others(clinic, role):
    assert signed_in(a_staff(role, clinic=clinic)).get(reverse("nurse_station:tiles")).status_code == 403


def test_it_shows_nothing_of_another_clinic(clinic):
    far = a_clinic(name="Elsewhere")
    a_started_session(a_visit(far, "Far"))
    a_chair(clinic, "Chair 1")
    assert "Chair Far" not in wall(a_staff("director", clinic=clinic))


def test_it_asks_the_database_at_most_eight_times(clinic, django_assert_max_num_queries):
    for n in range(4):
        session = a_started_session(a_visit(clinic, f"P{n}"))
        device = a_monitor(session, f"MON-{n}")
        for signal in ("spo2", "pulse", "sbp"):
            a_sample(session, device, signal, 2)
        a_visit(clinic, f"N{n}", NOW + 60 * MIN)
    client = signed_in(a_staff("nurse", clinic=clinic))
    with django_assert_max_num_queries(8):
        client.get(reverse("nurse_station:tiles"))


def test_it_says_an_emergency_an_open_call_and_time_off_the_monitor(clinic):
    session = a_started_session(a_visit(clinic, "Reyes"))
    a_log_entry(session, "emergency", NOW - 2 * MIN, script="hypertension", state="opened")
    a_log_entry(session, "comfort_call", NOW - MIN, state="open")
    a_log_entry(session, "off_monitor", NOW - MIN, reason="toilet", for_min=5)
    said = " ".join(a_tile(wall(a_staff("nurse", clinic=clinic)), "Chair Reyes").split())
    for words in (
        "EMERGENCY Hypertension for 2 min",
        "patient calls for 60 s",
        "off monitor, toilet",
        "min left next check",
    ):
        assert words in said, words
    assert "never controls a pump" in wall(a_staff("nurse", clinic=clinic))


def test_only_an_assigned_nurse_answers_a_call_at_the_wall(clinic):
    """Central actions only where the policy allows: a call may be answered by whoever cares for the person, nothing else."""
    session = a_started_session(a_visit(clinic, "Reyes"))
    a_log_entry(session, "comfort_call", NOW - MIN, state="open")
    nurse, answer = a_staff("nurse", clinic=clinic), reverse("infusion:answer_call", args=[session.pk])
    assert answer not in wall(nurse)
    assert answer not in wall(a_staff("director", clinic=clinic))
    an_assignment(nurse, session.visit.series.episode.patient)
    html = wall(nurse)
    assert answer in html
    assert html.count("<form") == 1
    told = {"key": "k", "back": reverse("nurse_station:wall")}
    assert signed_in(nurse).post(answer, told).url == reverse("nurse_station:wall")
    assert "patient calls" not in wall(nurse)


def kept_open(who) -> str:
    """The address of a wall that this person leaves open."""
    return signed_in(who).get(reverse("nurse_station:stay")).url


def test_a_wall_left_open_needs_no_sign_in_and_names_nobody(clinic):
    """Decision 0007: a screen that stays open all day has a sign-in of its own: a link for one shift, without a name."""
    session = a_started_session(a_visit(clinic, "Reyes"))
    a_log_entry(session, "comfort_call", NOW - MIN, state="open")
    nurse = a_staff("nurse", clinic=clinic)
    an_assignment(nurse, session.visit.series.episode.patient)
    for where in (address := kept_open(nurse), f"{address}/tiles"):
        answer = Client().get(where)
        html = re.sub(r"\s+", " ", answer.content.decode())
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "Infusing" in a_tile(html, "Chair Reyes")
        assert "patient calls" in html
        assert "Alma" not in html
        assert "<form" not in html
        assert str(session.id) not in html
    assert "Open until 21:00" in Client().get(address).content.decode()


def test_a_wall_left_open_ends_with_its_shift_and_with_its_maker(clinic, monkeypatch):
    nurse = a_staff("nurse", clinic=clinic)
    address = kept_open(nurse)
    assert Client().get(address + "x").status_code == 404
    nurse.account.is_active = False
    nurse.account.save()
    assert Client().get(address).status_code == 404
    nurse.account.is_active = True
    nurse.account.save()
    nurse.roles = ["front_desk"]
    nurse.save()
    assert Client().get(address).status_code == 404
    nurse.roles = ["nurse"]
    nurse.save()
    assert Client().get(address).status_code == 200
    stand_at(monkeypatch, NOW + 721 * MIN)
    answer = Client().get(address)
    assert (answer.status_code, "This wall is over" in answer.content.decode()) == (404, True)
