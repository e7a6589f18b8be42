"""Schedules: what a pump can give is written exactly, and what it cannot is refused in words."""

import pytest

from ebbtide.pharmacology.errors import MalformedSchedule
from ebbtide.pharmacology.schedule import (
    Bolus,
    Infusion,
    RateChange,
    Schedule,
    constant_infusion,
    from_rate_changes,
)


def a_pump_record():
    return from_rate_changes(
        [
            RateChange(at_h=0.0, rate_mg_per_h=10.0),
            RateChange(at_h=0.5, rate_mg_per_h=0.0),
            RateChange(at_h=0.75, rate_mg_per_h=20.0),
            RateChange(at_h=1.75, rate_mg_per_h=0.0),
        ],
        boluses=(Bolus(at_h=0.0, amount_mg=5.0, over_h=1 / 60),),
    )


def test_it_reads_a_pump_record():
    schedule = a_pump_record()
    assert [(part.start_h, part.end_h, part.rate_mg_per_h) for part in schedule.infusions] == [
        (0.0, 0.5, 10.0),
        (0.75, 1.75, 20.0),
    ]
    assert schedule.total_mg == pytest.approx(30.0)
    assert schedule.edges_h == (0.0, 1 / 60, 0.5, 0.75, 1.75)
    assert (schedule.end_h, schedule.infused_for_h, schedule.highest_rate_mg_per_h) == (1.75, 1.75, 20.0)
    assert schedule.rate_at_mg_per_h(0.6) == 0.0


def test_it_reads_an_empty_record():
    empty = from_rate_changes([])
    assert (empty, empty.end_h, empty.infused_for_h, empty.highest_rate_mg_per_h) == (
        Schedule(),
        0.0,
        0.0,
        0.0,
    )


def test_it_adds_the_rates_that_run_together():
    two = constant_infusion(amount_mg=10, over_h=1).plus(
        constant_infusion(amount_mg=10, over_h=1, start_h=0.5)
    )
    assert two.highest_rate_mg_per_h == 20.0


def test_it_delays_what_comes_after_a_pause_and_gives_the_same_amount():
    paused = Schedule(
        infusions=constant_infusion(amount_mg=40, over_h=2).infusions,
        boluses=(Bolus(at_h=0.0, amount_mg=5), Bolus(at_h=1.0, amount_mg=5)),
    ).paused(at_h=0.5, for_h=0.25)
    assert [(part.start_h, part.end_h) for part in paused.infusions] == [(0.0, 0.5), (0.75, 2.25)]
    assert [part.at_h for part in paused.boluses] == [0.0, 1.25]
    assert paused.total_mg == pytest.approx(50)


def test_it_moves_everything_by_a_delay():
    later = a_pump_record().delayed(by_h=1.0)
    assert (later.infusions[0].start_h, later.end_h, later.boluses[0].at_h) == (1.0, 2.75, 1.0)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Infusion(start_h=1, end_h=1, rate_mg_per_h=5), "the end must come later"),
        (lambda: Infusion(start_h=0, end_h=float("inf"), rate_mg_per_h=5), "the end must come later"),
        (lambda: Infusion(start_h=-1, end_h=1, rate_mg_per_h=5), "start of an infusion \\(h\\) is -1"),
        (lambda: Infusion(start_h=0, end_h=1, rate_mg_per_h=-5), "rate of an infusion \\(mg/h\\) is -5"),
        (lambda: Bolus(at_h=0, amount_mg=float("nan")), "amount of a bolus \\(mg\\) is nan"),
        (lambda: Bolus(at_h=0, amount_mg=1, over_h=-1), "duration of a bolus"),
        (lambda: constant_infusion(amount_mg=5, over_h=0), "duration must be above zero"),
        (lambda: from_rate_changes([RateChange(at_h=0, rate_mg_per_h=5)]), "never ends: add the stop"),
        (lambda: a_pump_record().delayed(by_h=-1), "delay of a schedule"),
        (lambda: a_pump_record().paused(at_h=0, for_h=-1), "length of a pause"),
        (
            lambda: from_rate_changes(
                [RateChange(at_h=1, rate_mg_per_h=5), RateChange(at_h=0, rate_mg_per_h=0)]
            ),
            "the end must come later",
        ),
    ],
)
def test_it_refuses_what_no_pump_can_give(make, sentence):
    with pytest.raises(MalformedSchedule, match=sentence):
        make()


def test_it_multiplies_every_rate_and_amount():
    whole = a_pump_record()
    half = whole.times(0.5)
    assert [part.rate_mg_per_h for part in half.infusions] == [5.0, 10.0]
    assert [part.amount_mg for part in half.boluses] == [2.5]
    assert half.edges_h == whole.edges_h
    with pytest.raises(MalformedSchedule, match="factor of a schedule is -1"):
        whole.times(-1)


def test_it_drops_a_part_that_is_shorter_than_time_is_told() -> None:
    """Cut just after its start and moved an hour, the first part would start and end at the same number."""
    whole = constant_infusion(amount_mg=10.0, over_h=1.0)
    cut = whole.paused(at_h=5e-324, for_h=0.5).delayed(by_h=1.0)
    assert [(part.start_h, part.end_h) for part in cut.infusions] == [(1.5, 2.5)]
    assert cut.total_mg == 10.0
