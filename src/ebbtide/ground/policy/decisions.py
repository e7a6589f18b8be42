"""One decision function and one queryset filter. Everything that shows or changes a record asks here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from ebbtide.ground import clock
from ebbtide.ground.people.models import Assignment, Clinic
from ebbtide.ground.people.paths import PolicyPath, follow
from ebbtide.ground.policy.actors import Actor
from ebbtide.ground.policy.table import Grant, table

STEP_UP_IDLE = timedelta(minutes=3)  # roles.yaml, condition step_up [design]
# acts of a machine or from the command line carry no screen that could be left open
NO_SCREEN_ROLES = frozenset({"system", "integration"})
# what the holder of a link may do, and only about the row it was made for: a check-in, or the session whose card it opens;
# roles.yaml, role patient [design]
BY_LINK = frozenset(
    {("create", "outcomes.score"), ("read", "outcomes.relief_curve"), ("create", "infusion.comfort_call")}
)

Row = TypeVar("Row", bound=Model)


class Denied(Exception):
    """The policy refuses: who, what and why in words, without the content of any record."""


class StepUpNeeded(Denied):
    """The person must sign in again before this act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    allowed: bool
    why: str
    grants: tuple[Grant, ...] = ()
    step_up: bool = False

    @property
    def conditions(self) -> frozenset[str]:
        """Conditions that bind what is shown: only those that every allowing grant carries."""
        return frozenset.intersection(*(g.when for g in self.grants)) if self.grants else frozenset()

    @property
    def minimum_only(self) -> bool:
        return bool(self.grants) and all("minimum" in g.scope for g in self.grants)


def _path(row: Any) -> PolicyPath:
    path = getattr(row, "policy_path", None)
    if not isinstance(path, PolicyPath):
        raise TypeError(f"{type(row).__name__} declares no policy_path: the policy cannot place it.")
    return path


def assignments(staff_id: Any, patient: Any, at: datetime) -> QuerySet[Assignment]:
    """Whether this person is in this staff member's care at this moment: the row that says so."""
    current = Q(until_at__isnull=True) | Q(until_at__gt=at)
    return Assignment.objects.filter(current, staff_id=staff_id, patient_id=patient, from_at__lte=at)


def _assigned_now(actor: Actor, about: Any, *, patient_id: Any, at: datetime) -> bool:
    if actor.staff_id is None or patient_id is None:
        return False
    # the guard asked it together with the row, and only for the person who asked: a witness is asked for anew
    if getattr(about, "policy_asked_for", None) == actor.staff_id:
        return bool(about.policy_assigned)
    return assignments(actor.staff_id, patient_id, at).exists()


def _reaches(grant: Grant, actor: Actor, about: Any, at: datetime) -> bool:
    path = _path(about)
    clinic_id = about.id if isinstance(about, Clinic) else follow(about, path.clinic)
    if clinic_id is not None and actor.clinic_id != clinic_id:
        return False
    if grant.rows == "whole":
        return True
    patient_id = follow(about, path.patient)
    if grant.rows == "assigned":
        return _assigned_now(actor, about, patient_id=patient_id, at=at)
    if patient_id is not None and actor.patient_id is not None:
        return bool(patient_id == actor.patient_id)
    if isinstance(about, Clinic):  # creating something of one's own, before it exists
        return True
    author_id = follow(about, path.author)
    return author_id is not None and author_id == actor.account_id


def _by_link(actor: Actor, act: tuple[str, str], about: Any) -> bool:
    """Whether the link that this actor holds opens this: its own check-in, and nothing else."""
    return act in BY_LINK and (about is None or getattr(about, "id", None) == actor.invitation_id)


def _needs_step_up(grants: tuple[Grant, ...], actor: Actor, at: datetime) -> bool:
    if any("step_up" not in g.when for g in grants) or actor.roles & NO_SCREEN_ROLES:
        return False
    return actor.authenticated_at is None or at - actor.authenticated_at > STEP_UP_IDLE


def may(
    actor: Actor, action: str, resource: str, about: Any = None, *, at: datetime | None = None
) -> Decision:
    """May this actor do this action to this resource, for this row (or at all, when `about` is None)?

    `about` is the row itself, or for a creation the row it is created in: the patient, the episode, or the clinic.
    """
    at = at or clock.now()
    grants = table().grants_for(roles=actor.roles, action=action, resource=resource)
    if actor.invitation_id is not None and not _by_link(actor, (action, resource), about):
        grants = ()
    if not grants:
        return Decision(allowed=False, why=f"No role you hold may {action} {resource}.")
    if about is not None:
        grants = tuple(g for g in grants if _reaches(g, actor, about, at))
    if not grants:
        return Decision(
            allowed=False, why=f"You may {action} {resource}, but not this one: it is outside your scope."
        )
    return Decision(allowed=True, why="", grants=grants, step_up=_needs_step_up(grants, actor, at))


def check_may(
    actor: Actor, action: str, resource: str, about: Any = None, *, at: datetime | None = None
) -> Decision:
    """The decision, when it allows.

    Raises:
        Denied: no role of the actor reaches this.
        StepUpNeeded: the actor must sign in again first (idle for more than 3 minutes).
    """
    decision = may(actor, action, resource, about, at=at)
    if not decision.allowed:
        raise Denied(decision.why)
    if decision.step_up:
        raise StepUpNeeded(
            "Sign in again to go on: this act is guarded, and you have been signed in for a while."
        )
    return decision


def _within(grant: Grant, actor: Actor, path: PolicyPath, at: datetime) -> Q:
    clinic = Q(**{path.clinic: actor.clinic_id}) if path.clinic else Q()
    if grant.rows == "whole":
        return clinic
    if grant.rows == "assigned":
        if path.patient is None or actor.staff_id is None:
            return Q(pk__in=[])
        current = Q(until_at__isnull=True) | Q(until_at__gt=at)
        mine = Assignment.objects.filter(current, staff_id=actor.staff_id, from_at__lte=at).values(
            "patient_id"
        )
        return clinic & Q(**{f"{path.patient}__in": mine})
    if path.patient is not None and actor.patient_id is not None:
        return clinic & Q(**{path.patient: actor.patient_id})
    if path.author is not None and actor.account_id is not None:
        return clinic & Q(**{path.author: actor.account_id})
    return Q(pk__in=[])


def visible(
    actor: Actor, rows: QuerySet[Row], resource: str, action: str = "read", *, at: datetime | None = None
) -> QuerySet[Row]:
    """Only the rows this actor may see: the one filter every list and every look-up goes through."""
    at = at or clock.now()
    grants = table().grants_for(roles=actor.roles, action=action, resource=resource)
    if not grants or actor.clinic_id is None or actor.invitation_id is not None:
        return rows.none()  # a link opens one check-in, never a list
    path = _path(rows.model)
    reach = Q(pk__in=[])
    for grant in grants:
        reach |= _within(grant, actor, path, at)
    return rows.filter(reach)
