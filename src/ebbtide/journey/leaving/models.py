"""leaving: recovery observations, a prescriber's signed release, the departure, and the call on the day after. Nothing is edited."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.infusion.models import Session

OF_SESSION = "session__visit__series__episode__patient"


class RecoveryPhase(models.TextChoices):
    BASELINE = "baseline", "Before the infusion"
    RECOVERY = "recovery", "After the infusion"


class Recovery(models.Model):
    """One observation before or after the infusion; the newest counts. None is not recorded, and never normal."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="recoveries")
    phase = models.CharField(max_length=8, choices=RecoveryPhase)
    # the items of both scores, 0 to 2 or null, under their names of instruments.yaml
    aldrete = models.JSONField(default=dict)
    padss = models.JSONField(default=dict)
    # totals of 10 as the items stand, and against the person's own baseline; null while an item is missing
    aldrete_plain = models.SmallIntegerField(null=True)
    aldrete_compared = models.SmallIntegerField(null=True)
    padss_plain = models.SmallIntegerField(null=True)
    padss_compared = models.SmallIntegerField(null=True)
    rass = models.SmallIntegerField(null=True)
    dissociation = models.SmallIntegerField(null=True)
    sbp_mmhg = models.SmallIntegerField(null=True)
    dbp_mmhg = models.SmallIntegerField(null=True)
    gait_as_before = models.BooleanField(null=True)
    pain_nrs = models.SmallIntegerField(null=True)
    # the clinician's question; null: nobody has asked
    new_suicidal_thought = models.BooleanField(null=True)
    note = models.CharField(max_length=500, blank=True, default="")
    # what it was compared with: the own baseline that counted at that moment
    compared_with = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    policy_path: ClassVar = PolicyPath(
        clinic=f"{OF_SESSION}__clinic_id", patient=f"{OF_SESSION}_id", author="recorded_by__account_id"
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="recovery_pressure_is_two_numbers",
                condition=models.Q(sbp_mmhg__isnull=True, dbp_mmhg__isnull=True)
                | models.Q(sbp_mmhg__gt=models.F("dbp_mmhg"), dbp_mmhg__gt=0),
            ),
            models.CheckConstraint(
                name="recovery_totals_within_ten",
                condition=models.Q(aldrete_plain__isnull=True)
                | models.Q(aldrete_plain__range=(0, 10), aldrete_compared__range=(0, 10)),
            ),
            models.CheckConstraint(
                name="recovery_padss_within_ten",
                condition=models.Q(padss_plain__isnull=True)
                | models.Q(padss_plain__range=(0, 10), padss_compared__range=(0, 10)),
            ),
            models.CheckConstraint(
                name="recovery_seen_before_recorded",
                condition=models.Q(observed_at__lte=models.F("recorded_at")),
            ),
        ]
        indexes = [models.Index(fields=["session", "-observed_at"], name="recovery_newest")]

    def __str__(self) -> str:
        return self.phase


class ReleaseDecision(models.Model):
    """A prescriber saw this observation and signs that the person may leave although these gates are shut."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="releases")
    gates = models.JSONField()
    reason = models.CharField(max_length=500)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic=f"recovery__{OF_SESSION}__clinic_id",
        patient=f"recovery__{OF_SESSION}_id",
        author="decided_by__account_id",
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)


class Departure(models.Model):
    """The person left: on which observation, with whom, until when they do not drive, and the two papers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="departure")
    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="+")
    # every gate as it was judged: id, words, open, and whether a signed decision opened it
    gates = models.JSONField()
    escort_name = models.CharField(max_length=120)
    escort_phone = models.CharField(max_length=32)
    escort_relation = models.CharField(max_length=60)
    escort_signed_name = models.CharField(max_length=120)
    # a wall-clock time in the clinic's zone: a date, a time and the zone's name, never an offset
    no_driving_on = models.DateField()
    no_driving_at = models.TimeField()
    no_driving_zone = models.CharField(max_length=64)
    record = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    instructions = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=12)
    # the clinic's day on which the person is called
    call_due_on = models.DateField()
    discharged_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    discharged_at = models.DateTimeField()
    # when it was written down; null in rows older than this column, which were written as it happened
    recorded_at = models.DateTimeField(null=True)

    policy_path: ClassVar = PolicyPath(
        clinic=f"{OF_SESSION}__clinic_id", patient=f"{OF_SESSION}_id", author="discharged_by__account_id"
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="departure_has_an_escort_who_signed",
                condition=~models.Q(escort_name="") & ~models.Q(escort_signed_name=""),
            )
        ]
        indexes = [models.Index(fields=["call_due_on"], name="departure_by_call_day")]

    def __str__(self) -> str:
        return str(self.id)


class CallResult(models.TextChoices):
    REACHED = "reached", "Reached"
    NOT_REACHED = "not_reached", "Not reached"
    DECLINED = "declined", "Wants no call"
    STOPPED = "stopped", "Nobody tries again"


class NextDayCall(models.Model):
    """One try to call the person on the day after, and what they said."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="calls")
    outcome = models.CharField(max_length=12, choices=CallResult)
    # each flag under its name: true, false, or null where it was not asked
    red_flags = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    # what was done about a flag that was told
    step = models.CharField(max_length=500, blank=True, default="")
    called_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic=f"departure__{OF_SESSION}__clinic_id",
        patient=f"departure__{OF_SESSION}_id",
        author="called_by__account_id",
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(
                fields=["departure"],
                condition=~models.Q(outcome="not_reached"),
                name="next_day_call_ends_once",
            )
        ]

    def __str__(self) -> str:
        return self.outcome


class LaterEvent(models.Model):
    """Something that happened after the person had left, with its own time. A correction names the entry it stands for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="later_events")
    # the words of later.py
    kind = models.CharField(max_length=20)
    severity = models.CharField(max_length=8)
    what = models.CharField(max_length=200, blank=True, default="")
    done = models.CharField(max_length=500, blank=True, default="")
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    late = models.BooleanField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    withdrawn = models.BooleanField(default=False)

    policy_path: ClassVar = PolicyPath(
        clinic=f"departure__{OF_SESSION}__clinic_id",
        patient=f"departure__{OF_SESSION}_id",
        author="recorded_by__account_id",
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.CheckConstraint(
                name="later_event_seen_before_recorded",
                condition=models.Q(observed_at__lte=models.F("recorded_at")),
            ),
            models.CheckConstraint(
                name="later_event_withdraws_something",
                condition=models.Q(withdrawn=False) | models.Q(replaces__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.kind
