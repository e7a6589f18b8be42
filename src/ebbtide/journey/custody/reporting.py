"""Changing the reports: a register of a period is taken out by a person who answers for it; the file is kept beside its hash."""

import hashlib
from dataclasses import dataclass
from datetime import date

from ebbtide.ground.clock.wall import wall_datetime
from ebbtide.ground.documents.files import write_file
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.journey.custody.models import RegisterReport, ReportForm
from ebbtide.journey.custody.papers import period_csv, period_pdf
from ebbtide.journey.custody.posting import day_of, staff_of
from ebbtide.journey.custody.report import period_of

REPORT_DAYS_MAX = 1100  # days; three years, more than the two that records are kept by law [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReport:
    clinic: Clinic
    since_on: date
    until_on: date
    form: str


@action("custody.report", "create", about=lambda command: command.clinic)
def make_report(act: Act, command: MakeReport) -> Done[RegisterReport]:
    """The file is durable before the row that names it commits, so that no row names a lost file."""
    clinic, by = command.clinic, Staff.objects.get(pk=staff_of(act))
    days = (command.until_on - command.since_on).days
    if not 0 <= days <= REPORT_DAYS_MAX or command.since_on > day_of(clinic, act.at):
        raise Refused(
            "CUS-SPAN",
            "A report is about at most three years, from an earlier day to a later one: correct the days.",
        )
    period = period_of(clinic, command.since_on, command.until_on)
    made = f"Made by {by.name}, {wall_datetime(act.at, clinic.time_zone)}"
    content = period_csv(period) if command.form == ReportForm.CSV else period_pdf(period, made=made)
    report_id = new_id()
    write_file(report_id, content)
    row = RegisterReport.objects.create(
        id=report_id,
        clinic=clinic,
        form=command.form,
        since_on=command.since_on,
        until_on=command.until_on,
        rows=len(period.rows),
        proves=period.proves,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        made_by=by,
        made_at=act.at,
    )
    return Done(value=row)
