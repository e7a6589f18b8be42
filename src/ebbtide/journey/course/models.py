"""course: the series, booked as one act over weeks, and its visits."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Resource, Staff, track
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.access.models import Episode, VisitStatus
from ebbtide.journey.careplan.models import OrderVersion


class SeriesStatus(models.TextChoices):
    BOOKED = "booked", "Booked"
    CANCELLED = "cancelled", "Cancelled"


@track
class Series(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="series")
    order = models.ForeignKey(OrderVersion, on_delete=models.PROTECT, related_name="series")
    status = models.CharField(max_length=12, choices=SeriesStatus, default=SeriesStatus.BOOKED)
    booked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    cancel_reason = models.CharField(max_length=200, blank=True, default="")

    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(status="booked"), name="series_one_booked_per_order"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


@track
class Visit(models.Model):
    """The thing that is booked: one infusion of a series on one chair, beside one nurse. Its occupancies carry its id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="visits")
    number = models.IntegerField()
    chair = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    nurse_place = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why_here = models.CharField(max_length=240, blank=True, default="")
    status = models.CharField(max_length=12, choices=VisitStatus, default=VisitStatus.BOOKED)
    cancel_reason = models.CharField(max_length=200, blank=True, default="")

    policy_path: ClassVar = PolicyPath(
        clinic="series__episode__patient__clinic_id", patient="series__episode__patient_id"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="visit_number_once_per_series"),
            models.CheckConstraint(
                name="visit_ends_after_start", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="visit_by_start")]

    def __str__(self) -> str:
        return f"{self.number} of series {self.series_id}"
