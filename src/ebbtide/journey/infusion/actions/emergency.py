"""infusion: closing an emergency with what is offered along with it, and the sheet that goes with the person. Never behind a sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ebbtide.ground.documents.actions import StoreDocument, store_document
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.actions.charting import Chart, NewEntry, chart
from ebbtide.journey.infusion.actions.turns import clinic_of, held, topics
from ebbtide.journey.infusion.emergency import OUTCOMES, load_scripts, newest_of
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.transfer import transfer_paper


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseEmergency:
    """How it ended; with a severity it is charted as an adverse event too."""

    session: Session
    script: str
    entry_id: UUID
    outcome: str
    words: str = ""
    severity: str = ""


@action("infusion.session_log", "create", about=lambda command: command.session)
def close_emergency(act: Act, command: CloseEmergency) -> Done[Entry]:
    """Close it in one transaction with the adverse event that was offered."""
    session = held(command.session)
    found = newest_of(state_of(session).events, command.script)
    if found is None or not found.is_open:
        raise Refused("INF-EMERGENCY", "This emergency is closed already: read the log.")
    if command.outcome not in OUTCOMES:
        raise Refused("INF-OUTCOME", "Say how it ended: choose one of the four.")
    text = ": ".join(part for part in (OUTCOMES[command.outcome], command.words.strip()) if part)[:500]
    closed = _chart(
        act,
        session,
        Kind.EMERGENCY,
        {"script": command.script, "state": "closed", "text": text},
        command.entry_id,
    )
    if command.severity:
        done = "; ".join(found.steps)[:300]
        told = {
            "event": load_scripts().title(command.script),
            "severity": command.severity,
            "action": "; ".join(part for part in (text, done) if part)[:500],
        }
        _chart(act, session, Kind.ADVERSE_EVENT, told, new_id())
    return Done(value=closed, announce=topics(session))


def _chart(act: Act, session: Session, kind: Kind, body: Mapping[str, object], number: UUID) -> Entry:
    entry = NewEntry(id=number, kind=kind, body=body)
    return chart(act.nested(kind), Chart(session=session, entry=entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTransferSheet:
    session: Session


@action("ground.document", "create", about=lambda command: command.session)
def make_transfer_sheet(act: Act, command: MakeTransferSheet) -> Done[Document]:
    """Everything that whoever takes over must know, as it stands now, on paper and sealed."""
    session = held(command.session)
    document = store_document(
        act.nested("sheet"),
        StoreDocument(
            clinic=clinic_of(session),
            patient=session.visit.series.episode.patient,
            kind="transfer-sheet",
            title="Transfer sheet",
            media_type="application/pdf",
            content=transfer_paper(session, at=act.at, made_by=act.by.name),
        ),
    )
    return Done(value=document, announce=topics(session))
