"""Step plans: the blood or the effect site to a target, held under ceiling and caps, and for planning only."""

from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology.doses.moments import outputs_at, peaks_of
from ebbtide.pharmacology.doses.targeting import (
    NEVER_DRIVES_A_PUMP,
    SHAFER_GREGG_STEP_H,
    Aim,
    HeldBy,
    blood_plan,
    effect_site_bolus,
    effect_site_plan,
)
from ebbtide.pharmacology.errors import NotComputable
from tests.pharmacology.builders import data
from tests.pharmacology.doses_builders import a_network, a_question, bounds, some_deviates

ENDS_H = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0)


def a_plan(*, network=None, ends_h=ENDS_H, question=None, **aim):
    return blood_plan(
        question or a_question(),
        network or a_network(site=False),
        ends_h=ends_h,
        aim=Aim(**({"target_ng_per_ml": 100.0} | aim)),
        bounds=bounds(),
    )


def the_site_plan(*, ceiling=300.0, target=100.0, until_h=0.5, question=None, network=None, rails=None):
    return effect_site_plan(
        question or a_question(),
        network or a_network(),
        aim=Aim(target_ng_per_ml=target, ceiling_ng_per_ml=ceiling),
        until_h=until_h,
        bounds=rails or bounds(),
    )


def test_it_brings_the_blood_to_the_target_at_the_end_of_every_step():
    plan = a_plan()
    found = outputs_at(a_network(site=False), plan.schedule, np.array(ENDS_H))[0, 0]
    assert found == pytest.approx(np.full(6, 100.0), rel=1e-9)
    assert plan.peaks_ng_per_ml[0, 0] == pytest.approx(100.0, rel=1e-6)
    assert {step.held_by for step in plan.steps} == {HeldBy.TARGET}
    rates = [step.rate_mg_per_h for step in plan.steps]
    assert rates == sorted(rates, reverse=True)
    assert plan.reasons == ()


def test_it_says_that_it_never_drives_a_pump():
    assert a_plan().advice == NEVER_DRIVES_A_PUMP
    assert "never drives a pump" in NEVER_DRIVES_A_PUMP
    assert "the clinician signs" in NEVER_DRIVES_A_PUMP
    assert any("Not validated in pregnancy" in word for word in a_plan().cautions)


def test_it_is_held_down_by_the_cap_and_says_so():
    plan = a_plan(target_ng_per_ml=400.0)
    first = plan.steps[0]
    assert (first.rate_mg_per_h, first.held_by) == (84.0, HeldBy.CAP)
    assert first.wanted_mg_per_h > 84.0
    assert plan.reasons[0] == (
        "From 0 to 30 min the rate is held down by the cap of 1.2 mg/kg/h, 84 mg/h at 70 kg (the target asked for up to "
        f"{first.wanted_mg_per_h:.3g} mg/h)."
    )


def test_it_keeps_at_most_the_share_of_people_over_the_ceiling():
    network = a_network(size=200, deviates=some_deviates(200), site=False)
    plan = a_plan(network=network, target_ng_per_ml=100.0, ceiling_ng_per_ml=105.0, share_over=0.05)
    ends = outputs_at(network, plan.schedule, np.array(ENDS_H))[:, 0]
    over = np.mean(ends > 105.0 * (1 + 1e-12), axis=0)
    assert np.all(over <= 0.05)
    assert over.max() == 0.05  # no more than is needed
    assert {step.held_by for step in plan.steps} == {HeldBy.CEILING}
    assert plan.reasons[0].startswith(
        "From 0 to 240 min the rate is held down by the ceiling of the blood (the target"
    )


def test_it_brings_the_middle_person_to_the_target():
    network = a_network(size=201, deviates=some_deviates(201), site=False)
    plan = a_plan(network=network)
    ends = outputs_at(network, plan.schedule, np.array(ENDS_H))[:, 0]
    assert np.median(ends, axis=0) == pytest.approx(np.full(6, 100.0), rel=1e-9)


def test_it_gives_nothing_when_there_is_enough():
    plan = the_site_plan(target=50.0)
    pauses = [step for step in plan.steps if step.held_by is HeldBy.NOTHING_NEEDED]
    assert pauses
    assert all(step.rate_mg_per_h == 0.0 for step in pauses)
    assert any("nothing is given, because what is there is enough" in reason for reason in plan.reasons)
    assert len(plan.schedule.infusions) == len(plan.steps) - len(pauses)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"age_y": 80}, "80 years old"), ({"pregnant": True}, "pregnancy"), ({"weight_kg": 140.0}, "140 kg")],
)
def test_it_refuses_outside_validity_in_words(changes, words):
    plan = a_plan(question=a_question(**changes))
    assert words in plan.advice
    assert plan.steps == ()
    assert plan.peaks_ng_per_ml is None
    assert words in the_site_plan(question=a_question(**changes)).advice


def test_it_refuses_a_plan_that_is_too_long_but_for_a_crps_course():
    ends_h = (1.0, 10.0)
    assert "The infusion lasts 600 min" in a_plan(ends_h=ends_h).advice
    assert a_plan(ends_h=ends_h, question=a_question(crps_course=True)).steps


