"""Scoring: worked tables, blanks that are never zero, values out of range refused, and properties."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.evidence.errors import ValueRefused
from ebbtide.evidence.instruments import Instrument, Method, load_instruments
from ebbtide.evidence.scoring import Blank, Status, check_item, score, severity

PACK = load_instruments()
BLANK, DECLINED = Blank.BLANK, Blank.DECLINED
_ = BLANK
SCORED = ["NRS11", "PEG", "PHQ9", "GAD7", "PCL5", "PGIC", "BLADDER", "RASS", "MOAAS", "ALDRETE", "PADSS"]


def of(name: str, *answers: int | Blank):
    return score(PACK.instrument(name), dict(enumerate(answers, start=1)))


@pytest.mark.parametrize(
    ("name", "answers", "value", "status"),
    [
        ("NRS11", [0], "0", "complete"),
        ("NRS11", [10], "10", "complete"),
        ("NRS11", [_], None, "incomplete"),
        ("NRS11", [], None, "incomplete"),
        ("RASS", [-5], "-5", "complete"),
        ("PGIC", [1], "1", "complete"),
        # PEG: the mean of three; of two when one is blank, and said so; never of one
        ("PEG", [7, 6, 8], "7.00", "complete"),
        ("PEG", [5, 5, 6], "5.33", "complete"),
        ("PEG", [4, _, 6], "5.00", "partial"),
        ("PEG", [4, DECLINED, 5], "4.50", "partial"),
        ("PEG", [4, _, _], None, "incomplete"),
        ("PEG", [0, 0, _], "0.00", "partial"),
        # PHQ-9: the published sheet adds up; one or two blanks are prorated; three are not
        ("PHQ9", [3] * 9, "27", "complete"),
        ("PHQ9", [0] * 9, "0", "complete"),
        ("PHQ9", [1, 1, 1, 1, 1, 0, 0, 0, 0], "5", "complete"),
        ("PHQ9", [2, 2, 2, 2, 2, 0, 0, 0, 0], "10", "complete"),
        ("PHQ9", [_, 2, 2, 2, 2, 0, 0, 0, 0], "9", "prorated"),  # 8 * 9 / 8
        ("PHQ9", [_, 1, 1, 1, 0, 0, 0, 0, 0], "3", "prorated"),  # 3 * 9 / 8 = 3.375
        ("PHQ9", [_, 1, 1, 1, 1, 0, 0, 0, 0], "5", "prorated"),  # 4 * 9 / 8 = 4.5, half goes up
        ("PHQ9", [_, _, 3, 3, 3, 3, 3, 3, 3], "27", "prorated"),
        ("PHQ9", [_, _, _, 3, 3, 3, 3, 3, 3], None, "incomplete"),
        # item 9 is never filled in, so no total is made around it
        ("PHQ9", [1, 1, 1, 1, 1, 1, 1, 1, _], None, "incomplete"),
        ("PHQ9", [1, 1, 1, 1, 1, 1, 1, 1, DECLINED], None, "incomplete"),
        ("GAD7", [3] * 7, "21", "complete"),
        ("GAD7", [1, 1, 1, 1, 1, 1, _], "7", "prorated"),
        ("GAD7", [1, 1, 1, 1, 1, _, _], None, "incomplete"),
        # PCL-5: prorated inside a cluster, at most one blank in each
        ("PCL5", [4] * 20, "80", "complete"),
        ("PCL5", [_, *[2] * 19], "40", "prorated"),
        ("PCL5", [_, 2, 2, 2, 2, _, *[2] * 6, 2, _, *[2] * 5, _], "40", "prorated"),
        ("PCL5", [_, _, *[2] * 18], None, "incomplete"),
        ("PCL5", [0, 0, 0, 0, 0, 0, 0, *[0] * 7, 1, 1, 1, 1, 1, _], "6", "prorated"),
        # bladder: five symptoms make the score, blood is no part of it
        ("BLADDER", [1, 1, 1, 1, 1, 0], "5", "complete"),
        ("BLADDER", [1, 1, 1, 1, 1, _], "5", "complete"),
        ("BLADDER", [3, 3, 3, 3, _, 1], "15", "prorated"),
        ("BLADDER", [3, 3, 3, _, _, 0], None, "incomplete"),
        ("ALDRETE", [2, 2, 2, 2, 1], "9", "complete"),
        ("ALDRETE", [2, 2, 2, 2, _], None, "incomplete"),
    ],
)
def test_it_scores_as_the_file_says(name, answers, value, status) -> None:
    found = of(name, *answers)
    assert found.value == (None if value is None else Decimal(value))
    assert found.status == status


def test_three_kinds_of_blank_are_kept_apart() -> None:
    found = of("PHQ9", BLANK, DECLINED)
    assert found.items[:3] == (Blank.BLANK, Blank.DECLINED, Blank.NOT_ASKED)
    assert found.answered == 0


@pytest.mark.parametrize(
    ("name", "item", "value"),
    [("NRS11", 1, 11), ("NRS11", 1, -1), ("PHQ9", 9, 4), ("BLADDER", 6, 2), ("PGIC", 1, 0), ("PGIC", 1, 8)],
)
def test_it_refuses_a_value_out_of_range_and_never_clips(name, item, value) -> None:
    with pytest.raises(ValueRefused, match=rf"Item {item} of {name} is {value}: it must be from"):
        score(PACK.instrument(name), {item: value})


@pytest.mark.parametrize("item", [0, 10])
def test_it_refuses_an_item_that_does_not_exist(item) -> None:
    with pytest.raises(ValueRefused, match="has the items 1 to 9"):
        check_item(PACK.instrument("PHQ9"), item, 0)
    with pytest.raises(ValueRefused):
        score(PACK.instrument("PHQ9"), {item: Blank.DECLINED})


@pytest.mark.parametrize(
    ("answers", "flagged"),
    [
        ([0] * 9, False),
        ([*[0] * 8, 1], True),
        ([_] * 8 + [1], True),
        ([3] * 8 + [0], False),
        ([3] * 8, False),
    ],
)
def test_item_nine_asks_for_a_person_whatever_the_total_is(answers, flagged) -> None:
    found = of("PHQ9", *answers)
    assert (found.flag is not None) is flagged
    if found.flag is not None:
        assert (found.flag.item, found.flag.rule) == (9, "SUI-PSY-06")


def test_visible_blood_asks_for_a_person() -> None:
    flag = of("BLADDER", _, _, _, _, _, 1).flag
    assert flag is not None
    assert (flag.item, flag.value, flag.rule) == (6, 1, "SUI-URO-01")
    assert of("GAD7", *[3] * 7).flag is None


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([2, 0, 0, 0, 0, 2, 0, 2, 2, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0], True),
        ([2, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0], False),
        ([2, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0], False),
        ([4] * 19 + [_], None),
    ],
)
def test_a_provisional_diagnosis_is_counted_and_never_given_on_blanks(answers, found) -> None:
    assert of("PCL5", *answers).provisional_diagnosis is found


def test_only_pcl5_has_a_provisional_diagnosis_and_clusters() -> None:
    assert of("PHQ9", *[3] * 9).provisional_diagnosis is None
    assert of("PCL5", *[1] * 20).clusters == {"B": 5, "C": 2, "D": 7, "E": 6}
    assert of("PCL5", _, _, *[1] * 18).clusters["B"] is None


def test_a_profile_has_no_total() -> None:
    from dataclasses import replace

    profile = replace(PACK.instrument("GAD7"), method=Method.PROFILE)
    whole = score(profile, dict.fromkeys(range(1, 8), 1))
    assert (whole.value, whole.status) == (None, Status.COMPLETE)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PHQ9", 4, ""), ("PHQ9", 5, "mild"), ("PHQ9", 10, "moderate"), ("PHQ9", 15, "moderately severe"),
        ("PHQ9", 20, "severe"), ("NRS11", 0, ""), ("NRS11", 4, "moderate"), ("GAD7", 15, "severe"), ("PEG", 9, ""),
    ],
)  # fmt: skip
def test_it_names_the_band(name, value, words) -> None:
    assert severity(PACK.instrument(name), Decimal(value)) == words
    assert severity(PACK.instrument(name), None) == ""


@st.composite
def answered(draw, *, blanks: bool):
    instrument = PACK.instrument(draw(st.sampled_from(SCORED)))
    value = {item: st.integers(*_ends(instrument, item)) for item in range(1, instrument.items + 1)}
    kinds = st.sampled_from(list(Blank))
    return instrument, {item: draw(st.one_of(one, kinds) if blanks else one) for item, one in value.items()}


def _ends(instrument: Instrument, item: int) -> tuple[int, int]:
    return instrument.range_of(item).low, instrument.range_of(item).high


@given(answered(blanks=True))
def test_a_score_stays_inside_its_range(drawn) -> None:
    instrument, answers = drawn
    found = score(instrument, answers)
    if found.value is not None:
        assert instrument.score_range.low <= found.value <= instrument.score_range.high
    assert (found.value is None) == (found.status is Status.INCOMPLETE)


@given(answered(blanks=False), st.data())
def test_a_higher_answer_never_lowers_a_score(drawn, data) -> None:
    instrument, answers = drawn
    item = data.draw(st.sampled_from(sorted(answers)))
    if answers[item] == instrument.range_of(item).high:
        return
    higher = score(instrument, {**answers, item: answers[item] + 1})
    before = score(instrument, answers)
    assert before.value is not None
    assert higher.value is not None
    assert higher.value >= before.value


@given(answered(blanks=False), st.data())
def test_a_blank_is_never_counted_as_zero(drawn, data) -> None:
    """Taking one answer away gives no score, or one that says that it rests on less."""
    instrument, answers = drawn
    item = data.draw(st.sampled_from(list(instrument.scored)))
    without = score(instrument, {**answers, item: data.draw(st.sampled_from(list(Blank)))})
    assert without.status is not Status.COMPLETE
    if without.value is not None:
        as_zero = sum(answers[n] for n in instrument.scored if n != item)
        assert without.value * (1 if instrument.method is Method.SUM else instrument.items) >= as_zero


@given(answered(blanks=True))
def test_the_order_of_answers_and_the_kind_of_blank_change_no_score(drawn) -> None:
    instrument, answers = drawn
    swapped = {i: Blank.DECLINED if isinstance(a, Blank) else a for i, a in reversed(answers.items())}
    one, other = score(instrument, answers), score(instrument, swapped)
    assert (one.value, one.status, one.flag) == (other.value, other.status, other.flag)
