"""assessment: what is known of the person, what the rules say of it, what a clinician decided, and consent."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Patient, Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.access.models import Episode


class Origin(models.TextChoices):
    TYPED = "typed", "Typed"
    MEASURED = "measured", "Measured here"
    IMPORTED = "imported", "Imported"
    DEVICE = "device", "Device"
    PATIENT = "patient", "From the patient"


class Import(models.Model):
    """One reading of one file: what was taken, what was left and why, and which codes nobody here knows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="imports")
    file_sha256 = models.CharField(max_length=64)
    taken = models.IntegerField()
    already_there = models.IntegerField()
    left = models.JSONField()
    unmapped = models.JSONField()
    # concepts that a code makes possible and only a clinician may affirm
    to_judge = models.JSONField(default=list)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=80)

    policy_path: ClassVar = PolicyPath(clinic="patient__clinic_id", patient="patient_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)


class Fact(models.Model):
    """One thing known of a person: name from the one vocabulary, value, unit, when, where from, who confirmed it.

    A member of a set (a problem, a medication class) is one fact each. A correction is a new fact that names the old one;
    `withdrawn` says that the old one was wrong or is over and nothing takes its place.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="facts")
    name = models.CharField(max_length=48)
    value = models.JSONField(null=True)
    unit = models.CharField(max_length=40, blank=True, default="")
    words = models.CharField(max_length=240, blank=True, default="")
    # null: whoever told it gave no time; it counts as older than anything that has one
    observed_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    origin = models.CharField(max_length=12, choices=Origin)
    source_key = models.CharField(max_length=200, blank=True, default="")
    recorded_by = models.CharField(max_length=80)
    confirmed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    withdrawn = models.BooleanField(default=False)
    imported_in = models.ForeignKey(
        Import, on_delete=models.PROTECT, null=True, blank=True, related_name="facts"
    )

    policy_path: ClassVar = PolicyPath(clinic="patient__clinic_id", patient="patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["patient", "name", "-observed_at"], name="fact_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "source_key", "name"],
                condition=~models.Q(source_key=""),
                name="fact_source_once_per_patient",
            ),
            models.CheckConstraint(
                name="fact_withdrawn_names_the_old_one",
                condition=models.Q(withdrawn=False) | models.Q(replaces__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListConfirmation(models.Model):
    """A person confirmed a whole list (problems, medicines …): from now its absences count as absences.

    `unchanged` is the reconfirmation of consecutive days: asked, and signed as unchanged since the last visit day.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="list_confirmations")
    name = models.CharField(max_length=48)
    members = models.JSONField()
    unchanged = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="patient__clinic_id", patient="patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["patient", "name", "-confirmed_at"], name="list_confirmation_newest")]

    def __str__(self) -> str:
        return self.name


class Decision(models.TextChoices):
    SUITABLE = "suitable", "Suitable, may be ordered"
    NOT_NOW = "not_now", "Not now"
    NOT_SUITABLE = "not_suitable", "Not suitable"


class Evaluation(models.Model):
    """What the rules said at one moment, and what a clinician decided and signed. Never changed; a later one follows it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="evaluations")
    stage = models.CharField(max_length=20)
    as_of = models.DateTimeField()
    pack_version = models.CharField(max_length=40)
    pack_sha256 = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16)
    findings = models.JSONField()
    needs_data = models.JSONField()
    overrides = models.JSONField()
    decision = models.CharField(max_length=16, choices=Decision)
    reason = models.TextField(max_length=2000, blank=True, default="")
    signed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["episode", "-signed_at"], name="evaluation_newest")]

    def __str__(self) -> str:
        return self.verdict


class Consent(models.Model):
    """A versioned text, signed on the screen or on paper and scanned, for one episode, with an expiry."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="consents")
    text_version = models.CharField(max_length=40)
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=12)
    understood = models.JSONField()
    how = models.CharField(
        max_length=12, choices=[("screen", "On the screen"), ("scanned", "On paper, scanned")]
    )
    signed_name = models.CharField(max_length=160)
    document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    witnessed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField()
    expires_on = models.DateField()

    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.text_version


class ConsentWithdrawal(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=500, blank=True, default="")
    recorded_by = models.CharField(max_length=80)
    withdrawn_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="consent__episode__patient__clinic_id", patient="consent__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)
