"""Changing the variances: a difference nobody can explain is posted by two people, gets an owner, and is closed by a director."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.policy import Actor, may
from ebbtide.ground.policy.actors import of_staff
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.accounts import Accounts, accounts_of, accounts_of_visit, lock_vials
from ebbtide.journey.custody.investigation_rules import broken_by_due
from ebbtide.journey.custody.models import (
    Account,
    AccountKind,
    Movement,
    MovementKind,
    Variance,
    Vial,
)
from ebbtide.journey.custody.posting import Leg, check, day_of, post, staff_of, topics, witnessing
from ebbtide.journey.custody.queries import drawn_last, held_for, left_in
from ebbtide.journey.custody.rules import (
    Part,
    broken_by_amount,
    broken_by_second,
    broken_by_text,
    spread,
    total_ug,
)

HANDLED = (MovementKind.DRAW, MovementKind.GIVE, MovementKind.WASTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostVariance:
    """What cannot be explained, of a visit or of a vial in the safe. Above zero: missing; below zero: found too much."""

    amount_ug: int
    searched: str
    owner: Staff
    due_on: date
    # theft or significant loss? None: not decided yet
    to_report: bool | None
    second: Actor = field(metadata={"secret": True})
    visit: Visit | None = None
    vial: Vial | None = None
    # of a visit: a drug given beside the infusion; empty: the order's
    drug: str = ""
    # nobody else is in the clinic, so the second person may have handled the drug today
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """Where the difference is: the account, its clinic, and the vials it is about."""

    account: Account
    accounts: Accounts
    parts: Sequence[Part]


@action("custody.count", "create", about=lambda command: command.visit or command.vial)
def post_variance(act: Act, command: PostVariance) -> Done[Variance]:
    """Book a difference to its own account with two sign-ins and an owner; nothing that was charted is altered for it."""
    where = _where(command)
    second = witnessing(act, command.second, resource="custody.count", about=where.accounts.clinic)
    touched = _handled_today(act, where)
    check(broken_by_second(by=staff_of(act), second=second, touched=touched, alone=command.alone))
    _check_investigation(act, command, where.accounts.clinic)
    rows = post(act, where.accounts.clinic, _leg(command, where, second), where.parts)
    variances = Variance.objects.bulk_create(
        Variance(
            movement=row,
            searched=command.searched.strip(),
            owner=command.owner,
            due_on=command.due_on,
            to_report=command.to_report,
            second_touched=second in touched,
            posted_at=act.at,
        )
        for row in rows
    )
    return Done(
        value=variances[0],
        rows=[*variances[1:], *rows, *where.accounts.opened],
        announce=topics(where.accounts.clinic.pk),
    )


def _where(command: PostVariance) -> _Where:
    if command.visit is not None:
        drug = command.drug or command.visit.series.order.drug
        return _of_visit(command.visit, command.amount_ug, drug)
    if command.vial is not None:
        return _of_vial(command.vial, command.amount_ug)
    raise Refused("CUS-WHERE", "Say which visit or which vial the difference is about.")


def _of_visit(visit: Visit, amount_ug: int, drug: str) -> _Where:
    accounts = accounts_of_visit(visit)
    session = accounts[AccountKind.SESSION]
    if amount_ug < 0:
        vial_id = drawn_last(session, drug)
        if vial_id is None:
            raise Refused("CUS-NOVIAL", "Nothing was drawn for this visit, so nothing can be too much of it.")
        parts: Sequence[Part] = (Part(vial=vial_id, amount_ug=-amount_ug),)
    else:
        held = held_for(session, drug)
        check(broken_by_amount(amount_ug, held_ug=total_ug(held), where="in hand for this visit"))
        parts = spread(amount_ug, held)
    lock_vials(part.vial for part in parts)
    return _Where(account=session, accounts=accounts, parts=parts)


def _of_vial(vial: Vial, amount_ug: int) -> _Where:
    accounts = accounts_of(vial.clinic)
    safe = accounts[AccountKind.SAFE]
    lock_vials([vial.pk])
    if amount_ug >= 0:
        held = left_in(safe).get(vial.pk, 0)
        check(broken_by_amount(amount_ug, held_ug=held, where="left in this vial"))
    return _Where(account=safe, accounts=accounts, parts=(Part(vial=vial.pk, amount_ug=abs(amount_ug)),))


def _leg(command: PostVariance, where: _Where, second: UUID) -> Leg:
    ends = (where.account, where.accounts[AccountKind.VARIANCE])
    from_account, to_account = ends if command.amount_ug > 0 else ends[::-1]
    return Leg(
        kind=MovementKind.VARIANCE,
        from_account=from_account,
        to_account=to_account,
        visit=command.visit,
        witness=second,
        reason="Searched and counted again; nobody could explain it.",
    )


def _handled_today(act: Act, where: _Where) -> frozenset[UUID]:
    """Who drew, gave or wasted this drug on this day of the clinic."""
    clinic = where.accounts.clinic
    start = datetime.combine(day_of(clinic, act.at), time(), tzinfo=ZoneInfo(clinic.time_zone))
    drugs = Vial.objects.filter(pk__in=[part.vial for part in where.parts]).values("drug")
    rows = Movement.objects.filter(
        clinic=clinic,
        vial__drug__in=drugs,
        kind__in=HANDLED,
        moved_at__gte=start,
        moved_at__lt=start + timedelta(days=1),
    )
    return frozenset(rows.values_list("by_id", flat=True))


def _check_investigation(act: Act, command: PostVariance, clinic: Clinic) -> None:
    check(broken_by_text(command.searched, what="Say where it was searched and counted again"))
    check(broken_by_due(due_on=command.due_on, today=day_of(clinic, act.at)))
    if not may(of_staff(command.owner), "read", "custody.count", clinic).allowed:
        raise Refused(
            "CUS-OWNER",
            "A prescriber or a director of this clinic owns the investigation: choose one of them.",
        )
