"""infusion: the session on one time axis, as data for the page that draws it and as a table; the predicted concentration apart."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ebbtide.ground import clock
from ebbtide.ground.policy import Actor, ClinicRequest, allowed, guarded
from ebbtide.journey.infusion.freshness import signals
from ebbtide.journey.infusion.limits_in_force import goals_of
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.picture import rows_between
from ebbtide.journey.infusion.predicting import clinic_of, drawn, predicted, predicts
from ebbtide.journey.infusion.prediction import CAPTION, ahead_lines, lines_of, name_of
from ebbtide.journey.infusion.traces import Picture, picture_of, told
from ebbtide.journey.infusion.views.pages import frame, not_released, show

LOG, PREDICTED = "infusion.session_log", "infusion.prediction"


@require_safe
@guarded(LOG, "read", about=Session)
def picture(request: ClinicRequest, row: Session) -> HttpResponse:
    """Everything that is drawn, downsampled to the pixels there are; and where the prediction is, if it is on."""
    if not request.actor.is_staff:
        return not_released(request)
    shown = told(picture_of(row, clock.now()))
    zone = clinic_of(row).time_zone
    goals = [asdict(one) for one in goals_of(row)]
    return JsonResponse(
        {**shown, "zone": zone, "goals": goals, "prediction": prediction_url(request.actor, row)}
    )


@require_safe
@guarded(PREDICTED, "read", about=Session)
def prediction(request: ClinicRequest, row: Session) -> HttpResponse:
    """What the models say of the charted rate, and of the next hour only where the page has that part open.

    While the switch is off nothing is worked out, and the answer is empty.
    """
    if not predicts(row):
        return HttpResponse(status=204)
    return JsonResponse(drawn(row, clock.now(), ahead="ahead" in request.GET))


def prediction_url(actor: Actor, row: Session) -> str:
    """Where the prediction is for this reader; empty while it is off or not theirs."""
    if not allowed(actor, "read", PREDICTED, row) or not predicts(row):
        return ""
    return reverse("infusion:prediction", args=[row.pk])


@require_safe
@guarded(LOG, "read", about=Session)
def picture_table(request: ClinicRequest, row: Session) -> HttpResponse:
    """The same numbers as a table: a part of the chair's page, or a page of its own without JavaScript."""
    if not request.actor.is_staff:
        return not_released(request)
    found = picture_of(row, clock.now())
    context = frame(row, clinic=clinic_of(row), **_tables(found), **_predicted(request.actor, row, found))
    return show(request, "_picture_table" if request.headers.get("HX-Request") else "picture_table", context)


def _tables(found: Picture) -> dict[str, Any]:
    names = {source.device: source.words for source in found.sources}
    return {
        "heads": [
            {
                "label": signals()[one.signal].label,
                "unit": signals()[one.signal].unit,
                "from": ", ".join(names[device] for device in one.sources if device in names),
            }
            for one in found.traces
        ],
        "rows": [(found.start_at + timedelta(seconds=row.from_s), row.cells) for row in reversed(found.rows)],
        "every_min": rows_between(found.second(found.until_at)) // 60,
        "happened": sorted(_happened(found), key=lambda one: one[0], reverse=True),
    }


def _happened(found: Picture) -> list[tuple[Any, str, str]]:
    """Rates, marks and typed values in words."""
    rates = [(at, _("Rate"), f"{rate:g} mg/h" if rate else _("nothing flows")) for at, rate in found.rates]
    marks = [(one.at, MARK_WORDS[one.kind], one.words) for one in found.marks]
    typed = [
        (one.at, signals()[one.signal].label, f"{one.value:g} {signals()[one.signal].unit}, {_('by hand')}")
        for one in found.typed
    ]
    return [*rates, *marks, *typed]


MARK_WORDS = {
    "bolus": "Bolus", "drug": "Drug given", "scale": "Scale", "adverse": "Adverse event", "emergency": "Emergency",
    "call": "Patient calls", "off": "Off the monitor", "pause": "Paused",
}  # fmt: skip


def _predicted(actor: Actor, row: Session, picture: Picture) -> dict[str, Any]:
    """The prediction's own tables, only where it is on and this reader may see it."""
    if not prediction_url(actor, row):
        return {}
    found = predicted(row, picture.at)
    if found is None:
        return {"caption": CAPTION}
    every = timedelta(seconds=rows_between(picture.second(picture.until_at)))
    return {
        "caption": CAPTION,
        "predicted": found,
        "models": [name_of(one.model) for one in found.answers if not one.refusal],
        "refused": [(name_of(one.model), one.refusal) for one in found.answers if one.refusal],
        "predicted_rows": list(reversed(lines_of(found.answers, start_at=found.start_at, every=every))),
        "ahead_rows": ahead_lines(found.answers, found.charted),
    }
