"""A difference that nobody can explain is posted with its owner while the person leaves: neither waits for the other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.journey.custody.actions import PostVariance, post_variance
from ebbtide.journey.custody.queries import balance_of, open_variances
from tests.builders import a_staff, an_act, an_actor
from tests.clocks import stand_at
from tests.journey.custody.presses import DIFFERENCE, browser, signs_in
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import STOP, Door
from tests.journey.leaving.test_pages import ESCORT

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


def test_the_page_of_the_difference_is_still_open_when_the_person_has_left(monkeypatch):
    stand_at(monkeypatch, after(STOP + 33))
    door = Door().stopped()
    door.observe()
    second, owner = a_staff("nurse", clinic=door.clinic), a_staff("prescriber", clinic=door.clinic)
    nurse, url = browser(door.staff), reverse("custody:variance", args=[door.visit.pk])
    told = {"key": "d", **DIFFERENCE, "owner": str(owner.pk)}
    assert nurse.post(url, told).status_code == 422  # one sign-in alone posts nothing
    assert not open_variances(door.clinic)
    left = nurse.post(reverse("leaving:discharge", args=[door.session.pk]), ESCORT)
    assert left.status_code == 302
    assert nurse.post(url, {**told, **signs_in(second)}).status_code == 302
    (row,) = open_variances(door.clinic)
    page = browser(owner).get(reverse("custody:investigation", args=[row.pk])).content.decode()
    assert reverse("custody:note", args=[row.pk]) in page
