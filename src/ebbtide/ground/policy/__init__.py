"""The policy: one table, one decision, one filter, one guard; deny by default."""

from ebbtide.ground.policy.actors import Actor
from ebbtide.ground.policy.decisions import Decision, Denied, StepUpNeeded, check_may, may, visible
from ebbtide.ground.policy.guard import ClinicRequest, allowed, guarded, note_reading

__all__ = [
    "Actor",
    "ClinicRequest",
    "Decision",
    "Denied",
    "StepUpNeeded",
    "allowed",
    "check_may",
    "guarded",
    "may",
    "note_reading",
    "visible",
]
