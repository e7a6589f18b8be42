"""Writing movements: every amount leaves one account and enters another. Used inside actions alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Model

from ebbtide.ground.ledger.action import Act, Done, Refused
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor, may
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.accounts import Accounts, lock_vials
from ebbtide.journey.custody.models import Account, AccountKind, Movement, MovementKind, Vial
from ebbtide.journey.custody.queries import held_for
from ebbtide.journey.custody.rules import Broken, Part, broken_by_amount, spread, total_ug
from ebbtide.journey.custody.scans import Booked, NotReadable, Scanned, broken_by_scan, read_label


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
    scanned: bool = False
    destruction: UUID | None = None


def check(broken: Broken | None) -> None:
    """A rule that is not kept refuses the act."""
    if broken is not None:
        raise Refused(broken.rule, broken.sentence)


def staff_of(act: Act) -> UUID:
    """Who stands in the register: a member of staff, never a machine."""
    if act.by.staff_id is None:
        raise Refused("CUS-STAFF", "The register is kept by people of the clinic: sign in as staff.")
    return act.by.staff_id


def day_of(clinic: Clinic, at: datetime) -> date:
    """The day on the clinic's wall."""
    return at.astimezone(ZoneInfo(clinic.time_zone)).date()


def witnessing(act: Act, witness: Actor | None, *, resource: str, about: Model) -> UUID:
    """The second person's staff row: signed in within this request, and allowed to witness this."""
    if witness is None or witness.staff_id is None:
        raise Refused(
            "CUS-WITNESS", "This takes two people: ask a second nurse or a prescriber to sign in here."
        )
    decision = may(witness, "witness", resource, about, at=act.recorded_at)
    if not decision.allowed or decision.step_up:
        raise Refused(
            "CUS-WITNESS-ROLE",
            "This person may not witness here: ask a second nurse or a prescriber to sign in.",
        )
    return witness.staff_id


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
            scanned=leg.scanned,
            destruction_id=leg.destruction,
            moved_at=act.at,
            recorded_at=act.recorded_at,
        )
        for part in parts
    ]
    return list(Movement.objects.bulk_create(rows))


def reverse(act: Act, row: Movement, *, reason: str, witness: UUID | None = None) -> Movement:
    """Write the reverse of a movement, which names it."""
    return Movement.objects.create(
        clinic_id=row.clinic_id,
        vial_id=row.vial_id,
        kind=MovementKind.VOID,
        from_account_id=row.to_account_id,
        to_account_id=row.from_account_id,
        amount_ug=row.amount_ug,
        # a row names the visit that it takes from: the way back of what was handed on begins at the other visit
        visit_id=row.to_account.visit_id or row.visit_id,
        given_by_entry=row.given_by_entry,
        reason=reason.strip()[:240],
        by_id=staff_of(act),
        witness_id=witness,
        voids=row,
        moved_at=act.at,
        recorded_at=act.recorded_at,
    )


def topics(clinic_id: UUID) -> list[str]:
    """Which pages want to be read again."""
    return [f"custody:{clinic_id}"]


class OfADrug(Protocol):
    """A command about the drug of a visit: the order's, unless it names one that is given beside the infusion."""

    @property
    def visit(self) -> Visit: ...
    @property
    def drug(self) -> str: ...


def drug_of(command: OfADrug) -> str:
    """The drug that a command is about."""
    ordered: str = command.visit.series.order.drug
    return command.drug or ordered


def taken(accounts: Accounts, amount_ug: int, drug: str) -> tuple[Part, ...]:
    """So much of what a visit has in hand of a drug, vial by vial, in the order of drawing; the vials are locked."""
    held = held_for(accounts[AccountKind.SESSION], drug)
    check(broken_by_amount(amount_ug, held_ug=total_ug(held), where="in hand for this visit"))
    parts = spread(amount_ug, held)
    lock_vials(part.vial for part in parts)
    return parts


def give_leg(accounts: Accounts, visit: Visit, entry_id: UUID) -> Leg:
    """From the syringe or bag into the person, by an entry of the log."""
    return Leg(
        kind=MovementKind.GIVE,
        from_account=accounts[AccountKind.SESSION],
        to_account=accounts[AccountKind.GIVEN],
        visit=visit,
        entry_id=entry_id,
    )


def read_scan(typed: str) -> Scanned:
    """What a scanner typed, or a refusal that says what to do."""
    try:
        return read_label(typed)
    except NotReadable as refusal:
        raise Refused("CUS-SCAN", str(refusal)) from refusal


def check_label(vial: Vial, scan: str, *, today: date) -> None:
    """The label in the hand is this vial's; nothing was scanned: nothing to compare."""
    booked = Booked(gtin=vial.gtin, serial=vial.serial, lot=vial.lot, expires_on=vial.expires_on)
    check(broken_by_scan(read_scan(scan), booked, today=today))


def finished(
    rows: Sequence[Movement], accounts: Accounts | None, *, also: Sequence[Model] = ()
) -> Done[Movement]:
    """What an act did: its movements and the accounts that it opened."""
    opened = () if accounts is None else accounts.opened
    return Done(value=rows[0], rows=[*rows[1:], *opened, *also], announce=topics(rows[0].clinic_id))
