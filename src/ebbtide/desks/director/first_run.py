"""The first run of a real clinic: whoever holds the code of this machine opens the clinic and becomes its director."""

import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ebbtide.desks.director.forms import FirstRunForm
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.actions import AddStaff, OpenClinic, add_staff, open_clinic
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.ground.policy.actors import system

# one key for the whole installation: two people who send the form at once cannot both open a clinic
KEY = "first-run"


def code_file() -> Path:
    """Where `ebbtide serve` puts the one-time code while there is no clinic."""
    return Path(settings.EBBTIDE_DATA) / "first-run-code"


def code_is_right(typed: str) -> bool:
    """Whether this is the code of this machine; never when the file is not there or empty."""
    try:
        kept = code_file().read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return bool(kept) and secrets.compare_digest(kept.encode(), typed.strip().encode())


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@guarded.public(
    "it works only while there is no clinic, and only with the one-time code from the data folder"
)
def first_run(request: ClinicRequest) -> HttpResponse:
    if Clinic.objects.exists():
        raise Http404("A clinic is set up here already.")
    form = FirstRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not code_is_right(form.cleaned_data["code"]):
            form.add_error(
                "code", "This is not the code of this machine. Copy it from the file first-run-code."
            )
        elif _opened(form):
            return redirect("account_login")
    return render(request, "director/first_run.html", {"form": form}, status=422 if form.errors else 200)


def _opened(form: FirstRunForm) -> bool:
    try:
        with transaction.atomic():
            _open(form)
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return False
    code_file().unlink(missing_ok=True)
    return True


def _open(form: FirstRunForm) -> None:
    told = form.cleaned_data
    clinic = Clinic(
        name=told["clinic_name"],
        time_zone=told["time_zone"],
        phone=told["phone"],
        email=told["clinic_email"],
        address=told["address"],
    )
    act = act_now(system(clinic), KEY)
    open_clinic(act, OpenClinic(clinic=clinic))
    roles = ("director", "prescriber") if told["prescribes"] else ("director",)
    staff = add_staff(
        act.nested("director"),
        AddStaff(clinic=clinic, email=told["email"], name=told["name"], roles=roles, password=None),
    )
    # the password is set beside the act: a command's digest stays in the record, and no password belongs in it
    staff.account.set_password(told["password"])
    staff.account.save(update_fields=["password"])
