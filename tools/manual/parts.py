"""Every printed part of the manual by the name that a page asks for it with."""

from collections.abc import Callable, Mapping

from tools.manual import (
    commands,
    hazards,
    knobs,
    pictures,
    record,
    reliability,
    rights,
    safety_case,
    science,
    states,
)

PARTS: Mapping[str, Callable[[], str]] = {
    "floors": pictures.floors,
    "journey": pictures.journey,
    "doors": pictures.doors,
    "states_of_a_request": states.request,
    "states_of_an_evaluation_visit": states.evaluation_visit,
    "states_of_an_order": states.order,
    "states_of_a_series": states.series,
    "states_of_a_visit": states.visit,
    "roles": rights.roles,
    "conditions": rights.conditions,
    "rights": rights.matrix,
    "routes": rights.routes,
    "actions": rights.actions,
    "rules_version": science.rules_version,
    "rules_index": science.rules_index,
    "rules": science.rules,
    "parameters": science.parameters,
    "sources": science.sources,
    "protocols_version": science.protocols_version,
    "protocols": science.protocols,
    "templates": science.templates,
    "limits": science.limits,
    "commands": commands.commands,
    "environment": knobs.environment,
    "clinic_settings": knobs.clinic_settings,
    "record": record.record,
    "hazards": hazards.hazards,
    "hazards_index": hazards.hazards_index,
    "safety_case": safety_case.safety_case,
    "reliability": reliability.reliability,
}
