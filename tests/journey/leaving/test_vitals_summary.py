"""Vital signs in a few numbers: every gap is named, no value is filled in."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.leaving.vitals_summary import Reading, summarise

START = datetime(2026, 11, 23, 15, tzinfo=UTC)
STOP = START + timedelta(minutes=40)


def readings(minutes, *, signal="hr", value=70.0):
    return [Reading(signal=signal, at=START + timedelta(minutes=m), value=value + m) for m in minutes]


def gaps(found):
    return [
        ((g.from_at - START).total_seconds() / 60, (g.until_at - START).total_seconds() / 60)
        for g in found.gaps
    ]


def test_it_counts_and_orders_the_values_of_each_signal():
    (found,) = summarise(readings(range(41)), from_at=START, until_at=STOP, intervals={"hr": 60.0})
    assert (found.readings, found.lowest, found.median, found.highest, found.gaps) == (41, 70, 90, 110, ())


def test_a_silence_longer_than_lost_is_a_gap_also_at_both_ends():
    told = readings([*range(5, 12), *range(20, 36)])
    (found,) = summarise(told, from_at=START, until_at=STOP, intervals={"hr": 60.0})
    assert gaps(found) == [(0, 5), (11, 20), (35, 40)]


def test_a_reading_without_a_value_is_no_reading():
    told = [*readings(range(41)), *readings([50])]
    hole = [r if not START + timedelta(minutes=9) < r.at < START + timedelta(minutes=16) else
            Reading(signal=r.signal, at=r.at, value=None) for r in told]  # fmt: skip
    (found,) = summarise(hole, from_at=START, until_at=STOP, intervals={"hr": 60.0})
    assert gaps(found) == [(9, 16)]
    assert found.readings == 35


def test_each_signal_is_judged_by_its_own_interval():
    told = [*readings([0, 15, 30], signal="sbp"), *readings([0, 15, 30], signal="spo2")]
    found = {one.signal: one for one in summarise(told, from_at=START, until_at=STOP)}
    assert found["sbp"].gaps == ()  # a cuff every 15 min
    assert len(found["spo2"].gaps) == 3


def test_a_signal_that_was_never_there_is_not_listed():
    assert summarise([], from_at=START, until_at=STOP) == ()
    assert summarise([Reading(signal="hr", at=START, value=None)], from_at=START, until_at=STOP) == ()


@given(st.lists(st.integers(0, 2400), min_size=1, max_size=60, unique=True))
def test_gaps_and_heard_time_make_the_whole(seconds):
    told = [Reading(signal="hr", at=START + timedelta(seconds=s), value=70.0) for s in seconds]
    (found,) = summarise(told, from_at=START, until_at=STOP)
    assert all(g.until_at - g.from_at > timedelta(seconds=60) for g in found.gaps)
    inside = {r.at for r in told}
    assert not [at for at in inside for g in found.gaps if g.from_at < at < g.until_at]
