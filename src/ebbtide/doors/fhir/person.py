"""The FHIR door's person: a Patient into a draft of who this is. Pure."""

from collections.abc import Mapping
from typing import Any

from ebbtide.doors.fhir.bundle import Entry
from ebbtide.doors.fhir.drafts import Identifier, PersonDraft
from ebbtide.doors.fhir.elements import DAY_CHARS, code_in, first_day, last_day, words_of

NAME_ORDER = (
    "official",
    "usual",
    "",
)  # which of several names is the person's own; never a maiden or old one


def person_of(entry: Entry) -> PersonDraft:
    """Who the bundle is about, as the sender tells it."""
    patient = entry.resource
    name = _name(patient.get("name", []))
    born, died = patient.get("birthDate"), patient.get("deceasedDateTime")
    return PersonDraft(
        reference=entry.reference,
        family_name=str(name.get("family", "")),
        given_names=" ".join(given for given in name.get("given", []) if given),
        born_on=first_day(born) if born and len(born) == DAY_CHARS else None,
        gender=str(patient.get("gender", "")),
        language=_language(patient.get("communication", [])),
        phone=_contact(patient.get("telecom", []), "phone"),
        email=_contact(patient.get("telecom", []), "email"),
        address=_address(patient.get("address", [])),
        identifiers=tuple(_identifier(row) for row in patient.get("identifier", []) if row.get("value")),
        deceased=bool(died) or patient.get("deceasedBoolean") is True,
        deceased_on=last_day(died) if died else None,
    )


def _name(names: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    for use in NAME_ORDER:
        for name in names:
            if name.get("use", "") == use:
                return name
    return names[0] if names else {}


def _language(rows: list[Mapping[str, Any]]) -> str:
    preferred = sorted(rows, key=lambda row: row.get("preferred") is not True)
    return code_in(preferred[0].get("language")) if preferred else ""


def _contact(rows: list[Mapping[str, Any]], system: str) -> str:
    current = [row for row in rows if row.get("system") == system and row.get("use") != "old"]
    return str(current[0].get("value", "")) if current else ""


def _address(rows: list[Mapping[str, Any]]) -> tuple[str, ...]:
    current = [row for row in rows if row.get("use") != "old"]
    if not current:
        return ()
    row = current[0]
    town = " ".join(str(row[key]) for key in ("postalCode", "city", "state", "country") if row.get(key))
    return tuple(line for line in [*row.get("line", []), town] if line)


def _identifier(row: Mapping[str, Any]) -> Identifier:
    return Identifier(
        system=str(row.get("system", "")), value=str(row["value"]), kind=words_of(row.get("type"))
    )
