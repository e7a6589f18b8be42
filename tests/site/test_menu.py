"""The menu and the palette: each role's own places, every one of which opens."""

import pytest
from django.urls import reverse

from ebbtide.site.context import MENU, PLACES, menu_for, places_for
from tests.builders import a_patient, a_staff, an_actor
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db
ROLES = ["front_desk", "nurse", "prescriber", "director", "researcher", "auditor", "operator"]


@pytest.mark.parametrize("place", [*MENU, *PLACES], ids=lambda place: place[1])
def test_it_names_pages_that_are_built(place) -> None:
    if not place[1].startswith("twin:"):  # the demonstration's own
        assert reverse(place[1])


@pytest.mark.parametrize("role", ROLES)
def test_it_leads_each_role_only_where_the_door_opens(role) -> None:
    who = a_staff(role)
    client, actor = signed_in(who), an_actor(who)
    for place in [*menu_for(actor, "/"), *places_for(actor)]:
        assert client.get(place["href"]).status_code == 200, place["href"]


def test_it_keeps_the_wall_from_the_front_desk_and_gives_it_to_a_nurse() -> None:
    wall = reverse("nurse_station:wall")
    assert wall in {place["href"] for place in menu_for(an_actor("nurse"), "/")}
    assert wall not in {place["href"] for place in menu_for(an_actor("front_desk"), "/")}


def test_a_patient_has_one_place() -> None:
    assert [place["href"] for place in menu_for(an_actor(a_patient()), "/")] == [reverse("portal:home")]


def test_it_hands_the_palette_to_the_page() -> None:
    assert b'id="palette-entries"' in signed_in(a_staff("director")).get(reverse("front_desk:today")).content
