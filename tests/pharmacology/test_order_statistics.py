"""Quantiles and windows of a sample, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from ebbtide.pharmacology.doses.order_statistics import best_range, upper_quantile
from ebbtide.pharmacology.errors import NotComputable

samples = st.lists(st.floats(0.1, 100.0), min_size=19, max_size=60).map(np.array)


def test_it_takes_the_96th_of_a_hundred_for_5_percent():
    found = upper_quantile(np.arange(1.0, 101.0), share_over=0.05)
    assert (found.value, found.rank, found.over, found.size) == (96.0, 96, 4, 100)


def test_it_takes_the_highest_of_19_for_5_percent_and_says_what_it_cannot():
    found = upper_quantile(np.arange(1.0, 20.0), share_over=0.05)
    assert (found.value, found.over, found.high) == (19.0, 0, None)


def test_it_refuses_a_sample_that_is_too_small():
    with pytest.raises(
        NotComputable, match="A sample of 18 cannot say what 0.05 of people exceed: sample at least 19"
    ):
        upper_quantile(np.arange(1.0, 19.0), share_over=0.05)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_it_refuses_a_share_that_is_none(share):
    with pytest.raises(NotComputable, match="cannot be held"):
        upper_quantile(np.arange(1.0, 100.0), share_over=share)


@settings(max_examples=30)
@given(values=samples, share=st.sampled_from([0.05, 0.1, 0.3, 0.5]))
def test_it_never_lets_more_than_the_share_pass(values, share):
    found = upper_quantile(values, share_over=share)
    assert np.mean(values > found.value) <= share
    assert found.low <= found.value <= (np.inf if found.high is None else found.high)


@pytest.mark.parametrize(
    ("size", "share"), [(100, 0.05), (2000, 0.05), (1000, 0.5), (10, 0.3), (1000, 0.001)]
)
def test_it_takes_the_ranks_of_the_binomial_law(size, share):
    values = np.arange(1.0, size + 1.0)
    found = upper_quantile(values, share_over=share)
    law = binom(size, 1 - share)
    ranks = np.arange(size + 1)
    assert found.low == ranks[law.cdf(ranks - 1) <= 0.025].max()
    above = ranks[1:][law.sf(ranks[1:] - 1) <= 0.025]
    assert found.high == (above.min() if above.size else None)


def test_it_leaves_the_lower_end_open_when_few_can_say():
    assert upper_quantile(np.arange(1.0, 4.0), share_over=0.5).low == 0.0


def test_its_interval_covers_the_true_quantile():
    rng = np.random.default_rng(4)
    true = float(np.exp(1.6448536 * 0.3))
    found = [upper_quantile(np.exp(0.3 * rng.standard_normal(400)), share_over=0.05) for _ in range(400)]
    covered = np.mean([part.low <= true <= part.high for part in found])
    assert 0.93 <= covered <= 0.99


def test_it_puts_people_into_a_window_by_hand():
    # doses: 10-20 for g = 1, 5-10 for g = 2, 2.5-5 for g = 4: at 5 and at 10 two people are inside
    found = best_range(np.array([1.0, 2.0, 4.0]), low=10.0, high=20.0)
    assert (found.from_mg, found.to_mg, found.inside, found.size) == (5.0, 5.0, 2, 3)


def test_it_gives_the_whole_range_when_all_are_alike():
    found = best_range(np.full(8, 2.0), low=10.0, high=40.0)
    assert (found.from_mg, found.to_mg, found.inside) == (5.0, 20.0, 8)
    assert found.middle_mg == pytest.approx(10.0)


def test_it_stays_at_or_under_what_is_allowed():
    found = best_range(np.array([1.0, 1.0, 4.0]), low=10.0, high=20.0, at_most_mg=9.0)
    assert (found.from_mg, found.to_mg, found.inside) == (2.5, 5.0, 1)
    assert best_range(np.full(3, 2.0), low=10.0, high=40.0, at_most_mg=8.0).to_mg == 8.0


def test_it_refuses_what_cannot_both_be_kept():
    with pytest.raises(NotComputable, match="No dose up to 4 mg brings any of 3 sampled people to 10"):
        best_range(np.full(3, 2.0), low=10.0, high=40.0, at_most_mg=4.0)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (2.0, 1.0)])
def test_it_refuses_a_window_that_is_none(low, high):
    with pytest.raises(NotComputable, match="is none"):
        best_range(np.ones(3), low=low, high=high)


@settings(max_examples=30)
@given(per_mg=samples, low=st.floats(1.0, 50.0), ratio=st.floats(1.0, 4.0))
def test_it_finds_no_better_dose_anywhere(per_mg, low, ratio):
    high = low * ratio
    found = best_range(per_mg, low=low, high=high)
    doses = np.concatenate([low / per_mg, high / per_mg])
    inside = [np.sum((low / per_mg <= dose) & (dose <= high / per_mg)) for dose in doses]
    assert found.inside == max(inside)
    middle = found.middle_mg
    assert (
        np.sum((low / per_mg <= middle * (1 + 1e-12)) & (middle * (1 - 1e-12) <= high / per_mg))
        == found.inside
    )
