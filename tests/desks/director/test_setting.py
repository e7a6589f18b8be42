"""Changing a setting: typed in its own shape, with a reason, under the director's name, after signing in again."""

import pytest
from django.urls import reverse

from ebbtide.ground.people.models import ClinicSetting
from ebbtide.ground.people.queries import setting
from ebbtide.journey.careplan.queries import director_settings
from ebbtide.journey.course.queries import settings_of
from tests.builders import a_staff
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db
START_RATE = "protocol.TPL-CRPS-10DAY.rate_mg_per_kg_h.start"


def change(who, name: str, **typed):
    typed = {"key": "k1", "reason": "agreed at the review", **typed}
    return signed_in(who).post(reverse("director:setting", args=[name]), typed)


def test_it_keeps_the_value_with_its_reason_and_author() -> None:
    director = a_staff("director")
    assert change(director, "assessment_valid_days", value="45").status_code == 302
    row = ClinicSetting.objects.get()
    assert (row.value, row.reason, row.approved_by) == (45, "agreed at the review", director)


def test_it_sets_the_start_rate_exactly() -> None:
    director = a_staff("director")
    change(director, START_RATE, value="0.150")
    assert str(director_settings(director.clinic)["TPL-CRPS-10DAY"]["rate_mg_per_kg_h.start"]) == "0.15"


def test_it_sets_the_opening_hours_that_the_planner_reads() -> None:
    director = a_staff("director")
    change(director, "course.opening_hours", from_0="07:30", to_0="16:00", from_5="09:00", to_5="12:00")
    hours = settings_of(director.clinic).hours.by_weekday
    assert {day: (f"{a:%H:%M}", f"{b:%H:%M}") for day, (a, b) in hours.items()} == {
        0: ("07:30", "16:00"),
        5: ("09:00", "12:00"),
    }


def test_it_sets_the_days_on_which_the_clinic_is_closed() -> None:
    director = a_staff("director")
    change(director, "course.closed_on", value="2026-12-25\n2027-01-01")
    assert setting(director.clinic, "course.closed_on", []) == ["2026-12-25", "2027-01-01"]


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("assessment_valid_days", {"value": "0"}, "greater than or equal to 1"),
        ("assessment_valid_days", {"value": "45", "reason": ""}, "required"),
        (
            "course.opening_hours",
            {"from_0": "17:00", "to_0": "08:00"},
            "Monday needs a time to open and a later one to close",
        ),
        ("course.opening_hours", {"from_2": "08:00"}, "Wednesday needs a time to open"),
        ("course.closed_on", {"value": "Christmas"}, "Invalid isoformat"),
        (START_RATE, {"value": "0"}, "greater than or equal to 0.001"),
    ],
)
def test_it_refuses_what_cannot_be_meant(name, typed, words) -> None:
    answer = change(a_staff("director"), name, **typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ClinicSetting.objects.exists()


def test_it_knows_no_other_setting() -> None:
    assert change(a_staff("director"), "nonsense", value="1").status_code == 404


def test_it_asks_to_sign_in_again_before_the_form() -> None:
    client = signed_in(a_staff("director"), ago_s=600)
    answer = client.get(reverse("director:setting", args=["assessment_valid_days"]))
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url


@pytest.mark.parametrize("role", ["nurse", "prescriber", "front_desk", "auditor", "operator"])
def test_it_is_shut_for_everybody_else(role) -> None:
    assert change(a_staff(role), "assessment_valid_days", value="45").status_code == 403
