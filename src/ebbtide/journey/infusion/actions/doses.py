"""infusion: what must be true before more drug flows: the order, the gate, the rate, the bolus, the total, the pauses."""

from collections.abc import Iterable
from dataclasses import dataclass

from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.journey.infusion.actions.turns import check
from ebbtide.journey.infusion.events import Event, Kind
from ebbtide.journey.infusion.models import Session, StartGate
from ebbtide.journey.infusion.queries import newest_gate, order_counts, order_of, ordered_of
from ebbtide.journey.infusion.rules import (
    Ordered,
    broken_by_bolus,
    broken_by_gate,
    broken_by_pauses,
    broken_by_rate,
    broken_by_total,
    kind_may_open,
)
from ebbtide.journey.infusion.session import SessionState, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """An entry that lets more drug flow, beside all that it is judged by, at the moment it happened."""

    event: Event
    state: SessionState
    ordered: Ordered
    gate: StartGate | None
    by_prescriber: bool


def check_dose(act: Act, session: Session, event: Event, *, others: Iterable[Event]) -> None:
    """Refuse more drug than the order, the gate and the pauses allow; what the entry corrects is left out."""
    gate = newest_gate(session)
    order = order_of(session, gate)
    one_at_a_time(
        "order", order.order_id
    )  # nobody replaces it or takes it back between this look and the entry
    if not order_counts(order):
        raise Refused(
            "INF-ORDER-STALE",
            "This order was changed or taken back meanwhile: read the newest version and go through the start gate with it.",
        )
    aside = {event.replaces} - {None}  # what it corrects, and what else corrects that: one of them will stand
    earlier = (
        one for one in others if one.observed_at <= event.observed_at and not {one.id, one.replaces} & aside
    )
    dose = Dose(
        event=event,
        state=fold(earlier),
        ordered=ordered_of(order),
        gate=gate,
        by_prescriber=act.by.has("prescriber"),
    )
    _check_amounts(dose)
    if kind_may_open(event.kind, dose.state.phase):
        _check_gate(dose)
    if event.kind is Kind.RESUME:
        check(broken_by_pauses(dose.state.pauses, at=event.observed_at, by_prescriber=dose.by_prescriber))


def _check_amounts(dose: Dose) -> None:
    at, reason = dose.event.observed_at, dose.event.text("reason")
    check(broken_by_total(ordered=dose.ordered, given_ug=dose.state.given_ug(at)))
    amount_mg, rate_mg_per_h = dose.event.decimal("amount_mg"), dose.event.rate_mg_per_h
    if amount_mg is not None:
        check(broken_by_bolus(amount_mg, ordered=dose.ordered, state=dose.state, reason=reason))
    if rate_mg_per_h is not None:
        flowed_min = dose.state.flowing_min(at)
        check(broken_by_rate(rate_mg_per_h, ordered=dose.ordered, flowed_min=flowed_min, reason=reason))


def _check_gate(dose: Dose) -> None:
    gate = dose.gate
    check(
        broken_by_gate(
            passed_at=gate.signed_at if gate else None,
            newest_passed=bool(gate and gate.passed),
            observed_at=dose.event.observed_at,
        )
    )
