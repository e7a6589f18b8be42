"""The FHIR door's problems: conditions, allergies and procedures into drafts."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from ebbtide.doors.fhir.bundle import Entry
from ebbtide.doors.fhir.elements import Coding, code_in, codings, first_of, instant, last_day, words_of
from ebbtide.doors.fhir.tray import NO_CODE, Tray
from ebbtide.evidence.coding import ConceptMatch, concepts_for, names_ketamine

ACTIVE = frozenset({"active", "recurrence", "relapse"})
NOT_HELD = frozenset({"refuted", "entered-in-error"})
VASCULAR_EVENT = "mi_stroke_tia"
ONSET = ("onsetDateTime", "onsetPeriod.start")
DONE = frozenset({"completed", "in-progress"})


def take_condition(entry: Entry, tray: Tray) -> None:
    """An active condition: its line, the concepts its codes stand for, and the day of a heart attack or stroke."""
    condition = entry.resource
    first = _first_coding(condition.get("code"))
    status, verification = (
        code_in(condition.get("clinicalStatus")),
        code_in(condition.get("verificationStatus")),
    )
    if verification in NOT_HELD:
        tray.leave(entry, f"the record calls it {verification}", coding=first)
        return
    matches = _matches(condition.get("code"), tray)
    active = status in ACTIVE or not status  # R4: without a status nothing says that it has ended
    kept = [(coding, match) for coding, match in matches if active or match.happened]
    if not active and not kept:
        tray.leave(entry, f"the record calls it {status}", coding=first)
        return
    began = first_of(condition, *ONSET, "recordedDate")
    if first.text:
        note = "" if active else f"{status}; kept because it stays in the history"
        tray.take(entry, "condition", first.text, observed_at=instant(began), coding=first, note=note)
    for coding, match in kept:
        _take_concept(entry, tray, coding=coding, match=match, began=began)
    if not matches:
        tray.unmap(first)


def _matches(code: Mapping[str, Any] | None, tray: Tray) -> list[tuple[Coding, ConceptMatch]]:
    return [
        (coding, match)
        for coding in codings(code)
        for match in concepts_for(system=coding.system, code=coding.code, pack=tray.pack)
    ]


def _take_concept(
    entry: Entry, tray: Tray, *, coding: Coding, match: ConceptMatch, began: str | None
) -> None:
    if not match.certain:
        tray.judge(entry, match.concept, coding)
        return
    tray.take(entry, "problems", match.concept, observed_at=instant(began), coding=coding)
    onset = first_of(entry.resource, *ONSET)
    if match.concept == VASCULAR_EVENT and match.dated and onset is not None:
        day = last_day(onset)
        at = datetime.combine(day, time.min, tzinfo=UTC)
        tray.take(entry, "vascular_event_on", day, observed_at=at, coding=coding)


def take_allergy(entry: Entry, tray: Tray) -> None:
    """An allergy that stands: its line, and hypersensitivity when it names ketamine."""
    allergy = entry.resource
    first = _first_coding(allergy.get("code"))
    status, verification = code_in(allergy.get("clinicalStatus")), code_in(allergy.get("verificationStatus"))
    if verification in NOT_HELD or (status and status not in ACTIVE):
        tray.leave(
            entry, f"the record calls it {verification if verification in NOT_HELD else status}", coding=first
        )
        return
    at = instant(first_of(allergy, "onsetDateTime", "recordedDate", "onsetPeriod.start"))
    kind = str(allergy.get("type", ""))
    if first.text:
        tray.take(entry, "allergy", first.text, observed_at=at, coding=first, note=kind)
    substances = [
        allergy.get("code"),
        *(reaction.get("substance") for reaction in allergy.get("reaction", [])),
    ]
    named = [
        names_ketamine(system=coding.system, code=coding.code, text=f"{coding.text} {words_of(substance)}")
        for substance in substances
        for coding in (codings(substance) or (NO_CODE,))
    ]
    if any(named):
        tray.take(entry, "ketamine_hypersensitivity", value=True, observed_at=at, coding=first, note=kind)
    elif first.code:
        tray.unmap(first)


def take_procedure(entry: Entry, tray: Tray) -> None:
    """A procedure that was done: one line of the history. No rule reads procedures, so its code is unmapped."""
    procedure = entry.resource
    first = _first_coding(procedure.get("code"))
    status = str(procedure.get("status", ""))
    if status not in DONE or not first.text:
        tray.leave(entry, f"its status is {status}" if first.text else "it names no procedure", coding=first)
        return
    at = instant(first_of(procedure, "performedDateTime", "performedPeriod.start"))
    tray.take(entry, "procedure", first.text, observed_at=at, coding=first)
    if first.code:
        tray.unmap(first)


def _first_coding(concept: Mapping[str, Any] | None) -> Coding:
    """The first code with the words a person reads; only the words when there is no code."""
    found = codings(concept)
    words = words_of(concept)
    if not found:
        return Coding(system="", code="", text=words)
    return Coding(system=found[0].system, code=found[0].code, text=words)
