"""Targets as data, and the verdict on what was found: a known failure stays one, and a new one is never hidden."""

import copy

import numpy as np
import pytest

from ebbtide.pharmacology.errors import MalformedModel
from ebbtide.pharmacology.published.models import Mark
from ebbtide.pharmacology.validation.confidence import confident_performance
from ebbtide.pharmacology.validation.golden import parse_golden
from ebbtide.pharmacology.validation.performance import performance
from ebbtide.pharmacology.validation.targets import (
    Finding,
    Result,
    Verdict,
    by_minute_of,
    judged,
    parse_targets,
    percent,
    silent,
)
from tests.pharmacology.builders import data

TARGETS = {target.id: target for target in parse_targets(data())}


def a_finding(*, met, known=False):
    return Finding(what="x", asked="1", found=1.0, unit="", met=met, known_to_fail=known)


def test_it_reads_fifteen_targets_in_order():
    assert list(TARGETS) == [f"T{number}" for number in range(1, 16)]


def test_it_keeps_source_mark_and_limits_of_every_target():
    for target in TARGETS.values():
        assert target.source
        assert isinstance(target.mark, Mark)
        assert target.shows
        assert target.cannot_show


def test_it_knows_which_fail_and_which_is_held_back():
    assert [one.id for one in TARGETS.values() if one.known_fail] == ["T10", "T11"]
    assert [one.id for one in TARGETS.values() if one.held_for_acceptance] == ["T7"]


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([a_finding(met=True)], Verdict.PASSED),
        ([a_finding(met=True), a_finding(met=None)], Verdict.PASSED),
        ([a_finding(met=None)], Verdict.INFORMATION),
        ([a_finding(met=True), a_finding(met=False)], Verdict.FAILED),
        ([a_finding(met=True), a_finding(met=False, known=True)], Verdict.KNOWN_FAILURE),
        ([a_finding(met=False), a_finding(met=False, known=True)], Verdict.FAILED),
        ([a_finding(met=True, known=True)], Verdict.PASSED),
    ],
)
def test_it_judges(findings, verdict):
    assert judged(TARGETS["T10"], findings, confidence="fair").verdict is verdict


def test_it_is_silent_only_with_a_reason():
    result = silent(TARGETS["T7"], Verdict.HELD, why="held back")
    assert (result.findings, result.verdict, result.confidence) == ((), Verdict.HELD, "held back")


@pytest.mark.parametrize(
    ("findings", "verdict"), [((), Verdict.PASSED), ((a_finding(met=True),), Verdict.ABSENT)]
)
def test_it_has_findings_exactly_when_something_was_compared(findings, verdict):
    with pytest.raises(ValueError, match="exactly when something was compared"):
        Result(target=TARGETS["T1"], findings=findings, verdict=verdict, confidence="x")


def changed(change):
    mapping = copy.deepcopy(dict(data()))
    change(mapping)
    return mapping


def without(name):
    return changed(lambda mapping: mapping["targets"][0].pop(name))


@pytest.mark.parametrize("name", ["what", "source", "mark", "numbers", "shows", "cannot_show"])
def test_it_refuses_a_target_that_lacks_a_part(name):
    with pytest.raises(MalformedModel, match=f"Target T1 lacks {name}"):
        parse_targets(without(name))


def test_it_refuses_a_second_target_with_the_same_id():
    with pytest.raises(MalformedModel, match="Two targets have the same id"):
        parse_targets(changed(lambda mapping: mapping["targets"].append(mapping["targets"][0])))


def test_it_names_the_number_that_a_target_lacks():
    with pytest.raises(MalformedModel, match="Target T1 lacks gmr: add it to the numbers"):
        TARGETS["T1"].number("gmr")


def test_it_refuses_minutes_that_are_no_mapping():
    with pytest.raises(MalformedModel, match="must be a mapping of minutes"):
        by_minute_of([1, 2], where="here")


def test_it_reads_the_golden_curves():
    golden = parse_golden(data())
    assert golden.tolerance_relative == 1e-6
    assert len(golden.curves) == 18
    assert {curve.regimen for curve in golden.curves} == set(golden.steps)


def test_it_says_a_share_as_percent():
    assert (percent(0.15), percent(0.001, decimals=1)) == ("15 %", "0.1 %")


def test_it_puts_each_figure_inside_its_interval():
    generator = np.random.default_rng(1)
    observed = generator.uniform(0.5, 2.0, 16)
    predicted = observed * generator.lognormal(0.1, 0.2, 16)
    found = confident_performance(predicted=predicted, observed=observed, generator=generator)
    assert found.figures == performance(predicted=predicted, observed=observed)
    for name in ("median_error", "median_absolute_error", "geometric_mean_ratio"):
        interval = getattr(found, name)
        assert interval.low < getattr(found.figures, name) < interval.high


def test_it_draws_the_same_intervals_from_the_same_seed():
    observed, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.1, 1.9, 3.5])

    def once():
        return confident_performance(
            predicted=predicted, observed=observed, generator=np.random.default_rng(7)
        )

    assert once() == once()


def test_its_interval_of_the_ratio_covers_the_truth_as_often_as_it_says():
    generator, held = np.random.default_rng(11), 0
    for _ in range(200):
        observed = np.ones(40)
        predicted = generator.lognormal(np.log(1.2), 0.3, 40)
        ratio = confident_performance(
            predicted=predicted, observed=observed, generator=generator, draws=300
        ).geometric_mean_ratio
        held += ratio.low <= 1.2 <= ratio.high
    assert 0.88 <= held / 200 <= 0.98
