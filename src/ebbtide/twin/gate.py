"""The twin room: what is asked, measured and confirmed on the morning of an infusion, and the gate itself."""

from datetime import datetime, timedelta
from typing import Any

from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.journey.assessment.actions import ConfirmList, NewFact, confirm_list
from ebbtide.journey.assessment.models import ListConfirmation
from ebbtide.journey.infusion.actions.gate import (
    PassGate,
    ReconfirmHistory,
    pass_gate,
    reconfirm_history,
)
from ebbtide.journey.infusion.gate import EQUIPMENT, Confirmed
from ebbtide.journey.infusion.models import Session
from ebbtide.twin.bodies import Body
from ebbtide.twin.way import Story, Way

SOLIDS_H, CLEAR_FLUID_H = 9, 3
ESCORT, ESCORT_PHONE = "Sam Delgado", "+1 312 555 0177"
# what somebody answers on a good morning
TODAY: dict[str, Any] = {
    "intoxicated_now": False, "intends_to_drive": False,
    "acls_clinician_on_site": True, "suicide_risk_level": "none",
    "psychotic_symptoms_now": False, "mania_or_hypomania_now": False, "antihypertensive_taken_today": True,
    "phq9_item9": 0, "stimulant_prescribed": False,
}  # fmt: skip


class GateShut(RuntimeError):
    """The demonstration's morning is not as good as it should be: what the gate said."""


def go_through(way: Way, session: Session, *, at: datetime, body: Body) -> Story:
    """Lists gone through or renewed, then everything of today in one signature."""
    yield at
    _stand_behind_the_history(way, session, at)
    yield (at := at + timedelta(minutes=3))
    patient = session.visit.series.episode.patient
    fertile = {"pregnancy_test_result": "negative"} if _is_fertile(way, at) else {}
    fasting = {
        "last_solids_at": at - timedelta(hours=SOLIDS_H),
        "last_clear_fluid_at": at - timedelta(hours=CLEAR_FLUID_H),
    }
    told = {**TODAY, **fertile, **fasting}
    answers = tuple(NewFact(name=name, value=value) for name, value in told.items())
    measured = tuple(
        NewFact(name=name, value=round(getattr(body, name)))
        for name in ("systolic_mmHg", "diastolic_mmHg", "spo2_room_air_percent", "pulse_per_min")
    )
    row = pass_gate(
        way.act(way.nurse, at, f"gate/{session.visit.number}"),
        PassGate(
            session=session,
            confirmed=Confirmed(
                identifiers=True, escort_name=ESCORT, escort_phone=ESCORT_PHONE, alarms_audible=True,
                limb=bool(patient.limb_not_to_use), equipment=tuple(EQUIPMENT), call_tested=True, comfort_declined=True,
                pump_identity=f"Pump {session.chair.name.rpartition(' ')[2]}",
            ),
            answers=answers,
            measured=measured,
            taken_24h=tuple(sorted(known for known in way.person.medicines.values() if known)),
        ),
    )  # fmt: skip
    if not row.passed:
        shut = "; ".join(item["words"] for item in row.items if not item["passed"])
        raise GateShut(f"The gate of person {way.person.number} is shut at {at:%Y-%m-%d %H:%M}: {shut}")


STILL_FERTILE_YEARS = 50


def _is_fertile(way: Way, at: datetime) -> bool:
    return way.person.sex == "female" and at.year - way.person.born.year < STILL_FERTILE_YEARS


def _stand_behind_the_history(way: Way, session: Session, at: datetime) -> None:
    """Within four days of the last time one signature renews the lists; else they are gone through again."""
    policy = load_suitability_pack().reconfirmation
    patient = session.visit.series.episode.patient
    newest = ListConfirmation.objects.filter(patient=patient, name="problems").order_by("-confirmed_at")[0]
    if at - newest.confirmed_at <= timedelta(hours=policy.max_gap_h):
        act = way.act(way.nurse, at, f"unchanged/{session.visit.number}")
        reconfirm_history(act, ReconfirmHistory(session=session))
        return
    for name in policy.renews:
        act = way.act(way.nurse, at, f"list/{session.visit.number}/{name}")
        confirm_list(act, ConfirmList(patient=patient, name=name))
