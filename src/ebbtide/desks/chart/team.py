"""The chart: who looks after a patient, and the patient's own way into the portal."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ebbtide.desks.chart.forms import JoinForm, PortalForm
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.actions import Assign, GiveAccount, assign, care_team, give_account
from ebbtide.ground.people.models import Patient, Staff
from ebbtide.ground.policy import ClinicRequest, guarded

TEAM = "care team"


def _colleagues(patient: Patient, team: list[Staff]) -> QuerySet[Staff]:
    """Everybody who treats and is not on the team yet."""
    treats = Staff.objects.filter(
        clinic_id=patient.clinic_id, left_at=None, roles__overlap=["nurse", "prescriber"]
    )
    return treats.exclude(pk__in=[one.pk for one in team]).order_by("name")


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("ground.assignment", "create", about=Patient)
def team(request: ClinicRequest, row: Patient) -> HttpResponse:
    """A nurse sees the patients whose team they are on, so somebody has to put them there."""
    at = clock.now()
    members = care_team(row, at=at)
    form = JoinForm(request.POST or None, colleagues=_colleagues(row, members))
    if request.method == "POST" and form.is_valid():
        joined: Staff = form.cleaned_data["staff"]
        command = Assign(staff=joined, patient=row, from_at=at, until_at=None, why=TEAM)
        try:
            assign(act_now(request.actor, form.cleaned_data["key"], at=at), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{joined.name} is on the care team of {row.name}.")
            return redirect("chart:team", row.id)
    context = {"patient": row, "form": form, "members": members}
    return render(request, "chart/team.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@guarded("access.demographics", "amend", about=Patient)
def portal(request: ClinicRequest, row: Patient) -> HttpResponse:
    """Open the portal for a patient; the link with which they choose a password is shown once, here."""
    if request.actor.patient_id is not None:
        return redirect("portal:home")
    form = PortalForm(request.POST or None, initial={"email": row.email})
    if request.method == "POST" and form.is_valid():
        command = GiveAccount(patient=row, email=form.cleaned_data["email"])
        try:
            patient = give_account(act_now(request.actor, form.cleaned_data["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return render(
                request,
                "chart/portal_opened.html",
                {"patient": patient, "link": _link(request, patient.account)},
            )
    return render(
        request, "chart/portal.html", {"patient": row, "form": form}, status=422 if form.errors else 200
    )


def _link(request: ClinicRequest, account: Any) -> str:
    # shown and not mailed: what goes through the mailbox is kept, and a link that opens an account must not be
    where = {"uidb36": user_pk_to_url_str(account), "key": default_token_generator.make_token(account)}
    return request.build_absolute_uri(reverse("account_reset_password_from_key", kwargs=where))
