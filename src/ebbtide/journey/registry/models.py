"""registry: the exposure of each infusion in its versions, and each file that was taken out. Nothing is ever changed."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.infusion.models import Session


class Exposure(models.Model):
    """What one infusion gave, and what each offered model says of it. A correction of the log is the next version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="exposures")
    version = models.IntegerField()
    drug = models.CharField(max_length=16)
    mg = models.DecimalField(max_digits=9, decimal_places=3)
    # null: the weight or the date of birth was not recorded
    mg_per_kg = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    weight_kg = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    age_y = models.IntegerField(null=True)
    hours = models.DecimalField(max_digits=8, decimal_places=3)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField()
    # by model id: reading, site, hash and engine, and peak and area only where the model covers the person
    predicted = models.JSONField()
    engine_version = models.CharField(max_length=12)
    computed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="session__visit__series__episode__patient__clinic_id",
        patient="session__visit__series__episode__patient_id",
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["session", "version"], name="exposure_version_once"),
            models.CheckConstraint(
                name="exposure_is_not_negative", condition=models.Q(mg__gte=0, hours__gte=0, version__gte=1)
            ),
            models.CheckConstraint(
                name="exposure_stops_after_start", condition=models.Q(stopped_at__gte=models.F("started_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    PARQUET = "parquet", "Parquet"


class Export(models.Model):
    """One de-identified file that was taken out: by whom, which rows were asked for, what was left out, and its hash.

    The file lies beside the documents under this id. The key of its ids never leaves the data folder.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="exports")
    format = models.CharField(max_length=8, choices=ExportFormat)
    # complaint, protocol and since, as they were chosen; a missing one was not used
    filters = models.JSONField(default=dict)
    k = models.IntegerField()
    rows = models.IntegerField()
    people = models.IntegerField()
    rows_generalised = models.IntegerField()
    rows_suppressed = models.IntegerField()
    people_suppressed = models.IntegerField()
    rows_without_permission = models.IntegerField(default=0)
    dictionary_version = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    opened_with: ClassVar = ("made_by",)
    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="made_by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["clinic", "-made_at"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.rows} rows"
