"""What jobs work on: letters waiting to go out, written in the transaction of the act they tell of."""

from typing import ClassVar

from django.db import models

from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.people.paths import PolicyPath


class OutgoingMail(models.Model):
    """A message for somebody's mailbox: no health word in it, only a time, a place and a link."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    to = models.EmailField()
    subject = models.CharField(max_length=160)
    body = models.TextField()
    purpose = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0)
    last_trouble = models.CharField(max_length=200, blank=True, default="")

    policy_path: ClassVar = PolicyPath(clinic="clinic_id")

    def __str__(self) -> str:
        return self.purpose
