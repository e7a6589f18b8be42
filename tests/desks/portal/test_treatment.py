"""A patient's own page once they are treated: what took place, the way home, the check-in that waits, and the curve."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.journey.outcomes.models import Answer, Invitation
from tests.builders import NOW, a_staff
from tests.desks.chart.arrange import a_full_journey, signed_in
from tests.desks.chart.test_treatment import a_score, an_infusion
from tests.desks.nurse_station.arrange import a_departure
from tests.desks.portal.test_home import a_portal_patient, page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def an_invitation(patient, **fields) -> Invitation:
    mail = OutgoingMail.objects.create(
        clinic=patient.clinic, to="a@example.org", subject="x", body="https://secret.example/check-in/KEY", purpose="x", made_at=NOW - DAY
    )  # fmt: skip
    made = {
        "point": "FU-W1", "instruments": ["PEG", "PGIC"], "due_on": NOW.date(), "opens_at": NOW - DAY, "closes_at": NOW + 3 * DAY,
        "token_sha256": "x" * 64, "mail": mail, "made_at": NOW - DAY,
    }  # fmt: skip
    return Invitation.objects.create(episode=patient.episodes.get(), **{**made, **fields})


def curve(who) -> str:
    answer = signed_in(who).get(reverse("portal:curve"))
    return re.sub(r"\s+", " ", answer.content.decode())


def test_it_says_what_took_place_and_keeps_the_instructions() -> None:
    patient = a_full_journey(a_portal_patient())
    departure = a_departure(an_infusion(patient))
    html = page(patient)
    assert "took place" in html[html.index("Visits before") :]
    assert reverse("documents:show", args=[departure.instructions_id]) in html
    assert "until <b>Tuesday 24 November 2026, 08:00</b>" in html
    coming = html[html.index("When to come") : html.index("Visits before")]
    assert "Infusion 2" in coming
    assert "Infusion 1" not in coming


def test_it_forgets_the_driving_once_it_is_allowed() -> None:
    patient = a_full_journey(a_portal_patient())
    a_departure(an_infusion(patient, days_ago=2), NOW - 2 * DAY)
    assert "Do not drive yet" not in page(patient)


def test_it_tells_of_a_check_in_that_waits_and_never_its_key() -> None:
    patient = a_full_journey(a_portal_patient())
    invitation = an_invitation(patient)
    Answer.objects.create(
        invitation=invitation, instrument="PEG", item=1, value=5, how="answered", answered_at=NOW
    )
    html = page(patient)
    assert "4 questions, answered in a few minutes. 1 of them are answered already" in html
    assert "our letter of 22 November" in html
    assert "until Thursday 26 November, 09:00" in html
    assert "KEY" not in html


@pytest.mark.parametrize(
    "fields",
    [{"closes_at": NOW}, {"opens_at": NOW + DAY}, {"mail": None}],
    ids=["closed", "not yet", "unsent"],
)
def test_it_tells_of_no_other_check_in(fields) -> None:
    patient = a_full_journey(a_portal_patient())
    an_invitation(patient, **fields)
    assert "A check-in waits" not in page(patient)


def test_a_check_in_that_is_answered_waits_no_more() -> None:
    patient = a_full_journey(a_portal_patient())
    invitation = an_invitation(patient, instruments=["PGIC"])
    Answer.objects.create(
        invitation=invitation, instrument="PGIC", item=1, value=2, how="answered", answered_at=NOW
    )
    assert "A check-in waits" not in page(patient)


def test_it_draws_ones_own_curve_without_a_dose() -> None:
    patient = a_full_journey(a_portal_patient())
    an_infusion(patient, days_ago=4)
    for days_ago, value in enumerate("4456", start=1):
        a_score(patient, "NRS11", value, days_ago)
    html = curve(patient)
    assert 'data-chart="relief"' in html
    assert "1 infusion" in html
    for never in (" mg", "ng/mL", "52.5", "predict"):
        assert never not in html, never


def test_a_curve_without_answers_says_when_it_begins() -> None:
    assert "It begins with your first answers" in curve(a_full_journey(a_portal_patient()))
    assert "It begins with your first answers" in curve(a_portal_patient(record_number="T99999"))


def test_it_shows_nobody_elses_curve() -> None:
    mine = a_portal_patient()
    a_full_journey(mine)
    other = a_full_journey(a_portal_patient(given_name="Bruno"))
    a_score(other, "NRS11", "9", 1)
    assert "data-chart" not in curve(mine)


def test_staff_read_the_curve_in_the_chart() -> None:
    answer = signed_in(a_staff("prescriber")).get(reverse("portal:curve"))
    assert answer.url == reverse("chart:patients")


def test_it_asks_the_database_at_most_eight_times(django_assert_max_num_queries) -> None:
    patient = a_full_journey(a_portal_patient())
    a_departure(an_infusion(patient))
    an_invitation(patient)
    a_score(patient, "NRS11", "5", 1)
    client = signed_in(patient)
    for name in ("portal:home", "portal:curve"):
        with django_assert_max_num_queries(8):
            client.get(reverse(name))
