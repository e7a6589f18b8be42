"""infusion: one entry in the log. Two doors over one table: what lets more drug flow asks to sign in again, all else never.

An entry's id is made by the client: the same entry sent again is the same entry, with other contents it is refused.
A pause and a stop are never refused for the register's sake.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from ebbtide.ground.database.prepared import IDS, NUMBER, WORDS, Statement
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.journey.infusion.actions.beside import post_beside
from ebbtide.journey.infusion.actions.doses import check_dose
from ebbtide.journey.infusion.actions.register import post_to_register
from ebbtide.journey.infusion.actions.turns import check, held, staff_of, topics
from ebbtide.journey.infusion.events import (
    DOSE_KINDS,
    FLOW_KINDS,
    BodyRefused,
    Kind,
    read_body,
    written,
)
from ebbtide.journey.infusion.limbs import broken_by_limb
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.queries import event_of, events_of
from ebbtide.journey.infusion.rules import broken_by_time, charted_apart, is_late, merged


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What a person or a tablet writes. `replaces` makes it a correction, `withdrawn` the end of what it names.

    `observed_at` None is now: the act's own time, so that a second tap on the same button says the same.
    A tablet says when the button was pressed (`charted_at`) and up to when it had read the log (`seen_at`): what it could
    not know does not keep its entry out.
    """

    id: UUID
    kind: str
    observed_at: datetime | None = None
    body: Mapping[str, object] = field(default_factory=dict)
    tablet: str = ""
    tablet_number: int | None = None
    replaces: UUID | None = None
    withdrawn: bool = False
    charted_at: datetime | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """An entry that lets no more drug flow: observations, scales, notes, pause, stop, a lower rate."""

    session: Session
    entry: NewEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnDose:
    """An entry that lets more drug flow: start, resume, bolus, a higher rate, and corrections of them."""

    session: Session
    entry: NewEntry


@action("infusion.session_log", "create", about=lambda command: command.session)
def chart(act: Act, command: Chart) -> Done[Entry]:
    """Append an entry from one tap, at any time of the session."""
    if command.entry.kind in DOSE_KINDS:
        raise Refused(
            "INF-KIND", "This entry lets drug flow: chart it as a start, resume, bolus or higher rate."
        )
    return _append(act, command.session, command.entry)


@action("infusion.dose_act", "create", about=lambda command: command.session)
def act_on_dose(act: Act, command: ActOnDose) -> Done[Entry]:
    """Append an entry that lets more drug flow; the person has signed in a moment ago."""
    if command.entry.kind not in DOSE_KINDS:
        raise Refused("INF-KIND", "This entry lets no drug flow: chart it in the log.")
    return _append(act, command.session, command.entry)


def _append(act: Act, session: Session, new: NewEntry) -> Done[Entry]:
    session = held(session)
    entry = _entry(act, session, new)
    if (known := _known().first(new.id)) is not None:
        return _again(known, entry, new)
    _check_number(entry)
    event, events = event_of(entry), events_of(session)
    check(broken_by_limb(event, limb_words=session.visit.series.episode.patient.limb_not_to_use))
    apart = charted_apart(
        charted_at=new.charted_at, seen_at=new.seen_at, recorded_at=act.recorded_at, log=events
    )
    found = merged(event, events, apart=apart)
    check(found.broken)
    if event.kind in DOSE_KINDS and not event.withdrawn:
        check_dose(act, session, event, others=events)
    entry.save(force_insert=True)
    if Kind(entry.kind) in FLOW_KINDS:
        post_to_register(act, entry, found.state)
    if Kind(entry.kind) is Kind.DRUG_GIVEN:
        post_beside(act, entry, found.state)
    return Done(value=entry, announce=topics(session))


@lru_cache(maxsize=1)
def _known() -> Statement:
    return Statement(Entry.objects.filter(pk=IDS[0]), IDS[0])


@lru_cache(maxsize=1)
def _numbered() -> Statement:
    rows = Entry.objects.filter(session_id=IDS[0], tablet=WORDS[0], tablet_number=NUMBER)
    return Statement(rows, IDS[0], WORDS[0], NUMBER)


def _entry(act: Act, session: Session, new: NewEntry) -> Entry:
    if new.kind not in set(Kind):
        raise Refused("INF-KIND", "This kind of entry is not known here: choose one of the page.")
    try:
        body = {} if new.withdrawn else written(read_body(Kind(new.kind), new.body))
    except BodyRefused as refused:
        raise Refused("INF-BODY", str(refused)) from refused
    observed_at = new.observed_at or act.at
    check(broken_by_time(observed_at=observed_at, recorded_at=act.recorded_at, opened_at=session.opened_at))
    return Entry(
        id=new.id,
        session=session,
        kind=new.kind,
        body=body,
        observed_at=observed_at,
        recorded_at=act.recorded_at,
        author=staff_of(act),
        tablet=new.tablet[:60],
        tablet_number=new.tablet_number,
        late=is_late(observed_at=observed_at, recorded_at=act.recorded_at),
        replaces_id=new.replaces,
        withdrawn=new.withdrawn,
    )


def _again(known: Entry, entry: Entry, new: NewEntry) -> Done[Entry]:
    """The same entry once more changes nothing; another one under its number is refused."""
    said = ["session_id", "kind", "body", "replaces_id", "withdrawn"]
    said += [] if new.observed_at is None else ["observed_at"]
    if any(getattr(known, name) != getattr(entry, name) for name in said):
        raise Refused(
            "INF-ENTRY", "Another entry carries this number already: open the page again and chart it anew."
        )
    return Done(value=known)


def _check_number(entry: Entry) -> None:
    number = entry.tablet_number
    if number is not None and _numbered().rows(entry.session_id, entry.tablet, number):
        raise Refused(
            "INF-TABLET", "This tablet sent another entry under this number: send it with the next number."
        )
