"""The papers of the safe, as PDF and CSV: the register of a period, a count, a destruction, a loss. Plain words and figures."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ebbtide.ground.clock.wall import NOT_RECORDED, wall_date, wall_datetime
from ebbtide.ground.documents.paper import render_pdf
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.custody.count_queries import lines_of
from ebbtide.journey.custody.drugs import schedule_of
from ebbtide.journey.custody.models import Count, Destruction, LossRecord, Variance
from ebbtide.journey.custody.report import HEAD, OfADrug, Period, cells_of
from ebbtide.journey.custody.rules import Kind, mg_words, milligrams

KIND_WORDS = {
    Kind.RECEIVE: "Received", Kind.GIVE: "Given", Kind.WASTE: "Wasted with a witness", Kind.DESTROY: "Destroyed",
    Kind.RETURN: "Returned to the supplier", Kind.VARIANCE: "Unexplained variance", Kind.VOID: "Rows undone",
}  # fmt: skip
OWN_RECORD = (
    "The clinic's own record. It prepares the figures for a form of the authority; it is not that form."
)


def _mg(ug: int) -> str:
    return f"{milligrams(ug).normalize():f}"


def _signed(ug: int) -> str:
    return f"{'+' if ug > 0 else '−' if ug < 0 else ''}{_mg(abs(ug))}"


def _head(clinic: Clinic) -> dict[str, str]:
    return {"name": clinic.name, "address": clinic.address, "phone": clinic.phone}


def period_pdf(period: Period, *, made: str) -> bytes:
    """The register of a period as one paper that proves itself."""
    zone = period.clinic.time_zone
    return render_pdf(
        "custody/register",
        {
            "title": "Register of controlled drugs",
            "clinic": _head(period.clinic),
            "foot": made,
            "span": f"{wall_date(period.since_on, zone)} to {wall_date(period.until_on, zone)}, both days included",
            "proof": _proof(period),
            "drugs": [_drug(one) for one in period.drugs],
            "rows": [_register_row(cells_of(row)) for row in period.rows],
            "counts": [_count_row(row) for row in period.counts],
            "variances": [_variance_row(row) for row in period.variances],
        },
    )


def _proof(period: Period) -> str:
    if period.proves:
        return (
            "Proved: for each drug the opening balance with the rows of the period is the closing balance read from the "
            "accounts, and all accounts of the clinic together are 0 µg."
        )
    return f"Not proved: the books do not close (all accounts together: {period.total_ug} µg). Tell the custody officer."


def _drug(one: OfADrug) -> dict[str, Any]:
    period = one.period
    changes = [
        (words, _signed(period.changes_ug[kind]))
        for kind, words in KIND_WORDS.items()
        if period.changes_ug.get(kind)
    ]
    return {
        "words": f"{one.words} · schedule {one.schedule}",
        "lines": [
            ("Opening balance", _mg(period.opening_ug)),
            *changes,
            ("Closing balance, worked out", _mg(period.worked_out_ug)),
            ("Closing balance, read from the accounts", _mg(period.closing_ug)),
        ],
    }


def _register_row(cells: Sequence[str]) -> dict[str, str]:
    told = dict(zip(HEAD, cells, strict=True))
    people = told["By"] + (f", witness {told['Witness']}" if told["Witness"] else "")
    person = " · ".join(part for part in (told["Record"], told["Patient"], told["Address"]) if part)
    return {
        "at": told["When"],
        "what": told["What"] + (f" ({told['Why']})" if told["Why"] else ""),
        "drug": f"{told['Drug']} {told['Strength (mg/mL)']} mg/mL",
        "mg": told["Amount (mg)"],
        "vial": f"{told['Vial']}, lot {told['Lot']}",
        "way": f"{told['From']} → {told['To']}",
        "person": person,
        "people": people,
        "row": told["Row"][-8:],
        "undoes": told["Undoes row"][-8:],
    }


def _count_row(row: Count) -> tuple[str, str, str, str]:
    second = getattr(row, "second", None)
    return (
        wall_datetime(row.counted_at, row.clinic.time_zone),
        row.get_kind_display(),
        f"{row.by.name}{f', {second.by.name}' if second else ''}",
        "differs from the books" if row.differs else "agrees with the books",  # type: ignore[attr-defined] # annotated
    )


def _variance_row(row: Variance) -> tuple[str, str, str, str]:
    moved, closing = row.movement, getattr(row, "closing", None)
    found = "found" if moved.from_account.kind == "variance" else "missing"
    return (
        wall_datetime(row.posted_at, moved.clinic.time_zone),
        f"{mg_words(moved.amount_ug)} {found}, vial {moved.vial.label}",
        row.owner.name,
        f"closed: {closing.finding}"
        if closing
        else f"open, due {wall_date(row.due_on, moved.clinic.time_zone)}",
    )


def period_csv(period: Period) -> bytes:
    """Every row of a period, between the opening and the closing balance of each drug; for a spreadsheet."""
    at = {"since": wall_date(period.since_on, ""), "until": wall_date(period.until_on, "")}
    rows: list[Sequence[str]] = [
        _balance_cells("Opening balance", one, at["since"], one.period.opening_ug) for one in period.drugs
    ]
    rows += [cells_of(row) for row in period.rows]
    rows += [
        _balance_cells("Closing balance", one, at["until"], one.period.closing_ug) for one in period.drugs
    ]
    return _csv(HEAD, rows)


def _balance_cells(words: str, one: OfADrug, day: str, ug: int) -> tuple[str, ...]:
    told = {
        "When": day, "What": words, "Drug": one.words.rpartition(",")[0], "Schedule": one.schedule,
        "Strength (mg/mL)": f"{one.mg_per_ml.normalize():f}", "Amount (mg)": _mg(ug), "Amount (microgram)": str(ug),
    }  # fmt: skip
    return tuple(told.get(name, "") for name in HEAD)


def _csv(head: Iterable[str], rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_still(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def _still(cell: str) -> str:
    """A cell that a spreadsheet never takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def count_pdf(count: Count) -> bytes:
    """A count or an inventory with both signatures."""
    zone, second = count.clinic.time_zone, getattr(count, "second", None)
    return render_pdf(
        "custody/count",
        {
            "title": count.get_kind_display(),
            "clinic": _head(count.clinic),
            "foot": OWN_RECORD,
            "facts": [
                ("Counted", wall_datetime(count.counted_at, zone)),
                ("By", count.by.name),
                (
                    "Second signature",
                    f"{second.by.name}, {wall_datetime(second.signed_at, zone)}" if second else NOT_RECORDED,
                ),
            ],
            "lines": [
                {
                    "drug": f"{line.row.drug_name}, {line.row.mg_per_ml.normalize():f} mg/mL",
                    "schedule": schedule_of(line.row.drug),
                    "what": f"opened vial {line.row.vial.label}"
                    if line.row.vial
                    else f"sealed vials of {line.row.volume_ml.normalize():f} mL",
                    "vials": "" if line.row.counted_vials is None else str(line.row.counted_vials),
                    "mg": _mg(line.row.counted_ug),
                    "book": _mg(line.row.expected_ug),
                    "difference": _signed(line.row.difference_ug) if line.row.difference_ug else "none",
                }
                for line in lines_of(count)
            ],
        },
    )


