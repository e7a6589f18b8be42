"""Closing a visit: booked becomes done on its day or after it, once, by the nurse who cares for the person."""

from datetime import date, timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import Occupancy
from ebbtide.ground.policy import Denied
from ebbtide.journey.course.actions import CancelVisit, CloseVisit, cancel_visit, close_visit
from ebbtide.journey.course.rules import VisitState, broken_by_closing
from tests.builders import a_staff, an_act, an_actor, an_assignment
from tests.journey.course.arrange import MONDAY, House


@pytest.mark.parametrize(
    ("old", "days", "rule"),
    [
        ("booked", 0, None),
        ("booked", 1, None),
        ("booked", -1, "COU-AHEAD"),
        ("cancelled", 0, "COU-STATE"),
        ("done", 0, "COU-STATE"),
    ],
)
def test_which_visits_can_be_closed(old, days, rule):
    found = broken_by_closing(VisitState(old), day=MONDAY, today=MONDAY + timedelta(days=days))
    assert (found.rule if found else None) == rule


def test_the_refusal_names_the_day():
    assert (
        "Tue 1 Dec 2026" in broken_by_closing(VisitState.BOOKED, day=date(2026, 12, 1), today=MONDAY).sentence
    )


@pytest.fixture
def visit():
    return House().book().visits.get(number=1)


def a_nurse_of(visit):
    nurse = a_staff("nurse", clinic=visit.series.episode.patient.clinic)
    an_assignment(nurse, visit.series.episode.patient)
    return an_actor(nurse)


@pytest.mark.django_db
def test_it_is_done_and_its_chair_and_siblings_stay_as_they_were(visit):
    held = list(Occupancy.objects.order_by("id").values())
    done = close_visit(an_act(a_nurse_of(visit), at=visit.ends_at), CloseVisit(visit=visit))
    assert done.status == "done"
    assert list(Occupancy.objects.order_by("id").values()) == held
    assert {v.status for v in visit.series.visits.exclude(pk=visit.pk)} == {"booked"}
    assert [row["k"] for row in Entry.objects.latest("id").rows] == [str(visit.pk)]


@pytest.mark.django_db
def test_it_is_closed_once(visit):
    nurse = a_nurse_of(visit)
    close_visit(an_act(nurse, at=visit.ends_at), CloseVisit(visit=visit))
    with pytest.raises(Refused, match="This visit is done"):
        close_visit(an_act(nurse, at=visit.ends_at), CloseVisit(visit=visit))


@pytest.mark.django_db
def test_a_visit_that_is_done_is_not_cancelled(visit):
    close_visit(an_act(a_nurse_of(visit), at=visit.ends_at), CloseVisit(visit=visit))
    with pytest.raises(Refused, match="This visit is done"):
        cancel_visit(
            an_act(an_actor("front_desk"), at=visit.ends_at), CancelVisit(visit=visit, reason="Moved")
        )


@pytest.mark.django_db
def test_a_visit_that_lies_ahead_is_not_closed(visit):
    with pytest.raises(Refused, match="lies ahead"):
        close_visit(
            an_act(a_nurse_of(visit), at=visit.starts_at - timedelta(days=1)), CloseVisit(visit=visit)
        )


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["front_desk", "prescriber", "director"])
def test_nobody_else_may(visit, role):
    with pytest.raises(Denied):
        close_visit(an_act(an_actor(role), at=visit.ends_at), CloseVisit(visit=visit))
