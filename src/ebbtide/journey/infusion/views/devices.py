"""infusion: the clinic's monitors, which of them is on whom, and what machines sent that belongs to nobody."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded, visible
from ebbtide.journey.assessment.forms import KeyedForm
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
from ebbtide.journey.infusion.arrivals import WORDS, Reason
from ebbtide.journey.infusion.forms import BindForm, DeviceForm
from ebbtide.journey.infusion.models import Binding, Device, Quarantined, Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.queries import bindings_of, devices_of
from ebbtide.journey.infusion.views.pages import clinic_of, done_or_again, frame, show

DEVICE, BINDING, QUARANTINE = "infusion.device", "infusion.monitor_binding", "infusion.quarantine"
MOST_SHOWN = 200


@require_safe
@guarded(DEVICE, "read")
def devices(request: ClinicRequest) -> HttpResponse:
    """Every monitor, where it is now, and which are retired."""
    rows = visible(request.actor, devices_of(clinic_of(request)), DEVICE)
    context = {
        "devices": list(rows),
        "may_add": allowed(request.actor, "create", DEVICE),
        "may_retire": allowed(request.actor, "amend", DEVICE),
        "may_see_quarantine": allowed(request.actor, "read", QUARANTINE),
    }
    return show(request, "devices", context)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(DEVICE, "create")
def add(request: ClinicRequest) -> HttpResponse:
    """One more monitor: from now on what it sends is kept."""
    clinic = clinic_of(request)
    check_may(request.actor, "create", DEVICE, clinic)
    form = DeviceForm(request.POST or None, initial={"device_key": request.GET.get("key", "")[:120]})
    if request.method != "POST":
        return show(request, "device_add", {"form": form})

    def perform(key: str) -> object:
        told = form.cleaned_data
        command = AddDevice(
            clinic=clinic, key=told["device_key"], name=told["name"], simulated=told["simulated"]
        )
        return add_device(act_now(request.actor, key), command)

    return done_or_again(
        form,
        perform,
        back=reverse("infusion:devices"),
        page=lambda: show(request, "device_add", {"form": form}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(DEVICE, "amend", about=Device)
def retire(request: ClinicRequest, row: Device) -> HttpResponse:
    """A monitor leaves the clinic."""
    check_may(request.actor, "amend", DEVICE, row)
    form = KeyedForm(request.POST or None)
    context = {"form": form, "device": row}
    if request.method != "POST":
        return show(request, "device_retire", context)
    return done_or_again(
        form,
        lambda key: retire_device(act_now(request.actor, key), RetireDevice(device=row)),
        back=reverse("infusion:devices"),
        page=lambda: show(request, "device_retire", context),
    )


@require_safe
@guarded(QUARANTINE, "read")
def quarantine(request: ClinicRequest) -> HttpResponse:
    """What machines sent that nobody may see as a patient's, newest first."""
    rows = visible(request.actor, Quarantined.objects.filter(clinic=clinic_of(request)), QUARANTINE)
    context = {
        "rows": [(row, words_of(row)) for row in rows.order_by("-received_at")[:MOST_SHOWN]],
        "may_add": allowed(request.actor, "create", DEVICE),
    }
    return show(request, "quarantine", context)


def words_of(row: Quarantined) -> str:
    """Why it was set aside, as a sentence; a reason of an earlier release by its own name."""
    return WORDS[Reason(row.reason)] if row.reason in set(Reason) else row.reason.replace("_", " ")


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(BINDING, "create", about=Session)
@in_open_chart
def monitor(request: ClinicRequest, row: Session) -> HttpResponse:
    """Put a monitor on this chair and person."""
    bindings = list(bindings_of(row))
    here = {binding.device_id for binding in bindings}
    known = [one for one in devices_of(row.chair.clinic) if one.retired_at is None and one.pk not in here]
    form = BindForm(data=request.POST or None, devices=known)
    context = frame(row, form=form, devices=known, bindings=bindings)
    if request.method != "POST":
        return show(request, "monitor", context)
    return done_or_again(
        form,
        lambda key: bind_monitor(
            act_now(request.actor, key), BindMonitor(device=form.chosen(), session=row, chair=row.chair)
        ),
        back=reverse("infusion:monitor", args=[row.pk]),
        page=lambda: show(request, "monitor", context),
    )


@require_POST
@guarded(BINDING, "amend", about=Binding)
@in_open_chart
def unbind(request: ClinicRequest, row: Binding) -> HttpResponse:
    """Take the monitor off this person."""
    form = KeyedForm(request.POST)
    back = reverse("infusion:monitor", args=[row.session_id])
    return done_or_again(
        form,
        lambda key: unbind_monitor(act_now(request.actor, key), UnbindMonitor(binding=row)),
        back=back,
        page=lambda: redirect(back),
    )
