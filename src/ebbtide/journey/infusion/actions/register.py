"""infusion: what the log gave enters the register, in the transaction of the entry that gave it."""

from django.db.models import Max

from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.actions import GiveDose, TakeBackDose, give_dose, take_back_dose
from ebbtide.journey.custody.models import Movement, MovementKind
from ebbtide.journey.custody.queries import OF_THE_ORDER, balance_of, standing
from ebbtide.journey.custody.rules import to_post
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.models import Entry
from ebbtide.journey.infusion.session import Phase, SessionState

POSTS = frozenset({Kind.PAUSE, Kind.STOP, Kind.BOLUS})  # at these the register takes what has gone in
CORRECTED = "The infusion log was corrected."


def post_to_register(act: Act, entry: Entry, state: SessionState) -> None:
    """Bring the register to what the log says has gone in.

    Once nothing flows any more, a correction of an earlier flow posts too, and one that lowers what was given takes
    back first. A shortage never keeps a pause or a stop: what was drawn is posted, and the page shows the difference.
    A bolus that nobody drew is refused.
    """
    kind, visit = Kind(entry.kind), entry.session.visit
    if kind not in POSTS and state.phase not in {Phase.PAUSED, Phase.STOPPED}:
        return
    charted_ug = state.given_ug(max(act.recorded_at, entry.observed_at))
    _take_back(act, visit, charted_ug)
    balance = balance_of(visit)
    posting = to_post(charted_ug=charted_ug - balance.given_ug, in_hand_ug=balance.in_hand_ug)
    if kind is Kind.BOLUS and posting.short_ug:
        raise Refused(
            "INF-SHORT",
            "Less is drawn for this visit than this bolus and what went in before: draw first, then give it.",
        )
    if posting.post_ug:
        command = GiveDose(visit=visit, amount_ug=posting.post_ug, entry_id=entry.pk)
        give_dose(act.nested("register"), command)


def _take_back(act: Act, visit: Visit, charted_ug: int) -> None:
    """Reverse the newest postings until the register holds no more than the log."""
    if balance_of(visit).given_ug <= charted_ug:
        return
    gives = standing(Movement.objects.filter(OF_THE_ORDER, visit=visit, kind=MovementKind.GIVE))
    posted = gives.values_list("given_by_entry").annotate(newest=Max("recorded_at")).order_by("-newest")
    for number, (entry_id, _) in enumerate(list(posted)):
        if balance_of(visit).given_ug <= charted_ug:
            return
        assert entry_id is not None  # noqa: S101 - a dose in the register names the entry that gave it
        command = TakeBackDose(visit=visit, entry_id=entry_id, reason=CORRECTED)
        take_back_dose(act.nested(f"take-back-{number}"), command)
