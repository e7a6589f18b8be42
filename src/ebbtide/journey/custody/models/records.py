"""custody: the papers of the safe: counts, losses, what was charted and never drawn, reports. Rows that are only added."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.drugs import drug_words
from ebbtide.journey.custody.models.books import Variance, Vial


class CountKind(models.TextChoices):
    DAILY = "daily", "Daily count"
    OPENING = "opening", "Inventory at the opening of business"
    CLOSING = "closing", "Inventory at the close of business"


class Count(models.Model):
    """What a person found in the safe, entered before the books were shown; a wrong count is counted again, never edited."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="counts")
    kind = models.CharField(max_length=8, choices=CountKind)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    opened_with: ClassVar = ("by",)
    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["clinic", "-counted_at"], name="count_newest")]

    def __str__(self) -> str:
        return self.kind

    @property
    def is_inventory(self) -> bool:
        return self.kind != CountKind.DAILY


class CountLine(models.Model):
    """One line of a count: sealed vials of one drug, strength and size, or what is left in one opened vial."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="lines")
    drug = models.CharField(max_length=24)
    mg_per_ml = models.DecimalField(max_digits=6, decimal_places=2)
    volume_ml = models.DecimalField(max_digits=6, decimal_places=2)
    # null: sealed vials
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, null=True, related_name="+")
    counted_vials = models.IntegerField(null=True)
    counted_ug = models.BigIntegerField()
    # what the books held at that moment, kept beside the count
    expected_vials = models.IntegerField(null=True)
    expected_ug = models.BigIntegerField()

    policy_path: ClassVar = PolicyPath(clinic="count__clinic_id", author="count__by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="count_line_is_sealed_or_one_vial",
                condition=models.Q(
                    vial__isnull=True, counted_vials__isnull=False, expected_vials__isnull=False
                )
                | models.Q(vial__isnull=False, counted_vials__isnull=True, expected_vials__isnull=True),
            ),
            models.CheckConstraint(
                name="count_line_is_not_below_zero",
                condition=models.Q(counted_ug__gte=0, expected_ug__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.drug

    @property
    def drug_name(self) -> str:
        return drug_words(self.drug)

    @property
    def difference_ug(self) -> int:
        """Above zero: more was counted than the books hold."""
        return self.counted_ug - self.expected_ug


class CountSecond(models.Model):
    """A second person counted again and found the same; with own sign-in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    count = models.OneToOneField(Count, on_delete=models.PROTECT, related_name="second")
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=240, blank=True, default="")
    signed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="count__clinic_id", author="count__by__account_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)


class LossKind(models.TextChoices):
    THEFT = "theft", "Theft"
    ROBBERY = "robbery", "Robbery"
    STAFF = "staff", "Taken by somebody of the clinic"
    TRANSIT = "transit", "Lost on the way here"
    BREAKAGE = "breakage", "Broken, and not recoverable"
    UNKNOWN = "unknown", "Not known"


class LossRecord(models.Model):
    """What is known of a theft or loss, as it was known on that day; the newest of a variance counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variance = models.ForeignKey(Variance, on_delete=models.PROTECT, related_name="losses")
    kind = models.CharField(max_length=10, choices=LossKind)
    discovered_on = models.DateField()
    circumstances = models.CharField(max_length=1000)
    measures = models.CharField(max_length=500)
    # stays empty when nobody told them
    police = models.CharField(max_length=160, blank=True, default="")
    authority_told_on = models.DateField(null=True)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    opened_with: ClassVar = ("by", "variance")
    policy_path: ClassVar = PolicyPath(clinic="variance__movement__clinic_id", author="by__account_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.kind


class Undrawn(models.Model):
    """A controlled drug that the log says was given and that nobody had drawn; ended by the dose that follows a draw, or by a correction."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="undrawn")
    drug = models.CharField(max_length=24)
    amount_ug = models.BigIntegerField()
    given_by_entry = models.UUIDField()
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    ends = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="ended_by")

    policy_path: ClassVar = PolicyPath(
        clinic="visit__series__episode__patient__clinic_id",
        patient="visit__series__episode__patient_id",
        author="by__account_id",
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(name="undrawn_is_something", condition=models.Q(amount_ug__gt=0)),
            models.UniqueConstraint(
                fields=["given_by_entry"], condition=models.Q(ends__isnull=True), name="undrawn_once_an_entry"
            ),
        ]

    def __str__(self) -> str:
        return self.drug


class ReportForm(models.TextChoices):
    PDF = "pdf", "PDF"
    CSV = "csv", "CSV"


class RegisterReport(models.Model):
    """A register of a period that was taken out for an inspector: by whom, which days, and the hash of the file."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="register_reports")
    form = models.CharField(max_length=4, choices=ReportForm)
    since_on = models.DateField()
    until_on = models.DateField()
    rows = models.IntegerField()
    proves = models.BooleanField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    opened_with: ClassVar = ("made_by",)
    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="made_by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["clinic", "-made_at"], name="register_report_newest")]

    def __str__(self) -> str:
        return self.form
