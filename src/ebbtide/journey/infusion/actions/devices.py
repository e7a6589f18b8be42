"""infusion: the monitors the clinic knows, and which of them is on which chair and person from when to when."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Model

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Clinic, Resource
from ebbtide.journey.infusion.actions.gaps import GAP
from ebbtide.journey.infusion.actions.turns import held, staff_of, topics
from ebbtide.journey.infusion.models import Binding, Device, Session
from ebbtide.journey.infusion.queries import open_sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDevice:
    """A monitor, by the name it gives itself on the wire."""

    clinic: Clinic
    key: str
    name: str
    interval_s: Mapping[str, int] = field(default_factory=dict)
    simulated: bool = False


@action("infusion.device", "create", about=lambda command: command.clinic)
def add_device(act: Act, command: AddDevice) -> Done[Device]:
    """From now on what this monitor sends is kept; before, it was set aside."""
    key, name = command.key.strip(), command.name.strip()
    if not key or not name:
        raise Refused(
            "INF-DEVICE", "A monitor needs its name on the wire and a name for the screen: fill in both."
        )
    if Device.objects.filter(clinic=command.clinic, key=key).exists():
        raise Refused(
            "INF-DEVICE-KNOWN",
            "A monitor with this name on the wire is on the list already: look for it there.",
        )
    device = Device.objects.create(
        clinic=command.clinic,
        key=key[:120],
        name=name[:80],
        interval_s=dict(command.interval_s),
        simulated=command.simulated,
        added_by=act.by.identity,
        added_at=act.at,
    )
    return Done(value=device, announce=[f"chairs:{command.clinic.pk}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireDevice:
    device: Device


@action("infusion.device", "amend", about=lambda command: command.device)
def retire_device(act: Act, command: RetireDevice) -> Done[Device]:
    """A monitor leaves the clinic; what it sends from now on is set aside. Never while it is on a person."""
    device = Device.objects.select_for_update().get(pk=command.device.pk)
    if device.retired_at is not None:
        raise Refused("INF-DEVICE-RETIRED", "This monitor is retired already: nothing was changed.")
    if device.bindings.filter(until_at__isnull=True).exists():
        raise Refused(
            "INF-DEVICE-BOUND", "This monitor is on a person now: take it off first, then retire it."
        )
    device.retired_at = act.at
    device.save(update_fields=["retired_at"])
    return Done(value=device, announce=[f"chairs:{device.clinic_id}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class BindMonitor:
    """A clinician says: this monitor is on this chair and this person."""

    device: Device
    session: Session
    chair: Resource


@action("infusion.monitor_binding", "create", about=lambda command: command.session)
def bind_monitor(act: Act, command: BindMonitor) -> Done[Binding]:
    """From now on this monitor's readings are this person's. One that a stopped session still holds is taken over."""
    session = held(command.session)
    device = Device.objects.select_for_update().get(pk=command.device.pk)
    _check_device(session, device, command.chair)
    ended: list[Model] = []
    for other in Binding.objects.select_for_update().filter(device=device, until_at__isnull=True):
        _check_other(other, session)
        other.until_at = max(act.at, other.from_at)
        other.save(update_fields=["until_at"])
        ended.append(other)
    for other in Binding.objects.select_for_update().filter(device=device, ended_why=GAP):
        other.ended_why = ""  # where it is now has been answered
        other.save(update_fields=["ended_why"])
        ended.append(other)
    row = Binding.objects.create(
        device=device, session=session, chair=command.chair, from_at=act.at, bound_by=staff_of(act)
    )
    return Done(value=row, rows=ended, announce=topics(session))


def _check_device(session: Session, device: Device, chair: Resource) -> None:
    if device.clinic_id != session.chair.clinic_id or device.retired_at is not None:
        raise Refused(
            "INF-DEVICE-GONE", "This monitor is not in use in this clinic: choose one from the list."
        )
    if chair.pk != session.chair_id:
        raise Refused("INF-CHAIR", "This session is on another chair: choose the monitor that stands there.")


def _check_other(other: Binding, session: Session) -> None:
    if other.session_id == session.pk:
        raise Refused("INF-BOUND", "This monitor is on this person already: nothing was changed.")
    if open_sessions(session.chair.clinic).filter(pk=other.session_id).exists():
        raise Refused(
            "INF-BOUND-ELSEWHERE",
            f"This monitor is on {other.chair.name}, where a session is open: take it off there first.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindMonitor:
    binding: Binding


@action("infusion.monitor_binding", "amend", about=lambda command: command.binding)
def unbind_monitor(act: Act, command: UnbindMonitor) -> Done[Binding]:
    """The monitor is off this person; what it sends from now on is nobody's."""
    row = Binding.objects.select_for_update(of=("self",)).get(pk=command.binding.pk)
    if row.until_at is not None and row.ended_why != GAP:
        raise Refused("INF-UNBOUND", "This monitor was taken off already: nothing was changed.")
    if row.until_at is None:
        row.until_at = max(act.at, row.from_at)
    row.ended_why = ""  # after a gap: it is no longer on this person, and nobody is asked again
    row.save(update_fields=["until_at", "ended_why"])
    return Done(value=row, announce=topics(held(command.binding.session)))
