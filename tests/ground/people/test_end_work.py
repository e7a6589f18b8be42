"""Somebody leaves: every right ends at the next request; the last director stays."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.actions import EndWork, end_work
from ebbtide.ground.policy import may
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor

pytestmark = pytest.mark.django_db


def test_it_takes_every_right_away() -> None:
    staff = a_staff("prescriber")
    end_work(an_act(an_actor("director", clinic=staff.clinic)), EndWork(staff=staff))
    staff.refresh_from_db()
    assert staff.left_at == NOW
    assert not may(
        an_actor(staff), "read", "access.demographics", a_patient(clinic=staff.clinic), at=NOW
    ).allowed


def test_it_is_not_done_to_oneself_nor_twice_nor_to_the_last_director() -> None:
    director = a_staff("director")
    with pytest.raises(Refused, match="their own work"):
        end_work(an_act(an_actor(director)), EndWork(staff=director))
    other = a_staff("director", clinic=director.clinic)
    end_work(an_act(an_actor(director)), EndWork(staff=other))
    with pytest.raises(Refused, match="no longer already"):
        end_work(an_act(an_actor(director)), EndWork(staff=other))
