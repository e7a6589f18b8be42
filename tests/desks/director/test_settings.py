"""The settings: each with who approved it and when; a default says so; the library is approved by a named director."""

import pytest
from django.urls import reverse

from ebbtide.evidence.protocols import load_protocols
from ebbtide.ground.people.models import ClinicSetting
from ebbtide.journey.careplan.models import Protocol
from tests.builders import NOW, a_staff
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db


def page(who) -> str:
    return signed_in(who).get(reverse("director:settings")).content.decode()


def test_it_marks_a_default_as_not_approved() -> None:
    html = page(a_staff("director"))
    assert "default, not yet approved" in html
    assert "Mon 08:00 to 17:00" in html


def test_it_names_who_approved_a_value() -> None:
    director = a_staff("director", name="Dr Lindqvist")
    ClinicSetting.objects.create(
        clinic=director.clinic,
        name="consent_valid_days",
        value=90,
        reason="as the lawyer asked",
        approved_by=director,
        set_at=NOW,
    )
    html = page(director)
    assert "90 days" in html
    assert "Dr Lindqvist, Mon 23 Nov 2026" in html
    assert "as the lawyer asked" in html


def test_it_says_when_the_start_rate_is_not_set() -> None:
    assert "nobody can order from this template before it is set" in page(a_staff("director"))


def test_it_lets_a_nurse_read_and_not_change() -> None:
    html = page(a_staff("nurse"))
    assert reverse("director:setting", args=["consent_valid_days"]) not in html
    assert "Approve the archive" not in html


def test_it_takes_the_archive_into_the_library_once() -> None:
    director = a_staff("director", name="Dr Lindqvist")
    client = signed_in(director)
    for _ in range(2):
        client.post(reverse("director:approve"), {"key": "k1"})
    rows = Protocol.objects.filter(clinic=director.clinic)
    assert {row.approved_by_id for row in rows} == {director.id}
    assert rows.count() == len(load_protocols().protocols)
    assert "Approve the archive" not in page(director)


def test_it_asks_the_database_at_most_eight_times(django_assert_max_num_queries) -> None:
    client = signed_in(a_staff("director"))
    with django_assert_max_num_queries(8):
        client.get(reverse("director:settings"))
