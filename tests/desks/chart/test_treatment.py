"""The chart after the first infusion: what was given, how somebody left, what they answered, and what is next at each point."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.models import Account, Movement, Vial
from ebbtide.journey.leaving.models import NextDayCall
from ebbtide.journey.outcomes.models import Answer, Invitation, SafetyAlert, Score
from ebbtide.journey.registry.models import Exposure
from ebbtide.pharmacology.previews import ENGINE_VERSION
from tests.builders import NOW, a_patient, a_staff, an_assignment
from tests.desks.chart.arrange import a_full_journey, signed_in
from tests.desks.nurse_station.arrange import (
    MIN,
    a_departure,
    a_gate,
    a_log_entry,
    a_session,
    a_started_session,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def page(who, patient) -> str:
    answer = signed_in(who).get(reverse("chart:show", args=[patient.id]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def a_director(patient):
    return a_staff("director", clinic=patient.clinic)


def the_visit(patient, number: int = 1, starts_at=NOW - 60 * MIN, **fields) -> Visit:
    visit = Visit.objects.get(series__episode__patient=patient, number=number)
    Visit.objects.filter(pk=visit.pk).update(
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), **fields
    )
    visit.refresh_from_db()
    return visit


def given(session, entry, amount_ug: int) -> None:
    """The register of one dose, from the supplier to the person."""
    clinic, by = session.opened_by.clinic, session.opened_by
    vial = Vial.objects.create(
        clinic=clinic, drug="racemate", mg_per_ml=50, volume_ml=10, content_ug=500_000, lot="L", expires_on=NOW.date() + 99 * DAY,
        label=str(session.id), supplier="S", received_by=by, received_at=NOW,
    )  # fmt: skip
    supplier, safe, gone = (
        Account.objects.get_or_create(clinic=clinic, kind=kind)[0] for kind in ("supplier", "safe", "given")
    )
    syringe = Account.objects.create(clinic=clinic, kind="session", visit=session.visit)
    made = {"clinic": clinic, "vial": vial, "by": by, "moved_at": NOW, "recorded_at": NOW}
    Movement.objects.create(kind="receive", from_account=supplier, to_account=safe, amount_ug=500_000, **made)
    Movement.objects.create(
        kind="draw", from_account=safe, to_account=syringe, amount_ug=amount_ug, visit=session.visit, **made
    )
    Movement.objects.create(
        kind="give", from_account=syringe, to_account=gone, amount_ug=amount_ug, visit=session.visit, given_by_entry=entry.id, **made
    )  # fmt: skip


def an_infusion(patient, number: int = 1, days_ago: int = 0):
    """One infusion as it should go: gate, start, an event, stop, a dose of 34.5 mg, home with an escort."""
    start = NOW - days_ago * DAY - 60 * MIN
    session = a_session(the_visit(patient, number, start, status="done"), opened_at=start)
    a_gate(session, passed=True, at=start + 5 * MIN)
    a_log_entry(session, "start", start + 10 * MIN, rate_mg_per_h="52.5")
    a_log_entry(
        session, "adverse_event", start + 20 * MIN, event="Nausea", severity="mild", action="ondansetron"
    )
    stop = a_log_entry(session, "stop", start + 50 * MIN, reason="complete")
    given(session, stop, 34_500)
    return session


def a_score(patient, instrument: str, value: str, days_ago: int, point: str = "DIARY") -> Score:
    at = NOW - days_ago * DAY
    return Score.objects.create(
        episode=patient.episodes.get(), instrument=instrument, point=point, value=Decimal(value), status="complete",
        observed_at=at, recorded_at=at,
    )  # fmt: skip


def an_alert(patient, **fields) -> SafetyAlert:
    episode = patient.episodes.get()
    invitation = Invitation.objects.create(
        episode=episode, point="FU-W1", instruments=["PHQ9"], due_on=NOW.date(), opens_at=NOW - DAY, closes_at=NOW + DAY,
        token_sha256=str(episode.id), made_at=NOW,
    )  # fmt: skip
    answer = Answer.objects.create(
        invitation=invitation, instrument="PHQ9", item=9, value=1, how="answered", answered_at=NOW
    )
    owner = a_staff("prescriber", clinic=patient.clinic, name="Dr Owner")
    return SafetyAlert.objects.create(
        episode=episode, kind="self_harm", rule="SA1", answer=answer, opened_at=NOW, due_at=NOW + 60 * MIN, owner=owner, **fields
    )  # fmt: skip


def test_it_tells_what_was_given_with_its_dose() -> None:
    patient = a_full_journey()
    an_infusion(patient)
    html = page(a_director(patient), patient)
    for words in (
        "Infusion 1: checked in",
        "Start gate passed",
        "Infusion 1 started, 52.5 mg/h",
        "Adverse event: Nausea",
        "mild · ondansetron",
        "Infusion 1 stopped, 34.5 mg given, 0.49 mg/kg",
    ):
        assert words in html, words
    assert re.findall(r'journey__title">([^<]+)<', html)[0] == "Infusion"


def test_it_tells_the_way_home_and_the_day_after() -> None:
    patient = a_full_journey()
    departure = a_departure(an_infusion(patient))
    NextDayCall.objects.create(
        departure=departure, outcome="reached", red_flags={"fall": True, "drove": False}, step="examined",
        called_by=a_staff("nurse"), called_at=NOW,
    )  # fmt: skip
    html = page(a_director(patient), patient)
    for words in (
        "Recovery observed: Aldrete not complete, PADSS not complete",
        "Left after infusion 1, with an escort (brother)",
        "no driving until Tue 24 Nov 2026, 08:00",
        "Call on the day after: reached",
        "told: A fall since leaving · examined",
    ):
        assert words in html, words


def test_it_tells_answers_as_one_line_and_leaves_the_diary_to_the_curve() -> None:
    patient = a_full_journey()
    for instrument, value in (("PEG", "5.67"), ("PHQ9", "8.00")):
        a_score(patient, instrument, value, 0, "FU-W1")
    a_score(patient, "NRS11", "7", 3)
    html = page(a_director(patient), patient)
    assert re.search(r"Check-in, 1 week after the course: (PEG 5.67, PHQ-9 8|PHQ-9 8, PEG 5.67)", html)
    assert "NRS11 7" not in html


def test_it_draws_the_curve_with_infusions_and_doses() -> None:
    patient = a_full_journey()
    an_infusion(patient, 1, days_ago=4)
    an_infusion(patient, 2, days_ago=3)
    for days_ago, value in enumerate("4456", start=1):
        a_score(patient, "NRS11", value, days_ago)
    html = page(a_director(patient), patient)
    assert 'data-chart="relief"' in html
    assert '"words": "34.5 mg"' in html
    assert '"words": ""' in html
    assert "infusion 2, 34.5 mg" in html
    assert "4.75, 4 to 6 on 4 days" in html


def test_it_draws_nothing_where_nothing_was_answered() -> None:
    patient = a_full_journey()
    an_infusion(patient)
    assert 'data-chart="relief"' not in page(a_director(patient), patient)


def test_it_keeps_only_the_newest_version_of_an_exposure() -> None:
    patient = a_full_journey()
    session = an_infusion(patient)
    made = {
        "session": session, "drug": "racemate", "hours": Decimal("0.667"), "started_at": NOW, "stopped_at": NOW, "predicted": {},
        "engine_version": ENGINE_VERSION, "computed_at": NOW,
    }  # fmt: skip
    Exposure.objects.create(version=1, mg=Decimal(30), **made)
    Exposure.objects.create(version=2, mg=Decimal("34.5"), mg_per_kg=Decimal("0.493"), **made)
    html = page(a_director(patient), patient)
    assert "Exposure of infusion 1: 34.5 mg, 0.493 mg/kg, 0.667 h" in html
    assert "30 mg" not in html
    titles = re.findall(r'journey__stage--(now|done)"><h2 class="journey__title">([^<]+)<', html)
    assert titles[:2] == [("done", "Registry"), ("now", "Infusion")]


def test_it_tells_the_front_desk_no_more_than_that_somebody_answered() -> None:
    patient = a_full_journey()
    departure = a_departure(an_infusion(patient))
    NextDayCall.objects.create(
        departure=departure, outcome="reached", red_flags={"fall": True}, step="examined", called_by=a_staff("nurse"), called_at=NOW
    )  # fmt: skip
    a_score(patient, "PEG", "5.67", 0, "FU-W1")
    an_alert(patient)
    html = page(a_staff("front_desk", clinic=patient.clinic), patient)
    for clinical in (
        "34.5 mg",
        "52.5",
        "Nausea",
        "5.67",
        "PEG",
        "afety alert",
        "asks for a person",
        "fall",
        "examined",
        "escort",
        "gate",
        "data-chart",
    ):
        assert clinical not in html, clinical
    for theirs in (
        "Infusion 1, took place",
        "Call on the day after: reached",
        "Check-in, 1 week after the course: answered",
    ):
        assert theirs in html, theirs


def test_it_opens_the_log_for_a_prescriber_only_when_assigned() -> None:
    patient = a_full_journey()
    an_infusion(patient)
    doctor = a_staff("prescriber", clinic=patient.clinic)
    assert "34.5 mg given" not in page(doctor, patient)
    an_assignment(doctor, patient)
    assert "34.5 mg given" in page(doctor, patient)


def test_it_puts_an_open_alert_first_and_into_the_strip() -> None:
    patient = a_full_journey()
    an_alert(patient)
    html = page(a_director(patient), patient)
    assert "An answer asks for a person, by Mon 23 Nov 2026, 10:00" in html
    assert "Owner: Dr Owner." in html
    assert "a safety alert is open" in html[html.index('class="strip"') : html.index("<main")]
    assert "Safety alert, open" in html


def _paused(visit):
    a_log_entry(a_started_session(visit), "pause", NOW - MIN, reason="dizzy")


def _stopped(visit):
    a_log_entry(a_started_session(visit), "stop", NOW - MIN, reason="complete")


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (lambda visit: None, "Infusion 1 is today, Mon 23 Nov 2026, 08:00. Check the person in."),
        (a_session, "Checked in for infusion 1: the start gate is next."),
        (
            lambda visit: a_gate(a_session(visit), passed=False),
            "Checked in for infusion 1: the start gate refused.",
        ),
        (
            lambda visit: a_gate(a_session(visit), passed=True),
            "Checked in for infusion 1, and the start gate is passed",
        ),
        (a_started_session, "Infusion 1 runs, on Chair 1."),
        (_paused, "Infusion 1 is paused, on Chair 1."),
        (_stopped, "Infusion 1 is stopped. Observe the recovery"),
    ],
)
def test_it_says_what_is_next_at_the_chair(arrange, words) -> None:
    patient = a_full_journey()
    arrange(the_visit(patient))
    assert words in page(a_director(patient), patient)


def test_it_says_that_a_visit_of_another_day_was_never_recorded() -> None:
    patient = a_full_journey()
    the_visit(patient, starts_at=NOW - DAY)
    assert "was booked for Sun 22 Nov 2026, 09:00, and nothing of it is recorded" in page(
        a_director(patient), patient
    )


def test_it_asks_for_the_call_once_it_is_due() -> None:
    patient = a_full_journey()
    departure = a_departure(an_infusion(patient, days_ago=1), call_due_on=NOW.date())
    director = a_director(patient)
    assert "The call on the day after is due since Mon 23 Nov 2026." in page(director, patient)
    NextDayCall.objects.create(
        departure=departure, outcome="reached", called_by=a_staff("nurse"), called_at=NOW
    )
    assert "Infusion 2 is on" in page(director, patient)


@pytest.mark.parametrize("role", ["nurse", "director"])
def test_it_asks_the_database_at_most_eight_times(role, django_assert_max_num_queries) -> None:
    patient = a_full_journey()
    a_departure(an_infusion(patient))
    a_score(patient, "NRS11", "6", 1)
    an_alert(patient)
    who = a_staff(role, clinic=patient.clinic)
    an_assignment(who, patient)
    client, url = signed_in(who), reverse("chart:show", args=[patient.id])
    client.get(url)
    with django_assert_max_num_queries(8):
        client.get(url)


def test_it_never_tells_one_persons_treatment_in_anothers_chart() -> None:
    other = a_full_journey()
    an_infusion(other)
    a_score(other, "NRS11", "6", 1)
    patient = a_full_journey(a_patient(clinic=other.clinic, given_name="Bruno", family_name="Silva"))
    html = page(a_director(patient), patient)
    assert "34.5 mg" not in html
    assert "data-chart" not in html
