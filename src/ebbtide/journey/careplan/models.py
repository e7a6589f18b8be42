"""careplan: the protocol library, the order in its versions, its signature, and the blind second check."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.models import Evaluation, Fact


class Protocol(models.Model):
    """One version of one published protocol as this clinic offers it, with who approved it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="protocols")
    key = models.CharField(max_length=40)
    version = models.IntegerField(default=1)
    body = models.JSONField()
    pack_version = models.CharField(max_length=40)
    approved_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["clinic", "key", "version"], name="protocol_version_once")
        ]

    def __str__(self) -> str:
        return self.key


class OrderVersion(models.Model):
    """One version of an order. It never changes: a change is the next version, a signature is a row of its own.

    Doses are milligrams of ketamine base. Every number is kept as it was typed (Decimal), never as a float.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order_id = models.UUIDField()
    version = models.IntegerField()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="orders")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, null=True, related_name="+")
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="+")
    template = models.CharField(max_length=40, blank=True, default="")
    drug = models.CharField(max_length=16)
    setting = models.CharField(max_length=16, default="outpatient")
    # the one field in which the dose was typed (mg/kg, mg, mg/kg/h or mg/h); every other figure follows from it
    dose_field = models.CharField(max_length=20, default="dose_mg")
    weight = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="+")
    weight_kg = models.DecimalField(max_digits=6, decimal_places=2)
    vial_mg_per_ml = models.DecimalField(max_digits=6, decimal_places=2)
    dose_mg = models.DecimalField(max_digits=9, decimal_places=3)
    bag_volume_ml = models.DecimalField(max_digits=8, decimal_places=2)
    diluent = models.CharField(max_length=60)
    # a list of steps, each with kind (rate or bolus), value in the dosing field, minutes, and its stop condition or null
    steps = models.JSONField()
    infusions = models.IntegerField()
    gap_days_min = models.IntegerField(null=True)
    gap_days_max = models.IntegerField(null=True)
    premedication = models.JSONField(default=list)
    stop_conditions = models.JSONField(default=list)
    goal = models.CharField(max_length=240)
    review_on = models.DateField()
    # soft limits and departures from the protocol, each with the reason the prescriber typed
    reasons = models.JSONField(default=dict)
    written_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["order_id", "version"], name="order_version_once")]
        indexes = [models.Index(fields=["episode", "-written_at"], name="order_newest")]

    def __str__(self) -> str:
        return f"{self.order_id} v{self.version}"


class OrderSignature(models.Model):
    """The prescriber's signature, with the preview as it was shown: model ids, parameter hashes, sites."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.OneToOneField(OrderVersion, on_delete=models.PROTECT, related_name="signature")
    preview = models.JSONField()
    document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, null=True, related_name="+")
    signed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="order__episode__patient__clinic_id", patient="order__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)


class OrderWithdrawal(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.OneToOneField(OrderVersion, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=500)
    withdrawn_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="order__episode__patient__clinic_id", patient="order__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)


class DoubleCheck(models.Model):
    """The blind second entry of weight, dose and rate; the system compares, a person never sees the first values."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(OrderVersion, on_delete=models.PROTECT, related_name="double_checks")
    weight_kg = models.DecimalField(max_digits=6, decimal_places=2)
    dose_mg = models.DecimalField(max_digits=9, decimal_places=3)
    rate_ml_per_h = models.DecimalField(max_digits=8, decimal_places=2)
    agrees = models.BooleanField()
    differences = models.JSONField()
    checked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="order__episode__patient__clinic_id",
        patient="order__episode__patient_id",
        author="checked_by__account_id",
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)
