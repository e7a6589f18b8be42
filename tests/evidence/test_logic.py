"""Three-valued logic: the tables of EVALUATION 1, and laws that hold for every condition."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.evidence.logic import (
    All,
    Answer,
    AnyOf,
    Compare,
    Condition,
    Known,
    Missing,
    NoneOf,
    Reading,
    Truth,
)

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
YES, NO, OPEN = ("yes", "no", "open")
READINGS = {YES: Reading(value=True), NO: Reading(value=False), "maybe": Reading(value=True, confirmed=False)}
LEAF = {
    T: Compare(name=YES, op="eq", value=True),
    F: Compare(name=NO, op="eq", value=True),
    U: Compare(name=OPEN, op="eq", value=True),
}

TABLE = [
    # parts           all any none
    ((T, T), T, T, F),
    ((T, F), F, T, F),
    ((T, U), U, T, F),
    ((F, F), F, F, T),
    ((F, U), F, U, U),
    ((U, U), U, U, U),
    ((T, F, U), F, T, F),
]


@pytest.mark.parametrize(("parts", "every", "some", "none"), TABLE)
def test_it_joins_truths_as_the_header_says(
    parts: tuple[Truth, ...], every: Truth, some: Truth, none: Truth
) -> None:
    leaves = tuple(LEAF[part] for part in parts)
    assert All(leaves).ask(READINGS, {}).truth is every
    assert AnyOf(leaves).ask(READINGS, {}).truth is some
    assert NoneOf(leaves).ask(READINGS, {}).truth is none


names = st.sampled_from(["a", "b", "c", "d"])
leaves = st.one_of(
    st.builds(Known, names),
    st.builds(Missing, names),
    st.builds(
        Compare, name=names, op=st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), value=st.integers(0, 3)
    ),
    st.builds(Compare, name=names, op=st.just("ge"), parameter=st.just("level")),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda kind, parts: kind(tuple(parts)),
        st.sampled_from([All, AnyOf, NoneOf]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)
readings = st.dictionaries(
    names, st.builds(Reading, value=st.integers(0, 3), confirmed=st.booleans()), max_size=4
)
LEVEL = {"level": 2}


def plain(condition: Condition, values: dict[str, int]) -> bool:
    """The same question in two-valued Python, for a record that lacks nothing."""
    match condition:
        case Missing():
            return False
        case Known():
            return True
        case All():
            return all(plain(part, values) for part in condition.parts)
        case AnyOf():
            return any(plain(part, values) for part in condition.parts)
        case NoneOf():
            return not any(plain(part, values) for part in condition.parts)
    against = LEVEL["level"] if condition.parameter else condition.value
    value = values[condition.name]
    return {
        "lt": value < against,
        "le": value <= against,
        "gt": value > against,
        "ge": value >= against,
        "eq": value == against,
        "ne": value != against,
    }[condition.op]


@given(conditions, readings)
def test_it_is_unknown_exactly_when_it_names_what_it_lacks(
    condition: Condition, recorded: dict[str, Reading]
) -> None:
    answer = condition.ask(recorded, LEVEL)
    assert bool(answer.absent) is (answer.truth is U)
    assert not answer.absent & set(recorded)
    assert answer.absent <= condition.names()


@given(conditions, st.dictionaries(names, st.integers(0, 3), min_size=4, max_size=4))
def test_it_agrees_with_plain_python_when_nothing_is_missing(
    condition: Condition, values: dict[str, int]
) -> None:
    recorded = {name: Reading(value=value) for name, value in values.items()}
    assert condition.ask(recorded, LEVEL) == Answer(truth=Truth.of(plain(condition, values)))


def has_presence(condition: Condition) -> bool:
    if isinstance(condition, All | AnyOf | NoneOf):
        return any(has_presence(part) for part in condition.parts)
    return isinstance(condition, Known)


@given(conditions.filter(lambda one: not has_presence(one)), readings, names, st.integers(0, 3))
def test_it_never_changes_a_decided_answer_when_more_is_known(
    condition: Condition, recorded: dict[str, Reading], name: str, value: int
) -> None:
    before = condition.ask(recorded, LEVEL).truth
    after = condition.ask({name: Reading(value=value), **recorded}, LEVEL).truth
    assert before is U or after is before


@given(conditions, readings)
def test_it_negates_by_none(condition: Condition, recorded: dict[str, Reading]) -> None:
    once = condition.ask(recorded, LEVEL)
    twice = NoneOf((NoneOf((condition,)),)).ask(recorded, LEVEL)
    assert twice.truth is once.truth
    assert twice.absent == once.absent


@given(conditions, readings)
def test_it_rests_on_nothing_unconfirmed_when_all_is_confirmed(
    condition: Condition, recorded: dict[str, Reading]
) -> None:
    confirmed = {name: Reading(value=reading.value) for name, reading in recorded.items()}
    assert condition.ask(confirmed, LEVEL).unconfirmed == frozenset()


def test_it_marks_an_answer_that_rests_on_something_unconfirmed() -> None:
    doubtful = Compare(name="maybe", op="eq", value=True)
    assert All((LEAF[T], doubtful)).ask(READINGS, {}).unconfirmed == {"maybe"}
    assert AnyOf((LEAF[F], doubtful)).ask(READINGS, {}).unconfirmed == {"maybe"}
    assert AnyOf((LEAF[T], doubtful)).ask(READINGS, {}).unconfirmed == frozenset()


def test_it_reads_sets() -> None:
    held = {"list": Reading(members={"a": True, "b": False})}
    whole = {"list": Reading(members={"a": True}, complete=True)}

    def ask(op: str, value: object, recorded: dict[str, Reading]) -> Answer:
        return Compare(name="list", op=op, value=value).ask(recorded, {})

    assert ask("contains", "a", held) == Answer(truth=T)
    assert ask("contains", "b", held) == Answer(truth=T, unconfirmed=frozenset({"list"}))
    assert ask("intersects", ("b", "a"), held) == Answer(truth=T)
    assert ask("contains", "c", held) == Answer(truth=U, absent=frozenset({"list"}))
    assert ask("intersects", ("b", "c"), whole) == Answer(truth=F)
    assert ask("contains", "a", {}) == Answer(truth=U, absent=frozenset({"list"}))


def test_it_knows_a_list_that_is_confirmed_empty_or_holds_something() -> None:
    assert Known("x").ask({"x": Reading(complete=True)}, {}).truth is T
    assert Known("x").ask({"x": Reading(members={"a": False})}, {}).truth is T
    assert Missing("x").ask({"x": Reading(members={})}, {}).truth is T
    assert Known("x").ask({"x": Reading(value=0)}, {}).truth is T
    assert Known("x").ask({"x": Reading(value=False)}, {}).truth is T


def test_it_compares_days_and_choices() -> None:
    recorded = {"day": Reading(value=date(2027, 1, 1)), "choice": Reading(value="mailed")}
    assert Compare(name="day", op="gt", value=date(2026, 12, 31)).ask(recorded, {}).truth is T
    assert Compare(name="choice", op="in", value=("mailed", "other")).ask(recorded, {}).truth is T
    assert Compare(name="choice", op="in", value=("other",)).ask(recorded, {}).truth is F


def test_it_names_what_it_reads() -> None:
    condition = All((AnyOf((Known("a"), Compare(name="b", op="ge", parameter="level"))), LEAF[T]))
    assert condition.names() == {"a", "b", YES}
    assert condition.parameter_names() == {"level"}
