"""infusion: a controlled drug given beside the infusion enters the register in the transaction of the entry that says so."""

from decimal import Decimal
from uuid import UUID

from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.journey.custody.actions import (
    EndUndrawn,
    GiveDose,
    NoteUndrawn,
    TakeBackDose,
    end_undrawn,
    give_dose,
    note_undrawn,
    take_back_dose,
)
from ebbtide.journey.custody.drugs import controlled, drug_words, is_ketamine
from ebbtide.journey.custody.models import Movement, MovementKind
from ebbtide.journey.custody.queries import balance_of, standing, strength_in_hand, undrawn_of
from ebbtide.journey.custody.rules import AmountRefused, broken_by_undrawn, micrograms, to_post
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.models import Entry
from ebbtide.journey.infusion.session import SessionState

MG_PER = {"mg": Decimal(1), "microgram": Decimal("0.001"), "g": Decimal(1000)}
CORRECTED = "The infusion log was corrected."


def post_beside(act: Act, entry: Entry, state: SessionState) -> None:
    """Give what is charted out of what was drawn for the visit; a drug the books do not know as controlled is only charted.

    Nothing drawn: refused, and the sentence says to draw first. An entry that arrives late or stands in an emergency is
    charted all the same, and the register says that it waits for a draw: what happened is never lost.
    """
    if entry.replaces_id is not None:
        _take_back(act, entry, entry.replaces_id)
    named = "" if entry.withdrawn else str(entry.body.get("drug", ""))
    if is_ketamine(named):
        raise Refused(
            "INF-DRUG-OWN", "Ketamine is charted by the infusion's rate or as a bolus, never as another drug."
        )
    drug = controlled(named)
    if not drug:
        return
    visit, amount_ug = entry.session.visit, _amount_ug(entry, drug)
    posting = to_post(charted_ug=amount_ug, in_hand_ug=balance_of(visit, drug).in_hand_ug)
    may_wait = entry.late or in_emergency(state)
    broken = broken_by_undrawn(short_ug=posting.short_ug, words=drug_words(drug), may_wait=may_wait)
    if broken is not None:
        raise Refused(broken.rule, broken.sentence)
    if posting.short_ug:
        waits = NoteUndrawn(visit=visit, drug=drug, amount_ug=amount_ug, entry_id=entry.pk)
        note_undrawn(act.nested("undrawn"), waits)
    elif posting.post_ug:
        command = GiveDose(visit=visit, amount_ug=amount_ug, entry_id=entry.pk, drug=drug)
        give_dose(act.nested("register"), command)


def in_emergency(state: SessionState) -> bool:
    """Whether an emergency script is open: its newest entry opened one."""
    said = [one.text("state") for one in state.events if one.kind is Kind.EMERGENCY and not one.withdrawn]
    return bool(said) and said[-1] == "opened"


def _amount_ug(entry: Entry, drug: str) -> int:
    amount, unit = Decimal(str(entry.body["amount"])), str(entry.body["unit"])
    mg_per = MG_PER.get(unit)
    if unit == "mL":
        mg_per = strength_in_hand(entry.session.visit, drug)
    if mg_per is None:
        raise Refused(
            "INF-DRUG-UNIT", f"{drug_words(drug)} is booked by weight: enter it in mg or micrograms."
        )
    try:
        return micrograms(amount * mg_per)
    except AmountRefused as refusal:
        raise Refused("INF-DRUG-AMOUNT", str(refusal)) from refusal


def _take_back(act: Act, entry: Entry, replaced: UUID) -> None:
    """The register lets go of what the replaced entry gave, or of what it waited for."""
    visit = entry.session.visit
    if standing(Movement.objects.filter(given_by_entry=replaced, kind=MovementKind.GIVE)).exists():
        command = TakeBackDose(visit=visit, entry_id=replaced, reason=CORRECTED)
        take_back_dose(act.nested("take-back"), command)
    elif undrawn_of(visit).filter(given_by_entry=replaced).exists():
        end_undrawn(act.nested("end-undrawn"), EndUndrawn(visit=visit, entry_id=replaced))
