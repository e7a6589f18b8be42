"""Changing what the safe holds: vials arrive, go back to the supplier, or break. The act that opens a clinic's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor
from ebbtide.journey.custody.accounts import accounts_of, lock_vials
from ebbtide.journey.custody.models import Account, AccountKind, Destruction, Movement, MovementKind, Vial
from ebbtide.journey.custody.posting import (
    Leg,
    check,
    day_of,
    finished,
    post,
    read_scan,
    staff_of,
    topics,
    witnessing,
)
from ebbtide.journey.custody.queries import left_in, left_in_vial
from ebbtide.journey.custody.rules import (
    AmountRefused,
    Part,
    broken_by_amount,
    broken_by_expiry,
    broken_by_labels,
    broken_by_text,
    broken_by_witness,
    content_ug,
)
from ebbtide.journey.custody.scan_queries import product_known
from ebbtide.journey.custody.scans import (
    Delivery,
    Product,
    Scanned,
    broken_by_delivery,
    broken_by_package,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveVials:
    """A delivery: vials of one drug, strength and lot, each with the label that makes it this one vial."""

    clinic: Clinic
    drug: str
    mg_per_ml: Decimal
    volume_ml: Decimal
    lot: str
    expires_on: date
    # what makes each vial this one: the clinic's own number, or its symbol with a serial number as it was scanned
    labels: tuple[str, ...]
    supplier: str
    # the symbol of the package as it was scanned; it fills in and it is compared
    scan: str = ""


@action("custody.ledger", "create", about=lambda command: command.clinic)
def receive_vials(act: Act, command: ReceiveVials) -> Done[Vial]:
    """Vials come into the safe, each with its identity; the whole delivery or none of it."""
    labels = tuple(read_scan(label) for label in command.labels)
    check(broken_by_package([label for label in labels if label.is_gs1]))
    names = tuple(label.identity for label in labels)
    known = Vial.objects.filter(clinic=command.clinic, label__in=names).values_list("label", flat=True)
    check(broken_by_labels(names, known=frozenset(known)))
    check(broken_by_expiry(expires_on=command.expires_on, today=day_of(command.clinic, act.at)))
    for what, text in (("Name the drug", command.drug), ("Copy the lot from the label", command.lot)):
        check(broken_by_text(text, what=what))
    check(broken_by_text(command.supplier, what="Say who delivered it"))
    _check_scans(command, (read_scan(command.scan), *labels))
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


def _check_scans(command: ReceiveVials, scans: Sequence[Scanned]) -> None:
    """Every symbol of a delivery says what is booked."""
    told = Product(drug=command.drug.strip(), mg_per_ml=command.mg_per_ml, volume_ml=command.volume_ml)
    for scanned in scans:
        row = product_known(command.clinic, scanned.gtin)
        known = Product(drug=row.drug, mg_per_ml=row.mg_per_ml, volume_ml=row.volume_ml) if row else None
        delivery = Delivery(product=told, lot=command.lot.strip(), expires_on=command.expires_on, known=known)
        check(broken_by_delivery(scanned, delivery))


def _vials(act: Act, command: ReceiveVials, labels: tuple[Scanned, ...]) -> list[Vial]:
    package = read_scan(command.scan)
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
            label=label.identity,
            gtin=label.gtin or package.gtin,
            serial=label.serial,
            supplier=command.supplier.strip(),
            received_by_id=staff_of(act),
            received_at=act.at,
        )
        for label in labels
    ]
    return list(Vial.objects.bulk_create(vials))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnVial:
    """A vial that is expired, recalled or not wanted goes back to the supplier with all that is left in it."""

    vial: Vial
    reason: str


@action("custody.ledger", "create", about=lambda command: command.vial)
def return_vial(act: Act, command: ReturnVial) -> Done[Movement]:
    """Out of the safe, back to the supplier."""
    vial = command.vial
    check(broken_by_text(command.reason, what="Say why it goes back"))
    accounts = accounts_of(vial.clinic)
    lock_vials([vial.pk])
    left_ug = left_in_vial(vial)
    check(broken_by_amount(max(left_ug, 1), held_ug=left_ug, where="left in this vial"))
    leg = Leg(
        kind=MovementKind.RETURN,
        from_account=accounts[AccountKind.SAFE],
        to_account=accounts[AccountKind.RETURNED],
        reason=command.reason,
    )
    return finished(post(act, vial.clinic, leg, [Part(vial=vial.pk, amount_ug=left_ug)]), accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteVial:
    """A vial broke or was spilled in the safe, before a witness."""

    vial: Vial
    amount_ug: int
    reason: str
    witness: Actor = field(metadata={"secret": True})


@action("custody.ledger", "create", about=lambda command: command.vial)
def waste_vial(act: Act, command: WasteVial) -> Done[Movement]:
    """Waste out of the safe, with a witness who is another person."""
    vial = command.vial
    witness = witnessing(act, command.witness, resource="custody.ledger", about=vial)
    check(broken_by_witness(by=staff_of(act), witness=witness, drew=()))
    check(broken_by_text(command.reason, what="Say why it is wasted"))
    accounts = accounts_of(vial.clinic)
    lock_vials([vial.pk])
    check(broken_by_amount(command.amount_ug, held_ug=left_in_vial(vial), where="left in this vial"))
    leg = Leg(
        kind=MovementKind.WASTE,
        from_account=accounts[AccountKind.SAFE],
        to_account=accounts[AccountKind.WASTED],
        witness=witness,
        reason=command.reason,
    )
    return finished(post(act, vial.clinic, leg, [Part(vial=vial.pk, amount_ug=command.amount_ug)]), accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyVials:
    """Stock that nobody may use any more is destroyed here, before a witness; each vial with all that is left in it."""

    clinic: Clinic
    vials: tuple[Vial, ...]
    method: str
    place: str
    witness: Actor = field(metadata={"secret": True})


@action("custody.ledger", "create", about=lambda command: command.clinic)
def destroy_vials(act: Act, command: DestroyVials) -> Done[Destruction]:
    """Out of the safe for good, as one record with its movements; all of the vials or none."""
    clinic = command.clinic
    witness = witnessing(act, command.witness, resource="custody.ledger", about=clinic)
    check(broken_by_witness(by=staff_of(act), witness=witness, drew=()))
    check(broken_by_text(command.method, what="Say how it was destroyed"))
    check(broken_by_text(command.place, what="Say where it was destroyed"))
    accounts = accounts_of(clinic)
    row = Destruction.objects.create(
        clinic=clinic,
        method=command.method.strip(),
        place=command.place.strip(),
        by_id=staff_of(act),
        witness_id=witness,
        destroyed_at=act.at,
        recorded_at=act.recorded_at,
    )
    leg = Leg(
        kind=MovementKind.DESTROY,
        from_account=accounts[AccountKind.SAFE],
        to_account=accounts[AccountKind.WASTED],
        witness=witness,
        reason=command.method,
        destruction=row.pk,
    )
    rows = post(act, clinic, leg, _all_of(command, accounts[AccountKind.SAFE]))
    return Done(value=row, rows=[*rows, *accounts.opened], announce=topics(clinic.pk))


def _all_of(command: DestroyVials, safe: Account) -> list[Part]:
    if not command.vials or any(vial.clinic_id != command.clinic.pk for vial in command.vials):
        raise Refused("CUS-VIAL", "Choose the vials of this clinic's safe that were destroyed.")
    lock_vials(vial.pk for vial in command.vials)
    left = left_in(safe)
    empty = [vial.label for vial in command.vials if vial.pk not in left]
    if empty:
        raise Refused(
            "CUS-EMPTY", f"The books hold nothing of vial {empty[0]}: leave it out, or count it first."
        )
    return [Part(vial=vial.pk, amount_ug=left[vial.pk]) for vial in command.vials]
