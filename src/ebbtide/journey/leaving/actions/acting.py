"""What every act of this stage stands on: rules as refusals, the locked session, who acts, and who is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.models import Staff
from ebbtide.journey.infusion.actions.turns import topics
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.leaving.queries import Standing, session_to_leave, standing_of
from ebbtide.journey.leaving.rules import NotYet


@contextmanager
def ruled() -> Iterator[None]:
    """A rule that says not yet refuses the act."""
    try:
        yield
    except NotYet as refused:
        raise Refused(refused.rule, refused.sentence) from refused


def held(act: Act, session: Session, *, escort: str = "", escort_signed: bool = False) -> Standing:
    """The session as it stands, locked: two people never decide about one person at once."""
    one_at_a_time("session", session.pk)
    found = session_to_leave(session.pk)
    if Departure.objects.filter(session=found).exists():
        raise Refused("LEA-LEFT", "This person has left already: nothing was changed.")
    return standing_of(found, at=act.at, escort=escort, escort_signed=escort_signed)


def staff_of(act: Act) -> Staff:
    """Who acts, as somebody of the clinic."""
    if act.by.staff_id is None:
        raise Refused("LEA-STAFF", "This is recorded by somebody of the clinic: sign in as staff.")
    return Staff.objects.get(pk=act.by.staff_id)


def topics_of(standing: Standing) -> list[str]:
    """Who hears of it: the chair and the day."""
    return [*topics(standing.session), f"day:{standing.session.chair.clinic_id}"]
