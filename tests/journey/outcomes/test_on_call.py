"""The setting that lets PHQ-9 out of the house: a director names who is on call, and the next check-in knows it."""

import pytest
from django.urls import reverse

from ebbtide.ground.people.models import ClinicSetting
from ebbtide.journey.outcomes.queries import on_call
from tests.builders import a_clinic, a_staff
from tests.desks.chart.arrange import signed_in
from tests.journey.outcomes.arrange import a_check_in, a_person

pytestmark = pytest.mark.django_db
TOLD = {
    "key": "k", "reason": "agreed at the review", "name": "Robin Lee", "phone": "+1 312 555 0177",
    "reads_from": "08:00", "reads_to": "20:00", "days": "working_days",
}  # fmt: skip


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def director(clinic):
    return signed_in(a_staff("director", clinic=clinic))


URL = reverse("director:setting", args=["outcomes.on_call"])


def test_a_director_names_who_is_on_call(clinic, director) -> None:
    staff = a_staff("prescriber", clinic=clinic, name="Robin Lee")
    assert "PHQ-9 is asked at the visit and never by link" in director.get(URL).content.decode()
    assert on_call(clinic) is None
    saved = director.post(URL, TOLD, follow=True)
    assert "Robin Lee, +1 312 555 0177, on working days 08:00 to 20:00" in saved.content.decode()
    found = on_call(clinic)
    assert found is not None
    assert (found.staff, found.told.hours.days) == (staff, "working_days")
    assert a_check_in(a_person(clinic), ask=("PHQ9",)).instruments == ["PHQ9"]
    assert 'value="Robin Lee"' in director.get(URL).content.decode()


def test_hours_that_end_before_they_begin_are_refused(clinic, director) -> None:
    page = director.post(URL, {**TOLD, "reads_to": "07:00"})
    assert page.status_code == 422
    assert "the end must be later" in page.content.decode()
    assert not ClinicSetting.objects.exists()


@pytest.mark.parametrize("missing", ["name", "phone", "reads_from", "reads_to"])
def test_half_a_setting_is_refused(clinic, director, missing) -> None:
    assert director.post(URL, {**TOLD, missing: ""}).status_code == 422
    assert not ClinicSetting.objects.exists()
