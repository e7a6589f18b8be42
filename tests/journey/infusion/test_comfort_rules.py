"""The person's own side as a fold: what they wish, whether they call, when somebody looked."""

from datetime import timedelta
from uuid import UUID

from ebbtide.journey.infusion.comfort import Comfort, comfort_of
from ebbtide.journey.infusion.events import Event, Kind
from tests.builders import NOW


def at(minute):
    return NOW + timedelta(minutes=minute)


def event(kind, minute, **values):
    return Event(
        id=UUID(int=minute + 1), kind=kind, observed_at=at(minute), recorded_at=at(minute), values=values
    )


def call(state, minute):
    return event(Kind.COMFORT_CALL, minute, state=state)


def test_nothing_told_is_nothing_made_up():
    assert comfort_of([]) == Comfort()
    assert not Comfort().told


def test_it_shows_the_newest_card():
    older = event(Kind.COMFORT_CARD, 1, light="bright", stop_word="harbour", touch="no_touch")
    newer = event(Kind.COMFORT_CARD, 2, light="dim", music="none", touch="ask_first")
    found = comfort_of([newer, older])
    assert (found.light, found.music, found.touch, found.stop_word) == ("dim", "none", "ask first", "")
    assert (found.asked_at, found.told) == (at(2), True)


def test_a_call_is_open_since_its_first_press_until_it_is_answered():
    assert comfort_of([call("open", 3), call("open", 5)]).called_at == at(3)
    answered = comfort_of([call("open", 3), call("answered", 6)])
    assert (answered.called_at, answered.answered_at) == (None, at(6))
    assert comfort_of([call("open", 3), call("answered", 6), call("open", 8)]).called_at == at(8)


def test_a_test_of_the_button_is_no_open_call():
    found = comfort_of([call("open", 1), call("tested", 2)])
    assert (found.called_at, found.tested_at) == (None, at(2))


def test_somebody_looked_when_they_wrote_what_they_saw():
    found = comfort_of([event(Kind.CHECK_IN, 0), event(Kind.SCALE, 4), event(Kind.NOTE, 7), call("open", 9)])
    assert found.looked_at == at(4)
    assert comfort_of([call("open", 9), call("answered", 11)]).looked_at == at(11)
