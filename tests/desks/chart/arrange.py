"""What the tests of the chart stand on: a person with a full journey, and a browser that is signed in."""

from datetime import timedelta

from django.test import Client

from ebbtide.ground.people.models import Account, Patient, Staff
from ebbtide.ground.people.sessions import real_s
from ebbtide.journey.access.models import TriageDecision
from ebbtide.journey.assessment.models import Consent, Evaluation, ListConfirmation
from ebbtide.journey.careplan.models import DoubleCheck
from ebbtide.journey.course.models import Series, Visit
from tests import objects
from tests.builders import (
    NOW,
    a_chair,
    a_nurse_place,
    a_patient,
    a_signed_order,
    a_staff,
    an_episode,
)
from tests.tablets import TabletClient

BACKEND = "ebbtide.ground.people.sign_in.AccountBackend"


def signed_in(who: Staff | Patient, *, ago_s: float = 0) -> Client:
    account: Account | None = who.account
    assert account is not None
    client = TabletClient()
    client.force_login(account, backend=BACKEND)
    session = client.session
    session["second_factor_enrolled"] = True
    session["account_authentication_methods"] = [{"method": "password", "at": real_s() - ago_s}]
    session.save()
    return client


def a_full_journey(patient: Patient | None = None, *, canary: str = "") -> Patient:
    """From the request to a booked series of three visits; `canary` stands in every clinical text."""
    patient = patient or a_patient(allergy_banner=f"Penicillin {canary}".strip(), limb_not_to_use="LEFT ARM")
    doctor = a_staff("prescriber", clinic=patient.clinic, name="Dr Okafor")
    nurse = a_staff("nurse", clinic=patient.clinic)
    episode = an_episode(patient)
    TriageDecision.objects.create(
        request=episode.request,
        outcome="accept",
        reason=f"CRPS after a fracture {canary}",
        next_step="evaluation",
        decided_by=doctor,
        decided_at=NOW - timedelta(days=9),
    )
    visit = objects.an_evaluation_visit(patient)
    type(visit).objects.filter(pk=visit.pk).update(
        episode=episode,
        clinician=doctor,
        starts_at=NOW - timedelta(days=3),
        ends_at=NOW - timedelta(days=3, hours=-1),
        status="done",
    )
    visit.episode.delete()
    objects.an_import(patient)
    ListConfirmation.objects.create(
        patient=patient, name="problems", members=[canary], confirmed_by=doctor, confirmed_at=NOW
    )
    Evaluation.objects.create(
        episode=episode,
        stage="assessment",
        as_of=NOW,
        pack_version="t",
        pack_sha256="0" * 64,
        verdict="caution",
        findings=[],
        needs_data=[],
        overrides={},
        decision="suitable",
        reason=f"plan {canary}",
        signed_by=doctor,
        signed_at=NOW - timedelta(days=2),
        valid_until=NOW + timedelta(days=28),
    )
    Consent.objects.create(
        episode=episode,
        text_version="1",
        text_sha256="0" * 64,
        language="en",
        understood={},
        how="screen",
        signed_name="Alma Reyes",
        document=objects.a_document(patient),
        witnessed_by=doctor,
        signed_at=NOW - timedelta(days=1),
        expires_on=(NOW + timedelta(days=90)).date(),
    )
    order = a_signed_order(episode, by=doctor, template="TPL-CHR-5X40", goal=f"Walk to the shop {canary}")
    DoubleCheck.objects.create(
        order=order,
        weight_kg=70,
        dose_mg=35,
        rate_ml_per_h=150,
        agrees=True,
        differences=[],
        checked_by=nurse,
        checked_at=NOW,
    )
    series = Series.objects.create(episode=episode, order=order, booked_by=doctor, booked_at=NOW)
    chair, place = a_chair(patient.clinic), a_nurse_place(nurse)
    for number in (1, 2, 3):
        starts_at = NOW + timedelta(days=number)
        Visit.objects.create(
            series=series,
            number=number,
            chair=chair,
            nurse_place=place,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
        )
    return patient
