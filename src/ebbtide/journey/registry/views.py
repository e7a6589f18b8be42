"""The registry's pages: the data set as it may be seen, its dictionary, taking a file out, and recording what is missing."""

from datetime import date
from typing import Any

import structlog
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.documents.files import DocumentDamaged
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded
from ebbtide.journey.access.models import Complaint
from ebbtide.journey.registry import queries, summary
from ebbtide.journey.registry.actions import ExportDataset, export_dataset
from ebbtide.journey.registry.dataset import DataSet, Filters, Row, completeness, data_set
from ebbtide.journey.registry.deidentify import COMPLAINT_GROUPS, STEPS, K
from ebbtide.journey.registry.dictionary import VERSION, dictionary
from ebbtide.journey.registry.files import read_export
from ebbtide.journey.registry.forms import ExportForm, FilterForm, KeyForm
from ebbtide.journey.registry.models import Export, ExportFormat
from ebbtide.journey.registry.recording import record_waiting
from ebbtide.journey.registry.writing import MEDIA_TYPE, statement
from ebbtide.pharmacology.figures import two_figures

DATASET, EXPORT, EXPOSURE = "registry.dataset", "registry.export", "registry.exposure"
ROWS_SHOWN = 20
AT_ONCE = 200
EXPORTS_SHOWN = 100

log = structlog.get_logger("registry")


def _clinic(request: ClinicRequest) -> Clinic:
    user: Any = request.user
    found: Clinic = user.staff.clinic
    return found


@require_safe
@guarded(DATASET, "read")
def dataset(request: ClinicRequest) -> HttpResponse:
    """How much there is and how complete it is; rows without their people for those who may see rows, else counts alone."""
    clinic, now = _clinic(request), clock.now()
    form = FilterForm(request.GET, offered=queries.choices(clinic))
    filters = form.filters()
    source = queries.source_for(clinic, at=now)
    found = data_set(source, filters, purpose="page")
    counts_only = queries.counts_only(request.actor, at=now)
    context = {
        "form": form,
        "found": found,
        "few": not found.rows,
        "k": K,
        "statement": statement(found),
        "groups": [_group_words(group) for group in summary.groups_of(source, filters)],
        "complete": _complete(found),
        "counts_only": counts_only,
        "rows": [] if counts_only else [_row_words(row) for row in found.rows[:ROWS_SHOWN]],
        "asked": _asked(filters),
        "query": request.GET.urlencode(),
        "may_export": allowed(request.actor, "create", EXPORT, clinic),
        "may_record": allowed(request.actor, "create", EXPOSURE, clinic),
        "waiting": sum(visit.given is None and visit.session_id is not None for visit in source.visits),
        "here": "dataset",
    }
    return render(request, "registry/dataset.html", context, status=422 if form.errors else 200)


def _complaint(value: str) -> str:
    return str(dict(Complaint.choices).get(value, value))


def _group_words(group: summary.Group) -> tuple[str, int | None, str]:
    """Complaint, people, and the responders in words; empty where it is not shown."""
    words = ""
    if group.low is not None and group.high is not None:
        words = f"{group.responders} of {group.judged} · 95 % interval {group.low:.0%} to {group.high:.0%}"
    return _complaint(group.complaint), group.people, words


def _row_words(row: Row) -> dict[str, Any]:
    """A row for the page: a predicted peak has two figures, as everywhere."""
    peak = row["kamp_2020_peak_ng_per_ml"]
    return {**row, "peak": None if peak is None else two_figures(float(str(peak)))}


def _complete(found: DataSet) -> list[tuple[str, int, int]]:
    """Label, how many rows have a value, and per cent of all rows."""
    names = [name for name, _ in summary.COMPLETENESS]
    counted = completeness(found.rows, names)
    of = len(found.rows)
    return [
        (label, counted[name], round(100 * counted[name] / of) if of else 0)
        for name, label in summary.COMPLETENESS
    ]


