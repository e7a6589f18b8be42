"""Twenty chairs out of a demonstration with four: its sessions, each with a monitor of its own, through the actions."""

from datetime import timedelta

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, act_now
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Assignment, Staff
from ebbtide.ground.policy.actors import of_staff
from ebbtide.journey.infusion.actions import AddDevice, BindMonitor, add_device, bind_monitor
from ebbtide.journey.infusion.models import Session

SINCE = timedelta(
    hours=2
)  # the flat-out run sends readings of the hour before, and they belong to the session too


def bound_monitors(count: int) -> list[dict[str, str]]:
    """Key and name of each monitor, and the session that it is on."""
    sessions = list(
        Session.objects.select_related("chair__clinic", "visit__series__episode__patient").order_by(
            "-opened_at"
        )
    )[:count]
    if len(sessions) < count:
        raise RuntimeError(f"The demonstration has {len(sessions)} sessions, and {count} are needed.")
    return [_bound(number, session) for number, session in enumerate(sessions, start=1)]


def _bound(number: int, session: Session) -> dict[str, str]:
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
