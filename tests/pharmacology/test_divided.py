"""Convolutions of exponentials: right to double precision where the textbook quotient has lost every figure."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.pharmacology.engine.divided import convolution, phi1, phi2


def by_partial_fractions(rates, hours):
    """Sum over i of e^(a_i t) / prod_j (a_i - a_j) in 60 digits: rates must differ."""
    with localcontext() as context:
        context.prec = 60
        exact = [Decimal(rate) for rate in rates]
        total = Decimal(0)
        for here, rate in enumerate(exact):
            others = math.prod(
                (rate - other for there, other in enumerate(exact) if there != here), start=Decimal(1)
            )
            total += (rate * Decimal(hours)).exp() / others
        return float(total)


@pytest.mark.parametrize(
    ("stages", "rate", "hours"), [(1, -3.0, 0.7), (2, -5.97, 1.0), (3, -107.0, 0.1), (6, -0.2, 24)]
)
def test_it_gives_the_erlang_delay_for_equal_rates(stages, rate, hours):
    expected = hours ** (stages - 1) * math.exp(rate * hours) / math.factorial(stages - 1)
    assert convolution((rate,) * stages, np.array([hours]))[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15])
def test_it_keeps_its_figures_when_rates_nearly_meet(gap):
    rates = (-1.0, -1.0 - gap, -0.25)
    expected = by_partial_fractions(rates, 2.0)
    assert convolution(rates, np.array([2.0]))[0] == pytest.approx(expected, rel=1e-13)


@given(st.sets(st.floats(-100, -0.01), min_size=2, max_size=7), st.floats(0.001, 30))
def test_it_agrees_with_sixty_digits(rates, hours):
    rates = tuple(rates)
    if min(abs(a - b) for a in rates for b in rates if a != b) < 1e-4:
        return
    expected = by_partial_fractions(rates, hours)
    assert convolution(rates, np.array([hours]))[0] == pytest.approx(expected, rel=1e-10, abs=1e-300)


def test_it_is_zero_before_time_zero_and_without_delay_at_it():
    found = convolution((-1.0, -2.0), np.array([-5.0, 0.0]))
    assert found.tolist() == [0.0, 0.0]


def test_it_counts_the_hours_when_nothing_decays():
    assert convolution((0.0, 0.0), np.array([3.0]))[0] == pytest.approx(3.0, rel=1e-15)


@pytest.mark.parametrize("x", [0.0, -1e-12, -1e-3, -0.5, -0.999, -1.0, -40.0, 0.7])
def test_it_keeps_phi_exact_near_zero(x):
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(x)
        first = Decimal(1) if not x else (exact.exp() - 1) / exact
        second = Decimal("0.5") if not x else (exact.exp() - 1 - exact) / exact**2
    assert phi1(np.array([x]))[0] == pytest.approx(float(first), rel=1e-15)
    assert phi2(np.array([x]))[0] == pytest.approx(float(second), rel=1e-14)
