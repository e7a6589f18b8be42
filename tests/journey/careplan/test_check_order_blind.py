"""The blind second check: another person, own numbers, compared by the system; nobody checks their own act."""

from decimal import Decimal

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.careplan.actions import CheckOrder, SignOrder, check_order_blind, sign_order
from ebbtide.journey.careplan.queries import status_of
from ebbtide.journey.careplan.rules import Status
from tests.builders import a_staff, an_act, an_actor, an_assignment
from tests.journey.careplan.steps import REASONS, a_written_order, an_assessed_episode

pytestmark = pytest.mark.django_db
RIGHT = {"weight_kg": Decimal(72), "dose_mg": Decimal(36), "rate_ml_per_h": Decimal(150)}


@pytest.fixture
def order():
    writer = a_staff("prescriber")
    made = a_written_order(an_assessed_episode(), by=writer)
    sign_order(an_act(an_actor(writer)), SignOrder(order=made, reasons=REASONS))
    return made


@pytest.fixture
def nurse(order):
    staff = a_staff("nurse")
    an_assignment(staff, order.episode.patient)
    return staff


def test_it_agrees_when_two_people_work_out_the_same(order, nurse) -> None:
    check = check_order_blind(an_act(an_actor(nurse)), CheckOrder(order=order, **RIGHT))
    assert check.agrees
    assert status_of(order) is Status.CHECKED


@pytest.mark.parametrize(
    ("field", "value"), [("weight_kg", "27"), ("dose_mg", "360"), ("dose_mg", "3.6"), ("rate_ml_per_h", "15")]
)
def test_it_finds_a_difference_and_never_says_the_first_number(order, nurse, field, value) -> None:
    check = check_order_blind(
        an_act(an_actor(nurse)), CheckOrder(order=order, **{**RIGHT, field: Decimal(value)})
    )
    assert not check.agrees
    assert len(check.differences) == 1
    assert not any(number in check.differences[0]["sentence"] for number in ("72", "36", "150"))
    assert status_of(order) is Status.SIGNED


def test_it_refuses_ones_own_order(order) -> None:
    own = an_actor(order.written_by)
    with pytest.raises(Refused, match="nobody checks their own act"):
        check_order_blind(an_act(own), CheckOrder(order=order, **RIGHT))


def test_it_refuses_an_order_that_is_not_signed(nurse) -> None:
    draft = a_written_order(an_assessed_episode())
    an_assignment(nurse, draft.episode.patient)
    with pytest.raises(Refused, match="Only a signed order"):
        check_order_blind(an_act(an_actor(nurse)), CheckOrder(order=draft, **RIGHT))


def test_it_refuses_a_second_check_of_a_checked_order(order, nurse) -> None:
    check_order_blind(an_act(an_actor(nurse)), CheckOrder(order=order, **RIGHT))
    with pytest.raises(Refused, match="was checked already"):
        check_order_blind(an_act(an_actor(nurse)), CheckOrder(order=order, **RIGHT))
