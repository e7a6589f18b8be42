"""access: a person asks for help. Requests, what was decided about them, episodes, and the evaluation visit."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Patient, Resource, Staff, track
from ebbtide.ground.people.paths import PolicyPath


class Channel(models.TextChoices):
    WEB = "web", "Web form"
    TELEPHONE = "telephone", "Telephone"
    REFERRAL = "referral", "Referral"


class RequestStatus(models.TextChoices):
    RECEIVED = "received", "Waiting for triage"
    ACCEPTED = "accepted", "Accepted"
    NOT_HERE = "not_here", "Not here, with a next step"


class Complaint(models.TextChoices):
    """What a person asks help for, in the words of the public form."""

    CRPS = "crps", "Complex regional pain syndrome (CRPS)"
    NEUROPATHY = "neuropathy", "Nerve pain (neuropathy)"
    BACK_PAIN = "back_pain", "Back pain"
    HIP_PAIN = "hip_pain", "Hip pain"
    ARTHRITIS = "arthritis", "Arthritis"
    FIBROMYALGIA = "fibromyalgia", "Fibromyalgia"
    HEADACHE = "headache", "Migraine or headache"
    PHANTOM_LIMB = "phantom_limb", "Phantom limb pain"
    OTHER_PAIN = "other_pain", "Other chronic pain"
    MOOD = "mood", "Depression or trauma together with pain"


@track
class Request(models.Model):
    """A request for a consultation; what the person wrote stays apart and untrusted until triage accepts it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="requests")
    channel = models.CharField(max_length=12, choices=Channel)
    status = models.CharField(max_length=12, choices=RequestStatus, default=RequestStatus.RECEIVED)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    birth_date = models.DateField(null=True, blank=True)
    phone = models.CharField(max_length=32, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    language = models.CharField(max_length=12, default="en")
    complaint = models.CharField(max_length=16, choices=Complaint)
    story = models.TextField(max_length=2000, blank=True, default="")
    best_time = models.CharField(max_length=80, blank=True, default="")
    referred_by = models.CharField(max_length=120, blank=True, default="")
    # words of self-harm were found: a person calls today, whatever else happens
    call_today = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    owner = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_requests"
    )
    owned_since = models.DateTimeField(null=True, blank=True)
    typed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="requests"
    )

    policy_path: ClassVar = PolicyPath(
        clinic="clinic_id", patient="patient_id", author="typed_by__account_id"
    )

    class Meta:
        indexes = [models.Index(fields=["clinic", "status", "received_at"], name="request_queue")]
        constraints = [
            models.CheckConstraint(
                name="request_keeps_owner_pair",
                condition=models.Q(owner__isnull=True, owned_since__isnull=True)
                | models.Q(owner__isnull=False, owned_since__isnull=False),
            ),
            models.CheckConstraint(
                name="request_can_be_answered", condition=~models.Q(phone="") | ~models.Q(email="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class TriageOutcome(models.TextChoices):
    ACCEPT = "accept", "Accept"
    NOT_HERE = "not_here", "Not here"


class TriageDecision(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=12, choices=TriageOutcome)
    reason = models.TextField(max_length=1000)
    next_step = models.TextField(max_length=1000)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="request__clinic_id", patient="request__patient_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.outcome


@track
class Episode(models.Model):
    """One person, one complaint, one course of care. Everything later hangs on it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="episodes")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="episode")
    complaint = models.CharField(max_length=16, choices=Complaint)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    policy_path: ClassVar = PolicyPath(clinic="patient__clinic_id", patient="patient_id")

    def __str__(self) -> str:
        return str(self.id)


class VisitStatus(models.TextChoices):
    BOOKED = "booked", "Booked"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


@track
class EvaluationVisit(models.Model):
    """The evaluation that an accepted request leads to: clinician, room, time. Its occupancies carry its id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="evaluation_visits")
    clinician = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=VisitStatus, default=VisitStatus.BOOKED)
    cancel_reason = models.CharField(max_length=200, blank=True, default="")

    # every page of a visit names both
    opened_with: ClassVar = ("clinician", "room")
    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        indexes = [models.Index(fields=["starts_at"], name="evaluation_visit_by_start")]
        constraints = [
            models.CheckConstraint(
                name="evaluation_ends_after_start", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
