"""The jobs room: progress of a long job, written by the job and read by a page. It is announced as `job:CLINIC:ID`."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least

from ebbtide.ground.jobs.models import JobProgress
from ebbtide.ground.live.announce import announce
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor


def begin(*, clinic: Clinic, by: Actor, what: str, total: int, at: datetime) -> JobProgress:
    """A new job with `total` steps; hand its id to the job, and to the page."""
    return JobProgress.objects.create(
        clinic=clinic, asked_by=by.identity, what=what, total=total, began_at=at, moved_at=at
    )


def advance(job_id: UUID, *, steps: int = 1, at: datetime) -> None:
    """So many more steps are done; never more than there are."""
    reached = Least(F("done") + Value(steps), F("total"))
    _change(job_id, done=reached, moved_at=at)


def end(job_id: UUID, *, at: datetime, trouble: str = "") -> None:
    """It is over: done when there is no trouble, else the trouble says what to do next."""
    reached = {} if trouble else {"done": F("total")}
    _change(job_id, **reached, moved_at=at, ended_at=at, trouble=trouble)


def progress_of(job_id: UUID, *, by: Actor) -> JobProgress | None:
    """The progress for the person who asked for the job; None for everybody else."""
    if by.clinic_id is None:
        return None
    return JobProgress.objects.filter(id=job_id, clinic_id=by.clinic_id, asked_by=by.identity).first()


def _change(job_id: UUID, **values: object) -> None:
    with transaction.atomic():
        JobProgress.objects.filter(id=job_id).update(**values)
        clinic_id = JobProgress.objects.values_list("clinic_id", flat=True).get(id=job_id)
        announce(f"job:{clinic_id}:{job_id}")
