"""The evidence room's wording: how a finding is said. No clock, no I/O."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal

from ebbtide.evidence.model import Outcome, Stage
from ebbtide.evidence.readings import Absence

PLACEHOLDER = re.compile(r"\{(\w+)\}")
NOT_RECORDED = "not recorded"

STAGE_WORDS: Mapping[Stage, str] = {
    Stage.ASSESSMENT: "the assessment",
    Stage.DAY_OF_INFUSION: "the day of infusion",
    Stage.SERIES: "the planning of a series",
}


def in_message(template: str, values: Mapping[str, object]) -> str:
    """A rule's message with its names replaced; what is missing prints as "not recorded"."""
    return PLACEHOLDER.sub(lambda found: said(values.get(found[1])), template)


def said(value: object) -> str:
    """One value in words: numbers without a false tail, choices without underscores."""
    if value is None or value == ():
        return NOT_RECORDED
    if isinstance(value, tuple):
        return ", ".join(said(member) for member in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value) if isinstance(value, date) else str(value).replace("_", " ")


def said_of(
    outcome: Outcome, *, stages: Collection[Stage], missing: Collection[Absence], other_stage: bool
) -> str:
    """What is said of a rule that did not fire."""
    if other_stage:
        at = " and ".join(STAGE_WORDS[stage] for stage in Stage if stage in stages)
        return f"Not evaluated here: this rule belongs to {at}."
    if outcome is Outcome.NOT_APPLICABLE:
        return "Does not apply to this person."
    absences = "; ".join(f"{absence.name.replace('_', ' ')}: {absence.why}" for absence in missing)
    if outcome is Outcome.NEEDS_DATA:
        return f"Not decided, because something is missing. {absences[:1].upper()}{absences[1:]}."
    return f"Clear. Treated as clear although something is missing: {absences}." if absences else "Clear."
