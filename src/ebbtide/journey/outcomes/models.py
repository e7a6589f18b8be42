"""outcomes: check-ins by link, answers, scores, and the alerts that ask for a person. Nothing here is ever changed."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, IntegerField
from django.db.models.lookups import Exact

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Staff
from ebbtide.ground.people.paths import PolicyPath
from ebbtide.journey.access.models import Episode
from ebbtide.journey.leaving.models import LaterEvent, NextDayCall, Recovery


class Invitation(models.Model):
    """One check-in: what is asked by link, what is asked at the visit instead, and from when until when.

    The link's key is only in the letter; here is its digest, so that nobody who reads the record can answer for the person.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="invitations")
    # a point of the schedule (FU-W1), a day of the diary (DIARY) or of the week before (BASE)
    point = models.CharField(max_length=16)
    instruments = ArrayField(models.CharField(max_length=16))
    at_visit = ArrayField(models.CharField(max_length=16), default=list)
    due_on = models.DateField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    token_sha256 = models.CharField(max_length=64, unique=True)
    mail = models.ForeignKey(OutgoingMail, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["closes_at"], name="invitation_by_close")]
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "point", "due_on"], name="invitation_once_per_point_and_day"
            ),
            models.CheckConstraint(
                name="invitation_closes_after_opening",
                condition=models.Q(closes_at__gt=models.F("opens_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} on {self.due_on}"


class Reminder(models.Model):
    """A second or third letter for a check-in that was not finished; its link has a key of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="reminders")
    number = models.IntegerField()
    token_sha256 = models.CharField(max_length=64, unique=True)
    mail = models.ForeignKey(OutgoingMail, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="invitation__episode__patient__clinic_id", patient="invitation__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["invitation", "number"], name="reminder_number_once"),
            models.CheckConstraint(
                name="reminder_at_most_twice", condition=models.Q(number__gte=1, number__lte=2)
            ),
        ]

    def __str__(self) -> str:
        return f"reminder {self.number}"


class How(models.TextChoices):
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Asked and declined"


class Answer(models.Model):
    """One answer to one question, kept as it is given; the newest of an item counts. A blank has no row at all."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="answers")
    instrument = models.CharField(max_length=16)
    item = models.IntegerField()
    value = models.IntegerField(null=True, blank=True)
    how = models.CharField(max_length=10, choices=How)
    answered_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="invitation__episode__patient__clinic_id", patient="invitation__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["invitation", "instrument", "item"], name="answer_by_item")]
        constraints = [
            models.CheckConstraint(
                name="answer_has_a_value_or_was_declined",
                condition=models.Q(how="answered", value__isnull=False)
                | models.Q(how="declined", value__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument} item {self.item}: {self.how}"


class ScoreStatus(models.TextChoices):
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Partial: the mean of those answered"
    PRORATED = "prorated", "Prorated over blanks"
    INCOMPLETE = "incomplete", "Too much is blank for a score"


class Score(models.Model):
    """One result of one instrument. `value` is null when too much was blank: never a guess. A later one names the one it replaces."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="scores")
    instrument = models.CharField(max_length=16)
    # a point of the schedule, DIARY, BASE or VISIT
    point = models.CharField(max_length=16)
    value = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    status = models.CharField(max_length=12, choices=ScoreStatus)
    # items in order (a number, "blank", "declined" or "not_asked"), clusters, provisional diagnosis
    detail = models.JSONField(default=dict)
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    invitation = models.ForeignKey(
        Invitation, on_delete=models.PROTECT, null=True, blank=True, related_name="scores"
    )
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [
            models.Index(fields=["episode", "instrument", "-observed_at"], name="score_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                name="score_without_value_is_incomplete",
                condition=models.Q(status="incomplete", value__isnull=True) | ~models.Q(status="incomplete"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument}: {self.status}"


class AlertKind(models.TextChoices):
    SELF_HARM = "self_harm", "Thoughts of death or self-harm"
    BLOOD = "blood", "Visible blood in the urine (bladder check)"
    RED_FLAG = "red_flag", "A red flag after an infusion"


# exactly one of them says why an alert is there
ORIGINS = ("answer", "score", "recovery", "call", "later_event")


class SafetyAlert(models.Model):
    """An answer that asks for a person, whatever the total is: it has an owner and a clock from the first moment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="safety_alerts")
    kind = models.CharField(max_length=12, choices=AlertKind)
    rule = models.CharField(max_length=16)
    answer = models.ForeignKey(
        Answer, on_delete=models.PROTECT, null=True, blank=True, related_name="safety_alerts"
    )
    score = models.ForeignKey(
        Score, on_delete=models.PROTECT, null=True, blank=True, related_name="safety_alerts"
    )
    # told on the day of an infusion, on the call after it, or charted later
    recovery = models.ForeignKey(
        Recovery, on_delete=models.PROTECT, null=True, blank=True, related_name="safety_alerts"
    )
    call = models.ForeignKey(
        NextDayCall, on_delete=models.PROTECT, null=True, blank=True, related_name="safety_alerts"
    )
    later_event = models.ForeignKey(
        LaterEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="safety_alerts"
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="owned_alerts")

    opened_with: ClassVar = ("owner", "episode__patient", "closed__closed_by", *ORIGINS)
    policy_path: ClassVar = PolicyPath(clinic="episode__patient__clinic_id", patient="episode__patient_id")

    class Meta:
        triggers = APPEND_ONLY
        indexes = [models.Index(fields=["-opened_at"], name="safety_alert_newest")]
        constraints = [
            models.CheckConstraint(
                name="safety_alert_has_one_origin",
                condition=Exact(Func(*ORIGINS, function="num_nonnulls", output_field=IntegerField()), 1),
            ),
            models.CheckConstraint(
                name="safety_alert_due_after_opening", condition=models.Q(due_at__gt=models.F("opened_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class AlertTaken(models.Model):
    """Somebody took an alert as their own; the newest counts. It does not make the person safe."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alert = models.ForeignKey(SafetyAlert, on_delete=models.PROTECT, related_name="takings")
    taken_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="alert__episode__patient__clinic_id", patient="alert__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)


class AlertClosed(models.Model):
    """How an alert ended: who spoke with the person, and what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alert = models.OneToOneField(SafetyAlert, on_delete=models.PROTECT, related_name="closed")
    note = models.TextField(max_length=2000)
    closed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(
        clinic="alert__episode__patient__clinic_id", patient="alert__episode__patient_id"
    )

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(self.id)
