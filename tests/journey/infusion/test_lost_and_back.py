"""A signal that was lost is back when it was steady for 5 s, and not with its first value. A simulated clock, no database."""

from ebbtide.journey.infusion.checks.core import State
from ebbtide.journey.infusion.checks.keeping import restored, stored
from tests.journey.infusion.watched import Watched, a_plan


def a_lost_saturation() -> Watched:
    chair = Watched().wait(10).wait(63, silent=True)
    assert chair.true() == {"CHK-LOST": "high"}
    return chair.acknowledge("CHK-LOST")


def test_it_is_back_after_five_steady_seconds():
    chair = a_lost_saturation().wait(5)
    assert chair.true() == {"CHK-LOST": "high"}
    assert next(iter(chair.state.true.values())).word == "back, not steady yet"
    assert chair.wait(1).true() == {}
    assert chair.shows() == {}


def test_a_cable_that_flickers_makes_one_signal_and_no_storm():
    """One value now and then is no signal that came back: the same one goes on, and nobody is called anew each time."""
    chair = a_lost_saturation()
    for _ in range(10):
        chair.wait(1).wait(20, silent=True)
    assert chair.true() == {"CHK-LOST": "high"}
    assert len([one for one in chair.told("raised") if one[0] == "CHK-LOST"]) == 1
    assert len(chair.told("ended")) <= 1  # the stale one that became lost


def test_a_pressure_that_comes_every_five_minutes_is_back_with_its_first_value():
    chair = Watched(a_plan(intervals={"sbp": 300.0}))
    chair.says("sbp", 120.0).wait(902)
    assert chair.true() == {"CHK-LOST": "high"}
    chair.says("sbp", 121.0).wait(1)
    assert chair.true() == {}


def test_a_state_that_was_kept_before_this_was_known_goes_on_with_the_same_signal():
    chair = a_lost_saturation()
    kept = {name: value for name, value in stored(chair.state).items() if name != "lost"}
    before = set(chair.state.true)
    chair.state = restored(chair.plan, kept)
    assert isinstance(chair.state, State)
    assert set(chair.wait(1, silent=True).state.true) == before
    assert len([one for one in chair.told("raised") if one[0] == "CHK-LOST"]) == 1
