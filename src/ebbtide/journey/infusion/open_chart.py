"""infusion: the open chart: every form of a session says, signed, for whose chart it was shown and on which tablet.

A write that names another chart than its address is refused and shown to a person again; nothing of it is lost. The token
does not run out: what a tablet kept may wait for hours in a drawer, and the policy decides again when it arrives.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy import ClinicRequest
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.infusion.events import FIELDS
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import SESSION_WAY, patient_id_of

log = structlog.get_logger("ebbtide.infusion")
RULE, SALT = "INF-CHART", "infusion.open_chart"
FIELD, HEADER = "chart", "Ebbtide-Chart"  # where a form, and where a tablet's entry carries it
TABLET = "ebbtide_tablet"  # a browser's own number: it outlives the sign-in, as the tablet's outbox does
KEPT_S = 400 * 24 * 3600  # as long as browsers keep a cookie at most
OPEN_HERE = "infusion_open_chart"  # in the browser's session: the one chart that is open on it
NOT_TYPED = frozenset({"csrfmiddlewaretoken", FIELD})
NOT_SHOWN = NOT_TYPED | {"key", "entry", "back", "picture", "replaces"}
LABELS = {name: spec.label for fields in FIELDS.values() for name, spec in fields.items()}
WHY = {
    "none": "What was sent does not say whose chart it was typed for, so nothing was recorded. "
    "Look at the name, then record it again.",
    "chart": "What was sent was typed in another person's chart, so nothing was recorded here. "
    "Look at the name, then decide whose it is.",
    "tablet": "What was sent was typed on another tablet, so nothing was recorded. "
    "Look at the name, then record it again.",
}


def token(session_id: UUID, patient_id: UUID, tablet: str) -> str:
    """What a form carries: the same session, person and tablet give the same words."""
    return signing.Signer(salt=SALT).sign_object(
        {"session": session_id.hex, "patient": patient_id.hex, "tablet": tablet}
    )


def token_here(request: HttpRequest, session: Session) -> str:
    """The token of this chart on the tablet that asks."""
    return token(session.pk, patient_id_of(session), this_tablet(request))


def this_tablet(request: HttpRequest) -> str:
    """The number of the browser that asks; a browser without one is given one along with this answer."""
    known: str = (
        getattr(request, "tablet_number", "") or request.get_signed_cookie(TABLET, "", salt=SALT) or ""
    )
    if not known:
        known = request.new_tablet = new_id().hex  # type: ignore[attr-defined] # read by TabletMiddleware
    request.tablet_number = known  # type: ignore[attr-defined] # asked once for each form of a page
    return known


class TabletMiddleware:
    """Gives a browser its number, once a page needed one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        made = getattr(request, "new_tablet", "")
        if made:
            response.set_signed_cookie(
                TABLET, made, salt=SALT, max_age=KEPT_S, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
            )  # fmt: skip
        return response


def why_not(request: HttpRequest, session: Session, told: str) -> str:
    """Why what carries this token is not written into this chart: a key of WHY, "" when it is."""
    try:
        named: dict[str, str] = signing.Signer(salt=SALT).unsign_object(told)
    except signing.BadSignature:
        return "none"
    if (named["session"], named["patient"]) != (session.pk.hex, patient_id_of(session).hex):
        return "chart"
    return "" if named["tablet"] == this_tablet(request) else "tablet"


def in_open_chart(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Under @guarded, on a route that writes: only what was typed in this very chart, on this very tablet, goes further."""

    @wraps(view)
    def door(request: ClinicRequest, row: Any, *args: Any, **more: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, row, *args, **more)
        session: Session = row if isinstance(row, Session) else row.session
        why = why_not(request, session, request.headers.get(HEADER) or _field(request))
        return _refused(request, session, why) if why else view(request, row, *args, **more)

    door.in_open_chart = True  # type: ignore[attr-defined] # tests/journey/infusion/test_open_chart.py walks all routes
    return door


def _is_json(request: HttpRequest) -> bool:
    return request.content_type == "application/json"


def _field(request: HttpRequest) -> str:
    return "" if _is_json(request) else str(request.POST.get(FIELD, ""))


def _refused(request: ClinicRequest, session: Session, why: str) -> HttpResponse:
    """Why nothing was written, and what was typed, for a person to record under the right name."""
    route = request.resolver_match.view_name if request.resolver_match else ""
    log.warning("other_chart", route=route, why=why, session=str(session.pk))
    if _is_json(request):
        return JsonResponse({"rule": RULE, "words": WHY[why]}, status=409)
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {
        "session": session,
        "patient": session.visit.series.episode.patient,
        "visit": session.visit,
        "choices_below": True,
        "words": WHY[why],
        "sent": [(name, value) for name, value in sent if name not in NOT_TYPED],
        "typed": [
            (LABELS.get(name, name.replace("_", " ")), value)
            for name, value in sent
            if name not in NOT_SHOWN and value
        ],
    }
    template = "_other_chart" if request.htmx else "other_chart"  # type: ignore[attr-defined]
    return render(request, f"infusion/{template}.html", context, status=409)


# — one active chart on each tablet —


def open_here(request: HttpRequest, session: Session) -> None:
    """From now on this is the chart that is open on this browser."""
    request.session[OPEN_HERE] = session.pk.hex


def is_open_elsewhere(request: HttpRequest, session: Session) -> bool:
    """Whether another chart was opened on this browser after this page."""
    return bool(request.session.get(OPEN_HERE, session.pk.hex) != session.pk.hex)


def other_open(request: HttpRequest, session: Session) -> Session | None:
    """Another person's chart that is open on this browser; None when there is none, and then this one is it."""
    if is_open_elsewhere(request, session):
        rows = Session.objects.filter(pk=UUID(request.session[OPEN_HERE]), visit__status=VisitStatus.BOOKED)
        other = rows.select_related(*SESSION_WAY).first()
        if other is not None and patient_id_of(other) != patient_id_of(session):
            return other
    if request.session.get(OPEN_HERE) != session.pk.hex:
        open_here(request, session)
    return None
