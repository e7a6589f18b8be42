"""When a value stops being live: by each signal's own interval, with every state a word of its own (wishes W15, W25)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.infusion.freshness import (
    BEST_FIRST,
    LABELS,
    SHOWS_A_NUMBER,
    WORDS,
    Freshness,
    Heard,
    chosen,
    interval_of,
    judge,
    limits,
    lost_after_s,
    signals,
    stale_after_s,
    told_by,
)
from tests.builders import NOW

# the page judges by the same table: tests/js/vitals.test.js reads this file too
CASES = json.loads((Path(__file__).parent / "freshness_cases.json").read_text(encoding="utf-8"))


def ago(seconds: float):
    return NOW - timedelta(seconds=seconds)


def one(*, age_s=1.0, state="value", device=1, bound_s=600, signal="spo2", interval_s=1.0) -> Heard:
    return Heard(
        signal=signal, value=97.0 if state in {"value", "synthetic"} else None, unit=signals()[signal].unit, state=state,
        observed_at=ago(age_s), received_at=ago(age_s), device_id=UUID(int=device), device=f"Monitor {device}",
        simulated=False, bound_at=ago(bound_s), expected_interval_s=interval_s,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("interval_s", "stale", "lost"), [(1, 15, 60), (60, 90, 180), (300, 450, 900), (900, 1350, 2700)]
)
def test_it_waits_as_long_as_the_signals_own_interval_asks(interval_s, stale, lost) -> None:
    assert (stale_after_s(interval_s), lost_after_s(interval_s)) == (stale, lost)


def test_it_agrees_with_every_row_of_the_file() -> None:
    told = {row["id"]: row for row in limits()["signals"]}
    for name in LABELS:
        interval_s = interval_of(name, {})
        assert (stale_after_s(interval_s), lost_after_s(interval_s)) == (
            told[name]["stale_s"],
            told[name]["lost_s"],
        )
        assert signals()[name].unit == told[name]["unit"]


def test_it_shows_every_signal_that_the_file_lets_monitors_send() -> None:
    assert set(LABELS) == {row["id"] for row in limits()["signals"] if row["source"] != "charted"}


@pytest.mark.parametrize("case", CASES["judged"], ids=lambda c: c["why"])
def test_it_judges_by_age_first_and_then_by_state(case) -> None:
    told = one(age_s=case["age_s"], state=case["state"], interval_s=case["interval_s"])
    assert told.freshness(NOW) == case["freshness"]


def test_it_never_calls_a_dead_sensor_live() -> None:
    """Wish W25: the last value stays what it is, and stops being shown as one that counts."""
    dead = one(age_s=0)
    seen = [dead.freshness(NOW + timedelta(seconds=s)) for s in (0, 15, 15.1, 60, 60.1, 86400)]
    assert seen == ["live", "live", "stale", "stale", "lost", "lost"]


@given(st.floats(0, 10_000), st.floats(0.1, 3600))
def test_it_only_grows_older(age_s, interval_s) -> None:
    order = [Freshness.LIVE, Freshness.STALE, Freshness.LOST]
    now, later = (judge(ago(age), NOW, interval_s) for age in (age_s, age_s + 1))
    assert order.index(now) <= order.index(later)


@given(st.floats(0, 7.5 * 60))
def test_it_calls_no_cuff_reading_stale_within_its_interval(age_s) -> None:
    assert judge(ago(age_s), NOW, 300) is Freshness.LIVE


@pytest.mark.parametrize("told", [{}, {"spo2": 0}, {"spo2": "often"}, {"spo2": -3}, {"hr": 9}])
def test_it_takes_the_vocabularys_interval_when_the_device_has_none(told) -> None:
    assert interval_of("spo2", told) == 1


def test_it_takes_the_devices_own_interval() -> None:
    assert interval_of("sbp", {"sbp": 300}) == 300


@pytest.mark.parametrize("case", CASES["chosen"], ids=lambda c: c["why"])
def test_it_chooses_one_of_two_devices(case) -> None:
    """Wish W15."""
    heard = [one(**told) for told in case["heard"]]
    assert [chosen(side, NOW)["spo2"].device for side in (heard, heard[::-1])] == [case["device"]] * 2


def test_it_chooses_for_each_signal_by_itself() -> None:
    found = chosen(
        [one(signal="hr", device=1), one(signal="hr", device=2, bound_s=900), one(signal="spo2", device=1)],
        NOW,
    )
    assert [(name, h.device) for name, h in found.items()] == [("hr", "Monitor 2"), ("spo2", "Monitor 1")]


def test_it_has_a_word_for_every_state_and_a_number_for_few() -> None:
    assert set(WORDS) == set(BEST_FIRST) == set(Freshness)
    assert {"live", "synthetic", "stale"} == SHOWS_A_NUMBER


def test_it_tells_the_page_what_it_needs_to_judge_alone() -> None:
    told = told_by(replace(one(signal="temp", interval_s=300), value=36.749))
    assert (told["value"], told["unit"], told["stale_s"], told["lost_s"]) == (36.7, "°C", 450, 900)
    json.dumps(told)
