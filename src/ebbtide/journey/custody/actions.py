"""Changing the custody: draw, give, waste, return, void. Every act is double entry, in whole micrograms."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.policy import Actor
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.accounts import accounts_of_visit, lock_vials, lock_visit
from ebbtide.journey.custody.beside import EndUndrawn, NoteUndrawn, end_undrawn, give_undrawn, note_undrawn
from ebbtide.journey.custody.counting import (
    Counted,
    RecordCount,
    SignCount,
    record_count,
    sign_count,
)
from ebbtide.journey.custody.drugs import is_beside
from ebbtide.journey.custody.handing import HandOn, hand_on
from ebbtide.journey.custody.investigations import (
    AddNote,
    CloseVariance,
    RecordLoss,
    add_note,
    close_variance,
    record_loss,
)
from ebbtide.journey.custody.models import AccountKind, Movement, MovementKind, Vial
from ebbtide.journey.custody.posting import (
    Leg,
    check,
    check_label,
    day_of,
    drug_of,
    finished,
    give_leg,
    post,
    reverse,
    staff_of,
    taken,
    witnessing,
)
from ebbtide.journey.custody.queries import left_in, left_in_vial, of_visit, standing
from ebbtide.journey.custody.reporting import MakeReport, make_report
from ebbtide.journey.custody.rules import (
    NEED_TWO,
    Kind,
    Part,
    broken_by_amount,
    broken_by_expiry,
    broken_by_text,
    broken_by_vial,
    broken_by_void,
    broken_by_witness,
)
from ebbtide.journey.custody.stock import (
    DestroyVials,
    ReceiveVials,
    ReturnVial,
    WasteVial,
    destroy_vials,
    receive_vials,
    return_vial,
    waste_vial,
)
from ebbtide.journey.custody.variances import PostVariance, post_variance

__all__ = [
    "AddNote",
    "CloseVariance",
    "Counted",
    "DestroyVials",
    "DrawDose",
    "EndUndrawn",
    "GiveDose",
    "HandOn",
    "MakeReport",
    "NoteUndrawn",
    "PostVariance",
    "ReceiveVials",
    "RecordCount",
    "RecordLoss",
    "ReturnRest",
    "ReturnVial",
    "SignCount",
    "TakeBackDose",
    "VoidMovement",
    "WasteRest",
    "WasteVial",
    "add_note",
    "close_variance",
    "destroy_vials",
    "draw_dose",
    "end_undrawn",
    "give_dose",
    "hand_on",
    "make_report",
    "note_undrawn",
    "post_variance",
    "receive_vials",
    "record_count",
    "record_loss",
    "return_rest",
    "return_vial",
    "sign_count",
    "take_back_dose",
    "void_movement",
    "waste_rest",
    "waste_vial",
    "why_not_drawable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDose:
    visit: Visit
    vial: Vial
    amount_ug: int
    # a drug given beside the infusion; empty: the order's
    drug: str = ""
    # what the scanner typed, when the vial was taken by its label
    scan: str = ""


@action("custody.ledger", "create", about=lambda command: command.visit)
def draw_dose(act: Act, command: DrawDose) -> Done[Movement]:
    """Drug leaves the safe for one visit's syringe or bag: of the order's drug and strength, today, not expired.

    Of one vial, several visits and several syringes may draw: each draw is a row of its own. What the log charted
    before anybody drew it is given out of this draw, in this transaction.
    """
    visit, vial = command.visit, command.vial
    clinic = visit.series.episode.patient.clinic
    _check_drawable(command, at=act.at)
    accounts = accounts_of_visit(visit)
    lock_vials([vial.pk])
    check(broken_by_amount(command.amount_ug, held_ug=left_in_vial(vial), where="left in this vial"))
    leg = Leg(
        kind=MovementKind.DRAW,
        from_account=accounts[AccountKind.SAFE],
        to_account=accounts[AccountKind.SESSION],
        visit=visit,
        scanned=bool(command.scan),
    )
    drawn = post(act, clinic, leg, [Part(vial=vial.pk, amount_ug=command.amount_ug)])
    return finished(drawn, accounts, also=give_undrawn(act, accounts, visit, vial.drug))


def _check_drawable(command: DrawDose, *, at: datetime) -> None:
    visit, vial = command.visit, command.vial
    clinic, order = visit.series.episode.patient.clinic, visit.series.order
    today = day_of(clinic, at)
    if vial.clinic_id != clinic.pk:
        raise Refused("CUS-VIAL", "This vial is not in this clinic's safe: scan the label again.")
    if visit.status != VisitStatus.BOOKED or day_of(clinic, visit.starts_at) != today:
        raise Refused("CUS-VISIT", "Drug is drawn for a visit of today that is still booked: open that one.")
    check(broken_by_expiry(expires_on=vial.expires_on, today=today))
    if command.drug and not is_beside(command.drug):
        raise Refused("CUS-BESIDE", "This drug is not given beside an infusion: draw it as the order says.")
    check(
        broken_by_vial(
            drug=vial.drug,
            mg_per_ml=vial.mg_per_ml,
            ordered=command.drug or order.drug,
            # what is given beside the infusion is ordered in mg: any strength of it fits
            ordered_mg_per_ml=vial.mg_per_ml if command.drug else order.vial_mg_per_ml,
        )
    )
    check_label(vial, command.scan, today=today)


def why_not_drawable(command: DrawDose, *, at: datetime) -> str:
    """Why a vial may not be drawn for a visit, in the words of the rule; empty when it may. Changes nothing."""
    try:
        _check_drawable(command, at=at)
    except Refused as refusal:
        return refusal.sentence
    return "" if left_in_vial(command.vial) else "This vial is empty: take another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveDose:
    """A dose that the infusion log charted: `entry_id` is the entry that gave it."""

    visit: Visit
    amount_ug: int
    entry_id: UUID
    # a drug given beside the infusion; empty: the order's
    drug: str = ""


@action("custody.dose", "create", about=lambda command: command.visit)
def give_dose(act: Act, command: GiveDose) -> Done[Movement]:
    """The register's side of a dose, called nested in the transaction of the log entry that gave it.

    It never asks to sign in again: the entry's own route does where it must, and a stop works from one tap. It is
    refused (CUS-SHORT) when less is in hand than was charted. A stop or pause is never refused for that: its caller
    posts what `rules.to_post(charted_ug=…, in_hand_ug=balance_of(visit).in_hand_ug)` allows and shows the rest.
    """
    accounts = accounts_of_visit(command.visit)
    if standing(Movement.objects.filter(given_by_entry=command.entry_id)).exists():
        raise Refused("CUS-ENTRY", "The register has this entry's dose already: nothing was changed.")
    parts = taken(accounts, command.amount_ug, drug_of(command))
    leg = give_leg(accounts, command.visit, command.entry_id)
    return finished(post(act, accounts.clinic, leg, parts), accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackDose:
    """The log entry that gave this was corrected or withdrawn."""

    visit: Visit
    entry_id: UUID
    reason: str


@action("custody.dose", "amend", about=lambda command: command.visit)
def take_back_dose(act: Act, command: TakeBackDose) -> Done[Movement]:
    """The register follows a correction of the log: nested in its transaction, each row of the dose is reversed."""
    accounts = accounts_of_visit(command.visit)
    given = list(standing(Movement.objects.filter(given_by_entry=command.entry_id, kind=MovementKind.GIVE)))
    if not given:
        raise Refused("CUS-NODOSE", "The register has no dose of this entry: there is nothing to take back.")
    lock_vials(row.vial_id for row in given)
    rows = [reverse(act, row, reason=command.reason) for row in given]
    return finished(rows, accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteRest:
    """What is left is thrown away before a witness, who has signed in within this very request."""

    visit: Visit
    amount_ug: int
    reason: str
    # a drug given beside the infusion; empty: the order's
    drug: str = ""
    # who the witness is stands in the row; when they typed their password is no part of what is repeated
    witness: Actor = field(metadata={"secret": True})


@action("custody.ledger", "create", about=lambda command: command.visit)
def waste_rest(act: Act, command: WasteRest) -> Done[Movement]:
    """Waste, with a witness who is another person, did not draw this drug, and may witness."""
    visit = command.visit
    witness = witnessing(act, command.witness, resource="custody.ledger", about=visit)
    accounts = accounts_of_visit(visit)
    drug = drug_of(command)
    drew = standing(of_visit(visit).filter(kind=MovementKind.DRAW, vial__drug=drug))
    drew_by = frozenset(drew.values_list("by_id", flat=True))
    check(broken_by_witness(by=staff_of(act), witness=witness, drew=drew_by))
    check(broken_by_text(command.reason, what="Say why it is wasted"))
    leg = Leg(
        kind=MovementKind.WASTE,
        from_account=accounts[AccountKind.SESSION],
        to_account=accounts[AccountKind.WASTED],
        visit=visit,
        witness=witness,
        reason=command.reason,
    )
    return finished(post(act, accounts.clinic, leg, taken(accounts, command.amount_ug, drug)), accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRest:
    """Taken from the safe for a visit and not needed: still in its vial, it goes back."""

    visit: Visit
    vial: Vial
    amount_ug: int
    reason: str


@action("custody.ledger", "create", about=lambda command: command.visit)
def return_rest(act: Act, command: ReturnRest) -> Done[Movement]:
    """Back into the safe; what was drawn up into a syringe or bag never goes back into a vial, it is wasted."""
    accounts = accounts_of_visit(command.visit)
    check(broken_by_text(command.reason, what="Say why it goes back"))
    lock_vials([command.vial.pk])
    held = left_in(accounts[AccountKind.SESSION]).get(command.vial.pk, 0)
    check(broken_by_amount(command.amount_ug, held_ug=held, where="of this vial in hand for this visit"))
    leg = Leg(
        kind=MovementKind.RETURN,
        from_account=accounts[AccountKind.SESSION],
        to_account=accounts[AccountKind.SAFE],
        visit=command.visit,
        reason=command.reason,
    )
    part = Part(vial=command.vial.pk, amount_ug=command.amount_ug)
    return finished(post(act, accounts.clinic, leg, [part]), accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidMovement:
    """A row was written by mistake. Undoing a waste or a variance takes two people again."""

    movement: Movement
    reason: str
    witness: Actor | None = field(default=None, metadata={"secret": True})


@action("custody.ledger", "create", about=lambda command: command.movement)
def void_movement(act: Act, command: VoidMovement) -> Done[Movement]:
    """Undo a row by its reverse, which names it; neither is ever removed."""
    row, witness = command.movement, None
    accounts = (row.from_account, row.to_account)
    for visit_id in sorted({one.visit_id for one in accounts if one.visit_id is not None}):
        lock_visit(visit_id)
    lock_vials([row.vial_id])
    check(broken_by_void(Kind(row.kind), voided=Movement.objects.filter(voids=row).exists()))
    check(broken_by_text(command.reason, what="Say what was wrong with this row"))
    if row.kind in NEED_TWO:
        witness = witnessing(act, command.witness, resource="custody.ledger", about=row)
        check(broken_by_witness(by=staff_of(act), witness=witness, drew=()))
    if row.to_account.kind not in {AccountKind.SUPPLIER, AccountKind.VARIANCE}:
        held = left_in(row.to_account).get(row.vial_id, 0)
        check(broken_by_amount(row.amount_ug, held_ug=held, where="still there to be moved back"))
    return finished([reverse(act, row, reason=command.reason, witness=witness)], None)
