"""A small clinic with chairs and nurses, an order to place, and the shortest way to book it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ebbtide.ground.people.models import Resource
from ebbtide.journey.course.actions import BookSeries, Slot, book_series
from ebbtide.journey.course.placement import Wishes
from ebbtide.journey.course.queries import offers_for, order_to_place, settings_of
from tests.builders import (
    NOW,
    a_chair,
    a_clinic,
    a_nurse_place,
    a_patient,
    a_signed_order,
    a_staff,
    an_act,
    an_actor,
    an_episode,
)

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2026, 11, 30)


class House:
    """One clinic: two chairs, one nurse with two places, the front desk."""

    def __init__(self, *, nurses=1, chairs=2, **fields):
        self.clinic = a_clinic(**{"address": "12 Quay Street", **fields})
        self.desk = an_actor("front_desk", clinic=self.clinic)
        self.chairs = [a_chair(self.clinic, f"Chair {n + 1}") for n in range(chairs)]
        self.nurses = [a_staff("nurse", clinic=self.clinic) for _ in range(nurses)]
        self.places = [a_nurse_place(nurse, n) for nurse in self.nurses for n in (1, 2)]

    def order(self, *, patient=None, **fields):
        patient = patient or a_patient(clinic=self.clinic)
        return a_signed_order(an_episode(patient), **fields)

    def slots(self, order, *, earliest_on=MONDAY, at=NOW, **fields):
        """The first offer for this order."""
        wishes = Wishes(earliest_on=earliest_on, not_before=at, **fields)
        found = order_to_place(order.pk, today=at.date())
        placement = offers_for(found, settings_of(self.clinic), wishes)
        assert placement.offers, placement.why_none
        return tuple(self.slot(visit) for visit in placement.offers[0].visits)

    def slot(self, visit):
        return Slot(
            chair=Resource.objects.get(number=visit.chair),
            nurse_place=Resource.objects.get(number=visit.nurse_place),
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            why_here=visit.why_here,
        )

    def at(self, day, hour, minute=0, *, minutes=85, chair=0, place=0):
        start = datetime.combine(day, time(hour, minute), tzinfo=CHICAGO).astimezone(UTC)
        return Slot(
            chair=self.chairs[chair],
            nurse_place=self.places[place],
            starts_at=start,
            ends_at=start + timedelta(minutes=minutes),
        )

    def book(self, order=None, slots=None, *, at=NOW):
        order = order or self.order()
        return book_series(
            an_act(self.desk, at=at), BookSeries(order=order, slots=slots or self.slots(order, at=at))
        )
