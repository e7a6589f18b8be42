"""A person whose gate can pass: a healthy history, a signed assessment, consent, credentials, a monitor, drug in hand."""

from datetime import timedelta

from ebbtide.ground.people.models import Credential
from ebbtide.journey.assessment.actions import (
    NewFact,
    SignConsent,
    SignEvaluation,
    sign_consent,
    sign_evaluation,
)
from ebbtide.journey.infusion.actions import (
    AddDevice,
    BindMonitor,
    PassGate,
    add_device,
    bind_monitor,
    pass_gate,
)
from ebbtide.journey.infusion.gate import Confirmed
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.journey.assessment.made import Signing, make_healthy
from tests.journey.infusion.arrange import Chairside
from tests.journey.infusion.gate_builders import CONFIRMED

ANSWERS = {
    "intends_to_drive": False,
    "last_solids_at": NOW - timedelta(hours=12),
    "last_clear_fluid_at": NOW - timedelta(hours=5),
    "intoxicated_now": False,
    "psychotic_symptoms_now": False,
    "mania_or_hypomania_now": False,
    "acls_clinician_on_site": True,
    "stimulant_prescribed": False,
    "suicide_risk_level": "none",
}
MEASURED = {"systolic_mmHg": 122, "diastolic_mmHg": 78, "spo2_room_air_percent": 98, "pulse_per_min": 72}


def facts(values):
    return tuple(NewFact(name=name, value=value) for name, value in values.items())


def a_ready_chair(*, history_days_ago=0, **order):
    """Everything but the gate itself; the history gone through just now, or some days ago."""
    scene = Chairside(**order)
    doctor = an_actor(a_staff("prescriber", clinic=scene.clinic))
    make_healthy(scene.patient, doctor, at=NOW - timedelta(days=history_days_ago, minutes=5))
    told = Signing()
    sign_consent(
        an_act(doctor, at=NOW - timedelta(minutes=4)),
        SignConsent(
            episode=scene.episode,
            language=told.language,
            understood=told.understood,
            signed_name=told.signed_name,
            text_sha256=told.text_sha256,
        ),
    )
    sign_evaluation(
        an_act(doctor, at=NOW - timedelta(minutes=3)),
        SignEvaluation(episode=scene.episode, decision="suitable", reason="One course, review on day 21."),
    )
    for kind in ("RN", "ACLS"):
        Credential.objects.create(staff=scene.staff, kind=kind, expires_on=(NOW + timedelta(days=90)).date())
    scene.opened().drawn()
    director = an_actor(a_staff("director", clinic=scene.clinic))
    device = add_device(an_act(director), AddDevice(clinic=scene.clinic, key="MON1", name="Monitor 1"))
    bind_monitor(scene.act(), BindMonitor(device=device, session=scene.session, chair=scene.chair))
    return scene


def gate(
    scene, minutes=1.0, *, by=None, key="", overrides=None, taken=(), confirmed=None, measured=None, **answers
):
    """Go through the gate with everything answered, or with some things changed."""
    command = PassGate(
        session=scene.session,
        confirmed=Confirmed(**{**CONFIRMED, **(confirmed or {})}),
        overrides=overrides or {},
        answers=facts({name: value for name, value in {**ANSWERS, **answers}.items() if value is not None}),
        measured=facts(MEASURED if measured is None else measured),
        taken_24h=taken,
    )
    return pass_gate(scene.act(minutes, by=by, key=key), command)
