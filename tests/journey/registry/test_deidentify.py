"""Taking the person out: no cell under k, no date that stays, no id that leads back, and nothing hidden silently."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.access.models import Complaint
from ebbtide.journey.registry.deidentify import (
    ANY,
    COMPLAINT_GROUPS,
    STEPS,
    Cell,
    K,
    age_band,
    hidden_counts,
    one_complaint,
    opaque_id,
    shift_days,
    shifted,
    shown_cells,
    wide_band,
)

ages = st.one_of(st.none(), st.integers(0, 110))
cells = st.builds(
    lambda age_y, sex, complaint, language: Cell(age_band(age_y), sex, complaint, language),
    ages,
    st.sampled_from(["female", "male", "other", "unknown"]),
    st.sampled_from([*COMPLAINT_GROUPS, "something new"]),
    st.sampled_from(["en", "es", "tl"]),
)
people = st.lists(cells, max_size=120).map(lambda found: dict(enumerate(found)))
KEY = b"k" * 32
CRPS = Cell("40 to 49", "female", "crps", "en")


@given(people=people, k=st.integers(1, 15))
def test_it_leaves_no_cell_that_fewer_than_k_people_share(people, k) -> None:
    shown = shown_cells(people, k=k)
    assert set(shown) == set(people)
    assert all(n >= k for n in Counter(found.cell for found in shown.values() if found).values())


@given(people=people)
def test_it_hides_fewer_than_k_people_and_only_when_no_step_helped(people) -> None:
    hidden = [who for who, found in shown_cells(people).items() if found is None]
    assert len(hidden) < K


@given(people=people)
def test_it_only_makes_coarser(people) -> None:
    for who, found in shown_cells(people).items():
        cell = people[who]
        if found is None:
            continue
        for _, step in STEPS[: found.steps]:
            cell = step(cell)
        assert found.cell == cell


@given(people=people)
def test_it_leaves_a_large_enough_cell_as_it_is(people) -> None:
    counted = Counter(people.values())
    for who, found in shown_cells(people).items():
        if counted[people[who]] >= K:
            assert found is not None
            assert (found.cell, found.steps) == (people[who], 0)


def test_it_gives_up_the_language_first() -> None:
    found = shown_cells(
        {**dict.fromkeys(range(6), CRPS), **dict.fromkeys(range(6, 11), CRPS._replace(language="es"))}
    )
    assert {shown.cell for shown in found.values() if shown} == {CRPS._replace(language=ANY)}
    assert {shown.steps for shown in found.values() if shown} == {1}


def test_it_shows_nobody_of_ten() -> None:
    assert set(shown_cells(dict.fromkeys(range(10), CRPS)).values()) == {None}


@pytest.mark.parametrize(
    ("age_y", "band", "wide"),
    [
        (None, "not recorded", "not recorded"),
        (17, "under 18", "under 18"),
        (18, "18 to 19", "18 to 39"),
        (20, "20 to 29", "18 to 39"),
        (39, "30 to 39", "18 to 39"),
        (40, "40 to 49", "40 to 59"),
        (59, "50 to 59", "40 to 59"),
        (79, "70 to 79", "60 to 79"),
        (89, "80 to 89", "80 or over"),
        (90, "90 or over", "80 or over"),
        (104, "90 or over", "80 or over"),
    ],
)
def test_it_bands_ages(age_y, band, wide) -> None:
    assert (age_band(age_y), wide_band(age_band(age_y))) == (band, wide)


@given(age_y=st.integers(18, 110), other=st.integers(18, 110))
def test_it_nests_the_narrow_bands_in_the_wide_ones(age_y, other) -> None:
    if age_band(age_y) == age_band(other):
        assert wide_band(age_band(age_y)) == wide_band(age_band(other))


def test_it_knows_a_group_for_every_complaint_of_the_form() -> None:
    assert set(Complaint.values) | {"several"} == set(COMPLAINT_GROUPS)


@given(person=st.uuids().map(str))
def test_it_moves_each_date_by_the_persons_own_secret(person) -> None:
    days = shift_days(KEY, person=person)
    assert days != 0
    assert -182 <= days <= 182
    assert days == shift_days(KEY, person=person)
    first, second = (shifted(day, key=KEY, person=person) for day in (date(2026, 3, 1), date(2026, 4, 1)))
    assert (second - first).days == 31


def test_it_moves_people_apart() -> None:
    moved = Counter(shift_days(KEY, person=str(n)) for n in range(4000))
    assert len(moved) == 364
    assert min(moved) == -182
    assert max(moved) == 182


def test_it_makes_ids_that_differ_by_person_by_export_and_by_key() -> None:
    ids = [
        opaque_id(key, purpose=purpose, of=of) for key in (KEY, b"x" * 32) for purpose in "ab" for of in "cd"
    ]
    assert len(set(ids)) == 8
    assert ids[0] == opaque_id(KEY, purpose="a", of="c")
    assert all(len(one) == 16 for one in ids)


def test_it_keeps_the_parts_of_an_id_apart() -> None:
    assert opaque_id(KEY, purpose="a", of="bc") != opaque_id(KEY, purpose="ab", of="c")


@pytest.mark.parametrize(
    ("complaints", "one"), [(["crps"], "crps"), (["crps", "crps"], "crps"), (["crps", "mood"], "several")]
)
def test_it_calls_more_than_one_complaint_several(complaints, one) -> None:
    assert one_complaint(complaints) == one


@given(counts=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 60)), k=st.integers(1, 15))
def test_it_hides_small_counts_and_never_so_few_that_the_total_tells(counts, k) -> None:
    shown = hidden_counts(counts, k=k)
    assert set(shown) == set(counts)
    hidden = [name for name, n in shown.items() if n is None]
    assert all(n is None or n == counts[name] for name, n in shown.items())
    assert all(n is None or n >= k for n in shown.values())
    assert sum(counts[name] for name in hidden) >= k or not hidden or len(hidden) == len(counts)


def test_it_hides_the_smallest_shown_beside_a_lone_hidden_one() -> None:
    assert hidden_counts({"a": 4, "b": 12, "c": 30}) == {"a": None, "b": None, "c": 30}
    assert hidden_counts({"a": 6, "b": 7, "c": 30}) == {"a": None, "b": None, "c": 30}
    assert hidden_counts({}) == {}
