"""The planner: three patterns that must fit, the exact reason when none does, and the clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.journey.course.placement import Calendar, Place, TimeOfDay, Wishes, busy_spans, with_busy
from ebbtide.journey.course.planner import place_series, place_visit
from ebbtide.journey.course.rules import OpeningHours, Pattern, Times, broken_by_series

CHICAGO = ZoneInfo("America/Chicago")
FIVE_DAYS = Pattern(infusions=5, gap_days_min=1, gap_days_max=1, chair_min=85)
SIX_IN_THREE_WEEKS = Pattern(infusions=6, gap_days_min=3, gap_days_max=4, span_days_max=21, chair_min=85)
TEN_WEEKDAYS = Pattern(infusions=10, gap_days_min=1, gap_days_max=3, chair_min=315)
TUESDAY = date(2026, 11, 24)
MONDAY = date(2026, 11, 30)


def hours(**fields):
    made = {"zone": "America/Chicago", "by_weekday": {d: (time(8), time(17)) for d in range(5)}}
    return OpeningHours(**{**made, **fields})


def wall(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), tzinfo=CHICAGO)


def a_place(number, name, *busy):
    return Place(
        number=number, name=name, busy=tuple((a.astimezone(UTC), b.astimezone(UTC)) for a, b in busy)
    )


def a_calendar(*, chairs=None, nurses=None, patient=None, **fields):
    return Calendar(
        hours=hours(**fields),
        chairs=(a_place(1, "Chair 1"),) if chairs is None else tuple(chairs),
        nurse_places=(a_place(11, "Robin, place 1"),) if nurses is None else tuple(nurses),
        patient=patient or a_place(21, "patient"),
    )


def wishes(earliest_on=TUESDAY, **fields):
    return Wishes(earliest_on=earliest_on, not_before=datetime(2026, 11, 23, 15, tzinfo=UTC), **fields)


def days_of(offer):
    return [visit.starts_at.astimezone(CHICAGO).date() for visit in offer.visits]


def walls_of(offer):
    return [f"{visit.starts_at.astimezone(CHICAGO):%H:%M}" for visit in offer.visits]


def test_five_consecutive_days_start_on_a_monday():
    placement = place_series(FIVE_DAYS, a_calendar(), wishes())
    first = placement.offers[0]
    assert days_of(first) == [MONDAY + timedelta(days=n) for n in range(5)]
    assert walls_of(first) == ["08:00"] * 5
    assert [offer.title.split(",")[0] for offer in placement.offers] == [
        "Mornings",
        "Around midday",
        "Afternoons",
    ]


def test_six_over_three_weeks_keep_their_gaps_and_their_span():
    first = place_series(SIX_IN_THREE_WEEKS, a_calendar(), wishes()).offers[0]
    days = days_of(first)
    assert {(b - a).days for a, b in pairwise(days)} <= {3, 4}
    assert (days[-1] - days[0]).days + 1 <= 21
    assert days[0] == TUESDAY


def test_ten_weekdays_skip_the_weekend():
    first = place_series(TEN_WEEKDAYS, a_calendar(), wishes()).offers[0]
    assert days_of(first) == [TUESDAY + timedelta(days=n) for n in (0, 1, 2, 3, 6, 7, 8, 9, 10, 13)]
    assert "Sat 28 Nov 2026" in first.visits[4].why_here
    assert first.visits[4].why_here.startswith(
        "3 days after visit 4 (the clinic is closed on Sat 28 Nov 2026)"
    )


def test_a_closed_day_moves_five_days_to_the_next_week():
    placement = place_series(FIVE_DAYS, a_calendar(closed_on=frozenset({date(2026, 12, 2)})), wishes())
    assert days_of(placement.offers[0])[0] == date(2026, 12, 7)


def test_the_wish_for_an_afternoon_comes_first():
    placement = place_series(FIVE_DAYS, a_calendar(), wishes(time_of_day=TimeOfDay.AFTERNOON))
    assert walls_of(placement.offers[0]) == ["14:00"] * 5
    assert days_of(placement.offers[1])[0] == MONDAY + timedelta(days=7)
    assert placement.offers[2].title.startswith("Mornings")


def test_it_goes_as_near_to_the_wish_as_is_free():
    taken = [(wall(MONDAY + timedelta(days=n), 8), wall(MONDAY + timedelta(days=n), 12)) for n in range(60)]
    placement = place_series(
        FIVE_DAYS, a_calendar(chairs=[a_place(1, "Chair 1", *taken)]), wishes(time_of_day=TimeOfDay.MORNING)
    )
    assert placement.offers[0].title.startswith("As near as free: mornings")
    assert walls_of(placement.offers[0]) == ["12:00"] * 5


def test_another_chair_is_taken_with_a_reason():
    chairs = [
        a_place(1, "Chair 1", (wall(MONDAY + timedelta(days=2), 8), wall(MONDAY + timedelta(days=2), 17))),
        a_place(2, "Chair 2"),
    ]
    offer = place_series(FIVE_DAYS, a_calendar(chairs=chairs), wishes()).offers[0]
    assert [visit.chair for visit in offer.visits] == [1, 1, 2, 2, 2]
    assert offer.visits[2].why_here == "1 day after visit 2, same time, Chair 1 is taken then"


def test_another_time_is_taken_with_a_reason():
    wednesday = MONDAY + timedelta(days=2)
    offer = place_series(
        FIVE_DAYS,
        a_calendar(chairs=[a_place(1, "Chair 1", (wall(wednesday, 8), wall(wednesday, 9)))]),
        wishes(),
    ).offers[0]
    assert walls_of(offer) == ["08:00", "08:00", "09:00", "08:00", "08:00"]
    assert "nearest free time to 08:00" in offer.visits[2].why_here


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("chairs", "No chair is free for 85 min on Mon 7 Dec 2026 between 08:00 and 17:00"),
        ("nurses", "No nurse has a free place for 85 min on Mon 7 Dec 2026 between 08:00 and 17:00"),
        ("patient", "The patient has other bookings and is not free for 85 min on Mon 7 Dec 2026"),
    ],
)
def test_it_says_exactly_why_nothing_fits(kind, words):
    # each second Monday is taken, and every other Wednesday does not exist: the clinic is closed then
    taken = a_place(
        1,
        "Chair 1",
        *[
            (wall(MONDAY + timedelta(days=n), 8), wall(MONDAY + timedelta(days=n), 16))
            for n in range(-7, 60, 7)
        ],
    )
    pattern = Pattern(infusions=2, gap_days_min=7, gap_days_max=7, chair_min=85)
    calendar = a_calendar(
        **{kind: taken if kind == "patient" else [taken]}, by_weekday={0: (time(8), time(17))}
    )
    placement = place_series(pattern, calendar, wishes(MONDAY))
    assert placement.offers == ()
    assert placement.why_none.startswith("No first day was found until Mon 11 Jan 2027. ")
    assert words.replace("7 Dec", "30 Nov") in placement.why_none


def test_it_names_the_visit_that_finds_no_day():
    wednesday = MONDAY + timedelta(days=2)
    taken = [
        (wall(wednesday + timedelta(days=n), 8), wall(wednesday + timedelta(days=n), 17))
        for n in range(-7, 90, 7)
    ]
    placement = place_series(FIVE_DAYS, a_calendar(chairs=[a_place(1, "Chair 1", *taken)]), wishes())
    assert placement.why_none == (
        "Starting on Mon 30 Nov 2026, visit 3 finds no day. "
        "No chair is free for 85 min on Wed 2 Dec 2026 between 08:00 and 17:00."
    )


def test_chair_and_nurse_that_are_never_free_together():
    chair = a_place(
        1,
        "Chair 1",
        *[(wall(MONDAY + timedelta(days=n), 8), wall(MONDAY + timedelta(days=n), 12)) for n in range(50)],
    )
    nurse = a_place(
        11,
        "Robin",
        *[(wall(MONDAY + timedelta(days=n), 12), wall(MONDAY + timedelta(days=n), 17)) for n in range(50)],
    )
    placement = place_series(FIVE_DAYS, a_calendar(chairs=[chair], nurses=[nurse]), wishes(MONDAY))
    assert "Chair, nurse and patient are never free at the same time for 85 min" in placement.why_none


def test_a_day_too_short_for_the_visit():
    placement = place_series(
        TEN_WEEKDAYS, a_calendar(by_weekday={d: (time(8), time(12)) for d in range(5)}), wishes(MONDAY)
    )
    assert "There is not enough time left for 315 min" in placement.why_none


def test_a_day_that_does_not_work_for_the_patient():
    placement = place_series(FIVE_DAYS, a_calendar(), wishes(days_off=frozenset({2})))
    assert placement.why_none == (
        "Starting on Mon 30 Nov 2026, visit 3 finds no day. Wed 2 Dec 2026 is a day that does not work for the patient."
    )


def test_nothing_is_offered_before_now():
    offer = place_series(
        Pattern(infusions=1, chair_min=85),
        a_calendar(),
        Wishes(earliest_on=date(2026, 11, 23), not_before=wall(date(2026, 11, 23), 9)),
    ).offers[0]
    assert walls_of(offer) == ["09:15"]


@pytest.mark.parametrize(
    ("change", "offsets"), [(date(2027, 3, 14), (-6, -5)), (date(2026, 11, 1), (-5, -6))]
)
def test_the_wall_time_stays_when_the_clocks_change(change, offsets):
    start = change - timedelta(days=3)
    pattern = Pattern(infusions=2, gap_days_min=5, gap_days_max=5, chair_min=85)
    early = Wishes(earliest_on=start, not_before=datetime(2026, 1, 1, tzinfo=UTC))
    offer = place_series(pattern, a_calendar(), early).offers[0]
    assert walls_of(offer) == ["08:00", "08:00"]
    assert (
        tuple(v.starts_at.astimezone(CHICAGO).utcoffset().total_seconds() / 3600 for v in offer.visits)
        == offsets
    )
    assert all(v.ends_at - v.starts_at == timedelta(minutes=85) for v in offer.visits)


@pytest.mark.parametrize(("change", "starts"), [(date(2027, 3, 14), 8), (date(2026, 11, 1), 16)])
def test_a_night_clinic_has_an_hour_less_or_more_when_the_clocks_change(change, starts):
    # open from 01:00 to 04:00: two hours in spring, four in autumn; 15 min each
    calendar = a_calendar(by_weekday={6: (time(1), time(4))})
    pattern = Pattern(infusions=1, chair_min=15)
    found = set()
    for _ in range(starts + 4):
        taken = a_place(1, "Chair 1", *[(at, at + timedelta(minutes=15)) for at in found])
        now = Wishes(earliest_on=change, not_before=datetime(2026, 1, 1, tzinfo=UTC))
        offers = place_series(
            pattern, a_calendar(by_weekday={6: (time(1), time(4))}, chairs=[taken]), now
        ).offers
        if not offers or days_of(offers[0])[0] != change:
            break
        found.add(offers[0].visits[0].starts_at)
    assert len(found) == starts
    assert calendar.hours.on(change)[1] - calendar.hours.on(change)[0] == timedelta(minutes=15 * starts)


def test_hours_across_midnight_are_refused():
    with pytest.raises(ValueError, match="cross midnight"):
        hours(by_weekday={0: (time(20), time(4))})


def test_one_visit_gets_times_on_the_days_it_may_have():
    found = place_visit(FIVE_DAYS, a_calendar(), wishes(), days=[MONDAY], number=3)
    assert [f"{v.starts_at.astimezone(CHICAGO):%H:%M}" for v in found] == ["08:00", "11:00", "14:00"]


def test_occupied_minutes_become_instants():
    (span,) = busy_spans([(60, 120)])
    assert span == (datetime(1970, 1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 2, tzinfo=UTC))
    assert not with_busy(a_place(1, "Chair 1"), [(60, 120)]).free(*span)


patterns = st.builds(
    lambda n, low, wide, minutes: Pattern(
        infusions=n, gap_days_min=low, gap_days_max=low + wide, chair_min=minutes
    ),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from([45, 85, 240]),
)
spans = st.lists(st.tuples(st.integers(0, 40), st.integers(8, 15), st.integers(1, 6)), max_size=25)


@settings(max_examples=60, deadline=None)
@given(pattern=patterns, taken=spans, nurse_taken=spans, off=st.frozensets(st.integers(0, 4), max_size=2))
def test_every_offer_keeps_every_rule_and_nothing_else_is_silent(pattern, taken, nurse_taken, off):
    def place(number, rows):
        return a_place(
            number,
            f"Place {number}",
            *[
                (
                    wall(TUESDAY + timedelta(days=d), h),
                    wall(TUESDAY + timedelta(days=d), h) + timedelta(hours=n),
                )
                for d, h, n in rows
            ],
        )

    calendar = a_calendar(chairs=[place(1, taken), place(2, nurse_taken)], nurses=[place(11, nurse_taken)])
    asked = wishes(days_off=off)
    placement = place_series(pattern, calendar, asked)
    assert placement == place_series(pattern, calendar, asked)
    assert bool(placement.offers) != bool(placement.why_none)
    places = {p.number: p for p in (*calendar.chairs, *calendar.nurse_places)}
    for offer in placement.offers:
        times = [Times(starts_at=v.starts_at, ends_at=v.ends_at) for v in offer.visits]
        assert broken_by_series(times, pattern=pattern, hours=calendar.hours, at=asked.not_before) is None
        for visit in offer.visits:
            assert places[visit.chair].free(visit.starts_at, visit.ends_at)
            assert places[visit.nurse_place].free(visit.starts_at, visit.ends_at)
            assert visit.starts_at.astimezone(CHICAGO).weekday() not in off
            assert 0 < len(visit.why_here) <= 240