def destruction_pdf(row: Destruction) -> bytes:
    """What was destroyed, how, where, and before whom."""
    zone = row.clinic.time_zone
    movements = row.movements.select_related("vial", "voided_by").order_by("vial__label")
    return render_pdf(
        "custody/destruction",
        {
            "title": "Record of a destruction",
            "clinic": _head(row.clinic),
            "foot": OWN_RECORD,
            "facts": [
                ("Destroyed", wall_datetime(row.destroyed_at, zone)),
                ("How", row.method),
                ("Where", row.place),
                ("By", row.by.name),
                ("Witness, signed in", row.witness.name),
            ],
            "vials": [
                {
                    "drug": f"{moved.vial.drug_name}, {moved.vial.mg_per_ml.normalize():f} mg/mL",
                    "schedule": schedule_of(moved.vial.drug),
                    "vial": moved.vial.label,
                    "product": moved.vial.gtin or NOT_RECORDED,
                    "lot": f"{moved.vial.lot}, expires {wall_date(moved.vial.expires_on, zone)}",
                    "size": f"{moved.vial.volume_ml.normalize():f} mL",
                    "mg": f"{_mg(moved.amount_ug)}{', undone later' if hasattr(moved, 'voided_by') else ''}",
                }
                for moved in movements
            ],
        },
    )


def loss_pdf(row: LossRecord) -> bytes:
    """What is known of a theft or loss."""
    variance, moved = row.variance, row.variance.movement
    vial, zone = moved.vial, moved.clinic.time_zone
    return render_pdf(
        "custody/loss",
        {
            "title": "Record of a theft or loss",
            "clinic": _head(moved.clinic),
            "foot": OWN_RECORD,
            "facts": [
                ("What happened", row.get_kind_display()),
                ("Discovered", wall_date(row.discovered_on, zone)),
                ("Circumstances", row.circumstances),
                ("What was done since", row.measures),
                ("Police", row.police or "not told"),
                (
                    "Authority told",
                    wall_date(row.authority_told_on, zone) if row.authority_told_on else "not told yet",
                ),
                (
                    "Posted by two",
                    f"{moved.by.name} and {moved.witness.name if moved.witness else NOT_RECORDED}, {wall_datetime(variance.posted_at, zone)}",
                ),
                ("Owner of the investigation", variance.owner.name),
                ("Recorded", f"{row.by.name}, {wall_datetime(row.recorded_at, zone)}"),
            ],
            "drug": [
                (
                    "Drug and strength",
                    f"{vial.drug_name}, {vial.mg_per_ml.normalize():f} mg/mL, schedule {schedule_of(vial.drug) or NOT_RECORDED}",
                ),
                ("Product number", vial.gtin or NOT_RECORDED),
                ("Lot and expiry", f"{vial.lot}, expires {wall_date(vial.expires_on, zone)}"),
                ("Vial", f"{vial.label}, {vial.volume_ml.normalize():f} mL"),
                ("Quantity", f"{mg_words(moved.amount_ug)}"),
                ("Supplier", vial.supplier),
            ],
        },
    )
