"""Infusions of the day as they really are, in words, and only for whom they are."""

import re
from datetime import timedelta

import pytest

from ebbtide.journey.custody.models import Account, Movement, Variance, Vial
from ebbtide.journey.outcomes.models import Answer, Invitation, SafetyAlert
from tests.builders import NOW, a_clinic, a_staff, an_assignment
from tests.desks.nurse_station.arrange import (
    MIN,
    a_beat,
    a_departure,
    a_gate,
    a_log_entry,
    a_monitor,
    a_recovery,
    a_session,
    a_started_session,
    a_visit,
)
from tests.journey.access.arrange import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


def today(who) -> str:
    answer = signed_in(who).get("/today/rows/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.content.decode()))


def a_paused(visit):
    session = a_started_session(visit)
    a_log_entry(session, "pause", NOW - 3 * MIN, reason="dizzy")


def a_stopped(visit):
    session = a_started_session(visit, started_at=NOW - 50 * MIN)
    a_log_entry(session, "stop", NOW - 10 * MIN, reason="complete")
    return session


def a_recovering(visit):
    a_recovery(a_stopped(visit), NOW - 4 * MIN)


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (lambda visit: None, "booked, time has come"),
        (a_session, "checked in 08:30"),
        (lambda visit: a_gate(a_session(visit), passed=False), "checked in 08:30, start gate refused"),
        (lambda visit: a_gate(a_session(visit), passed=True), "checked in 08:30"),
        (a_started_session, "infusing 18/40 min"),
        (a_paused, "paused for 3 min"),
        (a_stopped, "stopped 10 min ago"),
        (a_recovering, "recovering, stopped 10 min ago"),
        (lambda visit: a_departure(a_session(visit)), "left 08:59"),
    ],
)
def test_it_says_the_state_of_an_infusion_to_whoever_treats(clinic, arrange, words):
    visit = a_visit(clinic, "Reyes", NOW - 60 * MIN)
    arrange(visit)
    assert f"infusion 1 · {words} · 08:00 to 10:00" in today(a_staff("director", clinic=clinic))


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (a_started_session, "here since 08:30"),
        (lambda visit: a_departure(a_stopped(visit)), "left 08:59"),
    ],
)
def test_it_tells_the_front_desk_who_is_here_and_nothing_of_the_session(clinic, arrange, words):
    arrange(a_visit(clinic, "Reyes", NOW - 60 * MIN))
    html = today(a_staff("front_desk", clinic=clinic))
    assert f"infusion 1 · {words}" in html
    assert "infusing" not in html
    assert "stopped" not in html


def test_a_nurse_is_offered_the_check_in_of_the_people_they_care_for(clinic):
    nurse = a_staff("nurse", clinic=clinic)
    visit = a_visit(clinic, "Reyes", NOW - 5 * MIN)
    a_visit(clinic, "Other", NOW - 5 * MIN)
    an_assignment(nurse, visit.series.episode.patient)
    html = today(nurse)
    assert "Infusion 1 is booked for 08:55." in html
    assert "Alma Other" not in html
    a_session(visit)
    assert "is booked for" not in today(nurse)
    assert "is booked for" not in today(a_staff("front_desk", clinic=clinic))


def an_alert(visit):
    episode = visit.series.episode
    invitation = Invitation.objects.create(
        episode=episode, point="FU-W1", instruments=["PHQ9"], due_on=NOW.date(), opens_at=NOW - 60 * MIN, closes_at=NOW + 60 * MIN,
        token_sha256=str(episode.id), made_at=NOW,
    )  # fmt: skip
    answer = Answer.objects.create(
        invitation=invitation, instrument="PHQ9", item=9, value=1, how="answered", answered_at=NOW
    )
    return SafetyAlert.objects.create(
        episode=episode, kind="self_harm", rule="SA1", answer=answer, opened_at=NOW - 20 * MIN, due_at=NOW + 60 * MIN,
        owner=a_staff("prescriber", clinic=episode.patient.clinic, name="Dr Okafor"),
    )  # fmt: skip


