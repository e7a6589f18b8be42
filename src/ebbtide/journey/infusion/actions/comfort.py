"""infusion: the person in the chair calls, and somebody answers. A call that is open stays one call, however often it is pressed."""

from dataclasses import dataclass

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Staff
from ebbtide.journey.infusion.actions.turns import held, topics
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.queries import state_of

CARD = "Card at the chair"  # who wrote an entry that the person's own card sent


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNurse:
    session: Session


@action("infusion.comfort_call", "create", about=lambda command: command.session)
def call_nurse(act: Act, command: CallNurse) -> Done[Entry]:
    """Open a call; pressed again while it is open it is the same call."""
    session = held(command.session)
    open_call = state_of(session).comfort_call
    if open_call is not None:
        return Done(value=Entry.objects.get(pk=open_call.id))
    return _written(act, session, "open")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCall:
    """`tested`: before the start the person pressed the button to try it."""

    session: Session
    tested: bool = False


@action("infusion.comfort_call", "acknowledge", about=lambda command: command.session)
def answer_call(act: Act, command: AnswerCall) -> Done[Entry]:
    """Somebody is with the person; a call that nobody made cannot be answered."""
    session = held(command.session)
    if state_of(session).comfort_call is None:
        raise Refused("INF-CALL", "Nobody calls at this chair any more: somebody answered already.")
    return _written(act, session, "tested" if command.tested else "answered")


def _written(act: Act, session: Session, state: str) -> Done[Entry]:
    author = None if act.by.staff_id is None else Staff.objects.get(pk=act.by.staff_id)
    entry = Entry.objects.create(
        id=new_id(),
        session=session,
        kind=Kind.COMFORT_CALL,
        body={"state": state},
        observed_at=act.at,
        recorded_at=act.recorded_at,
        author=author,
        tablet=CARD if author is None else act.device[:60],
    )
    return Done(value=entry, announce=topics(session))
