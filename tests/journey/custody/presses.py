"""A person at the safe with a browser, and the second one who types e-mail, password and code."""

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import reverse

from tests.ground.people.entering import PASSWORD, an_app
from tests.journey.custody.safe import Safe

DUE_ON = "2026-11-30"
DIFFERENCE = {
    "way": "missing", "amount": "2", "unit": "mg", "searched": "Counted twice", "due_on": DUE_ON, "to_report": "unknown",
}  # fmt: skip


def browser(staff) -> Client:
    client = Client()
    client.force_login(staff.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session["account_authentication_methods"] = [{"method": "password", "at": 4e9}]
    session.save()
    return client


def signs_in(staff) -> dict[str, str]:
    """What this person types as a witness; a recovery code, which a slow machine does not let run out."""
    an_app(staff.account)
    held = Authenticator.objects.get(user=staff.account, type=Authenticator.Type.RECOVERY_CODES)
    return {
        "witness_email": staff.account.email,
        "witness_password": PASSWORD,
        "witness_code": RecoveryCodes(held).get_unused_codes()[0],
    }


@dataclass
class AtTheSafe:
    """One press: who presses, where, and with what."""

    client: Client
    url: str
    told: dict[str, Any]


def at(safe: Safe, name: str, row=None, *, by=None, **told) -> AtTheSafe:
    url = reverse(f"custody:{name}", args=[row.pk] if row is not None else [])
    return AtTheSafe(browser(by or safe.nurse), url, {"key": "k", **told})


def receive() -> AtTheSafe:
    told = {
        "drug": "racemate", "mg_per_ml": "50", "volume_ml": "10", "lot": "L-7", "expires_on": "2027-12-31",
        "supplier": "Harbour Wholesale", "labels": "A-1\r\nA-2\r\n",
    }  # fmt: skip
    return at(Safe(), "receive", **told)


def draw() -> AtTheSafe:
    safe = Safe()
    vial = safe.receive()
    return at(safe, "draw", safe.visit(), label=vial.label, amount="0.7", unit="mL")


def _drawn(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    return visit


def waste() -> AtTheSafe:
    safe = Safe()
    told = {"amount": "50", "unit": "mg", "reason": "not needed"}
    return at(safe, "waste", _drawn(safe), **told, **signs_in(safe.doctor))


def give_back() -> AtTheSafe:
    safe, visit = (safe := Safe()), _drawn(safe)
    vial = visit.movements.get().vial
    return at(safe, "return", visit, vial=str(vial.pk), amount="50", unit="mg", reason="not needed")


def variance() -> AtTheSafe:
    safe = Safe()
    told = {**DIFFERENCE, "owner": str(safe.doctor.pk)}
    return at(safe, "variance", _drawn(safe), **told, **signs_in(safe.second))


def vial_variance() -> AtTheSafe:
    safe = Safe()
    told = {**DIFFERENCE, "way": "found", "owner": str(safe.director.pk)}
    return at(safe, "vial_variance", safe.receive(), **told, **signs_in(safe.second))


def vial_waste() -> AtTheSafe:
    safe = Safe()
    told = {"amount": "10", "unit": "mL", "reason": "it fell"}
    return at(safe, "vial_waste", safe.receive(), **told, **signs_in(safe.second))


def vial_return() -> AtTheSafe:
    safe = Safe()
    return at(safe, "vial_return", safe.receive(), reason="recalled")


def void() -> AtTheSafe:
    safe = Safe()
    return at(safe, "void", _drawn(safe).movements.get(), reason="typing error")


def close() -> AtTheSafe:
    safe = Safe()
    row = safe.variance(2, visit=_drawn(safe))
    return at(safe, "close", row, by=safe.director, finding="A spill at the pump")


PRESSES = {
    "custody:receive": receive, "custody:draw": draw, "custody:waste": waste, "custody:return": give_back,
    "custody:variance": variance, "custody:vial_variance": vial_variance, "custody:vial_waste": vial_waste,
    "custody:vial_return": vial_return, "custody:void": void, "custody:close": close,
}  # fmt: skip
