"""Shares with intervals: the Wilson score, against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.desks.director.figures import hours_in_words, wilson


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


def test_it_speaks_of_days_after_two() -> None:
    assert [hours_in_words(47.4), hours_in_words(60)] == ["47 h", "2.5 days"]
