"""A chair is free or taken: the lock, the look and the database's exclusion."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ebbtide.ground.people import occupancy
from ebbtide.ground.people.models import Occupancy, Resource, ResourceKind
from ebbtide.ground.people.occupancy import (
    Booking,
    SlotTaken,
    busy_between,
    free_between,
    free_resources,
    occupy,
    occupy_all,
    release,
    resource_of,
)
from tests.builders import a_clinic, a_patient

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)  # 09:00 in New York
HOUR = timedelta(hours=1)


def a_chair(clinic, name="Chair 1", **fields):
    return Resource.objects.create(clinic=clinic, kind=ResourceKind.CHAIR, name=name, **fields)


def test_it_takes_a_chair_once():
    chair = a_chair(a_clinic(time_zone="America/New_York"))
    occupy([chair], NINE, NINE + HOUR, uuid4(), NINE)
    with pytest.raises(SlotTaken) as refused:
        occupy([chair], NINE + timedelta(minutes=59), NINE + 2 * HOUR, uuid4(), NINE)
    assert refused.value.sentence == (
        "The chair is taken on Wed 25 Nov 2026 between 09:59 and 11:00: choose another time."
    )


def test_it_lets_the_next_visit_begin_when_one_ends():
    chair = a_chair(a_clinic())
    occupy([chair], NINE, NINE + HOUR, uuid4(), NINE)
    occupy([chair], NINE + HOUR, NINE + 2 * HOUR, uuid4(), NINE)
    assert len(busy_between([chair], NINE, NINE + 2 * HOUR)) == 2


def test_it_never_names_the_patient():
    patient = a_patient(clinic=a_clinic())
    person = resource_of(patient)
    occupy([person], NINE, NINE + HOUR, uuid4(), NINE)
    with pytest.raises(SlotTaken) as refused:
        occupy([resource_of(patient)], NINE, NINE + HOUR, uuid4(), NINE)
    assert refused.value.sentence.startswith("The patient is taken on")
    assert patient.family_name not in refused.value.sentence
    assert patient.record_number not in refused.value.sentence


def test_it_books_all_visits_or_none():
    clinic = a_clinic()
    chair = a_chair(clinic)
    occupy([chair], NINE + timedelta(days=2), NINE + timedelta(days=2, hours=1), uuid4(), NINE)
    days = [NINE + timedelta(days=n) for n in range(4)]
    wanted = [Booking(visit_id=uuid4(), resources=[chair], starts_at=day, ends_at=day + HOUR) for day in days]
    with pytest.raises(SlotTaken, match="Fri 27 Nov"):
        occupy_all(wanted, NINE)
    assert Occupancy.objects.count() == 1


def test_two_visits_of_one_command_that_overlap_are_refused_by_the_database():
    chair = a_chair(a_clinic())
    wanted = [
        Booking(visit_id=uuid4(), resources=[chair], starts_at=NINE, ends_at=NINE + HOUR) for _ in range(2)
    ]
    with pytest.raises(SlotTaken, match="moment ago"):
        occupy_all(wanted, NINE)
    assert Occupancy.objects.count() == 0


def test_it_frees_a_chair_at_once():
    chair, visit = a_chair(a_clinic()), uuid4()
    occupy([chair], NINE, NINE + HOUR, visit, NINE)
    assert not free_between(chair, NINE, NINE + HOUR)
    released = release(visit, NINE - HOUR)
    assert [row.released_at for row in released] == [NINE - HOUR]
    assert free_between(chair, NINE, NINE + HOUR)
    occupy([chair], NINE, NINE + HOUR, uuid4(), NINE)


def test_it_lists_what_is_free():
    clinic = a_clinic()
    first, second = a_chair(clinic), a_chair(clinic, "Chair 2")
    a_chair(clinic, "Chair 3", out_of_use_at=NINE)
    occupy([first], NINE, NINE + HOUR, uuid4(), NINE)
    assert free_resources(ResourceKind.CHAIR, NINE, NINE + HOUR, clinic) == [second]
    assert free_resources(ResourceKind.CHAIR, NINE + HOUR, NINE + 2 * HOUR, clinic) == [first, second]


def test_it_refuses_a_chair_that_is_out_of_use():
    chair = a_chair(a_clinic(), out_of_use_at=NINE)
    assert not free_between(chair, NINE, NINE + HOUR)
    with pytest.raises(SlotTaken, match="out of use"):
        occupy([chair], NINE, NINE + HOUR, uuid4(), NINE)


def test_it_refuses_an_end_before_the_start():
    with pytest.raises(SlotTaken, match="end after it starts"):
        occupy([a_chair(a_clinic())], NINE, NINE, uuid4(), NINE)


def test_the_database_is_the_last_line(monkeypatch):
    chair = a_chair(a_clinic())
    occupy([chair], NINE, NINE + HOUR, uuid4(), NINE)
    monkeypatch.setattr(occupancy, "_taken", lambda *_: Occupancy.objects.none())
    with pytest.raises(SlotTaken, match="moment ago"):
        occupy([chair], NINE, NINE + HOUR, uuid4(), NINE)


def test_a_part_of_a_minute_takes_the_whole_minute():
    chair = a_chair(a_clinic())
    (row,) = occupy([chair], NINE + timedelta(seconds=30), NINE + timedelta(seconds=90), uuid4(), NINE)
    assert row.end_min - row.start_min == 2
