"""Adding a chair or a room."""

import pytest
from django.urls import reverse

from ebbtide.ground.people.models import Resource
from tests.builders import a_staff
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db


def add(who, **fields):
    return signed_in(who).post(
        reverse("director:add_place"), {"key": "k1", "kind": "chair", "name": "Chair 3", **fields}
    )


def test_it_adds_a_chair_once() -> None:
    director = a_staff("director")
    add(director)
    add(director)
    assert [place.name for place in Resource.objects.filter(kind="chair")] == ["Chair 3"]


@pytest.mark.parametrize("fields", [{"kind": "clinician"}, {"name": ""}])
def test_it_refuses_anything_else(fields) -> None:
    assert add(a_staff("director"), **fields).status_code == 422
    assert not Resource.objects.filter(kind__in=["chair", "room", "clinician"]).exists()
