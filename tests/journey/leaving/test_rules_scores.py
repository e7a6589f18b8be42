"""Aldrete and PADSS: plain and against the person's own baseline; one missing item leaves no score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.leaving.scores import (
    ALDRETE,
    ITEMS,
    PADSS,
    Item,
    Pressure,
    ScoreName,
    Total,
    compared,
    percent_off,
    pressure_points,
    total,
    with_pressure,
)

FULL = {name: {item.id: 2 for item in items} for name, items in ITEMS.items()}
CIRCULATION = next(item for item in ALDRETE if item.id == "circulation")
VITALS = next(item for item in PADSS if item.id == "vital_signs")


def bp(sbp, dbp=70) -> Pressure:
    return Pressure(sbp_mmhg=sbp, dbp_mmhg=dbp)


def test_each_score_has_five_items_and_ten_points():
    assert {len(items) for items in ITEMS.values()} == {5}
    assert [total(name, FULL[name], {}).plain for name in ScoreName] == [10, 10]


def test_the_items_that_are_compared_are_those_of_the_facts():
    assert [item.id for item in ALDRETE if item.against_baseline] == ["activity", "circulation"]
    assert [item.id for item in PADSS if item.against_baseline] == ["gait", "pain"]


@pytest.mark.parametrize(
    ("now", "before", "points"),
    [
        (2, 2, 2),
        (1, 2, 1),
        (1, 1, 2),  # walks with a stick as ever
        (2, 1, 2),
        (0, 0, 2),  # never walked
        (0, 1, 0),
        (1, None, 1),  # no baseline: as it stands
        (None, 1, None),
        (None, None, None),
    ],
)
def test_a_compared_item_has_full_points_when_as_before_or_better(now, before, points):
    gait = next(item for item in PADSS if item.id == "gait")
    assert compared(gait, now=now, before=before) == points


def test_an_item_that_is_not_compared_counts_as_it_stands():
    breathing = next(item for item in ALDRETE if item.id == "respiration")
    assert compared(breathing, now=1, before=1) == 1


def test_a_person_who_never_walks_tandem_reaches_ten_in_the_compared_total():
    now = FULL[ScoreName.PADSS] | {"gait": 1, "pain": 0}
    assert total(ScoreName.PADSS, now, {"gait": 1, "pain": 0}) == Total(plain=7, compared=10)
    assert total(ScoreName.PADSS, now, {}) == Total(plain=7, compared=7)


@pytest.mark.parametrize("name", ScoreName)
def test_one_missing_item_leaves_no_score_and_is_named(name):
    for item in ITEMS[name]:
        found = total(name, FULL[name] | {item.id: None}, FULL[name])
        assert found == Total(plain=None, compared=None, missing=(item.label,))
        assert not found.goes


@pytest.mark.parametrize(("points", "goes"), [(10, True), (9, True), (8, False), (None, False)])
def test_nine_of_ten_opens_the_gate(points, goes):
    assert Total(plain=0, compared=points).goes is goes


@pytest.mark.parametrize(
    ("now", "base", "percent"),
    [
        (bp(120, 80), bp(120, 80), 0),
        (bp(144, 80), bp(120, 80), 20),
        (bp(145, 80), bp(120, 80), 21),  # 20.8 %, rounded up
        (bp(120, 48), bp(120, 80), 40),  # the worse of the two
        (bp(96, 80), bp(120, 80), 20),
    ],
)
def test_how_far_a_pressure_is_from_the_baseline(now, base, percent):
    assert percent_off(now, base) == percent


@pytest.mark.parametrize(
    ("item", "now", "points"),
    [
        (VITALS, bp(120), 2),
        (VITALS, bp(121), 1),  # 21 %
        (VITALS, bp(140), 1),
        (VITALS, bp(141), 0),  # 41 %
        (VITALS, bp(80), 2),
        (VITALS, bp(59), 0),
        (CIRCULATION, bp(120), 2),
        (CIRCULATION, bp(121), 1),
        (CIRCULATION, bp(150), 1),
        (CIRCULATION, bp(151), 0),
    ],
)
def test_the_points_of_a_pressure_against_100(item, now, points):
    assert pressure_points(item, now, bp(100)) == points


@pytest.mark.parametrize(("now", "base"), [(None, bp(100)), (bp(100), None), (None, None)])
def test_a_pressure_that_was_not_measured_has_no_points(now, base):
    assert pressure_points(VITALS, now, base) is None


def test_nobody_types_what_follows_from_the_pressure():
    typed = {"vital_signs": 0, "gait": 1}
    found = with_pressure(ScoreName.PADSS, typed, bp(100), bp(100))
    assert found == {"vital_signs": 2, "gait": 1, "pain": None, "bleeding": None, "intake": None}


def test_a_pressure_says_its_unit():
    assert str(bp(118, 74)) == "118/74 mmHg"


POINTS = st.one_of(st.none(), st.integers(0, 2))


@given(
    st.sampled_from(ScoreName),
    st.lists(POINTS, min_size=5, max_size=5),
    st.lists(POINTS, min_size=5, max_size=5),
)
def test_the_compared_total_is_never_below_the_plain_one_and_missing_is_never_zero(name, now, before):
    ids = [item.id for item in ITEMS[name]]
    found = total(name, dict(zip(ids, now, strict=True)), dict(zip(ids, before, strict=True)))
    assert (found.plain is None) == (None in now) == (found.compared is None)
    if found.plain is not None:
        assert 0 <= found.plain <= found.compared <= 10


@given(st.integers(60, 220), st.integers(60, 220), st.sampled_from([VITALS, CIRCULATION]))
def test_a_pressure_farther_off_never_scores_more(base, now, item: Item):
    nearer = base + (now - base) // 2
    assert pressure_points(item, bp(nearer), bp(base)) >= pressure_points(item, bp(now), bp(base))
