"""infusion: the switches of the chair: what each means, who signed it last, and the medical director's signature."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded
from ebbtide.journey.infusion.actions import SignSwitch, sign_switch
from ebbtide.journey.infusion.forms import SwitchForm
from ebbtide.journey.infusion.switches import SWITCHES, Switch, is_on, signed_row
from ebbtide.journey.infusion.views.pages import clinic_of, done_or_again, show

SWITCH = "infusion.switch"


def _named(name: str) -> Switch:
    found = SWITCHES.get(name)
    if found is None:
        raise Http404("There is no switch of this name.")
    return found


def _context(request: ClinicRequest, shown: Switch) -> dict[str, Any]:
    clinic = clinic_of(request)
    return {
        "switch": shown,
        "on": is_on(clinic, shown),
        "row": signed_row(clinic, shown),
        "may_sign": allowed(request.actor, "sign", SWITCH, clinic),
    }


@require_safe
@guarded(SWITCH, "read")
def switch(request: ClinicRequest, name: str) -> HttpResponse:
    """What a switch means and what not, whether it is on, and who signed that."""
    return show(request, "switch", _context(request, _named(name)))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(SWITCH, "sign")
def sign(request: ClinicRequest, name: str) -> HttpResponse:
    """The medical director signs it on or off, after signing in again, with the reason and under the text."""
    shown, clinic = _named(name), clinic_of(request)
    check_may(request.actor, "sign", SWITCH, clinic)
    form = SwitchForm(request.POST or None)
    context = {**_context(request, shown), "form": form}
    if request.method != "POST":
        return show(request, "sign_switch", context)

    def perform(key: str) -> object:
        told = form.cleaned_data
        command = SignSwitch(
            clinic=clinic, switch=name, on=told["to"] == "on", reason=told["reason"], read=told["read"]
        )
        return sign_switch(act_now(request.actor, key), command)

    back = reverse("infusion:switch", args=[name])
    return done_or_again(form, perform, back=back, page=lambda: show(request, "sign_switch", context))
