"""The way to an order in tests: an episode with a signed assessment, a measured weight and an approved library."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from ebbtide.ground.people.models import Patient, Staff
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.models import Evaluation
from ebbtide.journey.careplan.actions import ApproveProtocols, WriteOrder, approve_protocols, write_order
from ebbtide.journey.careplan.dosing import Field, GapDays, Step
from ebbtide.journey.careplan.models import OrderVersion, Protocol
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor
from tests.objects import a_fact, an_episode

REASONS = {"LIM-FIRST": "The fixed series was agreed with the person."}


def an_assessed_episode(
    patient: Patient | None = None, *, decision: str = "suitable", valid_days: int = 30
) -> Episode:
    episode = an_episode(patient or a_patient())
    Evaluation.objects.create(
        episode=episode,
        stage="assessment",
        as_of=NOW,
        pack_version="t",
        pack_sha256="0" * 64,
        verdict="clear",
        findings=[],
        needs_data=[],
        overrides={},
        decision=decision,
        signed_by=a_staff("prescriber"),
        signed_at=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=valid_days),
    )
    return episode


def a_library(episode: Episode) -> dict[str, Protocol]:
    clinic = episode.patient.clinic
    if not Protocol.objects.filter(clinic=clinic).exists():
        director: Staff = a_staff("director", clinic=clinic)
        approve_protocols(an_act(an_actor(director)), ApproveProtocols(clinic=clinic, approved_by=director))
    return {row.key: row for row in Protocol.objects.filter(clinic=clinic)}


def a_written_order(episode: Episode, *, by: Staff | None = None, **changes: Any) -> OrderVersion:
    weight = a_fact(episode.patient, value=72, confirmed_by=a_staff("nurse"))
    values: dict[str, Any] = {
        "episode": episode,
        "protocol": a_library(episode)["CHR-5X40"],
        "template": "TPL-CHR-5X40",
        "drug": "racemate",
        "weight": weight,
        "dose_field": Field.DOSE_MG_PER_KG,
        "steps": (Step(value=Decimal("0.5"), minutes=40),),
        "vial_mg_per_ml": Decimal(50),
        "bag_volume_ml": Decimal(100),
        "diluent": "sodium chloride 0.9 %",
        "infusions": 5,
        "gap_days": GapDays(minimum=1, maximum=1),
        "goal": "walk to the shop",
        "review_on": (NOW + timedelta(days=21)).date(),
    }
    return write_order(an_act(an_actor(by or a_staff("prescriber"))), WriteOrder(**{**values, **changes}))
