"""Simulated patients: their signs follow what went in, fall back when it stops, and are the same for the same seed."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology import RateChange, Schedule, from_rate_changes
from ebbtide.twin.bodies import draw_body
from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.patients import CAUTION, Given, a_patient, course_of, is_inflating, is_moving

BODY = draw_body(on=date(2026, 11, 23), number=3, sex="female", given={"weight_kg": 70.0})
HOUR = 3600
# how far noise and swing may carry a sign from where it lies
NOISE = {"hr": 9.0, "rr": 6.0, "etco2": 5.5, "sbp": 19.0, "dbp": 13.0, "spo2": 4.0}
BODIES = st.builds(
    lambda number, sex: draw_body(on=date(2026, 11, 23), number=number, sex=sex, given={}),
    st.integers(0, 500),
    st.sampled_from(["female", "male"]),
)


def a_log(*steps):
    """The rate (mg/h) from each minute on."""
    return from_rate_changes([RateChange(at_h=minute / 60, rate_mg_per_h=rate) for minute, rate in steps])


USUAL = a_log((0, 52.5), (40, 0))


@settings(max_examples=12, deadline=None)
@given(body=BODIES, seed=st.integers(0, 2**31))
def test_without_a_drug_nobody_leaves_their_baseline_but_for_noise_and_artefacts(body, seed):
    patient = a_patient(body=body, schedule=Schedule(), seed=seed, lasts_s=60)
    for second in range(0, 900, 7):
        assert patient.now(second) == patient.person
        assert patient.dissociation(second) == 0
        for signal, value in patient.at(second).items():
            if signal not in NOISE or value in {0.0, invented.NO_VALUE}:
                continue
            if signal == "spo2" and is_moving(patient.key, second):
                continue
            assert abs(value - getattr(patient.person, signal)) <= NOISE[signal], (signal, second)


@settings(max_examples=6, deadline=None)
@given(body=BODIES, seed=st.integers(0, 2**31), rate=st.floats(5, 80), paused_min=st.integers(5, 40))
def test_pausing_lets_every_sign_fall_back(body, seed, rate, paused_min):
    patient = a_patient(body=body, schedule=a_log((0, rate), (paused_min, 0)), seed=seed, lasts_s=2 * HOUR)
    rest, paused, later = patient.person, patient.now(paused_min * 60), patient.now(paused_min * 60 + HOUR)
    for signal in ("sbp", "dbp", "hr", "etco2"):
        assert getattr(paused, signal) > getattr(later, signal) > getattr(rest, signal)
    assert paused.rr < later.rr < rest.rr
    assert paused.spo2 < later.spo2 < rest.spo2
    assert patient.course.score[paused_min * 60 + HOUR] < patient.course.score.max()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), second=st.integers(0, 10_000))
def test_a_seed_tells_the_same_story_each_time(seed, second):
    one, again = (a_patient(body=BODY, schedule=USUAL, seed=seed, lasts_s=60) for _ in range(2))
    assert one.at(second) == again.at(second)
    assert one.person == again.person
    assert np.array_equal(one.course.ng_per_ml, again.course.ng_per_ml)


def test_another_seed_is_another_person():
    one, other = (a_patient(body=BODY, schedule=USUAL, seed=seed, lasts_s=60) for seed in (1, 2))
    assert [one.at(s) for s in range(30)] != [other.at(s) for s in range(30)]
    assert one.course.sbp[60] != other.course.sbp[60]


def test_more_drug_moves_more():
    def peak(rate):
        course = course_of(Given(weight_kg=70, age_y=45, schedule=a_log((0, rate), (40, 0)), lasts_s=2400))
        return course.sbp.max(), course.hr.max(), -course.rr.min(), course.score.max()

    low, middle, high = peak(15), peak(40), peak(80)
    assert all(a < b < c for a, b, c in zip(low, middle, high, strict=True))


def test_the_pressure_rises_as_the_display_model_says():
    course = course_of(Given(weight_kg=70, age_y=45, schedule=USUAL, lasts_s=2400))
    at_end = course.ng_per_ml[-1]
    assert 230 < at_end < 280  # 0.5 mg/kg in 40 min, pharmacology facts T1
    assert course.sbp[-1] == pytest.approx(0.4 * at_end / (at_end + 750))
    assert 3 <= course.score[-1] <= 6


def test_its_cautions_stand_beside_it():
    course = course_of(Given(weight_kg=70, age_y=45, schedule=USUAL, lasts_s=60))
    assert course.cautions[0] == CAUTION
    assert any("alarms come from measurements only" in said for said in course.cautions)
    assert any("olofsen" in said.lower() for said in course.cautions)


def test_a_cuff_on_the_arm_of_the_probe_takes_saturation_away_and_only_then():
    same, other = (
        a_patient(body=BODY, schedule=Schedule(), seed=5, lasts_s=1, probe_under_cuff=under)
        for under in (True, False)
    )
    tight = [second for second in range(600) if is_inflating(second)]
    assert tight == [*range(5), *range(287, 305), *range(587, 600)]
    assert all(same.at(second)["spo2"] == 0 for second in tight)
    assert all(other.at(second)["spo2"] != 0 for second in tight)
    calm = [s for s in range(20, 200) if s not in tight and not is_moving(same.key, s)]
    assert all(same.at(second)["spo2"] > 90 for second in calm)


def test_a_hand_that_moves_makes_wild_numbers_for_less_than_a_check_waits():
    patient = a_patient(body=BODY, schedule=Schedule(), seed=5, lasts_s=1)
    seconds = [s for s in range(3600) if is_moving(patient.key, s)]
    runs = np.split(np.array(seconds), np.flatnonzero(np.diff(seconds) > 1) + 1)
    assert 5 < len(runs) < 30
    assert max(run.size for run in runs) < 15  # the persistence of the saturation's own limit
    wild = [patient.at(s)["spo2"] for s in seconds]
    assert any(value == invented.NO_VALUE for value in wild)
    assert any(60 < value < 95 for value in wild)
