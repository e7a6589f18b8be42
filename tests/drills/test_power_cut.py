"""The power goes while nurses chart: nothing that was acknowledged is lost. The same drill without the promise loses some.

Without the second half the first would prove nothing: a drill that never fails may not look where it hurts.
"""

from pathlib import Path

import pytest

from tests.drills.power import Machine, a_shadow, rounds_of
from tests.moulds import a_copy

pytestmark = pytest.mark.nightly
ALIVE_S = 1.5


def test_it_loses_nothing_when_the_power_goes(demonstration: Path, place: Path) -> None:
    machine = Machine(data=a_copy(demonstration, place / "d"), shadow=a_shadow(place))
    losses = rounds_of(machine, 4, alive_s=ALIVE_S)
    assert len(losses.charted.acknowledged) > 4
    assert (losses.lost, losses.opened_no_more) == (set(), False)


def test_it_loses_some_when_the_power_goes_and_nothing_is_flushed(demonstration: Path, place: Path) -> None:
    machine = Machine(data=a_copy(demonstration, place / "d"), shadow=a_shadow(place), without="fsync")
    losses = rounds_of(machine, 4, alive_s=ALIVE_S)
    assert losses.charted.acknowledged
    assert losses.lost or losses.opened_no_more


def test_it_loses_some_when_answers_do_not_wait_for_the_disk(demonstration: Path, place: Path) -> None:
    machine = Machine(data=a_copy(demonstration, place / "d"), without="synchronous_commit")
    losses = rounds_of(machine, 12, alive_s=ALIVE_S)
    assert losses.charted.acknowledged
    assert losses.lost
