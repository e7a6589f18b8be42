"""A series of treatments: what is left, what piles up, and what it adds up to."""

import numpy as np
import pytest

from ebbtide.pharmacology.doses.moments import outputs_at
from ebbtide.pharmacology.doses.series import Treatment, accumulation_ratios, before_each, exposure_of
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, network_of
from ebbtide.pharmacology.engine.stepping import outputs_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.schedule import Bolus, Schedule, constant_infusion
from tests.pharmacology.builders import a_body
from tests.pharmacology.doses_builders import FORTY_MIN, KE0_PER_H, a_cohort, some_deviates

DAY_H = 24.0


def test_it_finds_that_a_daily_treatment_piles_up_by_1_004():
    ratios = accumulation_ratios(body=a_body(), period_h=DAY_H)
    assert max(ratios) == pytest.approx(1.004, abs=0.0005)
    assert max(ratios) == pytest.approx(1 / (1 - np.exp(-0.22633224 * 24)), rel=1e-8)
    assert min(ratios) == pytest.approx(1.0)


@pytest.mark.parametrize("period_h", [0.0, -1.0, float("nan")])
def test_it_refuses_a_period_that_repeats_nothing(period_h):
    with pytest.raises(NotComputable, match="must be above zero"):
        accumulation_ratios(body=a_body(), period_h=period_h)


@pytest.mark.parametrize("period_h", [2.0, 24.0])
def test_it_holds_what_sixty_treatments_leave(period_h):
    cohort = a_cohort("simons_2022", size=2, deviates=some_deviates(2))
    network = network_of(
        cohort, outputs=(KETAMINE, "norketamine", EFFECT_SITE), ke0_per_h=np.full(2, KE0_PER_H)
    )
    treatment = FORTY_MIN.plus(Schedule(boluses=(Bolus(at_h=0.25, amount_mg=5.0),)))
    sixty = Schedule()
    for place in range(60):
        sixty = sixty.plus(treatment.delayed(by_h=period_h * place))
    found = outputs_of(network, before_each(network, treatment, period_h=period_h))
    expected = outputs_at(network, sixty, np.array([60 * period_h]))[:, :, 0]
    assert found == pytest.approx(expected, rel=1e-8)


def test_it_takes_a_treatment_as_long_as_its_period():
    network = network_of(a_cohort())
    never_ending = before_each(network, constant_infusion(amount_mg=84.0, over_h=1.0), period_h=1.0)
    assert outputs_of(network, never_ending)[0, 0] == pytest.approx(1000.0)  # R/CL, 84 mg/h over 84 L/h


def test_it_refuses_a_treatment_longer_than_its_period():
    with pytest.raises(NotComputable, match="does not fit into a period of 0.5 h"):
        before_each(network_of(a_cohort()), FORTY_MIN, period_h=0.5)


def a_series(*starts_h, schedule=FORTY_MIN):
    return [Treatment(at_h=at_h, schedule=schedule) for at_h in starts_h]


def test_it_adds_up_the_exposure_whatever_the_times():
    found = exposure_of(body=a_body(), treatments=a_series(0.0, 72.0, 73.0))
    assert found.dose_mg == pytest.approx((35.0, 35.0, 35.0))
    assert found.total_mg == pytest.approx(105.0)
    assert found.area_ng_h_per_ml == pytest.approx((1000 * 35 / 84,) * 3)
    assert found.total_ng_h_per_ml == pytest.approx(1250.0)


def test_it_says_that_no_ketamine_accumulates_between_outpatient_treatments():
    found = exposure_of(body=a_body(), treatments=a_series(0.0, 24.0, 48.0))
    assert found.left_ng_per_ml[0] == 0.0
    left = concentration_ng_per_ml(body=a_body(), schedule=FORTY_MIN, times_h=np.array([24.0, 48.0]))
    assert found.left_ng_per_ml[1:] == pytest.approx((left[0], left.sum()))
    assert max(found.left_of_peak) == pytest.approx(left.sum() / 253.0518, rel=1e-6)
    assert found.words.startswith("There is no accumulation of ketamine between these treatments")
    assert "its slowest half-life is 184 min, and at most 0.11 %" in found.words
    assert "What builds up over a series is not the drug." in found.words


def test_it_says_that_ketamine_is_left_when_treatments_are_close():
    found = exposure_of(body=a_body(), treatments=a_series(0.0, 3.0))
    assert found.words.startswith("Ketamine is left over between these treatments")
    assert f"up to {100 * found.left_of_peak[1]:.2g} %" in found.words


@pytest.mark.parametrize(
    ("treatments", "words"),
    [
        ([], "without a treatment"),
        (a_series(0.0, schedule=Schedule()), "gives nothing"),
        (a_series(24.0, 0.0), "in the order"),
    ],
)
def test_it_refuses_a_series_that_is_none(treatments, words):
    with pytest.raises(NotComputable, match=words):
        exposure_of(body=a_body(), treatments=treatments)
