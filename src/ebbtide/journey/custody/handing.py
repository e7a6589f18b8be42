"""Changing which visit a vial serves: taken out of the safe for one, handed on to another of the same day."""

from dataclasses import dataclass

from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.policy import check_may
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.accounts import accounts_of_visit, lock_vials, lock_visit
from ebbtide.journey.custody.drugs import is_beside
from ebbtide.journey.custody.models import AccountKind, Movement, MovementKind, Vial
from ebbtide.journey.custody.posting import Leg, check, day_of, finished, post
from ebbtide.journey.custody.queries import left_in
from ebbtide.journey.custody.rules import Part, broken_by_amount, broken_by_hand_on, broken_by_text


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOn:
    """What is still in its vial serves another visit; a syringe or bag that was prepared never does."""

    visit: Visit
    to_visit: Visit
    vial: Vial
    amount_ug: int
    reason: str


@action("custody.ledger", "create", about=lambda command: command.visit)
def hand_on(act: Act, command: HandOn) -> Done[Movement]:
    """From one visit's account to another's, as one row that both show."""
    visit, other, vial = command.visit, command.to_visit, command.vial
    check_may(act.by, "create", "custody.ledger", other, at=act.recorded_at)
    _check_other(act, command)
    check(broken_by_text(command.reason, what="Say why it is handed on"))
    for visit_id in sorted((visit.pk, other.pk)):
        lock_visit(visit_id)
    accounts, others = accounts_of_visit(visit), accounts_of_visit(other)
    lock_vials([vial.pk])
    held = left_in(accounts[AccountKind.SESSION]).get(vial.pk, 0)
    check(broken_by_amount(command.amount_ug, held_ug=held, where="of this vial in hand for this visit"))
    leg = Leg(
        kind=MovementKind.TRANSFER,
        from_account=accounts[AccountKind.SESSION],
        to_account=others[AccountKind.SESSION],
        visit=visit,
        reason=command.reason,
    )
    rows = post(act, accounts.clinic, leg, [Part(vial=vial.pk, amount_ug=command.amount_ug)])
    return finished(rows, accounts, also=others.opened)


def _check_other(act: Act, command: HandOn) -> None:
    other, vial = command.to_visit, command.vial
    clinic = command.visit.series.episode.patient.clinic
    order = other.series.order
    check(
        broken_by_hand_on(
            same_visit=other.pk == command.visit.pk,
            same_drug=is_beside(vial.drug)
            or (vial.drug, vial.mg_per_ml) == (order.drug, order.vial_mg_per_ml),
            other_is_open=other.series.episode.patient.clinic_id == clinic.pk
            and other.status == VisitStatus.BOOKED
            and day_of(clinic, other.starts_at) == day_of(clinic, act.at),
        )
    )
