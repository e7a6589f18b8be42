"""Check-in: today's visit of a signed and checked order, one open session for a chair and for a person."""

from datetime import date, timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.careplan.models import OrderWithdrawal
from ebbtide.journey.infusion.actions import OpenSession, open_session
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.queries import open_sessions, sessions_today, visits_to_check_in
from tests.builders import NOW, a_chair, a_signed_order, a_staff, an_actor
from tests.journey.infusion.arrange import Chairside, a_checked_order, a_visit, after

pytestmark = pytest.mark.django_db


def refused(scene, **fields):
    with pytest.raises(Refused) as found:
        open_session(scene.act(), OpenSession(**{"visit": scene.visit, "chair": scene.chair, **fields}))
    assert not Session.objects.filter(visit=scene.visit).exists() or found.value.rule == "INF-OPEN"
    return found.value.rule


def test_it_opens_a_session_and_writes_the_first_entry():
    scene = Chairside().opened()
    entry = Entry.objects.get()
    assert (scene.session.order, scene.session.chair) == (scene.order, scene.chair)
    assert (entry.kind, entry.author, entry.observed_at) == ("check_in", scene.staff, NOW)
    assert scene.state().phase == "checked_in"
    assert list(open_sessions(scene.clinic)) == list(sessions_today(scene.clinic, NOW)) == [scene.session]
    assert not visits_to_check_in(scene.clinic, NOW).exists()


def test_it_lists_who_is_still_to_come():
    scene = Chairside()
    assert list(visits_to_check_in(scene.clinic, NOW)) == [scene.visit]
    assert not visits_to_check_in(scene.clinic, NOW + timedelta(days=1)).exists()


def test_it_takes_the_newest_version_of_the_order():
    scene = Chairside()
    newer = a_checked_order(scene.episode, order_id=scene.order.order_id, version=2)
    assert scene.opened().session.order == newer


def test_it_opens_one_session_for_a_key():
    scene = Chairside()
    command = OpenSession(visit=scene.visit, chair=scene.chair)
    assert open_session(scene.act(key="k"), command) == open_session(scene.act(key="k"), command)
    assert Entry.objects.count() == 1


def test_it_refuses_a_second_session_of_a_visit():
    assert refused(Chairside().opened()) == "INF-OPEN"


@pytest.mark.parametrize("days", [-1, 1])
def test_it_refuses_a_visit_of_another_day(days):
    scene = Chairside()
    type(scene.visit).objects.filter(pk=scene.visit.pk).update(
        starts_at=NOW + timedelta(days=days), ends_at=NOW + timedelta(days=days, hours=1)
    )
    assert refused(scene) == "INF-VISIT"


def test_it_refuses_a_cancelled_visit():
    scene = Chairside()
    type(scene.visit).objects.filter(pk=scene.visit.pk).update(status="cancelled")
    assert refused(scene) == "INF-VISIT"


def test_it_refuses_a_person_who_has_died():
    scene = Chairside()
    scene.patient.deceased_on = date(2026, 11, 1)
    scene.patient.save()
    assert refused(scene) == "INF-DECEASED"


def test_it_refuses_another_chair():
    scene = Chairside()
    assert refused(scene, chair=a_chair(scene.clinic, "Chair 9")) == "INF-CHAIR"
    assert refused(scene, chair=scene.place) == "INF-CHAIR"


def test_it_refuses_an_order_that_nobody_checked():
    scene = Chairside()
    a_signed_order(scene.episode, order_id=scene.order.order_id, version=2)
    assert refused(scene) == "INF-ORDER-STATE"


def test_it_refuses_an_order_that_was_taken_back():
    scene = Chairside()
    OrderWithdrawal.objects.create(
        order=scene.order, reason="not now", withdrawn_by=scene.order.written_by, withdrawn_at=NOW
    )
    assert refused(scene) == "INF-ORDER-STATE"


def test_it_refuses_a_chair_on_which_a_session_is_open_until_that_one_is_stopped():
    scene = Chairside().opened()
    other = Chairside(clinic=scene.clinic)
    type(other.visit).objects.filter(pk=other.visit.pk).update(chair=scene.chair)
    other.chair = scene.chair
    assert refused(other) == "INF-CHAIR-TAKEN"
    scene.chart("stop", 1, reason="went home")
    assert other.opened(2).session.chair == scene.chair


def test_it_refuses_a_person_who_has_an_open_session():
    scene = Chairside().opened()
    scene.chair = a_chair(scene.clinic, "Chair 2")
    scene.visit = a_visit(a_checked_order(scene.episode), scene.chair, scene.place)
    assert refused(scene) == "INF-PERSON-TAKEN"


@pytest.mark.parametrize("role", ["front_desk", "director", "nurse"])
def test_it_denies_whoever_does_not_care_for_this_person(role):
    scene = Chairside()
    act = scene.act(by=an_actor(a_staff(role, clinic=scene.clinic)))
    with pytest.raises(Denied):
        open_session(act, OpenSession(visit=scene.visit, chair=scene.chair))


def test_it_knows_that_a_withdrawn_stop_leaves_the_session_open():
    scene = Chairside().opened()
    stop = scene.chart("stop", 1)
    assert not open_sessions(scene.clinic).exists()
    scene.chart("stop", 1, now=2, replaces=stop, withdrawn=True)
    assert open_sessions(scene.clinic).exists()
    assert scene.state().phase == "checked_in"
    assert after(2) > NOW
