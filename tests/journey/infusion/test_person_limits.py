"""The page of one person's limits: what is in force and whose it is; a prescriber changes one, with the old number before them."""

import pytest
from django.urls import reverse

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.check_rows import PatientLimit
from tests.builders import a_staff, an_assignment
from tests.desks.chart.arrange import signed_in
from tests.journey.infusion.monitors import Chair
from tests.journey.infusion.test_pages import clock_at  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
WHY = "Lives at 89 % since the operation."


def address(chair, *more):
    name = "change_person_limit" if more else "person_limits"
    return reverse(f"infusion:{name}", args=[chair.patient.pk, *more])


def a_prescriber(chair):
    doctor = a_staff("prescriber", clinic=chair.clinic)
    an_assignment(doctor, chair.patient)
    return doctor


def test_a_prescriber_changes_one_number_and_reads_the_old_one_the_reason_and_the_name_afterwards():
    chair = Chair()
    doctor = a_prescriber(chair)
    client = signed_in(doctor)
    asked = client.get(address(chair, "CHK-SPO2", "value")).content.decode()
    assert "90 %" in asked  # what is in force stands above the field
    assert "85 to 94 %" in asked
    told = {"key": new_id(), "value": "88", "reason": WHY}
    assert client.post(address(chair, "CHK-SPO2", "value"), told).status_code == 302
    row = PatientLimit.objects.get()
    assert (row.old, row.value, row.reason, row.set_by) == (90, 88, WHY, doctor)
    shown = client.get(address(chair)).content.decode()
    for words in ("88 %", "The clinic's is 90 %", WHY, doctor.name):
        assert words in shown, words


@pytest.mark.parametrize(
    ("value", "reason"),
    [("70", WHY), ("90", WHY), ("88", ""), ("88 %", WHY)],
    ids=["range", "same", "why", "odd"],
)
def test_it_says_what_is_wrong_and_changes_nothing(value, reason):
    chair = Chair()
    told = {"key": new_id(), "value": value, "reason": reason}
    answer = signed_in(a_prescriber(chair)).post(address(chair, "CHK-SPO2", "value"), told)
    assert answer.status_code == 422
    assert not PatientLimit.objects.exists()


def test_a_nurse_reads_them_and_changes_none_and_a_number_of_the_clinic_has_no_page():
    chair = Chair()
    client = signed_in(chair.nurse)
    shown = client.get(address(chair)).content.decode()
    assert "Oxygen saturation is low" in shown
    assert "CHK-SPO2/value" not in shown
    assert client.get(address(chair, "CHK-SPO2", "value")).status_code == 403
    assert signed_in(a_prescriber(chair)).get(address(chair, "CHK-SPO2", "recheck_s")).status_code == 404


def test_the_chair_and_the_chart_lead_to_them():
    chair = Chair()
    client, there = signed_in(chair.nurse), address(chair)
    for page in (
        reverse("infusion:chair", args=[chair.session.pk]),
        reverse("chart:show", args=[chair.patient.pk]),
    ):
        assert there in client.get(page).content.decode()


def test_a_tablet_that_shows_them_still_beats_and_sounds(clock_at):  # noqa: F811
    clock_at(5)
    chair = Chair()
    shown = signed_in(chair.nurse).get(address(chair)).content.decode()
    assert f'data-checks-url="{reverse("infusion:checks", args=[chair.session.pk])}"' in shown
    assert "js/checks.js" in shown
