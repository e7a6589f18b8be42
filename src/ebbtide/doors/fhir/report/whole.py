"""The report as one bundle: the visit, the person, what was given, seen, done and went wrong, and who answers for it."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from ebbtide.doors.fhir.report.codes import DRUGS, SEVERITY, SNOMED
from ebbtide.doors.fhir.report.drug import administrations, parts_of
from ebbtide.doors.fhir.report.places import Places
from ebbtide.doors.fhir.report.signs import observations
from ebbtide.doors.fhir.report.told import Harm, Report

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CLASSES = {
    "Bundle", "Device", "AdverseEvent", "Encounter", "MedicationAdministration", "Observation", "Organization", "Patient",
    "Practitioner", "Procedure", "Provenance",
}  # fmt: skip
SEXES = {"female": "female", "male": "male", "other": "other"}


def bundle_of(report: Report) -> Any:
    """The bundle as `fhir.resources` has checked it: a resource that breaks FHIR's rules raises before anything is written."""
    places = Places(report.session)
    resources = [_checked(one) for one in _resources(report, places)]
    entries = [{"fullUrl": f"urn:uuid:{one.id}", "resource": one} for one in resources]
    return _class("Bundle")(
        id=str(report.session),
        type="collection",
        identifier={"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{report.session}"},
        timestamp=_instant(report.recorded_at),
        entry=entries,
    )


def written(report: Report) -> bytes:
    """The bundle as JSON; the same session gives the same bytes."""
    found: str = bundle_of(report).model_dump_json(indent=1)
    return found.encode()


@cache
def _class(kind: str) -> Any:
    # heavy: only where a report is asked for; R4B and never the top level, which is R5
    assert kind in CLASSES  # noqa: S101 - a name of our own
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)


def _checked(resource: dict[str, Any]) -> Any:
    told = {name: _plain(value) for name, value in resource.items() if name != "resourceType"}
    return _class(resource["resourceType"])(**told)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


def _resources(report: Report, places: Places) -> Iterator[dict[str, Any]]:
    yield from _frame(report, places)
    for monitor in report.monitors:
        yield {
            "resourceType": "Device",
            "id": places.id(f"device/{monitor.id}"),
            "status": "active",
            "deviceName": [{"name": monitor.name, "type": "user-friendly-name"}],
            "type": {"text": "Patient monitor"},
            "patient": places.patient,
        }
    yield from _procedure(report, places)
    yield from administrations(report, places)
    yield from observations(report, places)
    for harm in report.harms:
        yield _harm(report, places, harm)
    yield _provenance(report, places)


def _frame(report: Report, places: Places) -> Iterator[dict[str, Any]]:
    person = report.person
    yield {
        "resourceType": "Patient",
        "id": places.id("patient"),
        "identifier": [{"system": "urn:ebbtide:record-number", "value": person.record_number}],
        "name": [{"use": "official", "family": person.family_name, "given": [person.given_name]}],
        "gender": SEXES.get(person.sex, "unknown"),
        **({"birthDate": person.born_on.isoformat()} if person.born_on else {}),
    }
    yield {"resourceType": "Organization", "id": places.id("clinic"), "name": report.clinic}
    for role, name in (("nurse", report.opened_by), ("signer", report.discharged_by)):
        yield {"resourceType": "Practitioner", "id": places.id(role), "name": [{"text": name}]}
    yield {
        "resourceType": "Encounter",
        "id": places.id("encounter"),
        "status": "finished",
        "class": {"system": ACT_CODE, "code": "AMB", "display": "ambulatory"},
        "type": [{"text": "Ketamine infusion for pain"}],
        "subject": places.patient,
        "participant": [{"individual": places.to("nurse", report.opened_by)}],
        "period": {"start": report.opened_at, "end": report.left_at},
        "serviceProvider": places.to("clinic", report.clinic),
    }


def _procedure(report: Report, places: Places) -> Iterator[dict[str, Any]]:
    if report.state.started_at is None or report.state.stopped_at is None:
        return
    words = DRUGS.get(report.drug, {"text": report.drug})["text"]
    yield {
        "resourceType": "Procedure",
        "id": places.id("procedure"),
        "status": "completed",
        "code": {
            "coding": [
                {"system": SNOMED, "code": "14152002", "display": "Intravenous infusion"}
            ],  # [recalled]
            "text": f"Intravenous infusion of {words}",
        },
        "subject": places.patient,
        "encounter": places.encounter,
        "performedPeriod": {"start": report.state.started_at, "end": report.state.stopped_at},
        "performer": [{"actor": places.to("nurse", report.opened_by)}],
    }


def _harm(report: Report, places: Places, harm: Harm) -> dict[str, Any]:
    given = parts_of(report.state)
    done = f". Done: {harm.done}" if harm.done else ""
    return {
        "resourceType": "AdverseEvent",
        "id": places.id(f"harm/{harm.id}"),
        "actuality": "actual",
        "event": {"text": f"{harm.words}{done}"},
        "subject": places.patient,
        **({"encounter": places.encounter} if harm.at_the_chair else {}),
        "date": harm.at,
        "recordedDate": harm.recorded_at,
        "severity": {"coding": [{"system": SEVERITY, "code": harm.severity}]},
        **({"suspectEntity": [{"instance": places.to("given/1")}]} if given else {}),
    }


def _provenance(report: Report, places: Places) -> dict[str, Any]:
    return {
        "resourceType": "Provenance",
        "id": places.id("provenance"),
        "target": [places.encounter],
        "recorded": report.recorded_at,
        "activity": {"text": "Discharge, signed after signing in again"},
        "agent": [
            {"type": {"text": "signed by"}, "who": places.to("signer", report.discharged_by)},
        ],
        "entity": [
            {
                "role": "source",
                "what": {"display": f"Infusion record, PDF, SHA-256 {report.paper_sha256}"},
            }
        ],
    }
