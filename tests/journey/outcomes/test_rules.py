"""Rules of the check-ins and alerts: windows, states, reminders, who is on call and when a clock runs out."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from ebbtide.journey.outcomes.rules import (
    IN_WORDS,
    Broken,
    CheckIn,
    OnCallHours,
    Window,
    alert_due_at,
    check_note,
    check_open,
    check_reminder,
    letters_may_go,
    on_call_from,
    state_of,
    window,
)

ZONE = "America/Chicago"
FULL = {"name": "Robin Lee", "phone": "555", "from": "08:00", "to": "20:00"}


def at(text: str) -> datetime:
    """A time in UTC on Monday 23 November 2026 and after; Chicago is six hours behind."""
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=UTC)


WHEN = Window(opens_at=at("23T14:00"), closes_at=at("26T06:00"))


def test_a_window_is_whole_days_on_the_wall_of_the_clinic() -> None:
    assert window(due_on=date(2026, 11, 23), closes_on=date(2026, 11, 25), zone=ZONE) == WHEN


@pytest.mark.parametrize(
    ("asked", "touched", "when", "state"),
    [
        (4, 0, "23T13:59", "not_yet"),
        (4, 0, "23T14:00", "waiting"),
        (4, 1, "23T14:00", "started"),
        (4, 4, "23T14:00", "completed"),
        (4, 4, "27T14:00", "completed"),
        (4, 3, "26T06:00", "partial"),
        (4, 0, "26T06:00", "no_answer"),
        (0, 0, "23T14:00", "at_visit"),
        (0, 0, "27T14:00", "at_visit"),
    ],
)
def test_it_says_where_a_check_in_stands(asked, touched, when, state) -> None:
    assert state_of(asked=asked, touched=touched, when=WHEN, at=at(when)) == state


def test_every_state_has_words() -> None:
    assert set(IN_WORDS) == set(CheckIn)


@pytest.mark.parametrize("when", ["23T13:59", "26T06:00"])
def test_it_takes_no_answer_outside_its_window(when) -> None:
    with pytest.raises(Broken, match="not open") as broken:
        check_open(WHEN, at=at(when))
    assert broken.value.rule == "OUT-CLOSED"
    check_open(WHEN, at=at("23T14:00"))


@pytest.mark.parametrize(
    ("state", "sent", "has_email", "rule"),
    [
        ("waiting", 0, True, None),
        ("started", 1, True, None),
        ("waiting", 2, True, "OUT-REMINDED"),
        ("completed", 0, True, "OUT-DONE"),
        ("partial", 0, True, "OUT-DONE"),
        ("no_answer", 0, True, "OUT-DONE"),
        ("not_yet", 0, True, "OUT-DONE"),
        ("at_visit", 0, True, "OUT-DONE"),
        ("waiting", 0, False, "OUT-NOMAIL"),
    ],
)
def test_it_reminds_only_who_has_not_finished_and_at_most_twice(state, sent, has_email, rule) -> None:
    if rule is None:
        check_reminder(CheckIn(state), sent=sent, has_email=has_email)
        return
    with pytest.raises(Broken) as broken:
        check_reminder(CheckIn(state), sent=sent, has_email=has_email)
    assert broken.value.rule == rule


@pytest.mark.parametrize("note", ["", "   ", "ok", "called  "])
def test_a_closing_note_says_something(note) -> None:
    with pytest.raises(Broken, match="Say who spoke"):
        check_note(note)
    check_note("Dr Lee spoke with the person; safe, plan renewed.")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "Robin",
        {},
        {**FULL, "name": ""},
        {**FULL, "phone": None},
        {"name": "Robin Lee", "phone": "555"},
        {**FULL, "from": "eight"},
        {**FULL, "to": "08:00"},
        {**FULL, "to": "07:00"},
    ],
)
def test_nobody_is_on_call_on_half_a_setting(value) -> None:
    assert on_call_from(value) is None


def test_it_reads_who_is_on_call() -> None:
    found = on_call_from(FULL)
    assert found is not None
    assert (found.name, found.phone, found.hours.days) == ("Robin Lee", "555", "every_day")
    assert (found.hours.begins, found.hours.ends) == (time(8), time(20))
    working = on_call_from({**FULL, "days": "working_days"})
    assert working is not None
    assert (working.hours.on(date(2026, 11, 23)), working.hours.on(date(2026, 11, 28))) == (True, False)


@pytest.mark.parametrize(
    ("opened", "days", "due"),
    [
        ("23T16:00", "every_day", "23T17:00"),  # 10:00 at the clinic
        ("23T13:00", "every_day", "23T15:00"),  # 07:00: the hour begins at 08:00
        ("24T02:30", "every_day", "24T15:00"),  # 20:30: tomorrow at 08:00
        ("28T16:00", "every_day", "28T17:00"),  # a Saturday
        ("28T16:00", "working_days", "30T15:00"),  # the next Monday
        ("24T01:59", "every_day", "24T02:59"),  # 19:59: the hour that has begun runs on
    ],
)
def test_a_clock_runs_while_somebody_is_on_call(opened, days, due) -> None:
    hours = OnCallHours(begins=time(8), ends=time(20), days=days)
    assert alert_due_at(at(opened), within_min=60, hours=hours, zone=ZONE) == at(due)


def test_a_clock_runs_at_once_when_somebody_sits_beside_the_person() -> None:
    assert alert_due_at(at("24T02:30"), within_min=60, hours=None, zone=ZONE) == at("24T03:30")


def test_hours_that_name_no_day_at_all_cannot_be() -> None:
    class Never(OnCallHours):
        def on(self, day: date) -> bool:
            return False

    with pytest.raises(AssertionError, match="lets none through"):
        alert_due_at(at("23T16:00"), within_min=60, hours=Never(begins=time(8), ends=time(20)), zone=ZONE)


@pytest.mark.parametrize(
    ("when", "may"), [("23T13:59", False), ("23T14:00", True), ("24T01:59", True), ("24T02:00", False)]
)
def test_no_letter_leaves_at_night(when, may) -> None:
    assert letters_may_go(at(when), zone=ZONE) is may
    assert letters_may_go(at(when) + timedelta(days=1), zone=ZONE) is may
