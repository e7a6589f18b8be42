"""Documents of a patient: printed papers and uploads, each sealed by its hash; the file lies outside the web root."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Patient
from ebbtide.ground.people.paths import PolicyPath


class Document(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="documents")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="documents")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", patient="patient_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.kind
