"""Reading the register of a period for an inspector: opening balance, every row, counts, closing balance, and whether it proves."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, Value, When

from ebbtide.ground.clock.wall import wall_date, wall_datetime
from ebbtide.ground.documents.files import DocumentDamaged, path_of
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.custody.books import Posted, Statement, statement
from ebbtide.journey.custody.count_queries import with_differences
from ebbtide.journey.custody.drugs import drug_words, schedule_of
from ebbtide.journey.custody.models import AccountKind, Count, Movement, RegisterReport, Variance
from ebbtide.journey.custody.queries import day_bounds, register
from ebbtide.journey.custody.rules import Kind, Place, milligrams

Strength = tuple[str, Decimal]
STOCK_KINDS = (AccountKind.SAFE, AccountKind.SESSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfADrug:
    """One drug and strength over the period."""

    drug: str
    mg_per_ml: Decimal
    period: Statement

    @property
    def words(self) -> str:
        return f"{drug_words(self.drug)}, {self.mg_per_ml.normalize():f} mg/mL"

    @property
    def schedule(self) -> str:
        return schedule_of(self.drug) or "not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The register of a clinic from one day to another, both included."""

    clinic: Clinic
    since_on: date
    until_on: date
    drugs: tuple[OfADrug, ...]
    rows: tuple[Movement, ...]
    counts: tuple[Count, ...]
    variances: tuple[Variance, ...]
    # all accounts of the clinic together (µg): anything but zero is a fault of the books
    total_ug: int

    @property
    def proves(self) -> bool:
        return self.total_ug == 0 and all(one.period.proves for one in self.drugs)


def period_of(clinic: Clinic, since_on: date, until_on: date) -> Period:
    """Everything an inspector asks for, read in one go (seven queries)."""
    since, until = day_bounds(clinic, since_on)[0], day_bounds(clinic, until_on)[1]
    rows = tuple(register(clinic, since, until).order_by("moved_at", "recorded_at", "id"))
    counts = Count.objects.filter(clinic=clinic, counted_at__gte=since, counted_at__lt=until)
    variances = Variance.objects.filter(
        movement__clinic=clinic, posted_at__gte=since, posted_at__lt=until
    ).select_related(
        "movement__vial", "movement__from_account", "owner", "closing__closed_by", "closing__second"
    )
    return Period(
        clinic=clinic,
        since_on=since_on,
        until_on=until_on,
        drugs=_drugs(rows, opening=_stock(clinic, before=since), closing=_stock(clinic, before=until)),
        rows=rows,
        counts=tuple(with_differences(counts).order_by("counted_at", "id")),
        variances=tuple(variances.order_by("posted_at", "id")),
        total_ug=_total(clinic),
    )


def _drugs(
    rows: Sequence[Movement], *, opening: dict[Strength, int], closing: dict[Strength, int]
) -> tuple[OfADrug, ...]:
    by_drug: dict[Strength, list[Posted]] = {}
    for row in rows:
        by_drug.setdefault((row.vial.drug, row.vial.mg_per_ml), []).append(posted(row))
    return tuple(
        OfADrug(
            drug=drug,
            mg_per_ml=mg_per_ml,
            period=statement(
                opening_ug=opening.get((drug, mg_per_ml), 0),
                rows=by_drug.get((drug, mg_per_ml), ()),
                closing_ug=closing.get((drug, mg_per_ml), 0),
            ),
        )
        for drug, mg_per_ml in sorted({*opening, *closing, *by_drug})
    )


def posted(row: Movement) -> Posted:
    """A row of the database as the pure books know it."""
    return Posted(
        kind=Kind(row.kind),
        vial=row.vial_id,
        amount_ug=row.amount_ug,
        from_place=Place(row.from_account.kind),
        to_place=Place(row.to_account.kind),
        from_visit=row.from_account.visit_id,
        to_visit=row.to_account.visit_id,
    )


def _stock(clinic: Clinic, *, before: datetime) -> dict[Strength, int]:
    """What the clinic held at an instant, by drug and strength, read from the accounts (µg)."""
    into, out = Q(to_account__kind__in=STOCK_KINDS), Q(from_account__kind__in=STOCK_KINDS)
    rows = (
        Movement.objects.filter(into | out, clinic=clinic, moved_at__lt=before)
        .values("vial__drug", "vial__mg_per_ml")
        .annotate(
            held_ug=Sum(
                Case(
                    When(into & out, then=Value(0, output_field=BigIntegerField())),
                    When(into, then=F("amount_ug")),
                    default=-F("amount_ug"),
                )
            )
        )
    )
    return {(row["vial__drug"], row["vial__mg_per_ml"]): row["held_ug"] for row in rows}


def _total(clinic: Clinic) -> int:
    """Every account of the clinic, each summed by itself, then all of them together (µg)."""
    rows: QuerySet[Movement] = Movement.objects.filter(clinic=clinic)
    sums: dict[object, int] = {}
    for side, sign in (("to_account", 1), ("from_account", -1)):
        for account, moved_ug in rows.values_list(side).annotate(moved_ug=Sum("amount_ug")):
            sums[account] = sums.get(account, 0) + sign * moved_ug
    return sum(sums.values())


HEAD = (
    "When", "What", "Drug", "Schedule", "Strength (mg/mL)", "Amount (mg)", "Amount (microgram)", "Vial", "Product number",
    "Lot", "Expires", "From", "To", "Record", "Patient", "Address", "By", "Witness", "Why", "Row", "Undoes row", "Log entry",
)  # fmt: skip


def cells_of(row: Movement) -> tuple[str, ...]:
    """One row of the register, cell by cell under HEAD."""
    vial, zone = row.vial, row.clinic.time_zone
    patient = row.visit.series.episode.patient if row.visit else None
    return (
        wall_datetime(row.moved_at, zone),
        row.get_kind_display(),
        vial.drug_name,
        schedule_of(vial.drug),
        f"{vial.mg_per_ml.normalize():f}",
        f"{milligrams(row.amount_ug).normalize():f}",
        str(row.amount_ug),
        vial.label,
        vial.gtin,
        vial.lot,
        wall_date(vial.expires_on, zone),
        row.from_account.get_kind_display(),
        _to_words(row),
        patient.record_number if patient else "",
        patient.name if patient else "",
        patient.address if patient else "",
        row.by.name,
        row.witness.name if row.witness else "",
        row.reason,
        str(row.pk),
        str(row.voids_id or ""),
        str(row.given_by_entry or ""),
    )


def _to_words(row: Movement) -> str:
    if row.kind == Kind.RECEIVE:
        return f"{row.to_account.get_kind_display()}, from {row.vial.supplier}"
    return row.to_account.get_kind_display()


def read_report(row: RegisterReport) -> bytes:
    """The file of a report, proved against its hash.

    Raises:
        DocumentDamaged: the file is missing or was changed.
    """
    try:
        content = path_of(row.pk).read_bytes()
    except OSError as error:
        raise DocumentDamaged("The file of this report cannot be read: make the report again.") from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise DocumentDamaged(
            "The file of this report is not the one that was written: make the report again."
        )
    return content
