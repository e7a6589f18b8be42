"""The gate of the leaving: every line of it as a table, and no path around it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.leaving.rules import (
    WORDS,
    Gate,
    NotYet,
    Signs,
    check_patient_may_leave,
    gates,
    high,
    patient_may_leave,
    signable,
)
from ebbtide.journey.leaving.scores import Pressure, Total

TEN = Total(plain=10, compared=10)
WELL = Signs(
    minutes_since_stop=31,
    observed_min_ago=2,
    aldrete=TEN,
    padss=TEN,
    rass=0,
    dissociation=1,
    dissociation_before=0,
    gait_as_before=True,
    new_suicidal_thought=False,
    pressure=Pressure(sbp_mmhg=124, dbp_mmhg=78),
    pressure_before=Pressure(sbp_mmhg=120, dbp_mmhg=76),
    escort="Sam Reyes",
    escort_signed=True,
)


def bp(sbp, dbp=78) -> Pressure:
    return Pressure(sbp_mmhg=sbp, dbp_mmhg=dbp)


def test_a_person_who_is_well_leaves():
    check_patient_may_leave(WELL)
    assert patient_may_leave(WELL)
    assert all(found.opens for found in gates(WELL))
    assert [found.gate for found in gates(WELL)] == list(Gate) == list(WORDS)


@pytest.mark.parametrize(
    ("change", "gate", "words"),
    [
        ({"started": False}, Gate.ENDED, "No drug was started"),
        ({"minutes_since_stop": None}, Gate.ENDED, "stopped is not recorded"),
        ({"aldrete": Total(plain=None, compared=None, missing=("Breathing",))}, Gate.ALDRETE, "Breathing"),
        ({"aldrete": Total(plain=None, compared=None)}, Gate.ALDRETE, "every item"),
        ({"aldrete": Total(plain=8, compared=8)}, Gate.ALDRETE, "Aldrete is 8 of 10"),
        ({"padss": Total(plain=7, compared=8)}, Gate.PADSS, "PADSS is 8 of 10"),
        ({"padss": Total(plain=None, compared=None, missing=("Gait",))}, Gate.PADSS, "Gait"),
        ({"minutes_since_stop": 29.2}, Gate.TIME, "1 min of observation remain of 30 min"),
        ({"minutes_since_stop": 0}, Gate.TIME, "30 min of observation remain"),
        ({"minutes_since_stop": 31, "wait_min": 60}, Gate.TIME, "29 min of observation remain of 60 min"),
        ({"observed_min_ago": None}, Gate.OBSERVED, "No observation after"),
        ({"observed_min_ago": 20.5}, Gate.OBSERVED, "20 min old"),
        ({"rass": None}, Gate.RASS, "not recorded"),
        ({"rass": -1}, Gate.RASS, "RASS is -1"),
        ({"rass": 1}, Gate.RASS, "RASS is +1"),
        ({"dissociation": None}, Gate.DISSOCIATION, "not recorded"),
        ({"dissociation": 3}, Gate.DISSOCIATION, "is 3 of 10 and was 0 before the infusion, at most 2"),
        ({"dissociation_before": None}, Gate.DISSOCIATION, "a prescriber decides"),
        ({"gait_as_before": None}, Gate.GAIT, "not recorded"),
        ({"gait_as_before": False}, Gate.GAIT, "less steady"),
        ({"new_suicidal_thought": None}, Gate.SI, "Nobody has asked"),
        ({"new_suicidal_thought": True}, Gate.SI, "call the prescriber"),
        ({"unseen_thought": True}, Gate.SI, "call the prescriber"),
        ({"pressure": None}, Gate.BP, "not recorded"),
        ({"pressure_before": None}, Gate.BP, "a prescriber decides"),
        ({"pressure": bp(145)}, Gate.BP, "145/78 mmHg, 21 % from 120/76 mmHg"),
        ({"pressure": bp(160), "pressure_before": bp(150)}, Gate.BP, "below 160/100"),
        ({"pressure": bp(150, 100), "pressure_before": bp(150, 90)}, Gate.BP, "below 160/100"),
        ({"pressure": bp(168), "pressure_before": bp(170)}, Gate.BP, "already: a prescriber decides"),
        ({"escort": " "}, Gate.ESCORT, "must not drive today: name who takes them home"),
        ({"escort_signed": False}, Gate.ESCORT, "has not signed"),
    ],
)
def test_each_line_alone_shuts_the_gate_and_says_what_to_do(change, gate, words):
    signs = replace(WELL, **change)
    shut = [found for found in gates(signs) if not found.opens]
    assert gate in {found.gate for found in shut}
    assert words in next(found.shut_because for found in shut if found.gate is gate)
    assert not patient_may_leave(signs)
    with pytest.raises(NotYet) as refused:
        check_patient_may_leave(signs)
    assert refused.value.rule == shut[0].gate
    assert ": " in refused.value.sentence or ". " in refused.value.sentence


@pytest.mark.parametrize(
    "change",
    [
        {"dissociation": 2},
        {"dissociation": 6, "dissociation_before": 4},
        {"observed_min_ago": 20},
        {"minutes_since_stop": 30},
        {"pressure": bp(144)},
        {"pressure": bp(159, 99), "pressure_before": bp(150, 95)},
        {"aldrete": Total(plain=6, compared=9)},
    ],
)
def test_the_edge_of_each_line_is_still_open(change):
    assert patient_may_leave(replace(WELL, **change))


def test_aldrete_comes_first():
    found = {f.gate: f for f in gates(replace(WELL, aldrete=Total(plain=8, compared=8)))}
    assert found[Gate.PADSS].shut_because.startswith("Aldrete comes first")


def test_the_time_of_the_end_is_asked_for_in_both_lines():
    found = {f.gate: f for f in gates(replace(WELL, minutes_since_stop=None))}
    assert "not recorded" in found[Gate.TIME].shut_because


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"new_suicidal_thought": True}, Gate.SI),
        ({"unseen_thought": True}, Gate.SI),
        ({"pressure": bp(168), "pressure_before": bp(170)}, Gate.BP),
        ({"pressure": bp(120), "pressure_before": bp(170, 102)}, Gate.BP),
        ({"dissociation_before": None}, Gate.DISSOCIATION),
    ],
)
def test_a_prescriber_may_sign_for_it(change, gate):
    signs = replace(WELL, **change)
    assert gate in signable(signs)
    assert not patient_may_leave(signs)
    signed = replace(signs, signed_for=frozenset({gate}))
    assert patient_may_leave(signed)
    assert next(f for f in gates(signed) if f.gate is gate).signed


def test_without_a_pressure_before_the_scores_too_are_signed_for():
    none = Total(plain=None, compared=None, missing=("Circulation",))
    signs = replace(WELL, pressure_before=None, aldrete=none, padss=none)
    assert signable(signs) == {Gate.BP, Gate.ALDRETE, Gate.PADSS}
    assert not patient_may_leave(replace(signs, signed_for=frozenset({Gate.BP, Gate.PADSS})))
    assert patient_may_leave(replace(signs, signed_for=frozenset({Gate.BP, Gate.ALDRETE, Gate.PADSS})))


@pytest.mark.parametrize(
    "change",
    [
        {"started": False},
        {"minutes_since_stop": 5},
        {"observed_min_ago": 45},
        {"rass": -2},
        {"rass": None},
        {"dissociation": 9},
        {"gait_as_before": False},
        {"new_suicidal_thought": None},
        {"pressure": bp(165)},
        {"pressure": None},
        {"aldrete": Total(plain=7, compared=7)},
        {"padss": Total(plain=7, compared=7)},
        {"escort": ""},
    ],
)
def test_a_signature_opens_nothing_else(change):
    assert not patient_may_leave(replace(WELL, **change, signed_for=frozenset(Gate)))


@pytest.mark.parametrize(
    ("pressure", "is_high"), [(bp(159, 99), False), (bp(160), True), (bp(120, 100), True)]
)
def test_from_160_over_100_a_pressure_is_high(pressure, is_high):
    assert high(pressure) is is_high


MAYBE = st.one_of(st.none(), st.booleans())
PRESSURES = st.one_of(st.none(), st.builds(bp, st.integers(80, 200), st.integers(40, 79)))
TOTALS = st.one_of(
    st.just(Total(plain=None, compared=None)), st.integers(0, 10).map(lambda n: Total(plain=n, compared=n))
)


@given(
    st.builds(
        Signs,
        started=st.booleans(),
        minutes_since_stop=st.one_of(st.none(), st.floats(0, 240)),
        observed_min_ago=st.one_of(st.none(), st.floats(0, 240)),
        aldrete=TOTALS,
        padss=TOTALS,
        rass=st.one_of(st.none(), st.integers(-5, 4)),
        dissociation=st.one_of(st.none(), st.integers(0, 10)),
        dissociation_before=st.one_of(st.none(), st.integers(0, 10)),
        gait_as_before=MAYBE,
        new_suicidal_thought=MAYBE,
        unseen_thought=st.booleans(),
        pressure=PRESSURES,
        pressure_before=PRESSURES,
        escort=st.sampled_from(["", "Sam"]),
        escort_signed=st.booleans(),
    )
)
def test_h23_whoever_leaves_unsigned_meets_every_line(signs):
    if not patient_may_leave(signs):
        return
    assert signs.started
    assert signs.minutes_since_stop >= 30
    assert signs.observed_min_ago <= 20
    assert min(signs.aldrete.compared, signs.padss.compared) >= 9
    assert signs.rass == 0
    assert signs.dissociation <= signs.dissociation_before + 2
    assert signs.gait_as_before is True
    assert signs.new_suicidal_thought is False
    assert not signs.unseen_thought
    assert signs.pressure.sbp_mmhg < 160
    assert (
        abs(signs.pressure.sbp_mmhg - signs.pressure_before.sbp_mmhg) <= 0.2 * signs.pressure_before.sbp_mmhg
    )
    assert signs.escort
    assert signs.escort_signed


@pytest.mark.parametrize(
    "line",
    [
        f
        for f in Signs.__dataclass_fields__
        if f not in {"signed_for", "started", "wait_min", "unseen_thought", "pressure_below"}
    ],
)
def test_h23_what_is_missing_never_opens_the_gate(line):
    empty = {
        "aldrete": Total(plain=None, compared=None),
        "padss": Total(plain=None, compared=None),
        "escort": "",
        "escort_signed": False,
    }
    assert not patient_may_leave(replace(WELL, **{line: empty.get(line)}))
