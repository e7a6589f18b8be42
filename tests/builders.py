"""Builders: the smallest true rows a test can stand on. Append small ones; keep each a few lines."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from ebbtide.ground.ledger.action import Act
from ebbtide.ground.people.models import Account, Assignment, Clinic, Patient, Resource, Staff
from ebbtide.ground.policy.actors import Actor, of_account, of_staff, system

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
_numbers = count(1)


def a_clinic(**fields) -> Clinic:
    made = {"name": "Harbour Pain Clinic", "time_zone": "America/Chicago", "phone": "+1 312 555 0100", "email": "desk@harbour.example"}
    return Clinic.objects.create(**{**made, **fields})


def a_staff(role: str = "prescriber", *, clinic: Clinic | None = None, name: str = "", roles: list[str] | None = None) -> Staff:
    clinic = clinic or Clinic.objects.first() or a_clinic()
    number = next(_numbers)
    account = Account.objects.create_user(f"{role}{number}@harbour.example", "correct horse battery", made_at=NOW)
    return Staff.objects.create(account=account, clinic=clinic, name=name or f"Robin {role.title()} {number}", roles=roles or [role])


def a_patient(*, clinic: Clinic | None = None, **fields) -> Patient:
    clinic = clinic or Clinic.objects.first() or a_clinic()
    made = {
        "record_number": f"T{next(_numbers):05d}", "given_name": "Alma", "family_name": "Reyes",
        "birth_date": date(1979, 5, 4), "sex": "female", "phone": "+1 312 555 0142", "email": "alma@example.org", "made_at": NOW,
    }
    patient = Patient.objects.create(clinic=clinic, **{**made, **fields})
    Resource.objects.create(clinic=clinic, kind="patient", name=patient.record_number, patient=patient)
    return patient


def an_actor(who: Staff | Patient | str = "prescriber", *, clinic: Clinic | None = None, fresh: bool = True) -> Actor:
    """An actor for a staff row, a patient with an account, or a role by name (its staff row is made on the way)."""
    if isinstance(who, str):
        if who == "system":
            return system(clinic or Clinic.objects.first() or a_clinic())
        who = a_staff(who, clinic=clinic)
    signed_in = NOW if fresh else NOW - timedelta(hours=1)
    if isinstance(who, Staff):
        return of_staff(who, authenticated_at=signed_in)
    if who.account is None:
        who.account = Account.objects.create_user(f"patient{next(_numbers)}@example.org", "correct horse battery", made_at=NOW)
        who.save()
    return of_account(who.account, authenticated_at=signed_in)


def an_act(by: Actor, *, key: str = "", at: datetime = NOW) -> Act:
    return Act(by=by, at=at, recorded_at=at, key=key or f"key-{next(_numbers)}")


def an_assignment(staff: Staff, patient: Patient, *, from_at: datetime = NOW - timedelta(days=1), until_at: datetime | None = None) -> Assignment:
    return Assignment.objects.create(staff=staff, patient=patient, from_at=from_at, until_at=until_at, why="care team")
