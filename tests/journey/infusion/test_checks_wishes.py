"""Wishes W20 to W25 and hazard H16: each test is named after what it prevents. A simulated clock, no database."""

import pytest

from tests.journey.infusion.watched import MONITOR, Watched, a_plan


def a_low_saturation(**plan) -> Watched:
    return Watched(a_plan(**plan)).wait(10).wait(18, spo2=86)


def test_w20_a_snooze_that_ends_early_or_late():
    """It lasts exactly as long as it says, to the second, and never longer than two minutes."""
    chair = a_low_saturation()
    assert chair.sounds() == ["CHK-SPO2"]
    chair.silence(90)
    for _ in range(89):
        assert chair.wait(1, spo2=86).sounds() == []
    assert chair.wait(1, spo2=86).sounds() == ["CHK-SPO2"]
    assert chair.told("silence_ended") == [("CHK-SPO2", chair.at_s)]


def test_w20_a_snooze_that_is_longer_than_was_said():
    chair = a_low_saturation().silence(3600)
    (until,) = [one.until_s for one in chair.events if one.said == "silenced"]
    assert until == chair.at_s + 120


@pytest.mark.parametrize(
    "failing",
    [
        {"baseline": {}},
        {"intervals": {"sbp": float("nan")}},
        {"monitors": ((MONITOR, 0.0), ("dead", 0.0))},
        {"baseline": {"spo2": float("nan"), "sbp": float("inf")}},
    ],
    ids=[
        "no baseline",
        "an interval that is no number",
        "another monitor that is dead",
        "a baseline that is no number",
    ],
)
def test_w21_an_alarm_silenced_by_another_feature_without_data(failing):
    assert "CHK-SPO2" in a_low_saturation(**failing).sounds()


@pytest.mark.parametrize("signal", ["hr", "rr", "etco2", "sbp", "pulse", "temp", "nonsense"])
def test_w21_an_alarm_silenced_by_another_signal_that_fails(signal):
    chair = Watched().wait(10)
    for _ in range(18):
        chair.says(signal, float("nan"), state="artefact")
        chair.wait(1, spo2=86)
    assert "CHK-SPO2" in chair.sounds()


@pytest.mark.parametrize("state", ["probe_off", "no_data", "artefact"])
def test_w21_an_alarm_silenced_by_another_monitor_that_has_no_value(state):
    """The first monitor's probe is off and it says so each second; what the second one measures still counts."""
    chair = Watched(a_plan(monitors=((MONITOR, 0.0), ("second", 1.0)))).wait(10)
    for _ in range(15 + 15 + 3):
        chair.says("spo2", None, state=state, at_s=chair.at_s + 1)
        chair.says("spo2", 84.0, device="second", at_s=chair.at_s + 1)
        chair.wait(1, hr=70.0)
    assert "CHK-SPO2" in chair.sounds()


def test_w21_an_alarm_silenced_by_electrodes_that_are_off():
    """No electrode says the heart rate, and each second says so: the oximeter's pulse stands in for it all the same."""
    chair = Watched().wait(10, hr=70.0, pulse=70.0)
    for _ in range(15 + 30 + 3):
        chair.says("hr", None, state="no_data", at_s=chair.at_s + 1)
        chair.wait(1, pulse=38.0)
    assert "CHK-HR" in chair.sounds()


def test_w21_an_artefact_of_the_monitor_that_counts_still_starts_the_persistence_again():
    """The second monitor does not count while the first one had a value a moment ago: nothing is patched together."""
    chair = Watched(a_plan(monitors=((MONITOR, 0.0), ("second", 1.0)))).wait(10)
    for second in range(60):
        chair.says("spo2", 84.0, device="second", at_s=chair.at_s + 1)
        chair.says(
            "spo2",
            None if second % 10 == 0 else 85.0,
            state="artefact" if second % 10 == 0 else "value",
            at_s=chair.at_s + 1,
        )
        chair.wait(1, hr=70.0)
    assert "CHK-SPO2" not in chair.sounds()


def test_w21_an_alarm_silenced_by_being_off_the_monitor_for_something_else():
    """Off the monitor silences stale and lost, and nothing else: a value that comes all the same counts."""
    chair = Watched().wait(10)
    chair.logs(off_from_s=10, off_until_s=310, off_reason="toilet").wait(18, spo2=86)
    assert chair.sounds() == ["CHK-SPO2"]


def test_w23_an_alarm_that_waits_for_the_next_sample_after_a_snooze():
    """When the silence ends it is evaluated at once, though nothing has come since: here the sensor died meanwhile."""
    chair = a_low_saturation().silence(30)
    assert chair.wait(29, silent=True).sounds() == ["CHK-STALE"]
    assert "CHK-SPO2" in chair.wait(1, silent=True).sounds()


def test_w24_a_silence_without_an_end():
    """However often it is silenced: it sounds again after each, and a second person is called all the same."""
    chair = a_low_saturation()
    for _ in range(5):
        chair.silence(10**9).wait(120, spo2=86)
        assert chair.sounds() == ["CHK-SPO2"]
    assert chair.told("escalated") == [("CHK-SPO2", 28 + 60)]
    assert all(one.until_s - one.at_s <= 120 for one in chair.events if one.said == "silenced")


