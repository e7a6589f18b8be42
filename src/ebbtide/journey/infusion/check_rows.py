"""infusion: what the protocol checks said and who answered, row by row. Conditions are worked out, never stored as truth."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Patient, Staff
from ebbtide.ground.people.paths import PolicyPath

SESSION = "infusion.Session"  # models.py ends by importing this file
OF_SESSION = PolicyPath(
    clinic="session__visit__series__episode__patient__clinic_id",
    patient="session__visit__series__episode__patient_id",
)


class CheckPlan(models.Model):
    """Under what a session was watched from a time on: version of the limits, changes to them, switch, baseline."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(SESSION, on_delete=models.PROTECT, related_name="check_plans")
    version = models.CharField(max_length=40)
    # each: limit, field, old and new value, and whose change it is (clinic or patient)
    changes = models.JSONField(default=list)
    live_on = models.BooleanField()
    baseline = models.JSONField(default=dict)
    from_at = models.DateTimeField()

    policy_path: ClassVar = OF_SESSION

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["session", "-from_at"], name="check_plan_newest")]

    def __str__(self) -> str:
        return self.version


class CheckEvent(models.Model):
    """One thing that happened to a condition or its signal; the same for one `key` from `began` to `cleared`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(SESSION, on_delete=models.PROTECT, related_name="check_events")
    said = models.CharField(max_length=16)
    key = models.CharField(max_length=120)
    limit = models.CharField(max_length=24)
    subject = models.CharField(max_length=16)
    priority = models.CharField(max_length=8)
    at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    # the value that was newest then, in the unit of its signal; null where no value is meant
    value = models.FloatField(null=True)

    policy_path: ClassVar = OF_SESSION

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["session", "at"], name="check_event_by_session")]

    def __str__(self) -> str:
        return f"{self.limit} {self.said}"


class TouchKind(models.TextChoices):
    ACKNOWLEDGE = "acknowledge", "Acknowledged"
    SILENCE = "silence", "Silenced"


class CheckTouch(models.Model):
    """Somebody took a signal as their own, or silenced what sounded, for a time that ends."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(SESSION, on_delete=models.PROTECT, related_name="check_touches")
    kind = models.CharField(max_length=12, choices=TouchKind)
    key = models.CharField(max_length=120, blank=True, default="")
    silence_s = models.IntegerField(null=True)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    policy_path: ClassVar = OF_SESSION

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="silence_has_an_end",
                condition=~models.Q(kind="silence") | models.Q(silence_s__gte=1, silence_s__lte=120),
            ),
        ]
        indexes = [models.Index(fields=["session", "at"], name="check_touch_by_session")]

    def __str__(self) -> str:
        return self.kind


class CheckKept(models.Model):
    """Where the checks of a session are, so that their process goes on after a death, and what the screens show."""

    session = models.OneToOneField(
        SESSION, on_delete=models.PROTECT, primary_key=True, related_name="check_kept"
    )
    state = models.JSONField()
    shown = models.JSONField(default=list)
    kept_at = models.DateTimeField()

    policy_path: ClassVar = OF_SESSION
    outside_the_ledger: ClassVar = (
        "it changes every few seconds; what it says is folded from rows that are kept"
    )

    def __str__(self) -> str:
        return str(self.pk)


class PatientLimit(models.Model):
    """A prescriber's limit for one person, inside the range of the file; the newest one of a number counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="check_limits")
    limit = models.CharField(max_length=24)
    field = models.CharField(max_length=24)
    old = models.FloatField()
    value = models.FloatField()
    reason = models.TextField()
    set_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="patient__clinic_id", patient="patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["patient", "-set_at"], name="patient_limit_newest")]

    def __str__(self) -> str:
        return f"{self.limit} {self.field}"
