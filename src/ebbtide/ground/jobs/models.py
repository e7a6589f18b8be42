"""What jobs work on: letters to go out, written in the transaction of the act they tell of, and each try to send one."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.ledger.models import APPEND_ONLY
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.people.paths import PolicyPath


class OutgoingMail(models.Model):
    """A message for somebody's mailbox: no health word in it, only a time, a place and a link. It is never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    to = models.EmailField()
    subject = models.CharField(max_length=160)
    body = models.TextField()
    purpose = models.CharField(max_length=40)
    made_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.purpose


class MailOutcome(models.TextChoices):
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"


class MailAttempt(models.Model):
    """One try to send a message; a message is sent when one of its tries says so, and at most one does."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mail = models.ForeignKey(OutgoingMail, on_delete=models.PROTECT, related_name="attempts")
    number = models.IntegerField()
    outcome = models.CharField(max_length=8, choices=MailOutcome)
    trouble = models.CharField(max_length=200, blank=True, default="")
    tried_at = models.DateTimeField()

    policy_path: ClassVar = PolicyPath(clinic="mail__clinic_id")

    class Meta:
        triggers = APPEND_ONLY
        constraints = [
            models.UniqueConstraint(fields=["mail", "number"], name="mail_attempt_number_once"),
            models.UniqueConstraint(
                fields=["mail"], condition=models.Q(outcome="sent"), name="mail_is_sent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"


class JobProgress(models.Model):
    """How far a long job is, for the page of the person who waits for it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # who asked for it: an account's id, or "system"; only they see it
    asked_by = models.CharField(max_length=80)
    what = models.CharField(max_length=80)
    done = models.IntegerField(default=0)
    total = models.IntegerField()
    began_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=200, blank=True, default="")

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")
    outside_the_ledger: ClassVar = "it changes many times a minute and says nothing about a patient"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="job_progress_within_total",
                condition=models.Q(done__gte=0, total__gte=0, done__lte=models.F("total")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.done} of {self.total}"
