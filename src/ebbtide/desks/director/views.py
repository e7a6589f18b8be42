"""The director's desk: the clinic's people, places and figures, what is set and who approved it, the library, the ledger."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.desks.director import queries
from ebbtide.desks.director.forms import KeyForm, PlaceForm, SettingForm, StaffForm
from ebbtide.desks.director.values import Value, values
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.actions import (
    AddResource,
    AddStaff,
    EndWork,
    ResetSecondFactor,
    SetSetting,
    add_resource,
    add_staff,
    end_work,
    reset_second_factor,
    set_setting,
)
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.people.queries import newest_setting
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded
from ebbtide.journey.careplan.actions import ApproveProtocols, approve_protocols

SETTING, CLINIC, LIBRARY = "ground.setting", "ground.clinic", "careplan.protocol_library"


def _staff(request: ClinicRequest) -> Staff:
    user: Any = request.user
    found: Staff = user.staff
    return found


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


@require_safe
@guarded(CLINIC, "read")
def home(request: ClinicRequest) -> HttpResponse:
    """The clinic: its people and credentials, its chairs and rooms."""
    clinic: Clinic = _staff(request).clinic
    is_director = request.actor.has("director")
    return render(
        request,
        "director/home.html",
        {
            "people": queries.people_of(clinic, today=clock.today_in(clinic.time_zone)),
            "places": queries.places_of(clinic),
            "may_reset": is_director,
            "may_add": allowed(request.actor, "create", CLINIC, clinic),
            "here": "home",
        },
    )


@require_safe
@guarded(SETTING, "read")
def settings(request: ClinicRequest) -> HttpResponse:
    """Every setting as it stands, what was changed by whom and why, and the protocol library."""
    clinic: Clinic = _staff(request).clinic
    rows = queries.setting_rows(request.actor, at=clock.now())
    return render(
        request,
        "director/settings.html",
        {
            "groups": queries.settings_in_groups(rows),
            "changes": queries.changes(rows),
            "switches": queries.switches_of(rows),
            "shelf": queries.shelf_of(clinic) if allowed(request.actor, "read", LIBRARY) else None,
            "may_set": allowed(request.actor, "create", SETTING, clinic),
            "may_approve": allowed(request.actor, "create", LIBRARY, clinic),
            "here": "settings",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(SETTING, "create")
def setting(request: ClinicRequest, name: str) -> HttpResponse:
    """Change one setting: the new value, the reason, and the director's own name under it."""
    value = values().get(name)
    if value is None:
        raise Http404("There is no setting of this name.")
    clinic: Clinic = _staff(request).clinic
    check_may(request.actor, "create", SETTING, clinic)
    row = newest_setting(clinic, name)
    form = SettingForm(value, row.value if row else value.default, request.POST or None)
    if request.method == "POST" and form.is_valid() and _set(request, form, value):
        return redirect("director:settings")
    return render(
        request, "director/setting.html", {"form": form, "value": value, "row": row}, status=_status(form)
    )


def _set(request: ClinicRequest, form: SettingForm, value: Value) -> bool:
    staff, told = _staff(request), form.cleaned_data
    command = SetSetting(
        clinic=staff.clinic, name=value.name, value=told["stored"], reason=told["reason"], approved_by=staff
    )
    try:
        set_setting(act_now(request.actor, told["key"]), command)
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return False
    messages.success(request, f"{value.label} is now {value.in_words(told['stored'])}.")
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@guarded(CLINIC, "create")
def add_person(request: ClinicRequest) -> HttpResponse:
    """A new member of the staff; the link with which they choose a password is shown once, here."""
    clinic: Clinic = _staff(request).clinic
    check_may(request.actor, "create", CLINIC, clinic)
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        command = AddStaff(
            clinic=clinic,
            email=told["email"],
            name=told["name"],
            roles=tuple(told["roles"]),
            password=None,
            credentials=form.credentials,
        )
        try:
            staff = add_staff(act_now(request.actor, told["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return render(
                request, "director/invited.html", {"staff": staff, "link": _password_link(request, staff)}
            )
    return render(request, "director/add_person.html", {"form": form}, status=_status(form))


def _password_link(request: ClinicRequest, staff: Staff) -> str:
    # shown and not mailed: what goes through the mailbox is kept, and a link that opens an account must not be
    account = staff.account
    code = f"{user_pk_to_url_str(account)}-{default_token_generator.make_token(account)}"
    uid, _, key = code.partition("-")
    return request.build_absolute_uri(
        reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(CLINIC, "create")
def add_place(request: ClinicRequest) -> HttpResponse:
    """A chair or a room that can be booked from now on."""
    clinic: Clinic = _staff(request).clinic
    check_may(request.actor, "create", CLINIC, clinic)
    form = PlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            place = add_resource(
                act_now(request.actor, told["key"]),
                AddResource(clinic=clinic, kind=told["kind"], name=told["name"]),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{place.name} can be booked.")
            return redirect("director:home")
    return render(request, "director/add_place.html", {"form": form}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("ground.account", "sign", about=Staff)
def reset(request: ClinicRequest, row: Staff) -> HttpResponse:
    """Somebody lost phone and recovery codes: their second step is taken away, and they set up a new one."""
    check_may(request.actor, "sign", "ground.account", row)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reset_second_factor(
                act_now(request.actor, form.cleaned_data["key"]), ResetSecondFactor(person=row)
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{row.name} sets up a new second step at the next sign-in.")
            return redirect("director:home")
    return render(request, "director/reset.html", {"person": row, "form": form}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("ground.account", "sign", about=Staff)
def end(request: ClinicRequest, row: Staff) -> HttpResponse:
    """Somebody leaves: every right ends at once, what they did stays in the record."""
    check_may(request.actor, "sign", "ground.account", row)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            end_work(act_now(request.actor, form.cleaned_data["key"]), EndWork(staff=row))
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{row.name} works here no longer.")
            return redirect("director:home")
    return render(request, "director/end.html", {"person": row, "form": form}, status=_status(form))


@require_POST
@guarded(LIBRARY, "create")
def approve(request: ClinicRequest) -> HttpResponse:
    """Take the archive of this version into the clinic's library, under the director's name."""
    form, staff = KeyForm(request.POST), _staff(request)
    if not form.is_valid():
        messages.error(request, "The page was not complete. Open it again and approve once more.")
        return redirect("director:settings")
    try:
        approve_protocols(
            act_now(request.actor, form.cleaned_data["key"]),
            ApproveProtocols(clinic=staff.clinic, approved_by=staff),
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "The archive is in the library. Orders can be written from it.")
    return redirect("director:settings")


@require_safe
@guarded("ground.audit_trail", "read")
def ledger(request: ClinicRequest) -> HttpResponse:
    """The newest acts without content, and how far they are sealed; a patient is sent to who has read their own record."""
    if request.actor.patient_id is not None:
        return redirect("portal:readers")
    whole = request.actor.has("director", "auditor")
    return render(
        request,
        "director/ledger.html",
        {
            "entries": queries.ledger_entries(request.actor, at=clock.now()),
            "sealing": queries.sealing() if whole else None,
            "here": "ledger",
        },
    )
