"""Intervals: Wilson's score, the rule of three, and the median by the order of the values, against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.registry.intervals import median_interval, middle, rule_of_three, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(12, 15, 0.548, 0.930), (0, 10, 0.0, 0.278), (1, 1, 0.207, 1.0)]
)
def test_it_agrees_with_known_values(hits, of, low, high) -> None:
    assert wilson(hits=hits, of=of) == pytest.approx((low, high), abs=5e-4)


@given(of=st.integers(1, 2000), data=st.data())
def test_it_stays_inside_zero_to_one_and_holds_the_share(of, data) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits=hits, of=of)
    assert 0 <= low <= hits / of + 1e-12
    assert hits / of - 1e-12 <= high <= 1


@pytest.mark.parametrize(("of", "bound"), [(1, 1.0), (2, 1.0), (3, 1.0), (30, 0.1), (300, 0.01)])
def test_it_says_what_a_zero_may_hide(of, bound) -> None:
    assert rule_of_three(of) == pytest.approx(bound)


@given(of=st.integers(20, 5000))
def test_the_rule_of_three_is_never_below_the_exact_bound(of) -> None:
    assert rule_of_three(of) >= 1 - 0.05 ** (1 / of)


# ranks from tables of the sign test: n = 6 gives 1 and 6, n = 10 gives 2 and 9, n = 20 gives 6 and 15
@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (9, 2, 8), (10, 2, 9), (20, 6, 15), (25, 8, 18)])
def test_it_takes_the_ranks_of_the_sign_test(n, low, high) -> None:
    assert median_interval(list(range(n, 0, -1))) == (low, high)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_it_has_no_interval_of_fewer_than_six(n) -> None:
    assert median_interval([1.0] * n) is None


@given(values=st.lists(st.floats(0, 1e6), min_size=6, max_size=80))
def test_it_holds_the_median(values) -> None:
    found = median_interval(values)
    assert found is not None
    assert found[0] <= middle(values) <= found[1]


def test_it_has_no_median_of_nothing() -> None:
    assert middle([]) is None
