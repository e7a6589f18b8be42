"""Pages of the course: offers for a signed order, the confirmation, the booked series, and one visit's changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Resource
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.course.actions import (
    BookSeries,
    CancelSeries,
    CancelVisit,
    MoveVisit,
    Slot,
    book_series,
    cancel_series,
    cancel_visit,
    move_visit,
    order_state,
)
from ebbtide.journey.course.forms import ChosenForm, ReasonForm, SealedVisit, WishesForm, sealed, unsealed
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.course.queries import (
    CourseSettings,
    offers_for,
    order_to_place,
    pattern_of,
    series_to_show,
    settings_of,
    times_for_visit,
    visit_to_change,
)
from ebbtide.journey.course.rules import broken_by_order, gap_words

STALE = "These times were offered a while ago and cannot be booked any more: choose among the fresh ones."


@guarded("course.series", "create", about=OrderVersion)
def place(request: ClinicRequest, row: OrderVersion) -> HttpResponse:
    """The wishes, and under them up to three ways to place the whole series."""
    settings = settings_of(_clinic(request))
    return _offers(request, row, settings)


@guarded("course.series", "create", about=OrderVersion)
def confirm(request: ClinicRequest, row: OrderVersion) -> HttpResponse:
    """The chosen dates once more, before they are booked."""
    if request.method != "POST":
        return redirect("course:place", id=row.pk)
    slots = _slots(unsealed(row.pk, request.POST.get("offer", "")))
    settings = settings_of(_clinic(request))
    if not slots:
        return _offers(request, row, settings, trouble=STALE)
    order = order_to_place(row.pk, today=settings.hours.day_of(clock.now()))
    context = {
        "order": order,
        "patient": order.episode.patient,
        "slots": slots,
        "offer": request.POST["offer"],
        "wishes": request.POST.get("wishes", ""),
    }
    return render(request, "course/confirm.html", context)


@guarded("course.series", "create", about=OrderVersion)
def book(request: ClinicRequest, row: OrderVersion) -> HttpResponse:
    """Book the whole series, or nothing and show fresh times."""
    form = ChosenForm(request.POST)
    if request.method != "POST":
        return redirect("course:place", id=row.pk)
    slots = _slots(unsealed(row.pk, form.data.get("offer", ""))) if form.is_valid() else []
    trouble = STALE
    if slots:
        command = BookSeries(order=row, slots=tuple(slots))
        try:
            series = book_series(act_now(request.actor, form.cleaned_data["key"]), command)
        except Refused as refused:
            trouble = refused.sentence
        else:
            return _see(reverse("course:series", args=[series.pk]))
    return _offers(request, row, settings_of(_clinic(request)), trouble=f"Nothing was booked. {trouble}")


@guarded("course.series", "read", about=Series)
def series(request: ClinicRequest, row: Series) -> HttpResponse:
    """The booked series: every visit with its chair, its nurse and what may still be changed."""
    return render(request, "course/series.html", _series_context(request, row))


@guarded("course.series", "read", about=Series)
def visits(request: ClinicRequest, row: Series) -> HttpResponse:
    """The list of visits alone, for the page that is open."""
    return render(request, "course/_visits.html", _series_context(request, row))


@guarded("course.booking", "amend", about=Visit)
def move(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Another time for one visit; the others stay."""
    if request.method != "POST":
        return _move_page(request, row)
    form = ChosenForm(request.POST)
    slots = _slots(unsealed(row.pk, form.data.get("offer", ""))) if form.is_valid() else []
    if not slots:
        return _move_page(request, row, trouble="Choose one of these times.")
    return _act(
        lambda: move_visit(
            act_now(request.actor, form.cleaned_data["key"]), MoveVisit(visit=row, slot=slots[0])
        ),
        after=reverse("course:series", args=[row.series_id]),
        otherwise=lambda sentence: _move_page(request, row, trouble=sentence),
    )