@pytest.mark.parametrize("ends_h", [(), (0.0, 1.0), (1.0, 0.5)])
def test_it_refuses_steps_that_do_not_follow_each_other(ends_h):
    with pytest.raises(NotComputable, match="must end one after the other"):
        a_plan(ends_h=ends_h)


@pytest.mark.parametrize(
    ("aim", "words"),
    [
        ({"target_ng_per_ml": 0.0}, "cannot be aimed at"),
        ({"target_ng_per_ml": 100.0, "ceiling_ng_per_ml": 90.0}, "lies under the target"),
        ({"target_ng_per_ml": 100.0, "share_over": 1.0}, "A share of 1"),
    ],
)
def test_it_refuses_an_aim_that_is_none(aim, words):
    with pytest.raises(NotComputable, match=words):
        Aim(**aim)


def test_it_meets_the_golden_bolus():
    golden = data()["golden"]["effect_site_bolus"]
    found = effect_site_bolus(a_network(), target_ng_per_ml=golden["target_ce_ng_ml"])
    assert found.amount_mg == pytest.approx(golden["bolus_mg"], abs=0.005)
    assert found.blood_at_once_ng_per_ml == pytest.approx(golden["plasma_at_0_ng_ml"], abs=0.05)
    assert found.peak_at_h * 60 == pytest.approx(golden["peak_min"], abs=0.006)
    assert "Not to be given at once: the blood would start at 444 ng/mL for 100" in found.advice
    assert NEVER_DRIVES_A_PUMP in found.advice


def test_it_reaches_the_effect_site_without_passing_it_and_under_the_ceiling():
    plan = the_site_plan(ceiling=180.0)
    peaks = peaks_of(a_network(), plan.schedule).ng_per_ml[0]
    assert peaks[0] == pytest.approx(180.0, rel=1e-3)
    assert peaks[1] == pytest.approx(100.0, rel=2e-3)
    assert HeldBy.CEILING in {step.held_by for step in plan.steps}
    assert plan.peaks_ng_per_ml[0] == pytest.approx(peaks, rel=1e-3)


def test_it_keeps_the_caps_in_a_plan_for_the_effect_site():
    plan = the_site_plan(ceiling=1e6)
    assert max(step.rate_mg_per_h for step in plan.steps) == 84.0
    assert "held down by the cap of 1.2 mg/kg/h" in plan.reasons[0]


def uncapped():
    question = a_question()
    policy = replace(question.policy, max_rate_mg_per_h=1e9, max_rate_mg_per_kg_h=1e9)
    validity = replace(question.model.validity, max_rate_mg_per_kg_h=None)
    return replace(question, policy=policy, model=replace(question.model, validity=validity))


def test_it_is_the_fixed_point_of_shafer_and_gregg():
    """Their iteration as published: guess the time of the peak, dose for it, look where the peak is, repeat."""
    dt, network = SHAFER_GREGG_STEP_H, a_network()
    looks_h = dt * np.arange(1, 361)
    one = replace(
        a_plan().schedule, infusions=(replace(a_plan().schedule.infusions[0], end_h=dt, rate_mg_per_h=1.0),)
    )
    unit = outputs_at(network, one, looks_h)[0, 1]
    peak = int(np.argmax(unit))
    for _ in range(10):
        rate = 100.0 / unit[peak]
        peak = int(np.argmax(rate * unit))
    plan = the_site_plan(ceiling=1e6, question=uncapped(), until_h=0.1)
    assert plan.steps[0].rate_mg_per_h == pytest.approx(rate, rel=1e-9)
    assert plan.steps[0].rate_mg_per_h * dt == pytest.approx(11.11, rel=0.01)  # almost the golden bolus
    assert plan.steps[1].rate_mg_per_h < 1e-6 * rate


def test_it_overshoots_the_blood_without_a_ceiling():
    plan = the_site_plan(ceiling=1e6, question=uncapped(), until_h=0.1)
    assert plan.peaks_ng_per_ml[0, 0] > 400.0


def test_it_needs_one_person_with_blood_and_effect_site():
    for network in (a_network(site=False), a_network(size=2)):
        with pytest.raises(NotComputable, match="made for one person"):
            the_site_plan(network=network)


def test_it_needs_a_ceiling_for_the_effect_site():
    with pytest.raises(NotComputable, match="give a ceiling of the blood"):
        the_site_plan(ceiling=None)


def test_it_refuses_a_plan_past_the_guard_rail():
    refused = the_site_plan(target=100.0, ceiling=180.0, rails=bounds(stop=280.0))
    assert refused.steps == ()
    assert "reaches 290 ng/mL and no plan is made above 280 ng/mL" in refused.advice


def test_it_warns_of_dissociation():
    warned = the_site_plan(target=100.0, ceiling=180.0, rails=bounds(warn=250.0))
    assert "above 250 ng/mL dissociation is likely" in warned.cautions[0]
    assert "dissociation" not in " ".join(
        the_site_plan(target=100.0, ceiling=150.0, rails=bounds(warn=250.0)).cautions
    )
