"""Recording every exposure that is missing, one act for each infusion, so that one that cannot be read holds up no other."""

from dataclasses import dataclass

from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.registry.actions import RecordExposure, record_exposure
from ebbtide.journey.registry.queries import newest_exposure, waiting_sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How many exposures were recorded, and how many infusions refused one."""

    recorded: int
    refused: int


def record_waiting(act: Act, clinic: Clinic, *, most: int) -> Recorded:
    """Record what waits in a clinic, the oldest infusion first."""
    recorded = refused = 0
    for session in waiting_sessions(clinic)[:most]:
        newest = newest_exposure(session)
        version = newest.version + 1 if newest else 1
        try:
            record_exposure(act.nested(f"exposure/{session.pk}/{version}"), RecordExposure(session=session))
        except Refused:
            refused += 1
        else:
            recorded += 1
    return Recorded(recorded=recorded, refused=refused)
