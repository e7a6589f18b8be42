"""Pages of the papers of the safe: a count before the books are shown, an inventory, a destruction, the inspector's report."""

import structlog
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ebbtide.ground.documents.files import DocumentDamaged
from ebbtide.ground.ledger.action import Act
from ebbtide.ground.policy import ClinicRequest, check_may, guarded, visible
from ebbtide.journey.custody import actions, count_queries, papers, queries, record_forms
from ebbtide.journey.custody.models import Count, Destruction, RegisterReport
from ebbtide.journey.custody.pages import Page, answer, clinic_of, second, today_of
from ebbtide.journey.custody.report import read_report

log = structlog.get_logger("ebbtide.custody")
LEDGER, SHEET, REPORT = "custody.ledger", "custody.count_sheet", "custody.report"
SHOWN = 60  # rows of a list [design]
MEDIA_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}


def pdf(content: bytes, name: str) -> HttpResponse:
    """A paper to take away."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


@guarded(SHEET, "create")
def count(request: ClinicRequest) -> HttpResponse:
    """Type what is there; what the books hold is shown on the next page, after it is kept."""
    clinic = clinic_of(request)
    check_may(request.actor, "create", SHEET, clinic)
    form = record_forms.CountForm(
        request.POST or None,
        places=count_queries.countable(clinic),
        initial={"kind": request.GET.get("kind", "daily")},
    )
    page = Page(
        title="Count the safe",
        lead="Look into the safe, count, and type what you find. What the books hold is shown afterwards.",
        button="Keep this count",
        back=reverse("custody:safe"),
    )

    def perform(act: Act) -> str:
        command = actions.RecordCount(
            clinic=clinic, kind=form.cleaned_data["kind"], lines=form.cleaned_data["lines"]
        )
        return reverse("custody:counted", args=[actions.record_count(act, command).pk])

    return answer(request, form, page, perform, template="custody/count.html")


@require_safe
@guarded(SHEET, "read")
def counts(request: ClinicRequest) -> HttpResponse:
    """Counts that were kept, the newest first; who counts the safe sees the own ones."""
    rows = visible(request.actor, Count.objects.filter(clinic=clinic_of(request)), SHEET)
    found = count_queries.with_differences(rows).order_by("-counted_at", "-id")[:SHOWN]
    return render(request, "custody/counts.html", {"rows": found})


@require_safe
@guarded(SHEET, "read", about=Count)
def counted(request: ClinicRequest, row: Count) -> HttpResponse:
    """What was counted beside what the books held, and what to do where the two differ."""
    lines = count_queries.lines_of(row)
    context = {
        "count": row,
        "lines": lines,
        "differs": any(line.row.difference_ug for line in lines),
        "second": getattr(row, "second", None),
    }
    return render(request, "custody/counted.html", context)


@guarded(SHEET, "create", about=Count)
def sign(request: ClinicRequest, row: Count) -> HttpResponse:
    """A second person counted again and signs in here."""
    check_may(request.actor, "create", SHEET, row)
    form = record_forms.SignCountForm(request.POST or None)
    page = Page(
        title="Second signature",
        lead="Somebody else counts again, finds the same and signs in here. Where you two differ, count anew instead.",
        button="Sign the count",
        back=reverse("custody:counted", args=[row.pk]),
        facts=(("Counted by", row.by.name), ("What", row.get_kind_display())),
    )

    def perform(act: Act) -> object:
        words = form.cleaned_data["words"]
        command = actions.SignCount(count=row, words=words, second=second(request, form))
        return actions.sign_count(act, command)

    return answer(request, form, page, perform)


@require_safe
@guarded(SHEET, "read", about=Count)
def count_paper(request: ClinicRequest, row: Count) -> HttpResponse:
    """The count or inventory as a paper with both signatures."""
    return pdf(papers.count_pdf(row), f"count-{row.counted_at:%Y-%m-%d}")


@guarded(LEDGER, "create")
def destroy(request: ClinicRequest) -> HttpResponse:
    """Vials that nobody may use any more are destroyed before a witness."""
    clinic, today = clinic_of(request), today_of(request)
    check_may(request.actor, "create", LEDGER, clinic)
    vials = [line.vial for line in queries.safe_lines(clinic, today=today)]
    expired = [vial.pk for vial in vials if vial.expires_on < today]
    form = record_forms.DestroyForm(
        request.POST or None, vials=vials, today=today, initial={"vials": expired}
    )
    page = Page(
        title="Destroy stock",
        lead="Only where your licence lets you destroy it yourselves: else send it back to the supplier or a reverse "
        "distributor. A second nurse or a prescriber watches and signs in below.",
        button="Destroy it",
        back=reverse("custody:destructions"),
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.DestroyVials(
            clinic=clinic,
            vials=tuple(told["vials"]),
            method=told["method"],
            place=told["place"],
            witness=second(request, form),
        )
        return actions.destroy_vials(act, command)

    return answer(request, form, page, perform)


@require_safe
@guarded(LEDGER, "read")
def destructions(request: ClinicRequest) -> HttpResponse:
    """What was destroyed, the newest first, each with its paper."""
    rows = visible(request.actor, Destruction.objects.filter(clinic=clinic_of(request)), LEDGER)
    found = (
        rows.select_related("by", "witness")
        .prefetch_related("movements__vial")
        .order_by("-destroyed_at", "-id")
    )
    return render(request, "custody/destructions.html", {"rows": found[:SHOWN]})


@require_safe
@guarded(LEDGER, "read", about=Destruction)
def destruction_paper(request: ClinicRequest, row: Destruction) -> HttpResponse:
    """The record of a destruction as a paper."""
    return pdf(papers.destruction_pdf(row), f"destruction-{row.destroyed_at:%Y-%m-%d}")


@guarded(REPORT, "create")
def report(request: ClinicRequest) -> HttpResponse:
    """The register of a period for an inspector: one press makes the paper or the table, and it is downloaded."""
    clinic, today = clinic_of(request), today_of(request)
    check_may(request.actor, "create", REPORT, clinic)
    first = {"since_on": record_forms.two_years_before(today), "until_on": today}
    form = record_forms.ReportSpanForm(request.POST or None, initial=first)
    page = Page(
        title="Report for an inspector",
        lead="Opening balance, every row with its patient and witness, counts, differences, and a closing balance that "
        "proves itself. It holds names: hand it over, do not mail it.",
        button="Make the paper (PDF)",
        back=reverse("custody:report"),
    )

    def perform(act: Act) -> str:
        told = form.cleaned_data
        command = actions.MakeReport(
            clinic=clinic, since_on=told["since_on"], until_on=told["until_on"], form=told["form"] or "pdf"
        )
        return reverse("custody:report_file", args=[actions.make_report(act, command).pk])

    made = visible(request.actor, RegisterReport.objects.filter(clinic=clinic), REPORT)
    more = {"rows": made.select_related("made_by").order_by("-made_at", "-id")[:SHOWN]}
    return answer(request, form, page, perform, template="custody/report.html", more=more)


@require_safe
@guarded(REPORT, "read", about=RegisterReport)
def report_file(request: ClinicRequest, row: RegisterReport) -> HttpResponse:
    """The file of one report, proved against its hash."""
    try:
        content = read_report(row)
    except DocumentDamaged as damaged:
        log.exception("register_report_damaged", report=str(row.pk))
        return render(request, "409.html", {"why": str(damaged)}, status=500)
    response = HttpResponse(content, content_type=MEDIA_TYPES[row.form])
    name = f"register-{row.since_on:%Y-%m-%d}-to-{row.until_on:%Y-%m-%d}.{row.form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
