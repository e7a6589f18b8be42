"""infusion: what several acts share: refusing, waiting one's turn, who acts, which pages to tell."""

from functools import lru_cache

from ebbtide.ground.database.prepared import IDS, Statement
from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import SESSION_WAY
from ebbtide.journey.infusion.rules import Broken


def check(broken: Broken | None) -> None:
    """Turn a rule that is not kept into the act's refusal."""
    if broken is not None:
        raise Refused(broken.rule, broken.sentence)


def staff_of(act: Act) -> Staff:
    """The member of staff who acts."""
    if act.by.staff_id is None:
        raise Refused("INF-STAFF", "An infusion is charted by somebody of the clinic: sign in as staff.")
    found: Staff | None = _staff().first(act.by.staff_id)
    if found is None:
        raise Staff.DoesNotExist
    return found


@lru_cache(maxsize=1)
def _staff() -> Statement:
    return Statement(Staff.objects.filter(pk=IDS[0]), IDS[0])


def held(session: Session) -> Session:
    """The session, with everybody else who writes in its log waiting until this act is done."""
    one_at_a_time("session", session.pk)
    found: Session | None = _held().first(session.pk)
    if found is None:
        raise Session.DoesNotExist
    return found


@lru_cache(maxsize=1)
def _held() -> Statement:
    # eleven tables: to plan this anew for every entry cost more than all else that is asked
    return Statement(Session.objects.select_related(*SESSION_WAY).filter(pk=IDS[0]), IDS[0])


def clinic_of(session: Session) -> Clinic:
    """The clinic of a session."""
    found: Clinic = session.visit.series.episode.patient.clinic
    return found


def topics(session: Session) -> list[str]:
    """The open pages that must read this session again: its own, and the boards of the clinic."""
    patient = session.visit.series.episode.patient
    return [f"session:{patient.pk}", f"chairs:{patient.clinic_id}"]
