"""Twenty chairs out of a demonstration with four: its sessions, each with a monitor of its own, through the actions."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, act_now
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Assignment, Staff
from ebbtide.ground.policy.actors import of_staff
from ebbtide.journey.infusion.actions import AddDevice, BindMonitor, add_device, bind_monitor
from ebbtide.journey.infusion.models import Binding, Session

SINCE = timedelta(
    hours=2
)  # the flat-out run sends readings of the hour before, and they belong to the session too


def bound_monitors(count: int) -> list[dict[str, Any]]:
    """Key and name of each monitor, the session that it is on, and whether it is the only one there."""
    watched = Binding.objects.filter(session=OuterRef("pk"), until_at__isnull=True)
    rows = Session.objects.filter(~Exists(watched)).select_related(
        "chair__clinic", "visit__series__episode__patient"
    )
    sessions = list(rows.order_by("-opened_at"))[:count]
    if not sessions:
        raise RuntimeError("The demonstration has no session to put a monitor on.")
    # where there are fewer sessions than monitors, the first ones have a second: the wire carries as much, but a page
    # is told values at most once a second, so only a person with one monitor shows how long one message takes
    double = count - len(sessions)
    return [
        {**_bound(number + 1, sessions[number % len(sessions)]), "alone": double <= number < len(sessions)}
        for number in range(count)
    ]


def _bound(number: int, session: Session) -> dict[str, Any]:
    patient = session.visit.series.episode.patient
    operator = Staff.objects.select_related("account").filter(roles__contains=["operator"]).earliest("id")
    command = AddDevice(
        clinic=session.chair.clinic, key=f"BENCH-{number}", name=f"Bench {number}", simulated=True
    )
    device = add_device(act_of(operator), command)
    nurse = next(
        row.staff
        for row in Assignment.objects.filter(patient=patient, until_at=None).select_related("staff__account")
        if "nurse" in row.staff.roles
    )
    bind_monitor(act_of(nurse, ago=SINCE), BindMonitor(device=device, session=session, chair=session.chair))
    return {"key": device.key, "name": device.name, "session": str(session.pk)}


def act_of(staff: Staff, *, ago: timedelta = timedelta(0)) -> Act:
    """An act of somebody who has just signed in."""
    now = clock.now()
    return act_now(of_staff(staff, authenticated_at=now), f"bench/{new_id()}", at=now - ago)
