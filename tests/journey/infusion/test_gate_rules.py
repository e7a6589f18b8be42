"""The gate as a table: everything true passes, each thing alone keeps it shut and says what to do."""

from datetime import date, timedelta

import pytest

from ebbtide.evidence.model import IfMissing, Outcome, Override
from ebbtide.journey.infusion.gate import (
    ASKED_TODAY,
    EQUIPMENT,
    Asked,
    Fasting,
    Held,
    Item,
    ListSeen,
    SoundTest,
    broken_by_overrides,
    errands,
    items_of,
    passes,
)
from tests.builders import NOW
from tests.journey.infusion.gate_builders import a_finding, an_evaluation, seen

RN, ACLS = (
    Held(kind="RN licence", expires_on=date(2027, 1, 1)),
    Held(kind="acls", expires_on=date(2027, 1, 1)),
)


def fasted(*, solids_h=12.0, clear_h=5.0):
    """So many hours after the last solids and the last clear fluid; None: never asked."""
    return Fasting(
        solids_at=None if solids_h is None else NOW - timedelta(hours=solids_h),
        clear_fluid_at=None if clear_h is None else NOW - timedelta(hours=clear_h),
        solids_h=6,
        clear_fluid_h=2,
    )


def shut(given):
    """The keys of what keeps the gate shut; each says what to do."""
    items = items_of(given)
    assert passes(items) is all(item.passed for item in items)
    assert all(item.do for item in items if not item.passed)
    return [item.key for item in items if not item.passed]


def test_it_passes_when_everything_is_true():
    assert shut(seen()) == []


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"confirmed": {"identifiers": False}}, ["identity"]),
        ({"confirmed": {"limb": False}}, ["limb"]),
        ({"sound": SoundTest(heard=False, at=NOW)}, ["sound"]),
        ({"sound": SoundTest(heard=True, at=NOW)}, []),
        ({"confirmed": {"limb": False}, "limb_words": ""}, []),
        ({"order_counts": False}, ["order"]),
        ({"second_check": ""}, ["second_check"]),
        ({"consent_is_current": False}, ["consent"]),
        ({"assessed_until": None}, ["assessment"]),
        ({"assessed_until": NOW - timedelta(seconds=1)}, ["assessment"]),
        ({"assessed_suitable": False}, ["assessment"]),
        ({"lists": [ListSeen(name="problems", words="Problems", confirmed_at=None)]}, ["list:problems"]),
        ({"lists": [ListSeen(name="problems", words="P", confirmed_at=NOW - timedelta(hours=24, seconds=1))]}, ["list:problems"]),
        ({"lists": [ListSeen(name="problems", words="P", confirmed_at=NOW - timedelta(hours=24))]}, []),
        ({"lists": [ListSeen(name="problems", words="P", confirmed_at=NOW + timedelta(hours=1))]}, ["list:problems"]),
        ({"asked": [Asked(name="intends_to_drive", words="?", answered_at=None)]}, ["asked:intends_to_drive"]),
        ({"asked": [Asked(name="intoxicated_now", words="?", answered_at=NOW - timedelta(days=1))]}, ["asked:intoxicated_now"]),
        ({"confirmed": {"escort_name": " "}}, ["escort"]),
        ({"confirmed": {"escort_phone": ""}}, ["escort"]),
        ({"in_hand_ug": 34_999}, ["drug"]),
        ({"credentials": []}, ["credential:licence", "credential:acls"]),
        ({"credentials": [RN]}, ["credential:acls"]),
        ({"credentials": [ACLS]}, ["credential:licence"]),
        ({"credentials": [RN, Held(kind="ACLS", expires_on=date(2026, 11, 22))]}, ["credential:acls"]),
        ({"credentials": [RN, Held(kind="ACLS", expires_on=date(2026, 11, 22)), ACLS]}, []),
        ({"monitor": ""}, ["monitor"]),
        ({"monitor": "", "confirmed": {"no_monitor_reason": "counted by hand every 5 min"}}, []),
        ({"confirmed": {"alarms_audible": False}}, ["alarms"]),
        ({"confirmed": {"equipment": ()}}, [f"equipment:{name}" for name in EQUIPMENT]),
        *[({"confirmed": {"equipment": tuple(n for n in EQUIPMENT if n != name)}}, [f"equipment:{name}"]) for name in EQUIPMENT],
        ({"confirmed": {"pump_identity": "  "}}, ["equipment:pump"]),
        ({"confirmed": {"call_tested": False}}, ["call"]),
        ({"confirmed": {"call_tested": False}, "call_tested_at": NOW}, []),
        ({"confirmed": {"call_tested": False}, "call_tested_at": NOW - timedelta(days=1)}, ["call"]),
        ({"confirmed": {"comfort_declined": False}}, ["comfort"]),
        ({"confirmed": {"comfort_declined": False}, "comfort_card_at": NOW}, []),
        ({"fasting": fasted(solids_h=5.9)}, ["fasting"]),
        ({"fasting": fasted(clear_h=1.9)}, ["fasting"]),
        ({"fasting": fasted(solids_h=6, clear_h=2)}, []),
        ({"fasting": fasted(solids_h=None)}, ["fasting"]),
        ({"fasting": fasted(clear_h=None)}, ["fasting"]),
        ({"fasting": fasted(solids_h=-1)}, ["fasting"]),
        ({"fasting": fasted(solids_h=1), "overrides": {"SUI-NPO-01": "Agreed with anaesthesia"}}, []),
    ],
)  # fmt: skip
def test_it_is_kept_shut_by_each_thing_alone(changes, keys):
    assert shut(seen(**changes)) == keys


