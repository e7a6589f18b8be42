"""custody: the controlled drug in whole micrograms. Vials, accounts, movements between accounts, variances. Nothing is edited."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.drugs import DRUGS, drug_words
from ebbtide.journey.custody.rules import Amount
from ebbtide.journey.custody.triggers import BALANCED


class AccountKind(models.TextChoices):
    """Where drug can be. Every movement leaves one account and enters another, so all of them together are always zero."""

    SUPPLIER = "supplier", "Supplier"
    SAFE = "safe", "Safe"
    SESSION = "session", "Syringe or bag of a visit"
    GIVEN = "given", "Given"
    WASTED = "wasted", "Wasted"
    RETURNED = "returned", "Returned to the supplier"
    VARIANCE = "variance", "Unexplained variance"


class Account(models.Model):
    """One place where drug is booked: one of each kind for a clinic, and one for each visit's syringe or bag."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="drug_accounts")
    kind = models.CharField(max_length=12, choices=AccountKind)
    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, null=True, related_name="drug_account")

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", patient="visit__series__episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "kind"],
                condition=models.Q(visit__isnull=True),
                name="custody_account_once_per_clinic",
            ),
            models.CheckConstraint(
                name="custody_account_of_a_visit_is_a_session",
                condition=models.Q(kind="session", visit__isnull=False)
                | (~models.Q(kind="session") & models.Q(visit__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.kind


DRUG_NAMES = {drug.key: drug.words for drug in DRUGS.values()}


class Vial(models.Model):
    """One vial with its identity. Its content is micrograms of base; what is left in it follows from the movements."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="vials")
    # "racemate" or "s_ketamine" as the order says it; another drug (premedication) by its plain name
    drug = models.CharField(max_length=24)
    mg_per_ml = models.DecimalField(max_digits=6, decimal_places=2)
    volume_ml = models.DecimalField(max_digits=6, decimal_places=2)
    content_ug = models.BigIntegerField()
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()
    # what is printed or written on this one vial, so that two of a lot are two
    label = models.CharField(max_length=60)
    # as the package's own symbol says them; empty when nobody scanned one
    gtin = models.CharField(max_length=14, blank=True, default="")
    serial = models.CharField(max_length=20, blank=True, default="")
    supplier = models.CharField(max_length=120)
    received_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="received_by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["clinic", "label"], name="vial_label_once_per_clinic"),
            models.CheckConstraint(name="vial_holds_something", condition=models.Q(content_ug__gt=0)),
        ]
        indexes = [models.Index(fields=["clinic", "drug", "expires_on"], name="vial_by_drug")]

    def __str__(self) -> str:
        return self.label

    @property
    def drug_name(self) -> str:
        """The drug as a label says it."""
        return drug_words(self.drug)


class MovementKind(models.TextChoices):
    RECEIVE = "receive", "Received"
    DRAW = "draw", "Drawn"
    GIVE = "give", "Given"
    WASTE = "waste", "Wasted"
    RETURN = "return", "Returned"
    VARIANCE = "variance", "Variance posted"
    TRANSFER = "transfer", "Handed on to another visit"
    DESTROY = "destroy", "Destroyed"
    VOID = "void", "Voided"


class Destruction(models.Model):
    """Stock that was destroyed before two people: how, where, when; its movements say which vials."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="destructions")
    method = models.CharField(max_length=240)
    place = models.CharField(max_length=160)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    destroyed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    opened_with: ClassVar = ("by", "witness")
    policy_path: ClassVar = PolicyPath(clinic="clinic_id", author="by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="destruction_before_two_people", condition=~models.Q(witness=models.F("by"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Movement(models.Model):
    """So many micrograms of one vial's drug left one account and entered another. A mistake is undone by a reciprocal row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="movements")
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=MovementKind)
    from_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="movements_out")
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="movements_in")
    amount_ug = models.BigIntegerField()
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="movements")
    # the entry of the infusion log that gave it: written in the same transaction
    given_by_entry = models.UUIDField(null=True)
    reason = models.CharField(max_length=240, blank=True, default="")
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    # the vial was chosen by the label in the hand, not from a list
    scanned = models.BooleanField(default=False)
    destruction = models.ForeignKey(
        Destruction, on_delete=models.PROTECT, null=True, related_name="movements"
    )
    voids = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="voided_by")
    moved_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="clinic_id", patient="visit__series__episode__patient_id", author="by__account_id"
    )

    class Meta:
        triggers = [*APPEND_ONLY, BALANCED]
        constraints = [
            models.CheckConstraint(name="movement_moves_something", condition=models.Q(amount_ug__gt=0)),
            models.CheckConstraint(
                name="movement_between_two_accounts",
                condition=~models.Q(from_account=models.F("to_account")),
            ),
            models.CheckConstraint(
                name="movement_waste_and_variance_have_a_witness",
                condition=~models.Q(kind__in=["waste", "variance", "destroy"])
                | models.Q(witness__isnull=False),
            ),
            models.CheckConstraint(
                name="movement_witness_is_another_person",
                condition=models.Q(witness__isnull=True) | ~models.Q(witness=models.F("by")),
            ),
            models.CheckConstraint(
                name="movement_void_names_the_original",
                condition=models.Q(kind="void", voids__isnull=False)
                | (~models.Q(kind="void") & models.Q(voids__isnull=True)),
            ),
            models.CheckConstraint(
                name="movement_dose_names_visit_and_entry",
                condition=~models.Q(kind="give")
                | models.Q(visit__isnull=False, given_by_entry__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["vial"], condition=models.Q(kind="receive"), name="movement_vial_received_once"
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-moved_at"], name="movement_newest"),
            models.Index(fields=["visit"], name="movement_by_visit"),
            models.Index(fields=["vial"], name="movement_by_vial"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_ug} µg"


class Variance(models.Model):
    """A physical difference that nobody could explain, posted with two sign-ins. From that moment somebody owns it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="variance")
    searched = models.CharField(max_length=500)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="owned_variances")
    due_on = models.DateField()
    # theft or significant loss? null: not decided yet
    to_report = models.BooleanField(null=True)
    # nobody else was in the clinic: the second person had handled this drug on that day
    second_touched = models.BooleanField(default=False)
    posted_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="movement__clinic_id", author="owner__account_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)

    @property
    def amount(self) -> Amount:
        """How much differs; its movement's direction says whether it is missing."""
        return Amount(ug=self.movement.amount_ug, mg_per_ml=self.movement.vial.mg_per_ml)


class VarianceClosing(models.Model):
    """How the investigation of a variance ended; the variance itself stays as it was posted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variance = models.OneToOneField(Variance, on_delete=models.PROTECT, related_name="closing")
    finding = models.CharField(max_length=1000)
    reported = models.BooleanField()
    closed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    # null in rows of before two people closed it
    second = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="variance__movement__clinic_id", author="closed_by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="variance_closing_second_is_another_person",
                condition=models.Q(second__isnull=True) | ~models.Q(second=models.F("closed_by")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class VarianceNote(models.Model):
    """What was found out while a variance was investigated; appended, never edited."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variance = models.ForeignKey(Variance, on_delete=models.PROTECT, related_name="notes")
    words = models.CharField(max_length=1000)
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="variance__movement__clinic_id", author="by__account_id")

    class Meta:
        triggers = APPEND_ONLY
        ordering: ClassVar = ["noted_at", "id"]

    def __str__(self) -> str:
        return str(self.id)
