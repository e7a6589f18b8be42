"""Changing people and places: opening a clinic, adding staff, chairs and rooms, settings, and who cares for whom."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Q

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import (
    Account,
    Assignment,
    Clinic,
    ClinicSetting,
    Credential,
    Patient,
    Resource,
    ResourceKind,
    Staff,
)
from ebbtide.ground.people.sessions import end_sessions
from ebbtide.ground.policy.table import table

NURSE_PLACES = 2  # people beside one nurse while the rate is not rising; clinical.md section 6 [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClinic:
    clinic: Clinic  # not saved yet


@action("ground.clinic", "create", about=lambda command: command.clinic)
def open_clinic(act: Act, command: OpenClinic) -> Done[Clinic]:
    """The first act of an installation: the clinic itself."""
    command.clinic.save(force_insert=True)
    return Done(value=command.clinic)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStaff:
    clinic: Clinic
    email: str
    name: str
    roles: tuple[str, ...]
    password: str | None = field(metadata={"secret": True})
    credentials: tuple[tuple[str, str, date], ...] = ()  # kind, number, expires_on


@action("ground.clinic", "create", about=lambda command: command.clinic)
def add_staff(act: Act, command: AddStaff) -> Done[Staff]:
    """A staff member with an account, roles and credentials; a nurse and a prescriber become bookable."""
    check_roles(command.roles)
    if Account.objects.filter(email__iexact=command.email).exists():
        raise Refused("PEO-EMAIL", "An account with this e-mail address exists already. Use another address.")
    account = Account.objects.create_user(command.email, command.password, made_at=act.at)
    staff = Staff.objects.create(
        account=account, clinic=command.clinic, name=command.name, roles=list(command.roles)
    )
    credentials = [
        Credential.objects.create(staff=staff, kind=kind, number=number, expires_on=expires_on)
        for kind, number, expires_on in command.credentials
    ]
    return Done(value=staff, rows=[account, *credentials, *_bookable(staff)])


def check_roles(roles: tuple[str, ...]) -> None:
    """Raise when a role is unknown or two of them must never meet in one person."""
    unknown = set(roles) - set(table().roles)
    if unknown or not roles:
        raise Refused(
            "PEO-ROLE",
            f"The roles {sorted(unknown) or 'given'} are not known. Choose among {sorted(table().roles)}.",
        )
    if {"operator", "auditor"} <= set(roles):
        raise Refused(
            "PEO-DUTIES",
            "Operator and auditor are never the same person. Give one of the two to somebody else.",
        )


def _bookable(staff: Staff) -> list[Resource]:
    made = []
    if "prescriber" in staff.roles:
        made.append(_resource(staff, ResourceKind.CLINICIAN, staff.name))
    if "nurse" in staff.roles:
        made += [
            _resource(staff, ResourceKind.NURSE_PLACE, f"{staff.name}, place {n + 1}")
            for n in range(NURSE_PLACES)
        ]
    return made


def _resource(staff: Staff, kind: ResourceKind, name: str) -> Resource:
    return Resource.objects.create(clinic=staff.clinic, kind=kind, name=name, staff=staff)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddResource:
    clinic: Clinic
    kind: str
    name: str


@action("ground.clinic", "create", about=lambda command: command.clinic)
def add_resource(act: Act, command: AddResource) -> Done[Resource]:
    """A chair or a room that can be booked."""
    if command.kind not in {ResourceKind.CHAIR, ResourceKind.ROOM}:
        raise Refused("PEO-RESOURCE", f"A {command.kind} is not added here: only chairs and rooms are.")
    made = Resource.objects.create(clinic=command.clinic, kind=command.kind, name=command.name)
    return Done(value=made)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSetting:
    clinic: Clinic
    name: str
    value: Any
    reason: str
    approved_by: Staff | None = None


@action("ground.setting", "create", about=lambda command: command.clinic)
def set_setting(act: Act, command: SetSetting) -> Done[ClinicSetting]:
    """A new value of a setting, with its reason and who approved it; the old value stays in the record."""
    if not command.reason.strip():
        raise Refused(
            "SET-REASON", "Say why this setting changes: a later reader must be able to understand it."
        )
    row = ClinicSetting.objects.create(
        clinic=command.clinic,
        name=command.name,
        value=command.value,
        reason=command.reason,
        approved_by=command.approved_by,
        set_at=act.at,
    )
    return Done(value=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    staff: Staff
    patient: Patient
    from_at: datetime
    until_at: datetime | None
    why: str


@action("ground.assignment", "create", about=lambda command: command.patient)
def assign(act: Act, command: Assign) -> Done[Assignment]:
    """Put a staff member on a patient's care team for a time."""
    if command.until_at is not None and command.until_at <= command.from_at:
        raise Refused("ASG-TIME", "The assignment ends before it begins. Choose a later end.")
    row = Assignment.objects.create(
        staff=command.staff,
        patient=command.patient,
        from_at=command.from_at,
        until_at=command.until_at,
        why=command.why,
    )
    return Done(value=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveAccount:
    """Let a patient sign in to the portal."""

    patient: Patient
    email: str
    password: str | None = field(default=None, metadata={"secret": True})


@action("access.demographics", "amend", about=lambda command: command.patient)
def give_account(act: Act, command: GiveAccount) -> Done[Patient]:
    """An account for a patient, so that the portal opens for them."""
    if Account.objects.filter(email__iexact=command.email).exists():
        raise Refused("PEO-EMAIL", "An account with this e-mail address exists already. Use another address.")
    command.patient.account = Account.objects.create_user(command.email, command.password, made_at=act.at)
    command.patient.save(update_fields=["account"])
    return Done(value=command.patient, rows=[command.patient.account])


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    given_name: str
    family_name: str
    birth_date: date | None = None
    sex: str = "unknown"
    language: str = "en"
    phone: str = ""
    email: str = ""
    address: str = ""
    source_key: str = ""
    deceased_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPatient:
    clinic: Clinic
    details: PatientDetails = field()


@action("access.demographics", "create", about=lambda command: command.clinic)
def add_patient(act: Act, command: AddPatient) -> Done[Patient]:
    """A new person in the record, with a record number of the clinic and a place in its calendar."""
    patient = new_patient(act, command.clinic, command.details)
    return Done(value=patient, rows=[patient.resource])


def new_patient(act: Act, clinic: Clinic, details: PatientDetails) -> Patient:
    """The rows of a new person (patient and calendar resource), for an action that makes one on its way."""
    Clinic.objects.select_for_update().get(id=clinic.id)  # two record numbers are never the same
    number = Patient.objects.filter(clinic=clinic).count() + 1
    patient = Patient.objects.create(
        clinic=clinic,
        record_number=f"E{number:05d}",
        made_at=act.at,
        **{name: getattr(details, name) for name in PatientDetails.__slots__},
    )
    Resource.objects.create(
        clinic=clinic, kind=ResourceKind.PATIENT, name=patient.record_number, patient=patient
    )
    return patient


def care_team(patient: Patient, *, at: datetime) -> list[Staff]:
    """Who is assigned to this patient now."""
    current = Q(until_at__isnull=True) | Q(until_at__gt=at)
    rows = Assignment.objects.filter(current, patient=patient, from_at__lte=at).select_related("staff")
    return [row.staff for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetSecondFactor:
    """Somebody lost the phone and the recovery codes: their second factor is taken away, and they set up a new one."""

    person: Staff | Patient


@action("ground.account", "sign", about=lambda command: command.person)
def reset_second_factor(act: Act, command: ResetSecondFactor) -> Done[Staff | Patient]:
    """Take away every second factor of a person and sign them out everywhere.

    Two people are needed for it: a director, never for themselves, and the person, whose password is
    still asked at the next sign-in. So neither of them can come in alone as the other.
    """
    account = command.person.account
    if account is None:
        raise Refused("PEO-ACCOUNT", "This person has no account, so there is no second step to take away.")
    if account.pk == act.by.account_id:
        raise Refused(
            "PEO-OWN",
            "Nobody takes away their own second step. Ask another director, or use a recovery code.",
        )
    Authenticator.objects.filter(user=account).delete()
    end_sessions(account.pk)
    return Done(value=command.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWork:
    """Somebody works here no longer: every right ends at the next request, the record of what they did stays."""

    staff: Staff


@action("ground.account", "sign", about=lambda command: command.staff)
def end_work(act: Act, command: EndWork) -> Done[Staff]:
    """Take every right away and sign them out everywhere."""
    staff = command.staff
    if staff.account_id == act.by.account_id:
        raise Refused("PEO-OWN", "Nobody ends their own work here. Ask another director.")
    if staff.left_at is not None:
        raise Refused("PEO-LEFT", "This person works here no longer already.")
    others = Staff.objects.filter(clinic=staff.clinic, left_at__isnull=True, roles__contains=["director"])
    if "director" in staff.roles and not others.exclude(pk=staff.pk).exists():
        raise Refused("PEO-LAST", "This is the last medical director. Add another one first.")
    staff.left_at = act.at
    staff.save(update_fields=["left_at"])
    end_sessions(staff.account_id)
    return Done(value=staff)