def _asked(filters: Filters) -> list[str]:
    """The filters as a person reads them."""
    told = filters.told
    words = [_complaint(told["complaint"])] if "complaint" in told else []
    words += [told["protocol"]] if "protocol" in told else []
    return words + ([f"since {told['since']}"] if "since" in told else [])


@require_safe
@guarded(DATASET, "read")
def show_dictionary(request: ClinicRequest) -> HttpResponse:
    """Every column with its type, unit, meaning, source, and how a missing value is shown."""
    context = {
        "columns": dictionary(),
        "version": VERSION,
        "steps": [words for words, _ in STEPS],
        "complaint_groups": sorted(set(COMPLAINT_GROUPS.values())),
        "k": K,
        "here": "dictionary",
    }
    return render(request, "registry/dictionary.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@guarded(EXPORT, "create")
def export(request: ClinicRequest) -> HttpResponse:
    """What would leave, in numbers; and after the press the file, under the name of whoever took it."""
    clinic, now = _clinic(request), clock.now()
    check_may(request.actor, "create", EXPORT, clinic)
    filter_form = FilterForm(request.GET, offered=queries.choices(clinic))
    filters = filter_form.filters()
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and not filter_form.errors:
        command = ExportDataset(
            clinic=clinic, format=ExportFormat(form.cleaned_data["format"]), filters=filters
        )
        try:
            row = export_dataset(act_now(request.actor, form.cleaned_data["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return HttpResponseRedirect(f"{reverse('registry:exports')}#export-{row.id}")
    found = data_set(queries.source_for(clinic, at=now), filters, purpose="page")
    context = {
        "form": form,
        "filter_form": filter_form,
        "found": found,
        "statement": statement(found),
        "format": ExportFormat.PARQUET if request.GET.get("format") == "parquet" else ExportFormat.CSV,
        "asked": _asked(filters),
        "query": request.GET.urlencode(),
    }
    wrong = form.is_bound and (form.errors or filter_form.errors)
    return render(request, "registry/export.html", context, status=422 if wrong else 200)


@require_safe
@guarded(EXPORT, "read")
def exports(request: ClinicRequest) -> HttpResponse:
    """Every file that was taken out, by whom, and what was left out of it."""
    rows = queries.exports_of(request.actor, at=clock.now())[:EXPORTS_SHOWN]
    return render(
        request,
        "registry/exports.html",
        {"rows": [(row, _asked_of(row)) for row in rows], "here": "exports"},
    )


def _asked_of(row: Export) -> str:
    since = row.filters.get("since")
    told = Filters(
        complaint=row.filters.get("complaint", ""),
        protocol=row.filters.get("protocol", ""),
        since=date.fromisoformat(since) if since else None,
    )
    return ", ".join(_asked(told))


@require_safe
@guarded(EXPORT, "read", about=Export)
def file(request: ClinicRequest, row: Export) -> HttpResponse:
    """The file of one export, proved against its hash."""
    try:
        content = read_export(row)
    except DocumentDamaged as damaged:
        log.exception("export_damaged", export=str(row.id))
        return render(request, "409.html", {"why": str(damaged)}, status=500)
    response = HttpResponse(content, content_type=MEDIA_TYPE)
    response["Content-Disposition"] = (
        f'attachment; filename="ebbtide-registry-{row.format}-{row.made_at:%Y-%m-%d}.zip"'
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
@guarded(EXPOSURE, "create")
def record(request: ClinicRequest) -> HttpResponse:
    """Record now what the job would record within five minutes."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The page was not complete. Open it again and record once more.")
        return redirect("registry:dataset")
    act = act_now(request.actor, form.cleaned_data["key"])
    done = record_waiting(act, _clinic(request), most=AT_ONCE)
    words = f"Recorded: {done.recorded}."
    messages.success(
        request,
        f"{words} {done.refused} could not be: their logs have no whole infusion." if done.refused else words,
    )
    return redirect("registry:dataset")