@pytest.mark.parametrize(
    ("finding", "keys"),
    [
        (a_finding(outcome=Outcome.DEFER), ["rule:SUI-X-01"]),
        (a_finding(outcome=Outcome.EXCLUDE, override=Override.NONE), ["rule:SUI-X-01"]),
        (a_finding(outcome=Outcome.NEEDS_DATA), ["rule:SUI-X-01"]),
        (a_finding(outcome=Outcome.NEEDS_DATA, if_missing=IfMissing.ASK), []),
        (a_finding(outcome=Outcome.CAUTION), []),
        (a_finding(outcome=Outcome.CLEAR), []),
    ],
)
def test_it_is_kept_shut_by_a_rule_that_stands(finding, keys):
    assert shut(seen(finding)) == keys


def test_it_says_who_may_set_a_rule_aside_and_that_nobody_may():
    (by_prescriber,) = [i for i in items_of(seen(a_finding())) if i.key.startswith("rule")]
    assert "director or prescriber" in by_prescriber.do
    (by_nobody,) = [i for i in items_of(seen(a_finding(override=Override.NONE))) if i.key.startswith("rule")]
    assert "nobody may set it aside" in by_nobody.do


def test_it_passes_a_rule_that_was_set_aside_and_keeps_the_reason():
    given = seen(a_finding(), overrides={"SUI-X-01": "Agreed with cardiology today"})
    assert shut(given) == []
    assert any("Agreed with cardiology today" in item.words for item in items_of(given))


@pytest.mark.parametrize(
    ("overrides", "roles", "broken"),
    [
        ({}, {"nurse"}, None),
        ({"SUI-X-01": "Agreed with cardiology"}, {"prescriber"}, None),
        ({"SUI-X-01": "Agreed with cardiology"}, {"nurse"}, "INF-OVERRIDE-ROLE"),
        ({"SUI-NONE": "Agreed with cardiology"}, {"director"}, "INF-OVERRIDE-ROLE"),
        ({"SUI-X-01": "fine"}, {"prescriber"}, "INF-OVERRIDE-REASON"),
        ({"SUI-GONE": "Agreed with cardiology"}, {"prescriber"}, "INF-OVERRIDE-NONE"),
    ],
)
def test_it_checks_an_override(overrides, roles, broken):
    found = an_evaluation(a_finding(), a_finding("SUI-NONE", override=Override.NONE))
    answer = broken_by_overrides(found, overrides=overrides, roles=frozenset(roles))
    assert (answer and answer.rule) == broken


def test_it_asks_each_question_of_the_day():
    old = [Asked(name=name, words=name, answered_at=None) for name in ASKED_TODAY]
    assert shut(seen(asked=old)) == [f"asked:{name}" for name in ASKED_TODAY]


def test_it_gathers_what_is_open_under_one_errand():
    def item(key, words, **fields):
        return Item(key=key, words=words, **{"passed": False, "do": "Ask.", **fields})

    found = errands(
        [
            item("a", "solids"),
            item("b", "drug", do="Draw."),
            item("c", "drive"),
            item("d", "escort", passed=True),
            item("e", "stroke", because="The list is a week old."),
        ]
    )
    assert found == [
        ("Ask.", "", ["solids", "drive"]),
        ("Draw.", "", ["drug"]),
        ("Ask.", "The list is a week old.", ["stroke"]),
    ]


@pytest.mark.parametrize(
    ("solids_h", "clear_h", "said"),
    [
        (9.0833333, 3, "Fasting: solids 9 h 4 min ago (rule: 6 h), clear fluid 3 h 0 min ago (rule: 2 h)"),
        (None, 3, "Fasting: solids not asked (rule: 6 h), clear fluid 3 h 0 min ago (rule: 2 h)"),
        (-1, 3, "Fasting: solids after now (rule: 6 h), clear fluid 3 h 0 min ago (rule: 2 h)"),
    ],
)
def test_it_shows_the_hours_of_the_fast(solids_h, clear_h, said):
    (item,) = [
        one
        for one in items_of(seen(fasting=fasted(solids_h=solids_h, clear_h=clear_h)))
        if one.key == "fasting"
    ]
    assert item.words == said


def test_it_shows_the_fasting_rule_once():
    given = seen(a_finding("SUI-NPO-01"), fasting=fasted(solids_h=1))
    assert shut(given) == ["fasting"]


def test_it_names_who_checked_the_order_and_which_pump_it_is():
    said = [item.words for item in items_of(seen())]
    assert "Second check of the order: Dana Cole, 23 Nov 08:40" in said
    assert "Pump, number P-07: looked at, ready" in said
