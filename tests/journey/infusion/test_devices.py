"""Monitors: added, retired, put on a person and taken off. One monitor is never on two people."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.infusion.actions import (
    AddDevice,
    BindMonitor,
    RetireDevice,
    UnbindMonitor,
    add_device,
    bind_monitor,
    retire_device,
    unbind_monitor,
)
from ebbtide.journey.infusion.models import Binding, Device
from ebbtide.journey.infusion.queries import devices_of, open_binding
from tests.builders import NOW, a_chair, a_clinic, a_staff, an_act, an_actor
from tests.journey.infusion.arrange import Chairside, after

pytestmark = pytest.mark.django_db


def a_device(clinic, key="MON1", **fields):
    by = an_actor(a_staff("director", clinic=clinic))
    return add_device(an_act(by), AddDevice(clinic=clinic, key=key, name=f"Monitor {key}", **fields))


def bind(scene, device, minutes=0, **fields):
    command = BindMonitor(**{"device": device, "session": scene.session, "chair": scene.chair, **fields})
    return bind_monitor(scene.act(minutes), command)


def rule(write, *args, **kwargs):
    with pytest.raises(Refused) as found:
        write(*args, **kwargs)
    return found.value.rule


def test_it_adds_a_monitor():
    device = a_device(a_clinic(), interval_s={"sbp": 300}, simulated=True)
    assert (device.key, device.interval_s, device.simulated, device.retired_at) == (
        "MON1",
        {"sbp": 300},
        True,
        None,
    )


def test_it_refuses_a_monitor_without_a_name_or_with_a_known_one():
    clinic = a_clinic()
    a_device(clinic)
    assert rule(a_device, clinic, key="MON1 ") == "INF-DEVICE-KNOWN"
    assert rule(a_device, clinic, key="  ") == "INF-DEVICE"


@pytest.mark.parametrize("role", ["nurse", "prescriber", "front_desk"])
def test_it_lets_only_director_and_operator_add(role):
    clinic = a_clinic()
    with pytest.raises(Denied):
        add_device(
            an_act(an_actor(a_staff(role, clinic=clinic))), AddDevice(clinic=clinic, key="K", name="N")
        )


def test_it_puts_a_monitor_on_a_person_and_takes_it_off():
    scene = Chairside().opened()
    device = a_device(scene.clinic)
    row = bind(scene, device, 1)
    assert (open_binding(scene.session), row.from_at, row.bound_by) == (row, after(1), scene.staff)
    assert devices_of(scene.clinic)[0].open_bindings == [row]
    unbind_monitor(scene.act(5), UnbindMonitor(binding=row))
    row.refresh_from_db()
    assert (row.until_at, open_binding(scene.session)) == (after(5), None)
    assert rule(unbind_monitor, scene.act(6), UnbindMonitor(binding=row)) == "INF-UNBOUND"


def test_it_never_puts_one_monitor_on_two_people():
    scene = Chairside().opened()
    other = Chairside(clinic=scene.clinic, chair="Chair 2").opened()
    device = a_device(scene.clinic)
    bind(scene, device)
    assert rule(bind, scene, device, 1) == "INF-BOUND"
    assert rule(bind, other, device, 1) == "INF-BOUND-ELSEWHERE"
    scene.chart("stop", 2)
    taken = bind(other, device, 3)
    assert [(b.session, b.until_at) for b in Binding.objects.order_by("from_at")] == [
        (scene.session, after(3)),
        (other.session, None),
    ]
    assert taken.session == other.session


def test_it_refuses_a_monitor_of_another_chair_or_clinic():
    scene = Chairside().opened()
    device = a_device(scene.clinic)
    assert rule(bind, scene, device, chair=a_chair(scene.clinic, "Chair 9")) == "INF-CHAIR"
    assert rule(bind, scene, a_device(a_clinic(), key="FAR")) == "INF-DEVICE-GONE"


def test_it_retires_a_monitor_that_is_on_nobody():
    scene = Chairside().opened()
    device = a_device(scene.clinic)
    row = bind(scene, device)
    by = an_actor(a_staff("operator", clinic=scene.clinic))
    assert rule(retire_device, an_act(by), RetireDevice(device=device)) == "INF-DEVICE-BOUND"
    unbind_monitor(scene.act(1), UnbindMonitor(binding=row))
    assert retire_device(an_act(by), RetireDevice(device=device)).retired_at == NOW
    assert rule(retire_device, an_act(by), RetireDevice(device=device)) == "INF-DEVICE-RETIRED"
    assert rule(bind, scene, Device.objects.get(), 2) == "INF-DEVICE-GONE"


def test_it_lists_monitors_in_use_first():
    clinic = a_clinic()
    gone, here = a_device(clinic, "A"), a_device(clinic, "B")
    by = an_actor(a_staff("operator", clinic=clinic))
    retire_device(an_act(by), RetireDevice(device=gone))
    assert [device.key for device in devices_of(clinic)] == [here.key, gone.key]
