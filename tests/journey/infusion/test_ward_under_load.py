"""The ward that is fed for the figures: its chairs in trouble make exactly the conditions that are waited for, the others none."""

from tools.bench_monitor.feeding import CONDITIONS, TROUBLE_S, signs_at
from tools.bench_monitor.screen import drawn_ms

from tests.journey.infusion.watched import Watched


def began(*, number, is_troubled):
    watched = Watched()
    for second in range(TROUBLE_S):
        watched.wait(1, **signs_at(second, number=number, is_troubled=is_troubled))
    return sorted(limit for limit, _ in watched.told("began"))


def test_a_chair_in_trouble_makes_each_condition_once_within_the_shortest_round():
    assert began(number=14, is_troubled=True) == sorted(CONDITIONS)


def test_a_calm_chair_makes_none():
    assert began(number=3, is_troubled=False) == []
    assert began(number=0, is_troubled=False) == []


def test_a_number_on_the_page_counts_for_its_own_message_and_not_for_the_one_a_minute_before():
    sent = [(0, 0.0, 100.0, 100.1), (1, 0.0, 100.5, 100.6), (0, 1.0, 101.0, 101.1)]
    numbers = [("51", 40.0), ("50", 100.25), ("51", 101.5)]
    assert drawn_ms(sent, numbers, first=50, count=70) == [250.0, 500.0]