@pytest.mark.parametrize("for_s", [0, -5, float("nan")])
def test_w24_a_silence_of_no_length_is_none(for_s):
    assert a_low_saturation().silence(for_s).sounds() == ["CHK-SPO2"]


def test_w24_a_floor_that_can_be_muted():
    """No breath, deep sedation and a saturation below 80 % pierce every silence."""
    breath = Watched().wait(10, rr=12).wait(23, rr=0).silence()
    assert breath.wait(1, rr=0).sounds() == ["CHK-APNOEA"]
    sedated = Watched().wait(5).charts(rass=-4.0).wait(2).silence()
    assert sedated.wait(1).sounds() == ["CHK-RASS"]
    falling = a_low_saturation().silence()
    assert falling.wait(2, spo2=85).sounds() == []
    assert falling.wait(1, spo2=79).sounds() == ["CHK-SPO2"]


def test_w24_what_comes_after_a_silence_is_not_silenced_by_it():
    chair = a_low_saturation().silence().wait(35, spo2=86, hr=150)
    assert chair.sounds() == ["CHK-HR"]


def test_w25_the_last_value_of_a_dead_sensor_stays_on_as_live():
    """Stale after 15 s, lost after 60 s, each at most 2 s later, and never quiet."""
    chair = Watched().wait(20)
    chair.wait(17, silent=True)
    assert chair.true() == {"CHK-STALE": "low"}
    chair.wait(1, silent=True)
    assert chair.sounds() == ["CHK-STALE"]
    chair.wait(45, silent=True)
    assert chair.true() == {"CHK-LOST": "high"}
    assert ("CHK-LOST", 82.0) in chair.told("raised")


def test_w25_a_low_value_that_froze_is_not_held_to_be_low_for_ever():
    """A run of low values that a gap interrupts begins again after it: what was not seen is not counted."""
    chair = Watched().wait(10).wait(10, spo2=86).wait(20, silent=True).wait(10, spo2=86)
    assert "CHK-SPO2" not in chair.true()


def test_w25_a_saturation_of_nothing_for_hours_is_a_storm_or_calm():
    """A probe that is off says so, then is lost: one signal, and neither a low saturation nor silence."""
    chair = Watched().wait(10)
    for _ in range(4 * 60):
        chair.says("spo2", None, state="probe_off").wait(1, silent=True)
    assert chair.true() == {"CHK-LOST": "high"}
    assert next(iter(chair.state.true.values())).word == "probe off"
    assert len(chair.told("raised")) == 2


def test_w25_a_made_up_value_passes_for_a_measured_one():
    chair = Watched().wait(10)
    for _ in range(60):
        chair.says("spo2", 70.0, state="synthetic").wait(1, silent=True)
    assert chair.true() == {}
    (heard,) = chair.state.known.heard.values()
    assert heard.state == "synthetic"


def test_w25_a_monitor_whose_clock_is_ahead_looks_live_after_its_death():
    from ebbtide.journey.infusion.checks.inputs import Sample, Tick

    chair = Watched()
    chair.give(Sample(at_s=400, device=MONITOR, signal="spo2", value=97, received_s=10), Tick(at_s=80))
    assert chair.true() == {"CHK-LOST": "high"}


def test_h16_a_high_one_that_nobody_took_calls_a_second_person():
    chair = a_low_saturation().wait(60, spo2=86)
    assert chair.told("escalated") == [("CHK-SPO2", 28 + 60)]


def test_h16_a_high_one_that_passed_by_itself_stays_until_somebody_took_it():
    chair = a_low_saturation().wait(40, spo2=97)
    assert chair.true() == {}
    assert chair.sounds() == ["CHK-SPO2"]
    assert chair.acknowledge("CHK-SPO2").shows() == {}


def test_h16_one_that_was_taken_and_lasts_comes_back():
    chair = a_low_saturation().acknowledge("CHK-SPO2")
    assert chair.wait(59, spo2=86).sounds() == []
    assert chair.wait(1, spo2=86).sounds() == ["CHK-SPO2"]


def test_h16_a_link_that_was_lost_ends_every_silence():
    from ebbtide.journey.infusion.checks.inputs import LinkLost

    chair = a_low_saturation().silence()
    assert chair.give(LinkLost(at_s=chair.at_s)).sounds() == ["CHK-SPO2"]


def test_the_monitors_own_apnoea_alarm_raises_no_breath_although_the_rate_still_stands_there():
    """A rate is a mean of the last breaths: it looks well for a while after the last one. An alarm that ended grows not old."""
    chair = Watched().wait(10, rr=12).says("apnoea", 1.0)
    chair.wait(2, rr=12)
    assert chair.sounds() == ["CHK-APNOEA"]
    chair.acknowledge("CHK-APNOEA").says("apnoea", 0.0).wait(100, rr=12)
    assert chair.true() == {}
