"""Booking, moving and cancelling: who may, what is refused, what is written, what the letter says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import Assignment, ClinicSetting, Occupancy
from ebbtide.ground.policy import Denied
from ebbtide.journey.careplan.models import OrderWithdrawal
from ebbtide.journey.course.actions import (
    BookSeries,
    CancelSeries,
    CancelVisit,
    MoveVisit,
    book_series,
    cancel_series,
    cancel_visit,
    move_visit,
)
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.course.queries import settings_of, times_for_visit, visit_to_change
from tests.builders import (
    NOW,
    a_clinic,
    a_patient,
    a_signed_order,
    a_staff,
    an_act,
    an_actor,
    an_episode,
    an_order,
)
from tests.journey.course.arrange import MONDAY, House

pytestmark = pytest.mark.django_db
HEALTH_WORDS = (
    "ketamine",
    "infusion",
    "pain",
    "treatment",
    "dose",
    "clinic",
    "ketamina",
    "infusión",
    "dolor",
)


def test_it_writes_every_row_into_the_ledger():
    house = House()
    series = house.book()
    entry = Entry.objects.latest("id")
    written = {row["k"] for row in entry.rows}
    expected = [
        series,
        *series.visits.all(),
        *Occupancy.objects.all(),
        *Assignment.objects.all(),
        *OutgoingMail.objects.all(),
    ]
    assert written == {str(row.pk) for row in expected}


def test_it_refuses_an_order_without_a_signature():
    house = House()
    order = an_order(an_episode(a_patient(clinic=house.clinic)))
    with pytest.raises(Refused, match="not signed"):
        book_series(an_act(house.desk), BookSeries(order=order, slots=()))


def test_it_refuses_a_withdrawn_order():
    house = House()
    order = house.order()
    OrderWithdrawal.objects.create(
        order=order, reason="New weight", withdrawn_by=order.written_by, withdrawn_at=NOW
    )
    with pytest.raises(Refused, match="withdrawn"):
        house.book(order, house.slots(order))


def test_it_refuses_an_order_that_a_newer_signed_version_replaces():
    house = House()
    order = house.order()
    a_signed_order(order.episode, order_id=order.order_id, version=2)
    with pytest.raises(Refused, match="newer version"):
        house.book(order, house.slots(order))


def test_it_books_an_order_once():
    house = House()
    order = house.order()
    house.book(order)
    with pytest.raises(Refused, match="booked series already"):
        house.book(order, tuple(house.at(MONDAY + timedelta(days=7 + n), 9) for n in range(5)))
    assert Series.objects.count() == 1


def test_a_double_tap_books_once():
    house = House()
    order = house.order()
    slots = house.slots(order)
    first = book_series(an_act(house.desk, key="tap"), BookSeries(order=order, slots=slots))
    assert book_series(an_act(house.desk, key="tap"), BookSeries(order=order, slots=slots)) == first


def test_it_refuses_another_clinics_chair():
    house, other = House(), House(name="Second clinic")
    order = house.order()
    slots = [replace(slot, chair=other.chairs[0]) for slot in house.slots(order)]
    with pytest.raises(Refused, match="of this clinic"):
        house.book(order, tuple(slots))


def test_it_refuses_a_visit_across_midnight():
    house = House()
    hours = {str(day): ["00:00", "23:59"] for day in range(7)}
    ClinicSetting.objects.create(
        clinic=house.clinic, name="course.opening_hours", value=hours, reason="Test", set_at=NOW
    )
    order = house.order(infusions=1)
    with pytest.raises(Refused, match="past midnight"):
        house.book(order, (house.at(MONDAY, 23),))


def test_a_nurse_may_not_book_and_a_prescriber_may():
    house = House()
    order = house.order()
    slots = house.slots(order)
    with pytest.raises(Denied):
        book_series(an_act(an_actor("nurse", clinic=house.clinic)), BookSeries(order=order, slots=slots))
    with pytest.raises(Denied):
        book_series(
            an_act(an_actor("front_desk", clinic=a_clinic(name="Elsewhere"))),
            BookSeries(order=order, slots=slots),
        )
    book_series(an_act(an_actor("prescriber", clinic=house.clinic)), BookSeries(order=order, slots=slots))


def test_the_nurse_sees_the_patient_on_the_day_and_the_day_after():
    house = House()
    series = house.book(house.order(infusions=1))
    row = Assignment.objects.get(staff=house.nurses[0], patient=series.episode.patient)
    assert (row.from_at.isoformat(), row.until_at.isoformat()) == (
        "2026-11-30T06:00:00+00:00",
        "2026-12-02T06:00:00+00:00",
    )


@pytest.mark.parametrize(("language", "subject"), [("en", "Your appointments"), ("es", None)])
def test_the_letter_has_times_and_a_place_and_no_word_about_health(language, subject):
    house = House()
    patient = a_patient(clinic=house.clinic, language=language)
    house.book(house.order(patient=patient))
    mail = OutgoingMail.objects.get()
    words = f"{mail.subject} {mail.body}".lower()
    assert mail.to == patient.email
    assert words.count("08:00–09:25") == 5
    assert house.clinic.phone in words
    assert "12 quay street" in words
    assert not [word for word in HEALTH_WORDS if word in words]
    assert subject is None or mail.subject == subject


def test_without_an_address_no_letter_is_written():
    house = House()
    house.book(house.order(patient=a_patient(clinic=house.clinic, email="")))
    assert not OutgoingMail.objects.exists()


def test_a_moved_visit_frees_its_place_and_takes_the_new_one():
    house = House(nurses=2)
    visit = house.book(house.order(infusions=1)).visits.get()
    slot = house.at(MONDAY + timedelta(days=1), 14, chair=1, place=2)
    moved = move_visit(an_act(house.desk), MoveVisit(visit=visit, slot=slot))
    assert (moved.chair, moved.starts_at) == (house.chairs[1], slot.starts_at)
    assert Occupancy.objects.filter(visit_id=visit.pk, released_at__isnull=True).count() == 3
    old, new = Assignment.objects.order_by("from_at")
    assert old.until_at == old.from_at
    assert new.staff == house.nurses[1]
    assert OutgoingMail.objects.order_by("id").last().subject == "Your appointment has a new time"


def test_a_visit_moves_within_its_own_time():
    house = House()
    visit = house.book(house.order(infusions=1)).visits.get()
    moved = move_visit(an_act(house.desk), MoveVisit(visit=visit, slot=house.at(MONDAY, 8, 30)))
    assert f"{moved.starts_at:%H:%M}" == "14:30"


def test_a_move_keeps_the_gap_of_the_protocol():
    house = House()
    visit = house.book().visits.get(number=3)
    with pytest.raises(Refused, match="The order asks for 1 day between visits"):
        move_visit(an_act(house.desk), MoveVisit(visit=visit, slot=house.at(MONDAY + timedelta(days=3), 14)))


def test_a_move_onto_a_taken_chair_changes_nothing():
    house = House()
    house.book(house.order(infusions=1), (house.at(MONDAY, 14),))
    visit = house.book(house.order(infusions=1), (house.at(MONDAY, 9),)).visits.get()
    with pytest.raises(Refused, match="The chair is taken"):
        move_visit(an_act(house.desk), MoveVisit(visit=visit, slot=house.at(MONDAY, 14, place=1)))
    visit.refresh_from_db()
    assert f"{visit.starts_at:%H:%M}" == "15:00"
    assert Occupancy.objects.filter(visit_id=visit.pk, released_at__isnull=True).count() == 3


def test_a_cancelled_visit_needs_a_reason_and_is_cancelled_once():
    house = House()
    visit = house.book().visits.get(number=2)
    with pytest.raises(Refused, match="Say why"):
        cancel_visit(an_act(house.desk), CancelVisit(visit=visit, reason=" "))
    done = cancel_visit(an_act(house.desk), CancelVisit(visit=visit, reason="Unwell"))
    assert (done.status, done.cancel_reason) == ("cancelled", "Unwell")
    with pytest.raises(Refused, match="This visit is cancelled"):
        cancel_visit(an_act(house.desk), CancelVisit(visit=visit, reason="Unwell"))


def test_a_patient_may_cancel_their_own_visit_and_nobody_elses():
    house = House()
    series = house.book()
    visit = series.visits.get(number=2)
    stranger = an_actor(a_patient(clinic=house.clinic))
    with pytest.raises(Denied):
        cancel_visit(an_act(stranger), CancelVisit(visit=visit, reason="No"))
    cancel_visit(an_act(an_actor(series.episode.patient)), CancelVisit(visit=visit, reason="Unwell"))


def test_a_series_is_cancelled_once_and_its_order_can_be_placed_again():
    house = House()
    order = house.order()
    series = house.book(order)
    cancel_series(an_act(house.desk), CancelSeries(series=series, reason="Holiday"))
    with pytest.raises(Refused, match="cancelled already"):
        cancel_series(an_act(house.desk), CancelSeries(series=series, reason="Holiday"))
    assert set(Visit.objects.values_list("status", flat=True)) == {"cancelled"}
    assert not Occupancy.objects.filter(released_at__isnull=True).exists()
    house.book(order)


def test_the_times_for_one_visit_keep_its_day_when_the_order_asks_for_it():
    house = House()
    visit = house.book().visits.get(number=3)
    found = times_for_visit(visit_to_change(visit.pk), settings_of(house.clinic), not_before=NOW)
    assert {planned.starts_at.date() for planned in found} == {MONDAY + timedelta(days=2)}
    assert len(found) == 2  # 08:00 is where it stands
    assert (
        times_for_visit(
            visit_to_change(visit.pk), settings_of(house.clinic), not_before=NOW + timedelta(days=90)
        )
        == ()
    )


def test_two_people_beside_one_nurse_and_no_third():
    house = House(chairs=3)
    for _ in range(2):
        house.book()
    third = house.order()
    assert (
        house.slots(third)[0].starts_at
        != house.slots(house.order(), earliest_on=MONDAY + timedelta(days=7))[0].starts_at
    )
    with pytest.raises(Refused, match="The place beside a nurse is taken"):
        house.book(third, tuple(house.at(MONDAY + timedelta(days=n), 8, chair=2) for n in range(5)))
    assert a_staff  # the places of a nurse who left are not offered:
    house.nurses[0].left_at = NOW
    house.nurses[0].save()
    with pytest.raises(AssertionError, match="No nurse has a free place"):
        house.slots(third)
