"""The page of an order: several models, each with its sampling site and what its band holds."""

import pytest
from django.urls import reverse

from tests.builders import a_staff
from tests.journey.careplan.steps import a_written_order, an_assessed_episode

pytestmark = pytest.mark.django_db


def test_it_shows_every_model_with_its_site_and_what_its_band_holds(client) -> None:
    order = a_written_order(an_assessed_episode())
    doctor = a_staff("prescriber", clinic=order.episode.patient.clinic)
    client.force_login(doctor.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    page = client.get(reverse("careplan:show", args=[order.id])).content.decode()
    for name in ("Kamp 2020, arterial", "Simons 2022, arterial", "Otto 2021, venous"):
        assert f"<dt>{name}</dt>" in page
    assert page.count("90% band of one new measurement, from 1000 virtual people") == 3
    assert "Arterial and venous curves stand side by side here and are not compared" in page
    assert "half to double" not in page
