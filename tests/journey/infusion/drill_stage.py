"""What a drill sets up in a running demonstration, as its own process: through the actions, as people do it."""

from typing import Any

from django.conf import settings
from tools.bench.chairs import act_of
from tools.bench.inside import session_for

from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Assignment, Staff
from ebbtide.journey.infusion.actions import (
    AddDevice,
    BindMonitor,
    Chart,
    NewEntry,
    add_device,
    bind_monitor,
    chart,
)
from ebbtide.journey.infusion.models import Binding, Session
from tests.journey.infusion.drilled import BESIDE, FIRST, SECOND


def stage() -> dict[str, Any]:
    """A second monitor on the second chair; the sessions of both, and the cookies of the nurses who care for them."""
    bound = {
        row.device.key: row.session
        for row in Binding.objects.filter(until_at__isnull=True).select_related(
            "device", "session__chair__clinic", "session__visit__series__episode__patient"
        )
    }
    sessions = [bound[FIRST], bound[SECOND]]
    nurses = [_nurse_of(one.visit.series.episode.patient) for one in sessions]
    for session, nurse in zip(sessions, nurses, strict=True):
        _observe(session, nurse)
    operator = Staff.objects.select_related("account").filter(roles__contains=["operator"]).earliest("id")
    told = AddDevice(clinic=sessions[1].chair.clinic, key=BESIDE, name="Second monitor", simulated=True)
    device = add_device(act_of(operator), told)
    bind_monitor(act_of(nurses[1]), BindMonitor(device=device, session=sessions[1], chair=sessions[1].chair))
    return {
        "cookies": [[settings.SESSION_COOKIE_NAME, session_for(nurse)] for nurse in nurses],
        "sessions": [str(one.pk) for one in sessions],
        "name": Binding.objects.get(session=sessions[1], device__key=SECOND, until_at=None).device.name,
    }


def _observe(session: Session, nurse: Staff) -> None:
    """Everything that is due is charted, so that nothing heavier hides what a drill looks for."""
    for kind, body in (
        ("observation", {"sbp_mmHg": "124", "dbp_mmHg": "78"}),
        ("scale", {"name": "RASS", "value": 0}),
        ("scale", {"name": "NRS11", "value": 3}),
    ):
        chart(act_of(nurse), Chart(session=session, entry=NewEntry(id=new_id(), kind=kind, body=body)))


def _nurse_of(patient: Any) -> Staff:
    rows = Assignment.objects.filter(patient=patient, until_at=None).select_related("staff__account")
    return next(row.staff for row in rows if "nurse" in row.staff.roles)
