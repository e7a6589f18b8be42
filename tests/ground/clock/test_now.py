"""The clock: real time, or a time that started elsewhere and runs at another rate; every process agrees."""

from datetime import UTC, datetime, timedelta

import pytest

from ebbtide.ground import clock


def test_it_reads_real_time_when_nothing_is_set(monkeypatch) -> None:
    monkeypatch.delenv("EBBTIDE_CLOCK", raising=False)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_it_runs_at_its_rate_from_its_start() -> None:
    made = clock.now_from("2026-11-23T08:00:00+00:00@60", origin_s=1000.0)
    assert made.read(1060.0) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_it_takes_a_start_without_zone_as_utc() -> None:
    assert clock.now_from("2026-11-23T08:00:00", origin_s=0.0).read(0.0) == datetime(
        2026, 11, 23, 8, tzinfo=UTC
    )


def test_it_agrees_between_processes_that_share_the_origin(monkeypatch) -> None:
    monkeypatch.setenv("EBBTIDE_CLOCK", "2030-01-01T00:00:00+00:00@1")
    monkeypatch.setenv("EBBTIDE_CLOCK_ORIGIN", "0")
    assert clock.now() > datetime(2080, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "setting", ["noon", "2026-11-23T08:00:00Z@fast", "2026-11-23T08:00:00Z@0", "2026-11-23T08:00:00Z@1e9"]
)
def test_it_refuses_a_setting_it_cannot_follow(setting) -> None:
    with pytest.raises(clock.ClockSettingRefused, match="EBBTIDE_CLOCK"):
        clock.now_from(setting, origin_s=0.0)


def test_it_knows_the_day_on_the_clinic_wall(monkeypatch) -> None:
    monkeypatch.setenv("EBBTIDE_CLOCK", "2026-11-24T03:00:00+00:00@0.000001")
    monkeypatch.delenv("EBBTIDE_CLOCK_ORIGIN", raising=False)
    assert clock.today_in("America/Chicago").isoformat() == "2026-11-23"
