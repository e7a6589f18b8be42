"""Writing movements: every amount leaves one account and enters another. Used inside actions alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.models import Account, Movement
from ebbtide.journey.custody.rules import Broken, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One way that drug takes: of which kind, from where to where, and what the rows say beside it."""

    kind: str
    from_account: Account
    to_account: Account
    visit: Visit | None = None
    entry_id: UUID | None = None
    witness: UUID | None = None
    reason: str = ""


def check(broken: Broken | None) -> None:
    """A rule that is not kept refuses the act."""
    if broken is not None:
        raise Refused(broken.rule, broken.sentence)


def staff_of(act: Act) -> UUID:
    """Who stands in the register: a member of staff, never a machine."""
    if act.by.staff_id is None:
        raise Refused("CUS-STAFF", "The register is kept by people of the clinic: sign in as staff.")
    return act.by.staff_id


def day_at(clinic: Clinic, act: Act, at: datetime | None = None) -> date:
    """The day on the clinic's wall: of the act, or of another instant."""
    return (at or act.at).astimezone(ZoneInfo(clinic.time_zone)).date()


def staff_here(staff: Staff, clinic_id: UUID) -> bool:
    return staff.clinic_id == clinic_id and staff.left_at is None


def post(act: Act, clinic: Clinic, leg: Leg, parts: Sequence[Part]) -> list[Movement]:
    """Write one movement for each vial; the database refuses a balance below zero."""
    by = staff_of(act)
    rows = [
        Movement(
            clinic=clinic,
            vial_id=part.vial,
            kind=leg.kind,
            from_account=leg.from_account,
            to_account=leg.to_account,
            amount_ug=part.amount_ug,
            visit=leg.visit,
            given_by_entry=leg.entry_id,
            reason=leg.reason.strip()[:240],
            by_id=by,
            witness_id=leg.witness,
            moved_at=act.at,
            recorded_at=act.recorded_at,
        )
        for part in parts
    ]
    return list(Movement.objects.bulk_create(rows))
