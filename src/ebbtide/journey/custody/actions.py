"""Changing the custody: receive, draw, give, waste, return, void. Every act is double entry, in whole micrograms."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Model

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.accounts import Accounts, accounts_of, accounts_of_visit, lock_vials
from ebbtide.journey.custody.models import AccountKind, Movement, MovementKind, Vial
from ebbtide.journey.custody.posting import Leg, check, day_at, post, staff_of
from ebbtide.journey.custody.queries import held_for, left_in_vial, standing
from ebbtide.journey.custody.rules import (
    AmountRefused,
    Part,
    broken_by_amount,
    broken_by_expiry,
    broken_by_labels,
    broken_by_text,
    broken_by_vial,
    content_ug,
    spread,
    total_ug,
)


def topics(clinic_id: UUID) -> list[str]:
    """Which pages want to be read again."""
    return [f"custody:{clinic_id}"]


def _done(rows: list[Movement], accounts: Accounts, *more: Model) -> Done[Movement]:
    return Done(value=rows[0], rows=[*rows[1:], *accounts.opened, *more], announce=topics(rows[0].clinic_id))


def _taken(accounts: Accounts, amount_ug: int) -> tuple[Part, ...]:
    """So much of what a visit has in hand, vial by vial, in the order of drawing; the vials are locked."""
    held = held_for(accounts[AccountKind.SESSION])
    check(broken_by_amount(amount_ug, held_ug=total_ug(held), where="in hand for this visit"))
    parts = spread(amount_ug, held)
    lock_vials(part.vial for part in parts)
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveVials:
    """A delivery: vials of one drug, strength and lot, each with the label that makes it this one vial."""

    clinic: Clinic
    drug: str
    mg_per_ml: Decimal
    volume_ml: Decimal
    lot: str
    expires_on: date
    labels: tuple[str, ...]
    supplier: str


@action("custody.ledger", "create", about=lambda command: command.clinic)
def receive_vials(act: Act, command: ReceiveVials) -> Done[Vial]:
    """Vials come into the safe, each with its identity; the whole delivery or none of it."""
    labels = tuple(label.strip() for label in command.labels)
    known = Vial.objects.filter(clinic=command.clinic, label__in=labels).values_list("label", flat=True)
    check(broken_by_labels(labels, known=frozenset(known)))
    check(broken_by_expiry(expires_on=command.expires_on, today=day_at(command.clinic, act)))
    for what, text in (("Name the drug", command.drug), ("Copy the lot from the label", command.lot)):
        check(broken_by_text(text, what=what))
    check(broken_by_text(command.supplier, what="Say who delivered it"))
    accounts = accounts_of(command.clinic)
    vials = _vials(act, command, labels)
    leg = Leg(
        kind=MovementKind.RECEIVE,
        from_account=accounts[AccountKind.SUPPLIER],
        to_account=accounts[AccountKind.SAFE],
    )
    rows = post(act, command.clinic, leg, [Part(vial=v.pk, amount_ug=v.content_ug) for v in vials])
    return Done(
        value=vials[0], rows=[*vials[1:], *rows, *accounts.opened], announce=topics(command.clinic.pk)
    )


def _vials(act: Act, command: ReceiveVials, labels: tuple[str, ...]) -> list[Vial]:
    try:
        full_ug = content_ug(mg_per_ml=command.mg_per_ml, volume_ml=command.volume_ml)
    except AmountRefused as refusal:
        raise Refused("CUS-CONTENT", str(refusal)) from refusal
    vials = [
        Vial(
            clinic=command.clinic,
            drug=command.drug.strip(),
            mg_per_ml=command.mg_per_ml,
            volume_ml=command.volume_ml,
            content_ug=full_ug,
            lot=command.lot.strip(),
            expires_on=command.expires_on,
            label=label,
            supplier=command.supplier.strip(),
            received_by_id=staff_of(act),
            received_at=act.at,
        )
        for label in labels
    ]
    return list(Vial.objects.bulk_create(vials))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDose:
    visit: Visit
    vial: Vial
    amount_ug: int


@action("custody.ledger", "create", about=lambda command: command.visit)
def draw_dose(act: Act, command: DrawDose) -> Done[Movement]:
    """Drug leaves the safe for one visit's syringe or bag: of the order's drug and strength, today, not expired."""
    visit, vial = command.visit, command.vial
    clinic = visit.series.episode.patient.clinic
    _check_drawable(act, visit, vial)
    accounts = accounts_of_visit(visit)
    lock_vials([vial.pk])
    check(broken_by_amount(command.amount_ug, held_ug=left_in_vial(vial), where="left in this vial"))
    leg = Leg(
        kind=MovementKind.DRAW,
        from_account=accounts[AccountKind.SAFE],
        to_account=accounts[AccountKind.SESSION],
        visit=visit,
    )
    return _done(post(act, clinic, leg, [Part(vial=vial.pk, amount_ug=command.amount_ug)]), accounts)


def _check_drawable(act: Act, visit: Visit, vial: Vial) -> None:
    clinic, order = visit.series.episode.patient.clinic, visit.series.order
    today = day_at(clinic, act)
    if vial.clinic_id != clinic.pk:
        raise Refused("CUS-VIAL", "This vial is not in this clinic's safe: scan the label again.")
    if visit.status != VisitStatus.BOOKED or day_at(clinic, act, visit.starts_at) != today:
        raise Refused("CUS-VISIT", "Drug is drawn for a visit of today that is still booked: open that one.")
    check(broken_by_expiry(expires_on=vial.expires_on, today=today))
    check(
        broken_by_vial(
            drug=vial.drug,
            mg_per_ml=vial.mg_per_ml,
            ordered=order.drug,
            ordered_mg_per_ml=order.vial_mg_per_ml,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveDose:
    """A dose that the infusion log charted: `entry_id` is the entry that gave it."""

    visit: Visit
    amount_ug: int
    entry_id: UUID


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
    parts = _taken(accounts, command.amount_ug)
    leg = Leg(
        kind=MovementKind.GIVE,
        from_account=accounts[AccountKind.SESSION],
        to_account=accounts[AccountKind.GIVEN],
        visit=command.visit,
        entry_id=command.entry_id,
    )
    return _done(post(act, accounts[AccountKind.SAFE].clinic, leg, parts), accounts)
