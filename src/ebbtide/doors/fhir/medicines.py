"""The FHIR door's medicines: prescriptions into lines of the medication list and classes that rules read."""

from collections.abc import Mapping
from typing import Any

from ebbtide.doors.fhir.bundle import Bundle, Entry
from ebbtide.doors.fhir.elements import Coding, codings, instant, words_of
from ebbtide.doors.fhir.tray import NO_CODE, Tray
from ebbtide.evidence.coding import ATC, classes_for_atc, classes_named_in

NOT_ORDERED = frozenset({"proposal", "option"})


def take_medication_request(entry: Entry, tray: Tray, bundle: Bundle) -> None:
    """An active prescription: its line with its dosage, and every class that it names."""
    request = entry.resource
    concept = _medication(request, bundle)
    coding = _named(concept)
    why = _why_not(request, concept)
    if why is not None:
        tray.leave(entry, why, coding=coding)
        return
    at = instant(request.get("authoredOn"))
    tray.take(entry, "medicine", coding.text, observed_at=at, coding=coding, note=dosage_words(request))
    classes = _classes(concept)
    for name in classes:
        tray.take(entry, "medication_classes", name, observed_at=at, coding=coding)
    if not classes:
        tray.unmap(coding)


def _why_not(request: Mapping[str, Any], concept: Mapping[str, Any] | None) -> str | None:
    """Why a prescription is not a medicine taken now; None when it is."""
    status = request.get("status")
    if status != "active":
        return f"the prescription is {status}"
    if request.get("intent") in NOT_ORDERED:
        return f"the prescription is only a {request['intent']}"
    if request.get("doNotPerform") is True:
        return "it says that the medicine is not to be taken"
    if not words_of(concept):
        return "it names no medicine that this bundle holds"
    return None


def _medication(request: Mapping[str, Any], bundle: Bundle) -> Mapping[str, Any] | None:
    """The medicine's codes: in the request, in a contained Medication, or in one of the bundle."""
    if "medicationCodeableConcept" in request:
        concept: Mapping[str, Any] = request["medicationCodeableConcept"]
        return concept
    reference = str(request.get("medicationReference", {}).get("reference", ""))
    if reference.startswith("#"):
        held = [one for one in request.get("contained", []) if one.get("id") == reference[1:]]
        return held[0].get("code") if held else None
    found = bundle.find(reference) if reference else None
    return found.resource.get("code") if found and found.type == "Medication" else None


def _named(concept: Mapping[str, Any] | None) -> Coding:
    found = codings(concept)
    first = found[0] if found else NO_CODE
    return Coding(system=first.system, code=first.code, text=words_of(concept))


def _classes(concept: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Every class that a code or a word of the medicine names, each once."""
    texts = {words_of(concept), *(coding.text for coding in codings(concept))}
    named = [name for text in sorted(texts) for name in classes_named_in(text)]
    named += [
        name for coding in codings(concept) if coding.system in ATC for name in classes_for_atc(coding.code)
    ]
    return tuple(dict.fromkeys(named))


def dosage_words(request: Mapping[str, Any]) -> str:
    """The dosage as it was written, or put together from its parts; empty when none was sent."""
    instructions = request.get("dosageInstruction", [])
    return "; ".join(words for words in map(_instruction_words, instructions) if words)


def _instruction_words(instruction: Mapping[str, Any]) -> str:
    if instruction.get("text"):
        return str(instruction["text"])
    repeat = instruction.get("timing", {}).get("repeat", {})
    doses = [rate["doseQuantity"] for rate in instruction.get("doseAndRate", []) if "doseQuantity" in rate]
    parts = [f"{dose.get('value', '')} {dose.get('unit', '')}".strip() for dose in doses[:1]]
    if "frequency" in repeat and "period" in repeat:
        parts.append(
            f"{repeat['frequency']} × every {repeat['period']} {repeat.get('periodUnit', '')}".strip()
        )
    if instruction.get("asNeededBoolean") is True:
        parts.append("as needed")
    return ", ".join(part for part in parts if part)
