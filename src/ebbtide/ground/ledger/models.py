"""The ledger's rows: entries, receipts, shapes, batches and seals. None is ever changed; the database refuses it."""

from typing import ClassVar

from django.db import models
from django.db.models.expressions import RawSQL

from ebbtide.ground.people.append_only import APPEND_ONLY
from ebbtide.ground.people.paths import PolicyPath

__all__ = ["APPEND_ONLY", "Batch", "Entry", "Reading", "Receipt", "Seal", "Shape"]


class Shape(models.Model):
    """The columns a table had when its rows were digested, so that a column added later does not look like tampering."""

    table = models.CharField(max_length=80)
    columns = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["table", "digest"], name="shape_once")]

    def __str__(self) -> str:
        return self.table


class Entry(models.Model):
    """One act: who, what, when, about whom, and the digests of the rows it speaks for. It holds ids, no content."""

    id = models.BigAutoField(primary_key=True)
    clinic_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    roles = models.CharField(max_length=120)
    action = models.CharField(max_length=120)
    resource = models.CharField(max_length=80)
    verb = models.CharField(max_length=16)
    patient_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    key = models.CharField(max_length=200)
    device = models.CharField(max_length=80)
    rows = models.JSONField()
    digest = models.CharField(max_length=64)
    # the transaction that wrote it: the sealing job takes only entries older than every running transaction
    xid = models.BigIntegerField(db_default=RawSQL("(pg_current_xact_id()::text)::bigint", ()))

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", patient="patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [
            models.Index(fields=["patient_id", "-id"], name="entry_by_patient"),
            models.Index(fields=["action"], name="entry_by_action"),
        ]

    def __str__(self) -> str:
        return f"entry {self.id}"


class Receipt(models.Model):
    """That this actor did this once: a retry with the same key finds the first result, another payload is refused."""

    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    action = models.CharField(max_length=120)
    payload_digest = models.CharField(max_length=64)
    result_model = models.CharField(max_length=80)
    result_id = models.CharField(max_length=40)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="receipt_once_per_actor_and_key")
        ]

    def __str__(self) -> str:
        return self.action


class Reading(models.Model):
    """One reading of one patient's chart by one person, on one page, within ten minutes."""

    actor = models.CharField(max_length=80)
    patient_id = models.UUIDField()
    page = models.CharField(max_length=80)
    bucket = models.BigIntegerField()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["actor", "patient_id", "page", "bucket"], name="reading_once")
        ]

    def __str__(self) -> str:
        return self.page


class Batch(models.Model):
    """A sealed run of entries: its Merkle root, chained to the batch before it."""

    number = models.BigIntegerField(primary_key=True)
    count = models.IntegerField()
    root = models.CharField(max_length=64)
    previous_head = models.CharField(max_length=64)
    head = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"batch {self.number}"


class Seal(models.Model):
    """Where an entry stands in its batch."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="seal")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="seals")
    position = models.IntegerField()

    class Meta:
        triggers = APPEND_ONLY
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="seal_position_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"
