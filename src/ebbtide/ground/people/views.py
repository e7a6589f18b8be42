"""The first page after signing in depends on the role; this room only knows which door that is."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from ebbtide.ground.policy import ClinicRequest, guarded

# the first role that fits decides
FIRST_PAGES = (
    ("front_desk", "front_desk:today"),
    ("nurse", "front_desk:today"),
    ("prescriber", "access:queue"),
    ("director", "director:home"),
    ("auditor", "director:ledger"),
    ("operator", "director:home"),
    ("researcher", "public:home"),
    ("patient", "portal:home"),
)


@guarded.signed_in("it only sends a person to the first page of their role")
def home(request: ClinicRequest) -> HttpResponse:
    return redirect(next((door for role, door in FIRST_PAGES if request.actor.has(role)), "public:home"))


@guarded.signed_in(
    "it is closed: an address is who an account is, so the clinic changes it and the ledger says so"
)
def address_stays(request: ClinicRequest) -> HttpResponse:
    raise Http404("The clinic changes the address of an account.")