def a_variance(clinic):
    nurse, witness = a_staff("nurse", clinic=clinic), a_staff("prescriber", clinic=clinic, name="Dr Owner")
    vial = Vial.objects.create(
        clinic=clinic, drug="racemate", mg_per_ml=50, volume_ml=10, content_ug=500_000, lot="L", expires_on=NOW.date() + timedelta(days=99),
        label="V1", supplier="S", received_by=nurse, received_at=NOW,
    )  # fmt: skip
    supplier, safe, lost = (
        Account.objects.create(clinic=clinic, kind=kind) for kind in ("supplier", "safe", "variance")
    )
    made = {"clinic": clinic, "vial": vial, "by": nurse, "moved_at": NOW, "recorded_at": NOW}
    Movement.objects.create(kind="receive", from_account=supplier, to_account=safe, amount_ug=500_000, **made)
    movement = Movement.objects.create(
        kind="variance", from_account=safe, to_account=lost, amount_ug=5_000, witness=witness, **made
    )
    return Variance.objects.create(
        movement=movement, searched="everywhere", owner=witness, due_on=NOW.date(), posted_at=NOW
    )


def test_it_lists_what_needs_somebody_out_of_every_stage(clinic):
    an_alert(a_visit(clinic, "Alert", NOW - 600 * MIN, status="done"))
    a_gate(a_session(a_visit(clinic, "Gate", NOW - 60 * MIN)), passed=False)
    a_departure(
        a_session(a_visit(clinic, "Call", NOW - 1440 * MIN), NOW - 1440 * MIN), call_due_on=NOW.date()
    )
    a_variance(clinic)
    html = today(a_staff("director", clinic=clinic))
    heads = [html.index(words) for words in ("Safety alert", "Gate refused", "Call due", "Variance open")]
    assert heads == sorted(heads)
    for words in ("Alma Alert", "Alma Gate", "Alma Call", "The register", "Dr Owner", "Dr Okafor"):
        assert words in html, words


def test_it_shows_each_need_only_to_whom_it_is(clinic):
    alert = an_alert(a_visit(clinic, "Alert", NOW - 600 * MIN, status="done"))
    a_gate(a_session(a_visit(clinic, "Gate", NOW - 60 * MIN)), passed=False)
    a_variance(clinic)
    desk = today(a_staff("front_desk", clinic=clinic))
    nurse = a_staff("nurse", clinic=clinic)
    for words in ("Safety alert", "Gate refused", "Variance open"):
        assert words not in desk, words
        assert words not in today(nurse), words
    an_assignment(nurse, alert.episode.patient)
    assert "Safety alert" in today(nurse)


def test_a_refused_gate_that_was_passed_since_is_done(clinic):
    session = a_session(a_visit(clinic, "Gate", NOW - 60 * MIN))
    a_gate(session, passed=False)
    a_gate(session, passed=True, at=NOW - MIN)
    assert "Gate refused" not in today(a_staff("director", clinic=clinic))


@pytest.mark.parametrize(
    ("ago_s", "role", "said"), [(60, "nurse", True), (1, "nurse", False), (60, "front_desk", False)]
)
def test_it_says_that_the_gateway_is_silent(clinic, ago_s, role, said):
    a_monitor(a_started_session(a_visit(clinic, "Reyes")))
    a_beat(ago_s)
    assert ("Gateway silent" in today(a_staff(role, clinic=clinic))) is said


def test_it_asks_no_more_often_with_sessions(clinic, django_assert_max_num_queries):
    for n in range(3):
        a_started_session(a_visit(clinic, f"P{n}", NOW - 60 * MIN))
        an_alert(a_visit(clinic, f"A{n}", NOW - 600 * MIN))
    client = signed_in(a_staff("director", clinic=clinic))
    with django_assert_max_num_queries(8):
        client.get("/today/")
