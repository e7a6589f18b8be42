"""The fold: a table of sessions, and what must hold for any events in any order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.events import DOSE_KINDS, FLOW_KINDS, Event, Kind
from ebbtide.journey.infusion.session import NEXT, Phase, SessionState, fold
from tests.journey.infusion.events import T0, an_event, at

START = ("start", 0, {"rate_mg_per_h": "60"})


def events(*rows) -> list[Event]:
    return [an_event(kind, minutes, **body) for kind, minutes, body in rows]


def test_it_gives_every_phase_a_row_and_lets_every_session_end() -> None:
    assert set(NEXT) == set(Phase)
    assert all(Kind.STOP in row for row in NEXT.values())
    assert set().union(*NEXT.values()) == FLOW_KINDS
    assert not DOSE_KINDS & set(NEXT[Phase.STOPPED])


@pytest.mark.parametrize(
    ("rows", "phase", "rate", "given_ug"),  # after 60 min
    [
        ([], "checked_in", "0", 0),
        ([START], "running", "60", 60_000),
        ([START, ("pause", 20, {})], "paused", "0", 20_000),
        ([START, ("pause", 20, {}), ("pause", 30, {})], "paused", "0", 20_000),
        ([START, ("pause", 20, {}), ("resume", 40, {"rate_mg_per_h": "30"})], "running", "30", 30_000),
        ([START, ("rate_decrease", 30, {"rate_mg_per_h": "30"})], "running", "30", 45_000),
        ([START, ("rate_increase", 30, {"rate_mg_per_h": "90"})], "running", "90", 75_000),
        ([START, ("bolus", 10, {"amount_mg": "10", "over_min": 5})], "running", "60", 70_000),
        ([START, ("bolus", 10, {"amount_mg": "10", "over_min": 0})], "running", "60", 70_000),
        ([START, ("bolus", 10, {"amount_mg": "10", "over_min": 10}), ("pause", 15, {})], "paused", "0", 20_000),
        ([START, ("bolus", 10, {"amount_mg": "10", "over_min": 5}), ("pause", 15, {})], "paused", "0", 25_000),
        ([START, ("bolus", 55, {"amount_mg": "10", "over_min": 10})], "running", "60", 65_000),
        ([("bolus", 0, {"amount_mg": "10", "over_min": 5}), ("start", 5, {"rate_mg_per_h": "12"})],
         "running", "12", 21_000),
        ([("bolus", 0, {"amount_mg": "10", "over_min": 5})], "running", "0", 10_000),
        ([START, ("stop", 40, {"reason": "done"})], "stopped", "0", 40_000),
        ([START, ("pause", 20, {}), ("stop", 40, {})], "stopped", "0", 20_000),
        ([START, ("stop", 40, {}), ("stop", 50, {})], "stopped", "0", 40_000),
        ([("stop", 3, {"reason": "went home"})], "stopped", "0", 0),
        ([START, ("bolus", 90, {"amount_mg": "10", "over_min": 0})], "running", "60", 60_000),  # after the moment asked
    ],
)  # fmt: skip
def test_it_folds_a_session(rows, phase, rate, given_ug) -> None:
    state = fold(events(*rows))
    assert (state.phase, state.rate_mg_per_h, state.problems) == (phase, Decimal(rate), ())
    assert state.given_ug(at(60)) == given_ug


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("resume", 1, {"rate_mg_per_h": "60"})], "A resume is charted while the session is checked in, not started: start first."),
        ([("pause", 1, {})], "A pause is charted while the session is checked in"),
        ([START, ("start", 1, {"rate_mg_per_h": "60"})], "it runs already"),
        ([START, ("resume", 1, {"rate_mg_per_h": "60"})], "it runs already"),
        ([START, ("pause", 1, {}), ("rate_increase", 2, {"rate_mg_per_h": "90"})], "resume or stop"),
        ([START, ("pause", 1, {}), ("bolus", 2, {"amount_mg": "1", "over_min": 0})], "resume or stop"),
        ([START, ("stop", 1, {}), ("bolus", 2, {"amount_mg": "1", "over_min": 0})], "more drug is a new order"),
        ([START, ("rate_increase", 1, {"rate_mg_per_h": "50"})], "A higher rate of 50 mg/h follows 60 mg/h: correct one."),
        ([START, ("rate_decrease", 1, {"rate_mg_per_h": "60"})], "A lower rate of 60 mg/h follows 60 mg/h"),
    ],
)  # fmt: skip
def test_it_says_in_words_what_cannot_have_happened(rows, words) -> None:
    state = fold(events(*rows))
    assert [words in problem.words for problem in state.problems] == [True]


def test_it_takes_the_charted_rate_even_when_its_direction_is_wrong() -> None:
    state = fold(events(START, ("rate_decrease", 30, {"rate_mg_per_h": "120"})))
    assert state.given_ug(at(60)) == 90_000
    assert len(state.problems) == 1


@pytest.mark.parametrize(
    "values",
    [{}, {"rate_mg_per_h": "words"}, {"rate_mg_per_h": Decimal("NaN")}, {"rate_mg_per_h": Decimal(-1)},
     {"rate_mg_per_h": Decimal("1E-900000")}, {"rate_mg_per_h": Decimal("1E+900000")}],
)  # fmt: skip
def test_it_survives_a_start_without_a_rate(values) -> None:
    event = Event(id=new_id(), kind=Kind.START, observed_at=T0, recorded_at=T0, values=values)
    state = fold([event])
    assert state.phase is Phase.CHECKED_IN
    assert "names no rate" in state.problems[0].words


def test_it_survives_a_bolus_and_a_scale_without_values() -> None:
    kinds = (Kind.BOLUS, Kind.SCALE)
    state = fold(Event(id=new_id(), kind=kind, observed_at=T0, recorded_at=T0) for kind in kinds)
    assert {problem.words.split(":")[0] for problem in state.problems} == {
        "A bolus names no amount in mg or no time in min",
        "A scale names no value or is not one of ours",
    }


def test_it_puts_a_correction_where_the_event_stood() -> None:
    start = an_event("start", 0, rate_mg_per_h="600")
    typo = an_event("start", 0, rate_mg_per_h="60", replaces=start.id)
    state = fold([typo, start])
    assert state.given_ug(at(60)) == 60_000
    assert state.set_aside == {start.id}


def test_it_takes_the_last_of_a_chain_of_corrections() -> None:
    first = an_event("start", 0, rate_mg_per_h="600")
    second = an_event("start", 0, rate_mg_per_h="66", replaces=first.id)
    third = an_event("start", 0, rate_mg_per_h="60", replaces=second.id)
    assert fold([third, first, second]).rate_mg_per_h == 60


def test_it_leaves_nothing_where_an_event_was_withdrawn() -> None:
    start = an_event("start", 0, rate_mg_per_h="60")
    pause = an_event("pause", 10)
    gone = an_event("pause", 10, replaces=pause.id, withdrawn=True)
    state = fold([start, pause, gone])
    assert (state.phase, state.pauses, state.set_aside) == (Phase.RUNNING, (), {pause.id, gone.id})


def test_it_names_the_second_correction_of_the_same_entry() -> None:
    start = an_event("start", 0, rate_mg_per_h="60")
    one = an_event("start", 1, rate_mg_per_h="50", replaces=start.id)
    two = an_event("start", 2, rate_mg_per_h="40", replaces=start.id)
    state = fold([two, start, one])
    assert state.rate_mg_per_h == 40
    assert [problem.event for problem in state.problems] == [one.id]


def test_it_names_two_entries_under_one_id() -> None:
    start = an_event("start", 0, rate_mg_per_h="60")
    other = an_event("start", 5, rate_mg_per_h="90", number=start.id)
    assert fold([start, other]) == fold([other, start])
    assert fold([start, other]).rate_mg_per_h == 60
    assert "carry this number" in fold([start, other]).problems[0].words


def test_it_survives_corrections_that_go_in_a_circle() -> None:
    one, two = new_id(), new_id()
    state = fold(
        [an_event("pause", 1, number=one, replaces=two), an_event("pause", 2, number=two, replaces=one)]
    )
    assert state.events == ()


def test_it_puts_a_late_entry_in_its_place() -> None:
    start, stop = an_event("start", 0, rate_mg_per_h="60"), an_event("stop", 40)
    late = an_event("rate_decrease", 20, rate_mg_per_h="30")
    assert fold([start, stop, late]).given_ug(at(60)) == 30_000


def test_it_keeps_the_newest_of_each_sign_and_scale() -> None:
    state = fold(
        [
            an_event("observation", 5, spo2_percent="95", hr_per_min="80"),
            an_event("observation", 1, spo2_percent="99", rr_per_min="14"),
            an_event("scale", 3, name="RASS", value="-1"),
            an_event("scale", 2, name="RASS", value="0"),
        ]
    )
    signs = {name: (one.value, one.at) for name, one in state.signs.items()}
    assert signs == {"spo2_percent": (95, at(5)), "hr_per_min": (80, at(5)), "rr_per_min": (14, at(1))}
    assert state.scales["RASS"].value == -1
    assert state.signs["hr_per_min"].author == "N. Urse"


def test_it_keeps_calls_drugs_events_and_the_way_off_the_monitor() -> None:
    opened = an_event("comfort_call", 1, state="open")
    rows = [
        opened,
        an_event("drug_given", 2, drug="ondansetron", amount="4", unit="mg", route="iv"),
        an_event("adverse_event", 3, event="nausea", severity="moderate", action="ondansetron"),
        an_event("off_monitor", 4, reason="toilet"),
        an_event("note", 5, text="quiet"),
    ]
    state = fold(rows)
    assert state.comfort_call == opened
    assert [e.text("drug") for e in state.drugs] == ["ondansetron"]
    assert [e.text("severity") for e in state.adverse_events] == ["moderate"]
    assert state.off_monitor is not None
    assert fold([*rows, an_event("comfort_call", 6, state="answered")]).comfort_call is None


def test_it_knows_until_when_somebody_may_be_off_the_monitor() -> None:
    off = an_event("off_monitor", 4, reason="toilet", for_min=10)
    assert fold([off]).off_monitor_until == at(14)
    assert fold([off, an_event("back_on_monitor", 6)]).off_monitor_until is None
    assert fold([off, an_event("back_on_monitor", 3)]).off_monitor == off
    odd = Event(
        id=new_id(),
        kind=Kind.OFF_MONITOR,
        observed_at=T0,
        recorded_at=T0,
        values={"for_min": Decimal("1E+9000")},
    )
    assert fold([odd]).off_monitor_until == at(5)


def test_it_knows_which_cannulas_are_in_and_how_often_it_was_tried() -> None:
    tried = an_event("iv_access", 1, done="attempt_failed", site="right hand", attempts=2)
    placed = an_event("iv_access", 2, done="placed", site="Right  Forearm", gauge="22", attempts=1)
    looked = an_event("iv_access", 30, done="patent")
    state = fold([tried, placed, looked])
    (one,) = state.cannulas.values()
    assert (state.attempts, one.site, one.gauge, one.placed_at) == (3, "Right  Forearm", "22", at(2))
    assert (one.patent, one.looked_at) == (True, at(30))
    assert fold([tried, placed]).cannulas["right forearm"].patent is None
    assert (
        fold([tried, placed, an_event("iv_access", 31, done="not_patent")]).cannulas["right forearm"].patent
        is False
    )
    assert fold([tried, placed, looked, an_event("iv_access", 40, done="removed")]).cannulas == {}


def test_it_asks_which_cannula_when_there_are_two() -> None:
    rows = [
        an_event("iv_access", n, done="placed", site=site)
        for n, site in enumerate(("left hand", "right hand"))
    ]
    removed = an_event("iv_access", 9, done="removed")
    state = fold([*rows, removed])
    assert len(state.cannulas) == 2
    assert [problem.words for problem in state.problems] == [
        "It is not said which cannula this is about: name the site."
    ]
    assert list(fold([*rows, an_event("iv_access", 9, done="removed", site="LEFT hand")]).cannulas) == [
        "right hand"
    ]
    came_with_it = fold([an_event("iv_access", 1, done="patent", site="port", gauge="20")])
    assert came_with_it.cannulas["port"].placed_at is None


def test_it_knows_the_pump_and_what_was_taken_away() -> None:
    rows = [
        an_event("equipment", 1, item="pump", identity="BB-0231", state="in_use"),
        an_event("equipment", 2, item="suction", state="ready"),
        an_event("equipment", 3, item="pump", identity="BB-0400", state="in_use"),
    ]
    assert fold(rows).pump == "BB-0400"
    assert sorted(fold(rows).equipment) == ["pump", "suction"]
    assert fold([*rows, an_event("equipment", 4, item="pump", state="removed")]).pump == ""


def test_it_says_when_the_ordered_amount_will_be_in() -> None:
    state = fold(events(START, ("pause", 10, {}), ("resume", 20, {"rate_mg_per_h": "30"})))
    assert state.ends_at(ordered_ug=40_000, at=at(20)) == at(80)
    assert state.ends_at(ordered_ug=5_000, at=at(20)) == at(20)
    assert fold([]).ends_at(ordered_ug=40_000, at=at(20)) is None
    slow = fold(events(("start", 0, {"rate_mg_per_h": "0.001"})))
    assert slow.ends_at(ordered_ug=10**12, at=at(0)) is None


def test_it_measures_the_pause_the_flow_and_the_whole() -> None:
    state = fold(events(START, ("pause", 10, {"reason": "toilet"})))
    assert (state.paused_min(at(15)), state.flowing_min(at(15)), state.since_start_min(at(15))) == (5, 10, 15)
    assert (state.pauses[0].reason, state.pauses[0].until_at) == ("toilet", None)
    assert (fold([]).paused_min(at(1)), fold([]).since_start_min(at(1))) == (None, None)
    ended = fold(events(START, ("pause", 10, {}), ("stop", 12, {"reason": "done"})))
    assert (ended.since_start_min(at(60)), ended.pauses[0].until_at, ended.stop_reason) == (
        12,
        at(12),
        "done",
    )


# — what must hold for any events —

RATES = st.decimals(min_value="0.001", max_value="9999", places=3)
# a signalling NaN cannot even be compared with itself, and no message can carry one
DECIMALS = st.decimals().filter(lambda found: not found.is_snan())
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "rate_mg_per_h": st.one_of(RATES, DECIMALS, st.just("words")),
        "amount_mg": st.one_of(RATES, DECIMALS),
        "over_min": st.one_of(st.integers(-5, 130), DECIMALS),
        "name": st.sampled_from(["RASS", "COMFORT", "none of ours"]),
        "value": st.integers(-9, 9),
        "spo2_percent": st.decimals(min_value=0, max_value=100, places=0),
        "state": st.sampled_from(["open", "answered", "in_use", "removed"]),
        "done": st.sampled_from(["placed", "patent", "not_patent", "attempt_failed", "removed", "odd"]),
        "site": st.sampled_from(["left hand", "LEFT hand", "right hand"]),
        "attempts": st.one_of(st.integers(-5, 130), DECIMALS),
        "for_min": st.one_of(st.integers(-5, 130), DECIMALS),
        "item": st.sampled_from(["pump", "suction"]),
        "identity": st.sampled_from(["A", "B"]),
    },
)
NUMBERS = [new_id() for _ in range(8)]
ANY_EVENT = st.builds(
    Event,
    id=st.sampled_from(NUMBERS),
    kind=st.sampled_from(sorted(Kind)),
    observed_at=st.integers(0, 7200).map(lambda s: T0 + timedelta(seconds=s)),
    recorded_at=st.integers(0, 7200).map(lambda s: T0 + timedelta(seconds=s)),
    values=VALUES,
    replaces=st.none() | st.none() | st.sampled_from(NUMBERS),
    withdrawn=st.sampled_from([False, False, True]),
)
FLOW_EVENT = st.builds(
    Event,
    id=st.uuids(version=4),
    kind=st.sampled_from(sorted(FLOW_KINDS)),
    observed_at=st.integers(0, 7200).map(lambda s: T0 + timedelta(seconds=s)),
    recorded_at=st.just(T0),
    values=st.fixed_dictionaries(
        {"rate_mg_per_h": RATES, "amount_mg": RATES, "over_min": st.integers(0, 60)}
    ),
)
SESSIONS = st.lists(FLOW_EVENT, max_size=10).map(
    lambda found: [an_event("start", 0, rate_mg_per_h="60"), *found]
)


def said(state: SessionState) -> tuple[str, frozenset]:
    """A state to compare: by its words, because a NaN is not equal to itself; a set has no order."""
    return repr(replace(state, set_aside=frozenset())), state.set_aside


SECONDS = st.integers(-60, 9000).map(lambda s: T0 + timedelta(seconds=s))


@given(st.data(), st.lists(ANY_EVENT, max_size=10), SECONDS)
def test_it_gives_the_same_state_in_any_order_of_arrival(data, found, moment) -> None:
    state = fold(found)
    again = fold(data.draw(st.permutations(found)))
    assert said(again) == said(state)
    assert again.given_ug(moment) == state.given_ug(moment)
    assert again.off_monitor_until == state.off_monitor_until


@given(st.data(), st.lists(ANY_EVENT, max_size=10))
def test_it_changes_nothing_for_what_arrives_twice(data, found) -> None:
    twice = [*found, *(data.draw(st.lists(st.sampled_from(found))) if found else [])]
    assert said(fold(twice)) == said(fold(found))


@given(SESSIONS, SECONDS, SECONDS)
def test_it_never_takes_back_what_was_given(found, one, other) -> None:
    state = fold(found)
    earlier, later = sorted((one, other))
    assert 0 <= state.given_ug(earlier) <= state.given_ug(later)


@given(SESSIONS, st.integers(0, 3600))
def test_it_lets_nothing_flow_after_a_pause_or_a_stop(found, seconds) -> None:
    state = fold([*found, an_event("pause", 121)])
    assert state.given_ug(at(121)) == state.given_ug(at(121) + timedelta(seconds=seconds))


@settings(max_examples=25, deadline=None)
@given(SESSIONS)
def test_it_agrees_with_counting_second_by_second(found) -> None:
    """A second implementation that knows nothing of periods: it asks every second what flows."""
    state = fold(found)
    rate, running, rated, total, boluses = Fraction(0), False, False, Fraction(0), []
    phase = Phase.CHECKED_IN
    ordered = sorted(found, key=lambda one: (one.observed_at, one.id))
    for second in range(7201):
        now = T0 + timedelta(seconds=second)
        for event in [one for one in ordered if one.observed_at == now]:
            if event.kind not in NEXT[phase] or (event.kind is Kind.START and rated):
                continue
            phase = NEXT[phase][event.kind]
            if event.kind in {Kind.PAUSE, Kind.STOP}:
                rate, running, boluses = Fraction(0), False, []
            elif event.kind is Kind.BOLUS:
                amount, seconds = Fraction(event.decimal("amount_mg")), int(event.values["over_min"]) * 60
                total += amount if seconds == 0 else 0
                boluses += [[amount / seconds, seconds]] if seconds else []
            else:
                rate, running, rated = Fraction(event.rate_mg_per_h), True, True
        total += rate / 3600 if running else 0
        for bolus in boluses:
            total += bolus[0] if bolus[1] > 0 else 0
            bolus[1] -= 1
    assert state.given_ug(T0 + timedelta(seconds=7201)) == total * 1000 // 1
