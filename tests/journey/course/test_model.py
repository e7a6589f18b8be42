"""T5: bookings against a plain set of intervals: whatever is booked, moved or freed, the two always agree."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ebbtide.ground.people.models import Occupancy
from ebbtide.ground.people.occupancy import Booking, SlotTaken, lock, minute_of, occupy, occupy_all, release
from tests.builders import NOW, a_chair, a_clinic, a_nurse_place, a_patient, a_staff

pytestmark = pytest.mark.django_db
DAWN = datetime(2026, 11, 30, 14, tzinfo=UTC)
PLACES_PER_NURSE = 2
quarter = st.integers(0, 16)
length = st.integers(1, 6)
which = st.integers(0, 2)


class Bookings(RuleBasedStateMachine):
    """Three chairs, one nurse with two places, three patients, four hours of two days."""

    def __init__(self):
        super().__init__()
        self.held = transaction.atomic()
        self.held.__enter__()
        clinic = a_clinic()
        nurse = a_staff("nurse", clinic=clinic)
        self.chairs = [a_chair(clinic, f"Chair {n}") for n in range(3)]
        self.places = [a_nurse_place(nurse, n + 1) for n in range(PLACES_PER_NURSE)]
        self.people = [a_patient(clinic=clinic).resource for _ in range(3)]
        self.model = {}  # visit -> {(resource number, start, end)}

    def teardown(self):
        transaction.set_rollback(True)
        self.held.__exit__(None, None, None)

    def times(self, start, quarters, day=0):
        begin = DAWN + timedelta(days=day, minutes=15 * start)
        return begin, begin + timedelta(minutes=15 * quarters)

    def wanted(self, chair, place, person):
        return [self.chairs[chair], self.places[place % PLACES_PER_NURSE], self.people[person]]

    def spans(self, resources, start, end):
        return {(r.number, minute_of(start), minute_of(end)) for r in resources}

    def is_free(self, spans, without=None):
        taken = [s for visit, held in self.model.items() if visit != without for s in held]
        return not any(n == m and a < d and c < b for n, a, b in spans for m, c, d in taken)

    @rule(chair=which, place=which, person=which, start=quarter, quarters=length)
    def book(self, chair, place, person, start, quarters):
        resources, visit = self.wanted(chair, place, person), uuid4()
        begin, end = self.times(start, quarters)
        spans = self.spans(resources, begin, end)
        if self.is_free(spans):
            occupy(resources, begin, end, visit, NOW)
            self.model[visit] = spans
        else:
            with pytest.raises(SlotTaken):
                occupy(resources, begin, end, visit, NOW)

    @rule(
        chair=which,
        place=which,
        person=which,
        start=quarter,
        quarters=length,
        others=st.lists(st.tuples(which, which), min_size=2, max_size=2),
    )
    def book_series(self, chair, place, person, start, quarters, others):
        places = [(chair, place), *others]
        bookings, all_spans = [], []
        for day, (one_chair, one_place) in enumerate(places):
            resources = self.wanted(one_chair, one_place, person)
            begin, end = self.times(start, quarters, day)
            bookings.append(Booking(visit_id=uuid4(), resources=resources, starts_at=begin, ends_at=end))
            all_spans.append(self.spans(resources, begin, end))
        if all(self.is_free(spans) for spans in all_spans):
            occupy_all(bookings, NOW)
            self.model |= {b.visit_id: spans for b, spans in zip(bookings, all_spans, strict=True)}
        else:
            with pytest.raises(SlotTaken):
                occupy_all(bookings, NOW)

    @precondition(lambda self: self.model)
    @rule(nth=st.integers(0, 1_000))
    def cancel(self, nth):
        visit = list(self.model)[nth % len(self.model)]
        release(visit, NOW)
        del self.model[visit]

    @precondition(lambda self: self.model)
    @rule(nth=st.integers(0, 1_000), chair=which, place=which, person=which, start=quarter, quarters=length)
    def move(self, nth, chair, place, person, start, quarters):
        visit = list(self.model)[nth % len(self.model)]
        resources = self.wanted(chair, place, person)
        begin, end = self.times(start, quarters)
        spans = self.spans(resources, begin, end)
        free = self.is_free(spans, without=visit)
        try:
            with transaction.atomic():
                lock(resources)
                release(visit, NOW)
                occupy(resources, begin, end, visit, NOW)
        except SlotTaken:
            assert not free
        else:
            assert free
            self.model[visit] = spans

    @invariant()
    def the_database_agrees(self):
        rows = Occupancy.objects.filter(released_at__isnull=True)
        found = set(rows.values_list("visit_id", "resource_id", "start_min", "end_min"))
        assert found == {(visit, *span) for visit, held in self.model.items() for span in held}

    @invariant()
    def nobody_beside_the_nurse_is_one_too_many(self):
        numbers = {place.number for place in self.places}
        edges = sorted(
            edge
            for held in self.model.values()
            for n, a, b in held
            if n in numbers
            for edge in ((a, 1), (b, -1))
        )
        beside = 0
        for _, step in edges:
            beside += step
            assert beside <= PLACES_PER_NURSE


def run(examples, steps):
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_200_steps_never_disagree():
    run(examples=8, steps=25)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_10_000_steps_never_disagree():
    run(examples=200, steps=50)
