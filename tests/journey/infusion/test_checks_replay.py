"""Replays (hazards H15, H34): no high event is missed, each is raised in its disclosed delay, and calm chairs stay calm."""

import pytest
from tools.bench_chair.night import keep
from tools.bench_monitor.replay import EMERGENCIES, RECORD, injected, measure, real


def test_h34_injected_events_are_all_raised_in_their_disclosed_delay():
    found = injected(2 * len(EMERGENCIES), seed=1)
    assert not found.missed
    assert sum(found.injected.values()) == 2 * len(EMERGENCIES)
    assert found.longest_late_s <= 2


def test_h15_dips_artefacts_and_moments_without_a_value_raise_nothing():
    assert not injected(len(EMERGENCIES), seed=2).false


@pytest.mark.nightly
def test_h15_h34_three_thousand_events_and_the_real_record():
    rows = measure()
    for row in rows:
        keep(row)
    assert all(row.met for row in rows), "\n".join(f"{row.name} {row.value}: {row.note}" for row in rows)


@pytest.mark.nightly
def test_h15_a_probe_that_is_off_for_hours_is_neither_a_storm_nor_calm():
    if not RECORD.exists():
        pytest.skip("shared/real is not here")
    found = real(RECORD)
    assert found.raised["CHK-SPO2"] == 0
    assert found.raised["CHK-LOST"] >= 1
    assert sum(found.raised.values()) <= 2 * found.chair_h