@guarded("course.booking", "cancel", about=Visit)
def cancel(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Give one visit up, with a reason."""
    visit = visit_to_change(row.pk)
    context = {"visit": visit, "patient": visit.series.episode.patient, "one": True}
    return _cancel_page(
        request,
        context,
        visit.series_id,
        lambda act, reason: cancel_visit(act, CancelVisit(visit=row, reason=reason)),
    )


@guarded("course.series", "cancel", about=Series)
def cancel_all(request: ClinicRequest, row: Series) -> HttpResponse:
    """Give up every visit that still lies ahead, with a reason."""
    found = series_to_show(row.pk)
    context = {"series": found, "patient": found.episode.patient, "ahead": _ahead(found, clock.now())}
    return _cancel_page(
        request,
        context,
        row.pk,
        lambda act, reason: cancel_series(act, CancelSeries(series=row, reason=reason)),
    )


def _clinic(request: HttpRequest) -> Any:
    holder: Any = request.user
    return (getattr(holder, "staff", None) or holder.patient).clinic


def _see(address: str) -> HttpResponse:
    return HttpResponseRedirect(address)


def _offers(
    request: ClinicRequest, row: OrderVersion, settings: CourseSettings, *, trouble: str = ""
) -> HttpResponse:
    now = clock.now()
    order = order_to_place(row.pk, today=settings.hours.day_of(now))
    asked: Any = request.GET if request.GET.get("earliest_on") else WishesForm.defaults(settings.hours, now)
    form = WishesForm(asked, hours=settings.hours, now=now)
    broken = broken_by_order(order_state(order))
    pattern = pattern_of(order, settings)
    context: dict[str, Any] = {
        "order": order,
        "patient": order.episode.patient,
        "form": form,
        "broken": broken,
        "trouble": trouble,
        "pattern": pattern,
        "gap": gap_words(pattern),
        "query": request.GET.urlencode(),
    }
    if broken is None and form.is_valid():
        placement = offers_for(order, settings, form.wishes())
        context["why_none"] = placement.why_none
        context["offers"] = [(offer, sealed(order.pk, offer.visits)) for offer in placement.offers]
    return render(request, "course/place.html", context, status=422 if trouble or form.errors else 200)


def _slots(rows: list[SealedVisit]) -> list[Slot]:
    """The sealed visits with their chairs and places, as the action wants them."""
    places = Resource.objects.select_related("staff", "clinic").in_bulk({n for row in rows for n in row[:2]})
    if any(number not in places for row in rows for number in row[:2]):
        return []
    return [
        Slot(
            chair=places[chair],
            nurse_place=places[nurse_place],
            why_here=why,
            starts_at=datetime.fromisoformat(start),
            ends_at=datetime.fromisoformat(end),
        )
        for chair, nurse_place, start, end, why in rows
    ]


def _ahead(found: Series, at: datetime) -> list[Visit]:
    return [visit for visit in found.visits.all() if visit.status == "booked" and visit.starts_at > at]


def _series_context(request: ClinicRequest, row: Series) -> dict[str, Any]:
    found, now = series_to_show(row.pk), clock.now()
    one: Any = found.visits.all()[0] if found.visits.all() else None
    return {
        "series": found,
        "patient": found.episode.patient,
        "visits": found.visits.all(),
        "ahead": _ahead(found, now),
        "may_move": allowed(request.actor, "amend", "course.booking", one),
        "may_cancel": allowed(request.actor, "cancel", "course.booking", one),
        "may_cancel_all": allowed(request.actor, "cancel", "course.series", found),
        "is_checked": found.order.double_checks.filter(agrees=True).exists(),
    }


def _move_page(request: ClinicRequest, row: Visit, *, trouble: str = "") -> HttpResponse:
    visit = visit_to_change(row.pk)
    settings = settings_of(_clinic(request))
    found = times_for_visit(visit, settings, not_before=clock.now())
    context = {
        "visit": visit,
        "patient": visit.series.episode.patient,
        "trouble": trouble,
        "times": [(planned, sealed(visit.pk, (planned,))) for planned in found],
        "gap": gap_words(pattern_of(visit.series.order, settings)),
    }
    return render(request, "course/move.html", context, status=422 if trouble else 200)


def _cancel_page(
    request: ClinicRequest, context: dict[str, Any], series_id: Any, write: Callable[[Any, str], Any]
) -> HttpResponse:
    form = ReasonForm(request.POST or None)

    def again(sentence: str = "") -> HttpResponse:
        if sentence:
            form.add_error(None, sentence)
        return render(
            request, "course/cancel.html", {**context, "form": form}, status=422 if form.errors else 200
        )

    if request.method != "POST" or not form.is_valid():
        return again()
    return _act(
        lambda: write(act_now(request.actor, form.cleaned_data["key"]), form.cleaned_data["reason"]),
        after=reverse("course:series", args=[series_id]),
        otherwise=again,
    )


def _act(write: Callable[[], Any], *, after: str, otherwise: Callable[[str], HttpResponse]) -> HttpResponse:
    try:
        write()
    except Refused as refused:
        return otherwise(refused.sentence)
    return _see(after)
