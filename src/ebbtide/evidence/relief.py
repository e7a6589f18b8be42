"""The evidence room's relief: weekly means, response and durability from days and values. No clock, nothing interpolated.

Definitions: `instruments.yaml`, responder and durability [design]; the weekly mean needs at least 4 of 7 days [design].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

WEEK_DAYS = 7
DAYS_NEEDED = 4  # of 7 days; instruments.yaml, NRS11 derived [design]
RELIEF_MIN_PERCENT = Decimal(30)  # percent; instruments.yaml, responder [recalled]
RELIEF_MIN_POINTS = Decimal(2)  # points of NRS-11; instruments.yaml, responder [seen, recalled]
PGIC_AT_MOST = 2  # much better; instruments.yaml, PGIC [seen]
BACK_AT = Decimal("0.8")  # of the baseline; instruments.yaml, durability [design]
BACK_FOR_DAYS = 7  # days; instruments.yaml, durability [design]
SAME_RUN_DAYS = 9  # days between two readings of one run: a weekly one may be two days late [design]
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekMean:
    """The mean pain of the seven days that end on a day, with the lowest and the highest of them (0 to 10)."""

    day: date
    mean: Decimal
    lowest: Decimal
    highest: Decimal
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability:
    """For how many days relief lasted; `returned` is False when it was still there when last seen (censored)."""

    days: int
    returned: bool


def week_mean(values: Mapping[date, Decimal], *, ending_on: date) -> WeekMean | None:
    r"""The mean of the daily values of the seven days ending on a day, or None with fewer than four of them.

    $$ m = \frac{1}{n} \sum_{i=1}^{n} x_i, \quad 4 \le n \le 7 $$

    Args:
        values: one pain score (0 to 10) for each day that has one; a day without one is absent.
        ending_on: the last of the seven days.
    """
    days = (ending_on - timedelta(days=back) for back in range(WEEK_DAYS))
    found = [values[day] for day in days if day in values]
    if len(found) < DAYS_NEEDED:
        return None
    mean = (sum(found, Decimal(0)) / len(found)).quantize(HUNDREDTH, ROUND_HALF_UP)
    return WeekMean(day=ending_on, mean=mean, lowest=min(found), highest=max(found), days=len(found))


def baseline(values: Mapping[date, Decimal], *, first_on: date) -> WeekMean | None:
    """The mean pain of the seven days before the first infusion, or None with fewer than four of them."""
    return week_mean(values, ending_on=first_on - timedelta(days=1))


def relief_percent(before: Decimal, after: Decimal) -> Decimal | None:
    """How far pain fell (percent of the baseline); None when there was none to fall."""
    if before <= 0:
        return None
    return ((before - after) / before * 100).quantize(HUNDREDTH, ROUND_HALF_UP)


def is_responder(
    *, before: Decimal | None, after: Decimal | None, change_impression: int | None
) -> bool | None:
    """Whether all three parts of the product's definition hold; None while a missing one could still decide.

    Args:
        before: mean pain of the baseline week (0 to 10).
        after: mean pain of the week that ends on day 21 (0 to 10).
        change_impression: PGIC, 1 very much better to 7 very much worse.
    """
    parts: list[bool | None] = [None, None, None]
    if before is not None and after is not None:
        fell = relief_percent(before, after)
        parts[0] = fell is not None and fell >= RELIEF_MIN_PERCENT
        parts[1] = before - after >= RELIEF_MIN_POINTS
    if change_impression is not None:
        parts[2] = change_impression <= PGIC_AT_MOST
    if False in parts:
        return False
    return None if None in parts else True


def durability(
    means: Sequence[tuple[date, Decimal]], *, before: Decimal, ended_on: date, next_on: date | None = None
) -> Durability | None:
    """Days from the end of the course until mean pain is back to 80 % of the baseline for seven days.

    Readings before the end and from the next infusion on do not count. Pain is back on the first day of a run of readings, all at
    or above the threshold, that spans seven days without a hole of more than nine. None when nothing was read.

    Args:
        means: day and mean pain (0 to 10), in any order.
        before: mean pain of the baseline week (0 to 10).
        ended_on: the day of the last infusion.
        next_on: the first infusion of the next course, if there is one: the reading is censored there.
    """
    seen = sorted((day, mean) for day, mean in means if day > ended_on and (next_on is None or day < next_on))
    if not seen:
        return None
    back_on = _back_on(seen, threshold=before * BACK_AT)
    if back_on is not None:
        return Durability(days=(back_on - ended_on).days, returned=True)
    return Durability(days=(seen[-1][0] - ended_on).days, returned=False)


def _back_on(seen: Sequence[tuple[date, Decimal]], *, threshold: Decimal) -> date | None:
    began: date | None = None
    previous: date | None = None
    for day, mean in seen:
        hole = previous is not None and (day - previous).days > SAME_RUN_DAYS
        if mean < threshold or hole:
            began = None
        if mean >= threshold:
            began = began or day
            if (day - began).days + 1 >= BACK_FOR_DAYS:
                return began
        previous = day
    return None
