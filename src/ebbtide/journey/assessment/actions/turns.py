"""assessment: what several acts share: refusing, waiting one's turn, telling the open pages."""

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.rules import Problem

CLINICIANS = frozenset({"nurse", "prescriber"})


def refuse(problem: Problem | None) -> None:
    """Turn a rule's problem into the act's refusal."""
    if problem is not None:
        raise Refused(problem.rule, problem.sentence)


def one_at_a_time(patient: Patient) -> None:
    """Whoever judges or changes this person's facts waits for the one before."""
    Patient.objects.select_for_update().only("id").get(id=patient.id)


def topics(patient: Patient) -> list[str]:
    """The open pages that must read this person's assessment again."""
    return [f"assessment:{patient.id}"]
