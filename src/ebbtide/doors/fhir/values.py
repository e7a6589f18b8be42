"""The FHIR door's values: an intake as the suitability engine reads it, nothing of it confirmed."""

from collections import defaultdict
from datetime import datetime

from ebbtide.doors.fhir.drafts import FactDraft, Intake
from ebbtide.evidence.derive import latest_values, to_inputs
from ebbtide.evidence.inputs import InputType
from ebbtide.evidence.interactions import InteractionPack
from ebbtide.evidence.model import SuitabilityPack
from ebbtide.evidence.readings import InputValue, Member


def inputs_at(
    intake: Intake, *, pack: SuitabilityPack, interactions: InteractionPack, as_of: datetime
) -> dict[str, InputValue]:
    """Every input that the bundle gives at this moment; what was observed later does not count."""
    scalars: list[InputValue] = []
    members: dict[str, list[Member]] = defaultdict(list)
    for draft in intake.taken:
        kind = pack.inputs[draft.name].type
        if kind is InputType.SET and (draft.observed_at is None or draft.observed_at <= as_of):
            members[draft.name].append(_member(draft))
        elif kind is not InputType.SET:
            scalars.append(_value(draft))
    facts = latest_values(scalars, as_of=as_of)
    facts |= {name: InputValue(name=name, value=tuple(items)) for name, items in members.items()}
    if intake.person.born_on is not None:
        origin = f"imported from {intake.person.reference}"
        facts["birth_date"] = InputValue(
            name="birth_date", value=intake.person.born_on, origin=origin, confirmed=False
        )
    return to_inputs(facts, pack=pack, interactions=interactions, as_of=as_of)


def _member(draft: FactDraft) -> Member:
    return Member(
        value=str(draft.value),
        confirmed=False,
        observed_at=draft.observed_at,
        origin=f"imported from {draft.resource}",
    )


def _value(draft: FactDraft) -> InputValue:
    return InputValue(
        name=draft.name,
        value=draft.value,
        unit=draft.unit,
        observed_at=draft.observed_at,
        origin=f"imported from {draft.resource}",
        confirmed=False,
    )
