"""Builders: the smallest true rows a test can stand on. Append small ones; keep each a few lines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from ebbtide.ground.ledger.action import Act
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Account, Assignment, Clinic, Patient, Resource, Staff
from ebbtide.ground.policy.actors import Actor, of_account, of_staff, system
from ebbtide.journey.access.models import Episode, Request
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.careplan.models import OrderSignature, OrderVersion, Protocol

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
_numbers = count(1)


def a_clinic(**fields) -> Clinic:
    made = {
        "name": "Harbour Pain Clinic",
        "time_zone": "America/Chicago",
        "phone": "+1 312 555 0100",
        "email": "desk@harbour.example",
    }
    return Clinic.objects.create(**{**made, **fields})


def a_staff(
    role: str = "prescriber", *, clinic: Clinic | None = None, name: str = "", roles: list[str] | None = None
) -> Staff:
    clinic = clinic or Clinic.objects.first() or a_clinic()
    number = next(_numbers)
    account = Account.objects.create_user(
        f"{role}{number}@harbour.example", "correct horse battery", made_at=NOW
    )
    return Staff.objects.create(
        account=account, clinic=clinic, name=name or f"Robin {role.title()} {number}", roles=roles or [role]
    )


def a_patient(*, clinic: Clinic | None = None, **fields) -> Patient:
    clinic = clinic or Clinic.objects.first() or a_clinic()
    made = {
        "record_number": f"T{next(_numbers):05d}",
        "given_name": "Alma",
        "family_name": "Reyes",
        "birth_date": date(1979, 5, 4),
        "sex": "female",
        "phone": "+1 312 555 0142",
        "email": "alma@example.org",
        "made_at": NOW,
    }
    patient = Patient.objects.create(clinic=clinic, **{**made, **fields})
    Resource.objects.create(clinic=clinic, kind="patient", name=patient.record_number, patient=patient)
    return patient


def an_actor(
    who: Staff | Patient | str = "prescriber", *, clinic: Clinic | None = None, fresh: bool = True
) -> Actor:
    """An actor for a staff row, a patient with an account, or a role by name (its staff row is made on the way)."""
    if isinstance(who, str):
        if who == "system":
            return system(clinic or Clinic.objects.first() or a_clinic())
        who = a_staff(who, clinic=clinic)
    signed_in = NOW if fresh else NOW - timedelta(hours=1)
    if isinstance(who, Staff):
        return of_staff(who, authenticated_at=signed_in)
    if who.account is None:
        who.account = Account.objects.create_user(
            f"patient{next(_numbers)}@example.org", "correct horse battery", made_at=NOW
        )
        who.save()
    return of_account(who.account, authenticated_at=signed_in)


def an_act(by: Actor, *, key: str = "", at: datetime = NOW) -> Act:
    return Act(by=by, at=at, recorded_at=at, key=key or f"key-{next(_numbers)}")


def an_assignment(
    staff: Staff,
    patient: Patient,
    *,
    from_at: datetime = NOW - timedelta(days=1),
    until_at: datetime | None = None,
) -> Assignment:
    return Assignment.objects.create(
        staff=staff, patient=patient, from_at=from_at, until_at=until_at, why="care team"
    )


def an_episode(patient: Patient | None = None, *, complaint: str = "crps", **fields) -> Episode:
    patient = patient or a_patient()
    request = Request.objects.create(
        clinic=patient.clinic,
        channel="web",
        status="accepted",
        complaint=complaint,
        patient=patient,
        received_at=NOW,
        given_name=patient.given_name,
        family_name=patient.family_name,
        phone=patient.phone or "+1 312 555 0199",
    )
    return Episode.objects.create(
        patient=patient, request=request, complaint=complaint, opened_at=NOW, **fields
    )


def an_order(
    episode: Episode | None = None, *, protocol_key: str = "CHR-5X40", by: Staff | None = None, **fields
) -> OrderVersion:
    """An order that nobody has signed: five infusions of 35 mg over 40 min, one a day, unless told otherwise."""
    episode = episode or an_episode()
    clinic = episode.patient.clinic
    by = by or a_staff("prescriber", clinic=clinic)
    protocol, _ = Protocol.objects.get_or_create(
        clinic=clinic,
        key=protocol_key,
        version=1,
        defaults={"body": {}, "pack_version": "test", "approved_at": NOW},
    )
    weight = Fact.objects.create(
        patient=episode.patient,
        name="weight_kg",
        value="70.0",
        unit="kg",
        observed_at=NOW,
        recorded_at=NOW,
        origin="measured",
        recorded_by=str(by.account_id),
    )
    made = {
        "order_id": new_id(),
        "version": 1,
        "drug": "racemate",
        "weight_kg": Decimal("70.00"),
        "vial_mg_per_ml": Decimal(50),
        "dose_mg": Decimal("35.000"),
        "bag_volume_ml": Decimal(100),
        "diluent": "sodium chloride 0.9 %",
        "steps": [{"kind": "rate", "value": "35", "minutes": 40, "stop_if": None}],
        "infusions": 5,
        "gap_days_min": 1,
        "gap_days_max": 1,
        "goal": "Walk to the shop",
        "review_on": date(2027, 2, 1),
    }
    return OrderVersion.objects.create(
        episode=episode, protocol=protocol, weight=weight, written_by=by, written_at=NOW, **{**made, **fields}
    )


def a_signed_order(episode: Episode | None = None, **fields) -> OrderVersion:
    order = an_order(episode, **fields)
    OrderSignature.objects.create(order=order, preview={}, signed_by=order.written_by, signed_at=NOW)
    return order


def a_chair(clinic: Clinic, name: str = "Chair 1", **fields) -> Resource:
    return Resource.objects.create(clinic=clinic, kind="chair", name=name, **fields)


def a_nurse_place(nurse: Staff, number: int = 1) -> Resource:
    return Resource.objects.create(
        clinic=nurse.clinic, kind="nurse_place", name=f"{nurse.name}, place {number}", staff=nurse
    )
