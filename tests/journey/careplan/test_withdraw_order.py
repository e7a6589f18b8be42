"""Taking an order back: with a reason, once, and nothing follows from it any more."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.careplan.actions import WithdrawOrder, withdraw_order
from ebbtide.journey.careplan.queries import active_order, status_of
from ebbtide.journey.careplan.rules import Status
from tests.builders import an_act, an_actor
from tests.journey.careplan.steps import a_written_order, an_assessed_episode

pytestmark = pytest.mark.django_db


def taken_back(order, reason="The person changed their mind."):
    return withdraw_order(an_act(an_actor("prescriber")), WithdrawOrder(order=order, reason=reason))


def test_it_takes_back_with_a_reason() -> None:
    order = a_written_order(an_assessed_episode())
    taken_back(order)
    assert status_of(order) is Status.WITHDRAWN
    assert active_order(order.episode) is None


def test_it_needs_the_reason() -> None:
    with pytest.raises(Refused, match="Say why"):
        taken_back(a_written_order(an_assessed_episode()), reason=" ")


def test_it_is_final() -> None:
    order = a_written_order(an_assessed_episode())
    taken_back(order)
    with pytest.raises(Refused, match="cannot become withdrawn"):
        taken_back(order)
