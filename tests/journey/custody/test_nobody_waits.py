"""A difference that nobody can explain is posted with its owner while the person leaves: neither waits for the other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ebbtide.journey.custody.actions import PostVariance, post_variance
from ebbtide.journey.custody.queries import balance_of, open_variances
from tests.builders import a_staff, an_act, an_actor
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import STOP, Door

pytestmark = pytest.mark.django_db


def a_difference(door, *, minutes):
    second, doctor = a_staff("nurse", clinic=door.clinic), a_staff("prescriber", clinic=door.clinic)
    command = PostVariance(
        visit=door.visit,
        amount_ug=2_000,
        searched="Counted twice, chair and bin searched",
        owner=doctor,
        due_on=(after(minutes) + timedelta(days=7)).date(),
        to_report=None,
        second=replace(an_actor(second), authenticated_at=after(minutes)),
    )
    row = post_variance(an_act(door.fresh(), at=after(minutes)), command)
    return row, doctor


@pytest.mark.parametrize("first", ["the difference", "the person"])
def test_a_variance_is_posted_with_its_owner_while_the_person_leaves(first):
    door = Door().stopped()
    door.observe()
    if first == "the difference":
        row, owner = a_difference(door, minutes=STOP + 32)
        departure = door.leave()
    else:
        departure = door.leave()
        row, owner = a_difference(door, minutes=STOP + 40)
    assert departure.session == door.session
    assert list(open_variances(door.clinic)) == [row]
    assert row.owner == owner
    assert balance_of(door.visit).variance_ug == 2_000
