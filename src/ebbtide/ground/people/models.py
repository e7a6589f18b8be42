"""People and places: clinics, accounts, staff, patients, who cares for whom, and what can be booked."""

from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ebbtide.ground.people.append_only import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.paths import PolicyPath

Model = TypeVar("Model", bound=type[models.Model])


def track(model: Model) -> Model:
    """Keep the row history of a mutable table: inserts, updates and deletes, all three named."""
    # trackers remember the model they were first used on, so each model gets its own
    tracked: Model = pghistory.track(
        pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()
    )(model)
    return tracked


@track
class Clinic(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)
    phone = models.CharField(max_length=32)
    email = models.EmailField()
    address = models.CharField(max_length=200, blank=True, default="")

    policy_path: ClassVar = PolicyPath(clinic="id")

    def __str__(self) -> str:
        return self.name


class ClinicSetting(models.Model):
    """One value of one setting, with who approved it and when; the newest row counts, none is ever changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="settings_log")
    name = models.CharField(max_length=120)
    value = models.JSONField()
    reason = models.CharField(max_length=500)
    approved_by = models.ForeignKey("Staff", on_delete=models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="approved_by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["clinic", "name", "-set_at"], name="clinic_setting_newest")]

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(email__iexact=username)


class Account(AbstractBaseUser):
    """A person who can sign in; what they may do is in Staff.roles or follows from being a patient."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()
    policy_path: ClassVar = PolicyPath(author="id", clinic="staff__clinic_id")

    def __str__(self) -> str:
        return str(self.id)

    # allauth and the admin look for these; Ebbtide's rights live in ground/policy alone
    @property
    def is_staff(self) -> bool:
        return False

    @property
    def is_superuser(self) -> bool:
        return False


@track
class Staff(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="staff")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="staff")
    name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=32))
    left_at = models.DateTimeField(null=True, blank=True)

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="account_id")

    def __str__(self) -> str:
        return self.name


@track
class Credential(models.Model):
    """A licence or certificate with its expiry; an expired one shuts what it guards."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="credentials")
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=60, blank=True, default="")
    expires_on = models.DateField()

    policy_path: ClassVar = PolicyPath(clinic="staff__clinic_id", author="staff__account_id")

    def __str__(self) -> str:
        return f"{self.kind} until {self.expires_on}"


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Not recorded"


@track
class Patient(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="patient"
    )
    record_number = models.CharField(max_length=24)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    language = models.CharField(max_length=12, default="en")
    phone = models.CharField(max_length=32, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    address = models.CharField(max_length=240, blank=True, default="")
    allergy_banner = models.CharField(max_length=240, blank=True, default="")
    limb_not_to_use = models.CharField(max_length=60, blank=True, default="")
    deceased_on = models.DateField(null=True, blank=True)
    # where the person came from ("fhir:Patient/…"), so that a second import finds the same person
    source_key = models.CharField(max_length=160, blank=True, default="")
    made_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", patient="id")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "record_number"], name="patient_record_number_once_per_clinic"
            ),
            models.UniqueConstraint(
                fields=["clinic", "source_key"],
                condition=~models.Q(source_key=""),
                name="patient_source_once_per_clinic",
            ),
        ]

    def __str__(self) -> str:
        return self.record_number

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


@track
class Assignment(models.Model):
    """Staff, patient, from, until: what the scope *assigned* means."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="assignments")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="assignments")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=80)

    policy_path: ClassVar = PolicyPath(clinic="patient__clinic_id", patient="patient_id")

    class Meta:
        indexes = [models.Index(fields=["staff", "patient"], name="assignment_by_staff")]

    def __str__(self) -> str:
        return self.why


class ResourceKind(models.TextChoices):
    CHAIR = "chair", "Chair"
    ROOM = "room", "Room"
    CLINICIAN = "clinician", "Clinician"
    NURSE_PLACE = "nurse_place", "Place beside a nurse"
    PATIENT = "patient", "Patient"


@track
class Resource(models.Model):
    """Something that can be in one place at a time: a chair, a room, a clinician, a place beside a nurse, a patient.

    A nurse who may watch two people has two places: so the ratio is a constraint of the database and not a hope.
    """

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=new_id, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=16, choices=ResourceKind)
    name = models.CharField(max_length=80)
    staff = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="resources"
    )
    patient = models.OneToOneField(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="resource"
    )
    out_of_use_at = models.DateTimeField(null=True, blank=True)

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", patient="patient_id")

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@track
class Occupancy(models.Model):
    """One resource is taken from one minute to another; the database refuses a second one that overlaps.

    Minutes count from 1970-01-01 UTC. `visit_id` names the booking it belongs to (an evaluation, a series visit).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="occupancies")
    start_min = models.BigIntegerField()
    end_min = models.BigIntegerField()
    visit_id = models.UUIDField()
    released_at = models.DateTimeField(null=True, blank=True)

    policy_path: ClassVar = PolicyPath(clinic="resource__clinic_id", patient="resource__patient_id")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="occupancy_ends_after_start", condition=models.Q(end_min__gt=models.F("start_min"))
            ),
        ]
        indexes = [
            models.Index(fields=["visit_id"], name="occupancy_by_visit"),
            models.Index(fields=["resource", "start_min"], name="occupancy_by_resource"),
        ]

    def __str__(self) -> str:
        return str(self.id)


def actor_ids(account: Account) -> tuple[UUID | None, UUID | None]:
    """The ids of the staff member and of the patient behind an account."""
    staff = getattr(account, "staff", None)
    patient = getattr(account, "patient", None)
    return (staff.id if staff else None, patient.id if patient else None)
