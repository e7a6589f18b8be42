"""Emergency scripts as data and as a fold: no amount of a drug in any step, and nothing that was written is lost."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.infusion.emergency import (
    AMOUNT,
    LONGEST_STEP,
    emergencies,
    in_own_words,
    load_scripts,
    named,
    newest_of,
    open_ones,
    own_steps,
)
from ebbtide.journey.infusion.events import Event, Kind
from tests.builders import NOW

SCRIPTS = load_scripts()
STEPS = [(name, step) for name, script in SCRIPTS.scripts.items() for step in script.steps]


def opened(script="hypertension", minute=0, n=1):
    return an_event(Kind.EMERGENCY, minute, n, script=script, state="opened")


def closed(script="hypertension", minute=9, n=9, **more):
    return an_event(Kind.EMERGENCY, minute, n, script=script, state="closed", **more)


def tapped(step, script="hypertension", minute=1, n=2):
    return an_event(Kind.EMERGENCY_STEP, minute, n, script=script, step=step)


def an_event(kind, minute, n, **values):
    at = NOW + timedelta(minutes=minute)
    return Event(id=UUID(int=n), kind=kind, observed_at=at, recorded_at=at, values=values, author="Dana Cole")


def test_it_has_the_six_scripts_of_the_issue():
    assert list(SCRIPTS.scripts) == [
        "hypertension", "laryngospasm", "agitation", "vasovagal", "apnoea", "anaphylaxis",
    ]  # fmt: skip


@pytest.mark.parametrize(("script", "step"), STEPS, ids=lambda one: getattr(one, "words", one))
def test_no_step_names_an_amount_of_a_drug_and_each_says_where_it_comes_from(script, step):
    assert not AMOUNT.search(step.words)
    assert ("as ordered" in step.words) is step.drug
    assert step.source
    assert set(step.marks) <= {"seen", "second-hand", "recalled", "design"}
    assert step.marks
    assert len(step.words) <= LONGEST_STEP
    assert "!" not in step.words


def test_what_was_only_recalled_is_marked_so():
    recalled = [step for _, step in STEPS if step.is_recalled]
    assert recalled
    assert all(step.is_recalled for _, step in STEPS if step.drug)


@pytest.mark.parametrize("script", SCRIPTS.scripts.values(), ids=lambda one: one.id)
def test_no_step_stands_twice_in_a_script(script):
    words = [step.words for step in script.steps]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    "line",
    [
        "Midazolam 1-2 mg",
        "adrenaline 0.5mg",
        "250 mL fluid",
        "500 µg",
        "10 units",
        "0,3 ml",
        "2 g",
        "5 mcg/kg",
        "1 L of fluid",
    ],
)
def test_a_clinics_own_step_names_no_amount_either(line):
    with pytest.raises(ValueError, match="as ordered"):
        own_steps([line])


@pytest.mark.parametrize(
    "line", ["Measure again after 5 min", "No breath for 20 s", "Dial 911", "Room 3, left"]
)
def test_a_time_is_no_amount(line):
    assert own_steps([line]) == [line]


def test_a_clinics_own_steps_can_each_be_tapped():
    with pytest.raises(ValueError, match="at most 200 characters"):
        own_steps(["x" * 201])
    with pytest.raises(ValueError, match="twice"):
        own_steps(["Call Dr Osei", "Call Dr Osei"])


def test_a_clinics_own_words_take_the_place_of_ours_and_none_leave_ours():
    script = SCRIPTS.scripts["apnoea"]
    own = in_own_words(script, ["Call Dr Osei"])
    assert (own.own_words, [step.words for step in own.steps]) == (True, ["Call Dr Osei"])
    assert own.steps[0].marks == ("clinic",)
    assert in_own_words(script, []) is script


def test_it_follows_an_emergency_from_touch_to_closing():
    (one,) = emergencies([closed(text="settled"), tapped("Call the prescriber"), opened()])
    assert (one.script, one.opened.observed_at, one.is_open) == ("hypertension", NOW, False)
    assert list(one.steps) == ["Call the prescriber"]
    assert open_ones([opened(), tapped("x")])[0].is_open
    assert open_ones([opened(), closed()]) == ()


def test_a_step_tapped_on_two_tablets_keeps_the_first_time():
    (one,) = emergencies([opened(), tapped("x", minute=2, n=3), tapped("x", minute=1, n=4)])
    assert one.steps["x"].observed_at == NOW + timedelta(minutes=1)


def test_a_step_without_its_opening_is_not_lost():
    (one,) = emergencies([tapped("Oxygen by mask", script="apnoea")])
    assert (one.script, one.is_open, list(one.steps)) == ("apnoea", True, ["Oxygen by mask"])


def test_it_opens_a_second_time_after_closing_and_twice_open_is_once():
    again = opened(minute=20, n=20)
    found = emergencies([opened(), opened(minute=2, n=5), closed(), closed(minute=10, n=10), again])
    assert [one.is_open for one in found] == [False, True]
    assert newest_of([opened(), closed(), again], "hypertension").opened == again
    assert newest_of([], "hypertension") is None


def test_one_emergency_can_turn_into_another():
    both = open_ones([opened(), opened("apnoea", minute=3, n=3)])
    assert [one.title for one in named(both, SCRIPTS)] == ["Apnoea, too little breath", "Hypertension"]
    assert SCRIPTS.title("gone_script") == "Gone script"


some_events = st.lists(
    st.builds(
        lambda kind, minute, n, script, state, step: an_event(
            kind, minute, n, script=script, state=state, step=step
        ),
        st.sampled_from([Kind.EMERGENCY, Kind.EMERGENCY_STEP, Kind.NOTE]),
        st.integers(0, 30),
        st.integers(1, 10_000),
        st.sampled_from(["hypertension", "apnoea"]),
        st.sampled_from(["opened", "closed", ""]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(some_events)
def test_every_step_is_in_some_emergency_whatever_the_order_of_arrival(events):
    found = emergencies(events)
    assert found == emergencies(reversed(events)) == emergencies(sorted(events, key=lambda one: one.id))
    steps = {(one.text("script"), one.text("step")) for one in events if one.kind is Kind.EMERGENCY_STEP}
    assert {(one.script, words) for one in found for words in one.steps} == steps
