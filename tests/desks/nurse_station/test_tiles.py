"""The tile of a chair, as a table: its phase, its count, and the one state that weighs most."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from ebbtide.desks.nurse_station.tiles import (
    Coming,
    Counting,
    Emergency,
    OffMonitor,
    Seated,
    Signal,
    Weight,
    short_name,
    span_words,
    states_of,
    tile,
)
from tests.builders import NOW

ZONE = "America/Chicago"
MIN = timedelta(minutes=1)
LIVE = Signal(name="SpO₂", state="live", age_s=2)
SEATED = Seated(
    session=UUID(int=1), who="Alma R.", phase="running", since=NOW - 18 * MIN, ends_at=NOW + 22 * MIN, bound=True,
    signals=(LIVE,), check_due_at=NOW + 2 * MIN, may_open=True,
)  # fmt: skip


def seen(seated=None, coming=None):
    return tile("Chair 3", seated, coming, at=NOW, zone=ZONE)


def test_a_chair_that_infuses_says_how_long_it_still_will():
    shown = seen(SEATED)
    assert (shown.chair, shown.who, shown.phase) == ("Chair 3", "Alma R.", "Infusing")
    assert shown.count.words == "22 min left"
    assert shown.age.words == "newest data 2 s ago"
    assert shown.check.words == "next check in 2 min"
    assert (shown.worst.weight, shown.worst.word) == (Weight.QUIET, "data live")
    assert shown.session == UUID(int=1)


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("checked_in", "Checked in"),
        ("paused", "Paused"),
        ("stopped", "Stopped"),
        ("recovering", "Recovering"),
        ("moved_on", "Moved on"),
    ],
)
def test_every_other_phase_says_for_how_long_it_has_been(phase, words):
    shown = seen(replace(SEATED, phase=phase))
    assert (shown.phase, shown.count.words) == (words, "for 18 min")


def test_an_infusion_without_a_planned_end_counts_up():
    assert seen(replace(SEATED, ends_at=None)).count.words == "for 18 min"


def test_a_chair_of_somebody_elses_opens_nothing():
    assert seen(replace(SEATED, may_open=False)).session is None


@pytest.mark.parametrize(
    ("coming", "phase", "count"),
    [
        (None, "Free", None),
        (Coming(starts_at=NOW + 60 * MIN, who="Bo S."), "Free until 10:00", None),
        (Coming(starts_at=NOW - 9 * MIN, who="Bo S."), "Expected 08:51", None),
        (Coming(starts_at=NOW - 12 * MIN, who="Bo S."), "Expected 08:48", "12 min late"),
    ],
)
def test_an_empty_chair_says_who_is_next(coming, phase, count):
    shown = seen(coming=coming)
    assert shown.phase == phase
    assert (shown.count.words if shown.count else None) == count
    assert not shown.occupied


@pytest.mark.parametrize(
    ("changed", "weight", "word"),
    [
        ({"signals": [LIVE, Signal(name="pulse", state="lost", age_s=61)]}, Weight.HIGH, "pulse lost"),
        ({"signals": [LIVE, Signal(name="SpO₂", state="stale", age_s=20)]}, Weight.LOW, "SpO₂ stale"),
        ({"signals": [Signal(name="SpO₂", state="no_data", age_s=None)]}, Weight.LOW, "SpO₂ no data"),
        ({"signals": [Signal(name="SpO₂", state="probe_off", age_s=3)]}, Weight.LOW, "SpO₂ probe off"),
        (
            {"signals": [Signal(name="SpO₂", state="off_monitor", age_s=90)]},
            Weight.PLAIN,
            "SpO₂ off monitor",
        ),
        ({"signals": []}, Weight.LOW, "monitor sends nothing"),
        ({"bound": False, "signals": []}, Weight.PLAIN, "no monitor bound"),
        ({"calls_since": NOW - MIN}, Weight.MEDIUM, "patient calls"),
        ({"rass": -3}, Weight.HIGH, "RASS -3"),
        ({"rass": -2}, Weight.QUIET, "data live"),
        ({"check_due_at": NOW - timedelta(seconds=59)}, Weight.QUIET, "data live"),
        ({"check_due_at": NOW - timedelta(seconds=60)}, Weight.LOW, "check overdue"),
        ({"check_due_at": NOW - 5 * MIN}, Weight.MEDIUM, "check overdue"),
        ({"check_due_at": None}, Weight.QUIET, "data live"),
        (
            {"calls_since": NOW - MIN, "signals": [Signal(name="SpO₂", state="lost", age_s=99)]},
            Weight.HIGH,
            "SpO₂ lost",
        ),
    ],
)
def test_it_shows_the_state_that_weighs_most(changed, weight, word):
    worst = seen(replace(SEATED, **changed)).worst
    assert (worst.weight, worst.word) == (weight, word)


def test_it_keeps_the_lighter_states_too():
    both = states_of(replace(SEATED, calls_since=NOW, rass=-4), NOW)
    assert [state.word for state in both] == ["RASS -4", "patient calls", "data live"]


def test_no_reading_has_no_age():
    assert seen(replace(SEATED, signals=[Signal(name="SpO₂", state="no_data", age_s=None)])).age is None


@pytest.mark.parametrize(
    ("kind", "seconds", "words"),
    [
        ("left", 1320, "22 min left"),
        ("left", -10, "10 s over"),
        ("due", 40, "in 40 s"),
        ("due", -140, "overdue 2 min"),
        ("since", 120, "for 2 min"),
        ("late", 600, "10 min late"),
        ("age", 5, "5 s ago"),
    ],
)
def test_it_counts_in_the_words_of_the_page(kind, seconds, words):
    assert Counting(kind=kind, seconds=seconds).words == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h")]
)
def test_it_says_a_span(seconds, words):
    assert span_words(seconds) == words


@pytest.mark.parametrize(("family_name", "said"), [("Reyes", "Alma R."), ("", "Alma")])
def test_a_wall_says_no_more_of_a_name(family_name, said):
    assert short_name("Alma", family_name) == said


OFF = OffMonitor(reason="toilet", until=NOW + 3 * MIN)


@pytest.mark.parametrize(
    ("changed", "weight", "word", "counted"),
    [
        ({"emergencies": (Emergency(title="Hypertension", since=NOW - 3 * MIN),)}, Weight.HIGH, "EMERGENCY Hypertension", "for 3 min"),
        ({"calls_since": NOW - 4 * MIN}, Weight.MEDIUM, "patient calls", "for 4 min"),
        ({"off_monitor": replace(OFF, until=NOW - MIN)}, Weight.MEDIUM, "off monitor, toilet", "60 s over"),
        ({"off_monitor": replace(OFF, until=NOW - 2 * MIN)}, Weight.HIGH, "off monitor, toilet", "2 min over"),
    ],
)  # fmt: skip
def test_it_counts_what_people_said(changed, weight, word, counted):
    worst = seen(replace(SEATED, **changed)).worst
    assert (worst.weight, worst.word, worst.count.words) == (weight, word, counted)


def test_time_off_the_monitor_silences_its_signals_only_while_the_timer_runs():
    lost = Signal(name="SpO₂", state="lost", age_s=99)
    within = seen(replace(SEATED, signals=[lost], off_monitor=OFF))
    assert (within.worst.word, within.worst.count.words) == ("off monitor, toilet", "3 min left")
    over = seen(replace(SEATED, signals=[lost], off_monitor=replace(OFF, until=NOW - MIN)))
    assert over.worst.word == "SpO₂ lost"
    assert [one.word for one in over.also] == ["off monitor, toilet"]


def test_an_emergency_does_not_hide_a_call_nor_time_off_the_monitor():
    shown = seen(
        replace(
            SEATED,
            emergencies=(Emergency(title="Apnoea", since=NOW),),
            calls_since=NOW,
            off_monitor=OFF,
            check_due_at=NOW - 9 * MIN,
        )
    )
    assert shown.worst.word == "EMERGENCY Apnoea"
    assert [one.word for one in shown.also] == ["patient calls", "off monitor, toilet"]


STALE, LOST = (Signal(name="SpO₂", state="stale", age_s=20), Signal(name="pulse", state="lost", age_s=61))


@pytest.mark.parametrize(
    ("changed", "worst", "also"),
    [
        ({"rass": -4, "signals": [LIVE, STALE]}, "RASS -4", ["SpO₂ stale"]),
        ({"rass": -4, "signals": [STALE, LOST]}, "RASS -4", ["2 signals not live"]),
        ({"rass": -2, "signals": [STALE, LOST]}, "pulse lost", ["SpO₂ stale"]),
        ({"calls_since": NOW, "signals": [STALE, STALE]}, "patient calls", ["2 signals not live"]),
        ({"signals": [LOST, STALE, STALE]}, "pulse lost", ["3 signals not live"]),
        ({"calls_since": NOW, "signals": [LIVE]}, "patient calls", []),
        ({"off_monitor": OFF, "rass": -4, "signals": [STALE]}, "RASS -4", ["off monitor, toilet"]),
        (
            {"emergencies": (Emergency(title="Apnoea", since=NOW),), "calls_since": NOW, "signals": [STALE]},
            "EMERGENCY Apnoea",
            ["patient calls", "SpO₂ stale"],
        ),
    ],
)
def test_an_old_number_is_not_hidden_by_something_heavier(changed, worst, also):
    shown = seen(replace(SEATED, **changed))
    assert (shown.worst.word, [one.word for one in shown.also]) == (worst, also)


def test_a_wall_that_nobody_is_signed_in_at_names_nobody_and_opens_nothing():
    shown = seen(replace(SEATED, calls_since=NOW, may_answer=True))
    assert (shown.who, shown.may_answer) == ("Alma R.", True)
    bare = shown.nameless()
    assert (bare.who, bare.session, bare.may_answer) == ("", None, False)
    assert (bare.phase, bare.worst) == (shown.phase, shown.worst)
