"""Doses with reasons: the largest under a limit, the best for a window, and never past a cap."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology.doses.caps import the_guard_rails
from ebbtide.pharmacology.doses.largest import (
    dose_for_window,
    largest_dose,
    per_mg_of,
    scaled_to,
    spread_like_the_band,
    the_smallest,
)
from ebbtide.pharmacology.doses.suggestions import (
    SIGNED_BY_A_CLINICIAN,
    Cap,
    DoseOutcome,
    Functional,
    Limit,
    LimitedBy,
    Sampled,
    Suggestion,
    Window,
)
from ebbtide.pharmacology.engine.closed_form import peak_of
from ebbtide.pharmacology.errors import MalformedModel, NotComputable
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import Bolus, Schedule, constant_infusion
from tests.pharmacology.builders import a_body, data
from tests.pharmacology.doses_builders import (
    FORTY_MIN,
    KE0_PER_H,
    a_cohort,
    a_question,
    bounds,
    sampled,
    some_deviates,
)

ALIKE = np.full(100, 5.0)  # ng/mL for each mg
FIVE_PERCENT = Limit(value=250.0, share_over=0.05)


def test_it_divides_the_limit_when_people_are_alike():
    found = largest_dose(a_question(), sampled(ALIKE), Limit(value=200.0, share_over=0.05), bounds())
    assert found.outcome is DoseOutcome.SUGGESTED
    assert found.dose.dose_mg == 40.0
    assert found.dose.mg_per_kg == pytest.approx(40 / 70)
    assert (found.dose.share, found.dose.median, found.dose.limited_by) == (0.0, 200.0, LimitedBy.LIMIT)
    assert (found.dose.from_mg, found.dose.to_mg) == (40.0, 40.0)
    assert found.dose.upper_90_ng_per_ml == pytest.approx(200 * 1.6)


def test_it_says_who_signs_and_with_what_it_was_computed():
    found = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds())
    assert found.advice == SIGNED_BY_A_CLINICIAN
    assert "the clinician signs" in found.advice
    assert (found.model.id, found.people, found.seed, found.drug) == ("kamp_2020", 100, 7, Drug.RACEMIC)
    assert found.functional is Functional.PEAK


def test_it_takes_the_order_statistic_by_hand():
    found = largest_dose(
        a_question(), sampled(np.arange(1.0, 101.0)), Limit(value=960.0, share_over=0.05), bounds()
    )
    assert found.dose.dose_mg == 10.0  # 960 over the 96th of 100
    assert found.dose.share == 0.04
    assert "At 10 mg 4 of 100 sampled people pass 960 ng/mL" in found.reasons[0]
    assert "total ketamine, S and R together, arterial blood" in found.reasons[0]
    assert "the rule allows 0.05 of them" in found.reasons[0]
    assert found.reasons[1].startswith("The highest concentration is proportional to the dose: 96 ng/mL")


def test_it_meets_the_known_quantile_of_a_lognormal():
    per_mg = 7.0 * np.exp(0.3 * np.random.default_rng(2).standard_normal(200_000))
    found = largest_dose(a_question(), sampled(per_mg), FIVE_PERCENT, bounds())
    exact = 250 / (7.0 * math.exp(0.3 * 1.6448536))
    assert found.dose.dose_mg == pytest.approx(exact, rel=0.01)
    assert found.dose.from_mg < exact < found.dose.to_mg
    assert found.dose.wider_dose_mg == pytest.approx(exact, rel=0.01)  # the band's own log-SD is 0.30
    assert np.mean(per_mg * found.dose.dose_mg * (1 - 1e-12) > 250) <= 0.05


def test_it_says_what_the_whole_spread_would_allow():
    found = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds())
    wider = 250 / (5 * math.exp(1.6448536 * 0.30))
    assert found.dose.wider_dose_mg == pytest.approx(wider)
    assert f"log-SD 0.3, design) the same rule gives {wider:.3g} mg" in found.reasons[-1]


def test_it_is_held_down_by_the_cap_on_the_rate():
    low = np.full(100, 0.5)
    found = largest_dose(a_question(), sampled(low), FIVE_PERCENT, bounds())
    assert found.dose.dose_mg == pytest.approx(
        1.2 * 70 * 40 / 60
    )  # 56 mg, where the limit alone allows 500 mg
    assert found.dose.limited_by is LimitedBy.CAP
    assert found.dose.to_mg == found.dose.dose_mg
    assert found.reasons[0].startswith(
        "Held down by the cap of 1.2 mg/kg/h, 84 mg/h at 70 kg: 56 mg in this shape"
    )
    assert [cap.applied for cap in found.caps] == [True, False, False]
    assert found.dose.share == 0.0


def test_it_is_held_down_by_the_absolute_cap_in_a_heavy_person():
    question = a_question(weight_kg=120.0)
    found = largest_dose(question, sampled(np.full(100, 0.5)), FIVE_PERCENT, bounds())
    assert found.dose.dose_mg == pytest.approx(80.0)  # 120 mg/h for 40 min
    assert "Held down by the cap of 120 mg/h" in found.reasons[0]


def test_it_stops_at_the_guard_rail():
    found = largest_dose(
        a_question(), sampled(ALIKE), Limit(value=1000.0, share_over=0.05), bounds(stop=160.0)
    )
    assert found.dose.dose_mg == pytest.approx(20.0)  # 5 ng/mL x 1.6 x 20 mg = 160
    assert "guard rail that the upper end of the 90 % band stays at or under 160 ng/mL" in found.reasons[0]


def test_it_warns_where_dissociation_is_likely():
    calm = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds(warn=400.0))
    warned = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds(warn=399.0))
    assert not any("dissociation" in word for word in calm.cautions)
    assert "reaches 400 ng/mL" in warned.cautions[0]
    assert "above 399 ng/mL dissociation is likely" in warned.cautions[0]


def test_it_looks_at_the_sample_where_that_is_wider_than_the_band():
    wild = np.concatenate([np.full(90, 1.0), np.full(10, 5.0)])
    found = largest_dose(a_question(), sampled(wild), Limit(value=100.0, share_over=0.05), bounds())
    assert found.dose.dose_mg == 20.0
    assert found.dose.upper_90_ng_per_ml == pytest.approx(100.0)  # not 1.6 x 20


def test_it_keeps_caps_that_come_from_elsewhere():
    cap = Cap(dose_mg=12.0, words="the clinic's own cap of 12 mg")
    found = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds(caps=(cap,)))
    assert found.dose.dose_mg == 12.0
    assert found.reasons[0] == "Held down by the clinic's own cap of 12 mg."


def test_it_leaves_the_interval_open_when_few_were_sampled():
    found = largest_dose(a_question(), sampled(np.full(19, 5.0)), FIVE_PERCENT, bounds())
    assert (found.dose.dose_mg, found.dose.from_mg) == (50.0, 0.0)
    few = largest_dose(a_question(), sampled(np.full(3, 5.0)), Limit(value=250.0, share_over=0.5), bounds())
    assert few.dose.to_mg is None


def test_it_says_that_too_few_people_were_sampled():
    found = largest_dose(a_question(), sampled([5.0]), FIVE_PERCENT, bounds())
    assert (found.outcome, found.dose) == (DoseOutcome.NOT_POSSIBLE, None)
    assert found.advice == "A sample of 1 cannot say what 0.05 of people exceed: sample at least 19."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"age_y": 80}, "this person is 80 years old"),
        ({"weight_kg": 140.0}, "this person weighs 140 kg"),
        ({"pregnant": True}, "pregnancy"),
        ({"schedule": constant_infusion(amount_mg=1.0, over_h=9.0)}, "The infusion lasts 540 min"),
        ({"schedule": constant_infusion(amount_mg=1.0, over_h=0.05)}, "The infusion lasts 3 min"),
        ({"schedule": Schedule()}, "Nothing is given"),
        ({"model": the_library().model("herd_2007")}, "is not offered for adults"),
    ],
)
def test_it_refuses_outside_validity_in_words(changes, words):
    for found in (
        largest_dose(a_question(**changes), sampled(ALIKE), FIVE_PERCENT, bounds()),
        dose_for_window(a_question(**changes), sampled(ALIKE), Window(low=70, high=160), bounds()),
    ):
        assert (found.outcome, found.dose) == (DoseOutcome.OUTSIDE_MODEL_RANGE, None)
        assert words in found.advice


def test_it_answers_whatever_amount_the_shape_has():
    huge = a_question(schedule=constant_infusion(amount_mg=5000.0, over_h=40 / 60))
    found = largest_dose(huge, sampled(ALIKE), FIVE_PERCENT, bounds())
    assert found.dose.dose_mg == 50.0


def test_it_puts_most_people_into_a_window():
    found = dose_for_window(
        a_question(), sampled(np.full(10, 5.0)), Window(low=100.0, high=400.0), bounds(stop=1e9)
    )
    assert (found.dose.from_mg, found.dose.limited_by) == (
        20.0,
        LimitedBy.CAP,
    )  # 80 mg would be the other end
    assert found.dose.to_mg == pytest.approx(56.0)
    inside = dose_for_window(a_question(), sampled(np.full(10, 5.0)), Window(low=100.0, high=200.0), bounds())
    assert (inside.dose.from_mg, inside.dose.to_mg) == (20.0, 40.0)
    assert inside.dose.dose_mg == pytest.approx(math.sqrt(800))
    assert (inside.dose.share, inside.dose.limited_by) == (1.0, LimitedBy.WINDOW)
    assert "10 of 10 sampled people are between 100 and 200 ng/mL" in inside.reasons[0]
    assert inside.dose.wider_dose_mg is None


def test_it_says_when_caps_and_window_cannot_both_be_kept():
    found = dose_for_window(a_question(), sampled(np.full(10, 1.0)), Window(low=100.0, high=200.0), bounds())
    assert found.outcome is DoseOutcome.NOT_POSSIBLE
    assert "No dose up to 56 mg brings any of 10 sampled people to 100" in found.advice


def test_it_names_the_model_that_allows_the_least():
    most = largest_dose(a_question("otto_2021"), sampled(ALIKE), FIVE_PERCENT, bounds())
    least = largest_dose(a_question("simons_2022"), sampled(2 * ALIKE), FIVE_PERCENT, bounds())
    silent = largest_dose(a_question("kamp_2020", age_y=80), sampled(ALIKE), FIVE_PERCENT, bounds())
    found = the_smallest([most, least, silent])
    assert (found.model.id, found.dose.dose_mg) == ("simons_2022", 25.0)
    assert found.reasons[-1] == "simons_2022 allows the least; otto_2021 50 mg."
    assert found.cautions[0].startswith("These models describe blood from different sites")
    assert found.cautions[-1].startswith("kamp_2020 gives none: kamp_2020 is shown from 18 to 75 years")


def test_it_says_nothing_of_sites_when_they_are_the_same():
    found = the_smallest(
        [
            largest_dose(a_question(name), sampled(ALIKE), FIVE_PERCENT, bounds())
            for name in ("kamp_2020", "simons_2022")
        ]
    )
    assert not any("different sites" in caution for caution in found.cautions)


def test_it_takes_the_display_band_where_no_differences_are_published():
    rng = np.random.default_rng(3)
    wide = spread_like_the_band(sampled(np.full(20_000, 5.0)), the_library().band, rng)
    assert np.std(np.log(wide.per_mg)) == pytest.approx(0.30, rel=0.02)
    assert wide.peak_per_mg == pytest.approx(wide.per_mg)
    found = largest_dose(a_question("domino"), wide, FIVE_PERCENT, bounds())
    assert found.dose.dose_mg == pytest.approx(250 / (5 * math.exp(1.6448536 * 0.3)), rel=0.02)
    assert any("publishes no differences between people" in reason for reason in found.reasons)
    assert not any("same rule gives" in reason for reason in found.reasons)


def test_it_says_nothing_of_others_when_there_are_none():
    only = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds())
    assert the_smallest([only]) == only
    refused = largest_dose(a_question(age_y=80), sampled(ALIKE), FIVE_PERCENT, bounds())
    assert the_smallest([refused]) is refused


def test_it_measures_what_one_mg_does():
    body = a_body(age_y=45)
    peak = per_mg_of(a_cohort(), shape=FORTY_MIN, functional=Functional.PEAK, seed=3)
    assert peak.per_mg[0] * 35 == pytest.approx(253.0518, rel=1e-6)
    assert peak.per_mg[0] * 35 == pytest.approx(peak_of(body=body, schedule=FORTY_MIN, until_h=3.0).ng_per_ml)
    assert (peak.peak_per_mg[0], peak.seed) == (peak.per_mg[0], 3)
    area = per_mg_of(a_cohort(), shape=FORTY_MIN, functional=Functional.AREA)
    assert area.per_mg[0] == pytest.approx(1000 / 84)
    assert area.peak_per_mg[0] == peak.per_mg[0]
    site = per_mg_of(
        a_cohort(),
        shape=FORTY_MIN,
        functional=Functional.EFFECT_SITE_PEAK,
        ke0_per_h=np.array([KE0_PER_H]),
    )
    assert site.per_mg[0] < 0.9 * peak.per_mg[0]
    assert site.peak_per_mg[0] == pytest.approx(peak.per_mg[0])


def test_it_needs_a_shape_that_gives_something():
    with pytest.raises(NotComputable, match="gives nothing"):
        per_mg_of(a_cohort(), shape=Schedule(), functional=Functional.PEAK)


def test_it_keeps_the_promise_in_people_through_the_engine():
    cohort = a_cohort(size=400, deviates=some_deviates(400))
    found = largest_dose(
        a_question(), per_mg_of(cohort, shape=FORTY_MIN, functional=Functional.PEAK), FIVE_PERCENT, bounds()
    )
    again = per_mg_of(
        cohort, shape=scaled_to(FORTY_MIN, amount_mg=found.dose.dose_mg), functional=Functional.PEAK
    )
    over = np.mean(again.per_mg * found.dose.dose_mg > 250 * (1 + 1e-9))
    assert 0.0 < over <= 0.05
    assert found.dose.share == over


def test_it_scales_a_shape_with_pushes():
    shape = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=5.0, over_h=1 / 60),)).plus(FORTY_MIN)
    scaled = scaled_to(shape, amount_mg=80.0)
    assert scaled.total_mg == pytest.approx(80.0)
    assert scaled.boluses[0].amount_mg == pytest.approx(10.0)


def test_it_has_no_cap_on_the_rate_of_a_push():
    push = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=5.0, over_h=1 / 60),))
    found = largest_dose(a_question(schedule=push), sampled(ALIKE), FIVE_PERCENT, bounds(stop=640.0))
    assert [cap.words.startswith("the guard rail") for cap in found.caps] == [True]


def test_it_narrows_the_cap_by_the_models_own():
    question = a_question()
    slow = replace(question.model, validity=replace(question.model.validity, max_rate_mg_per_kg_h=0.6))
    free = replace(question.model, validity=replace(question.model.validity, max_rate_mg_per_kg_h=None))
    low = sampled(np.full(100, 0.5))
    assert largest_dose(
        replace(question, model=slow), low, FIVE_PERCENT, bounds()
    ).dose.dose_mg == pytest.approx(28)
    assert largest_dose(
        replace(question, model=free), low, FIVE_PERCENT, bounds()
    ).dose.dose_mg == pytest.approx(56)


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_it_refuses_a_limit_that_holds_nothing(value):
    with pytest.raises(NotComputable, match="holds nothing"):
        Limit(value=value, share_over=0.05)


@pytest.mark.parametrize("per_mg", [[], [0.0], [math.nan], [-1.0], [1.0, math.inf]])
def test_it_refuses_people_in_whom_one_mg_does_nothing(per_mg):
    with pytest.raises(NotComputable, match="above zero in every sampled person"):
        Sampled(functional=Functional.PEAK, per_mg=np.array(per_mg), peak_per_mg=np.ones(1))


def test_it_never_has_a_dose_and_a_refusal():
    found = largest_dose(a_question(), sampled(ALIKE), FIVE_PERCENT, bounds())
    with pytest.raises(ValueError, match="exactly when one is suggested"):
        replace(found, outcome=DoseOutcome.NOT_POSSIBLE)
    assert isinstance(found, Suggestion)


def test_it_reads_the_guard_rails_of_the_data_file():
    rails, written = the_guard_rails(), data()["guard_rails"]
    assert rails.warn_above_ng_per_ml == written["warn_upper90_total_above"] == 250
    assert rails.stop_above_ng_per_ml == written["review_stop_above"] == 640
    assert rails.mark == "design"


def test_it_refuses_guard_rails_that_say_too_little():
    from ebbtide.pharmacology.doses.caps import parse_guard_rails

    with pytest.raises(MalformedModel, match="guard_rails lacks review_stop_above"):
        parse_guard_rails({"guard_rails": {"mark": "design", "warn_upper90_total_above": 250}})
