"""The demonstration fits into every day of the week, at every hour, in summer and in winter."""

from datetime import UTC, datetime, timedelta

import pytest

from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.course.models import Visit
from ebbtide.twin.cast import Reached, cast
from ebbtide.twin.seed import seed

MONDAY = datetime(2027, 3, 8, 11, 30, tzinfo=UTC)  # 05:30 at the clinic; the clocks change on the 14th


# a minute and a half each: the night takes a Sunday, on which the clinic is closed, and the week the others
DAYS = [pytest.param(day, marks=pytest.mark.nightly if day == 6 else pytest.mark.weekly) for day in range(7)]


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS)
def test_it_seeds_on_every_day_of_the_week(day, settings, tmp_path) -> None:
    settings.EBBTIDE_DATA = tmp_path
    now = MONDAY + timedelta(days=day, hours=3 * day)
    assert seed(now=now) is not None
    assert Visit.objects.count() > 40
    booked = sum(person.reached >= Reached.BOOKED for person in cast())
    assert OrderVersion.objects.filter(series__isnull=False).count() == booked
