"""How a predicted number is written: two significant figures, never more, and never in powers of ten."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

SIGNIFICANT_FIGURES = 2  # [design]: the models differ by a factor of two, a third figure would be a lie

_TWO = Context(prec=SIGNIFICANT_FIGURES, rounding=ROUND_HALF_EVEN)


def two_figures(value: float) -> str:
    """A number with two significant figures, half to even: 253.05 is "250", 0.2711 is "0.27", 0 is "0"."""
    short = _TWO.create_decimal(Decimal(str(value)))
    return f"{short.normalize():f}" if short else "0"
