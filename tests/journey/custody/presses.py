"""A person at the safe with a browser, and the second one who types e-mail, password and code."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import reverse

from ebbtide.journey.custody.actions import Counted, RecordCount, record_count
from tests.builders import NOW, an_act
from tests.ground.people.entering import PASSWORD, an_app
from tests.journey.custody.safe import Safe
from tests.tablets import TabletClient

DUE_ON = "2026-11-30"
DIFFERENCE = {
    "way": "missing", "amount": "2", "unit": "mg", "searched": "Counted twice", "due_on": DUE_ON, "to_report": "unknown",
}  # fmt: skip


def browser(staff) -> Client:
    client = TabletClient()
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
    return at(safe, "close", row, by=safe.director, finding="A spill at the pump", **signs_in(safe.second))


def hand_on() -> AtTheSafe:
    safe, visit = (safe := Safe()), _drawn(safe)
    vial, other = visit.movements.get().vial, safe.visit(starts_at=NOW + timedelta(hours=3))
    told = {
        "vial": str(vial.pk),
        "to_visit": str(other.pk),
        "amount": "50",
        "unit": "mg",
        "reason": "not needed here",
    }
    return at(safe, "hand_on", visit, **told)


def count() -> AtTheSafe:
    safe = Safe()
    safe.receive()
    return at(safe, "count", kind="daily", line_0="1")


def sign_count() -> AtTheSafe:
    safe = Safe()
    safe.receive()
    row = record_count(an_act(safe.by), RecordCount(clinic=safe.clinic, kind="daily", lines=(sealed(),)))
    return at(safe, "sign_count", row, words="Both shelves", **signs_in(safe.second))


def sealed(vials: int = 0) -> Counted:
    return Counted(drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10), sealed_vials=vials)


def destroy() -> AtTheSafe:
    safe = Safe()
    told = {"vials": [str(safe.receive().pk)], "method": "Denaturing kit", "place": "Medicines room"}
    return at(safe, "destroy", **told, **signs_in(safe.second))


def note() -> AtTheSafe:
    safe = Safe()
    return at(
        safe, "note", safe.variance(2, visit=_drawn(safe)), by=safe.doctor, words="Asked the day's team."
    )


LOSS = {
    "kind": "unknown", "discovered_on": f"{NOW:%Y-%m-%d}", "circumstances": "Missing at the count", "measures": "Keys changed",
}  # fmt: skip


def loss() -> AtTheSafe:
    safe = Safe()
    return at(safe, "loss", safe.variance(2, visit=_drawn(safe)), by=safe.director, **LOSS)


def report() -> AtTheSafe:
    safe = Safe()
    safe.receive()
    return at(safe, "report", by=safe.director, since_on="2026-01-01", until_on=f"{NOW:%Y-%m-%d}", form="csv")


PRESSES = {
    "custody:receive": receive, "custody:draw": draw, "custody:waste": waste, "custody:return": give_back,
    "custody:variance": variance, "custody:vial_variance": vial_variance, "custody:vial_waste": vial_waste,
    "custody:vial_return": vial_return, "custody:void": void, "custody:close": close, "custody:hand_on": hand_on,
    "custody:count": count, "custody:sign_count": sign_count, "custody:destroy": destroy, "custody:note": note,
    "custody:loss": loss, "custody:report": report,
}  # fmt: skip
