"""The FHIR door's intake: a validated bundle sorted into taken, left, unmapped and to be judged."""

from collections.abc import Mapping

from ebbtide.doors.fhir.bundle import Bundle, Entry
from ebbtide.doors.fhir.drafts import Intake
from ebbtide.doors.fhir.medicines import take_medication_request
from ebbtide.doors.fhir.observations import take_liver_panels, take_observation
from ebbtide.doors.fhir.person import person_of
from ebbtide.doors.fhir.problems import take_allergy, take_condition, take_procedure
from ebbtide.doors.fhir.tray import Tray
from ebbtide.evidence.model import SuitabilityPack

NOT_READ: Mapping[str, str] = {
    "DiagnosticReport": "its results are read from their own Observations",
    "Medication": "it is read through the prescription that names it",
}
READERS = {
    "Condition": take_condition,
    "AllergyIntolerance": take_allergy,
    "Procedure": take_procedure,
    "Observation": take_observation,
}


def take_in(bundle: Bundle, *, pack: SuitabilityPack) -> Intake:
    """Everything in a bundle, each resource either taken or left with its reason."""
    tray = Tray(pack)
    read: list[Entry] = []
    for entry in bundle.entries:
        if entry is bundle.patient:
            continue
        if _belongs(entry, bundle):
            _take(entry, tray, bundle)
            read.append(entry)
        else:
            tray.leave(entry, "it is about somebody else than this bundle's patient")
    take_liver_panels((entry for entry in read if entry.type == "Observation"), tray)
    return Intake(
        person=person_of(bundle.patient),
        taken=tuple(tray.taken.values()),
        left=tuple(tray.left),
        unmapped=tray.unmapped,
        to_judge=tuple(tray.to_judge),
    )


def _take(entry: Entry, tray: Tray, bundle: Bundle) -> None:
    if entry.type == "MedicationRequest":
        take_medication_request(entry, tray, bundle)
    elif entry.type in READERS:
        READERS[entry.type](entry, tray)
    else:
        tray.leave(entry, NOT_READ.get(entry.type, "the work-up reads no facts from this kind of resource"))


def _belongs(entry: Entry, bundle: Bundle) -> bool:
    """Whether a resource is about the bundle's patient; one that names nobody is taken to be."""
    subject = entry.resource.get("subject") or entry.resource.get("patient")
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    if entry.type not in {*READERS, "MedicationRequest"} or not isinstance(reference, str):
        return True
    return bundle.patient.is_meant_by(reference)
