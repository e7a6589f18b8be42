"""Alerts: taken by somebody, closed with a note by a prescriber or director, never by a nurse, never twice."""

from datetime import timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.outcomes.actions import (
    CloseAlert,
    RecordScore,
    TakeAlert,
    close_alert,
    record_score,
    take_alert,
)
from ebbtide.journey.outcomes.models import AlertClosed, SafetyAlert
from ebbtide.journey.outcomes.queries import open_alerts
from tests.builders import NOW, a_clinic, a_staff, an_act, an_actor, an_assignment
from tests.journey.outcomes.arrange import a_person

pytestmark = pytest.mark.django_db
NOTE = "Spoke with the person at 10:20. No plan, stays with her sister, psychiatrist called."


@pytest.fixture
def alert():
    episode = a_person()
    doctor = a_staff("prescriber", clinic=episode.patient.clinic)
    record_score(an_act(an_actor(doctor)), RecordScore(episode=episode, instrument="PHQ9", answers={9: 2}))
    return SafetyAlert.objects.get()


def clinic_of(alert):
    return alert.episode.patient.clinic


def take(alert, who, *, at=NOW):
    return take_alert(an_act(an_actor(who), at=at), TakeAlert(alert=alert))


def close(alert, who, note=NOTE):
    return close_alert(an_act(an_actor(who)), CloseAlert(alert=alert, note=note))


def test_it_is_shown_open_with_owner_and_lateness(alert) -> None:
    (shown,) = open_alerts(clinic_of(alert), at=NOW + timedelta(minutes=59))
    assert (shown.row, shown.owner, shown.taken_at, shown.late) == (alert, alert.owner, None, False)
    assert open_alerts(clinic_of(alert), at=NOW + timedelta(minutes=60))[0].late
    assert open_alerts(a_clinic(name="Elsewhere"), at=NOW) == []


def test_whoever_takes_it_owns_it_and_the_clock_runs_on(alert) -> None:
    nurse = a_staff("nurse", clinic=clinic_of(alert))
    with pytest.raises(Denied):
        take(alert, nurse)
    an_assignment(nurse, alert.episode.patient)
    take(alert, nurse)
    director = a_staff("director", clinic=clinic_of(alert))
    take(alert, director, at=NOW + timedelta(minutes=5))
    (shown,) = open_alerts(clinic_of(alert), at=NOW + timedelta(hours=2))
    assert (shown.owner, shown.taken_at, shown.late) == (director, NOW + timedelta(minutes=5), True)


def test_taking_it_twice_is_refused_in_words(alert) -> None:
    take(alert, alert.owner)
    with pytest.raises(Refused, match="yours already"):
        take(alert, alert.owner)


def test_a_prescriber_closes_it_with_a_note(alert) -> None:
    doctor = a_staff("prescriber", clinic=clinic_of(alert))
    row = close(alert, doctor, f"  {NOTE} ")
    assert (row.note, row.closed_by, row.closed_at) == (NOTE, doctor, NOW)
    assert open_alerts(clinic_of(alert), at=NOW) == []
    for again in (lambda: close(alert, doctor), lambda: take(alert, doctor)):
        with pytest.raises(Refused, match="closed already"):
            again()


def test_it_is_not_closed_without_saying_what_came_of_it(alert) -> None:
    with pytest.raises(Refused) as refused:
        close(alert, alert.owner, "ok")
    assert refused.value.rule == "OUT-NOTE"
    assert not AlertClosed.objects.exists()


def test_a_nurse_never_closes_it(alert) -> None:
    nurse = a_staff("nurse", clinic=clinic_of(alert))
    an_assignment(nurse, alert.episode.patient)
    with pytest.raises(Denied):
        close(alert, nurse)


def test_another_clinic_never_sees_it(alert) -> None:
    elsewhere = a_staff("director", clinic=a_clinic(name="Elsewhere"))
    for act in (take, close):
        with pytest.raises(Denied):
            act(alert, elsewhere)
