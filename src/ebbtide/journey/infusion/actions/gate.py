"""infusion: the start gate: today's answers and measurements, the rules of the day, and one signature under all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.ids import new_id
from ebbtide.journey.assessment.actions import (
    ConfirmList,
    NewFact,
    RecordFacts,
    confirm_list,
    record_facts,
)
from ebbtide.journey.assessment.findings import as_plain
from ebbtide.journey.assessment.models import ListConfirmation, Origin
from ebbtide.journey.assessment.queries import standing_of
from ebbtide.journey.infusion.actions.charting import Chart, NewEntry, chart
from ebbtide.journey.infusion.actions.turns import check, held, staff_of, topics
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.gate import Confirmed, broken_by_overrides, items_of, passes
from ebbtide.journey.infusion.models import Session, StartGate
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.seen import infusion_number, renewable_lists, see, tested_at
from ebbtide.journey.infusion.session import Phase

TODAYS_MEDICINES = "medication_classes_24h"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassGate:
    """What was confirmed at the chair; today's answers and measurements are recorded as facts on the way."""

    session: Session
    confirmed: Confirmed = field(default_factory=Confirmed)
    overrides: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[NewFact, ...] = ()
    measured: tuple[NewFact, ...] = ()
    # the classes taken in the last 24 h; None: not asked now
    taken_24h: tuple[str, ...] | None = None


@action("infusion.start_gate", "create", about=lambda command: command.session)
def pass_gate(act: Act, command: PassGate) -> Done[StartGate]:
    """Go through the gate: it is written whether it passes or not, and only a passed one opens the start for an hour."""
    session = held(command.session)
    if state_of(session).phase is Phase.STOPPED:
        raise Refused("INF-STOPPED", "This session is stopped: nothing can be started from it.")
    _record_today(act, session, command)
    _chart_ready(act, session, command.confirmed)
    seen = see(
        session,
        at=act.at,
        staff=staff_of(act),
        roles=act.by.roles,
        confirmed=command.confirmed,
        overrides=command.overrides,
    )
    check(broken_by_overrides(seen.gate.evaluation, overrides=command.overrides, roles=act.by.roles))
    items = items_of(seen.gate)
    found = seen.gate.evaluation
    row = StartGate.objects.create(
        session=session,
        order=seen.order,
        passed=passes(items),
        items=[
            {"key": item.key, "words": item.words, "passed": item.passed, "do": item.do} for item in items
        ],
        verdict=found.verdict.value,
        findings=[as_plain(finding) for finding in found.findings],
        overrides={
            rule: {"reason": why.strip(), "roles": sorted(act.by.roles)}
            for rule, why in command.overrides.items()
        },
        pack_version=found.pack_version,
        pack_sha256=found.pack_sha256,
        confirmed=command.confirmed.plain(),
        signed_by=staff_of(act),
        signed_at=act.at,
    )
    return Done(value=row, announce=topics(session))


def _chart_ready(act: Act, session: Session, confirmed: Confirmed) -> None:
    """What the log itself must say: which pump it is, and that the call button was tested."""
    state, pump = state_of(session), confirmed.pump_identity.strip()
    charted = [one for one in state.events if one.kind is Kind.EQUIPMENT and one.text("item") == "pump"]
    if "pump" in confirmed.equipment and pump and pump not in {one.text("identity") for one in charted[-1:]}:
        body = {"item": "pump", "identity": pump, "state": "ready"}
        _chart(act, session, Kind.EQUIPMENT, body)
    if confirmed.call_tested and tested_at(state) is None:
        _chart(act, session, Kind.COMFORT_CALL, {"state": "tested", "text": "at the start gate"})


def _chart(act: Act, session: Session, kind: Kind, body: Mapping[str, object]) -> None:
    entry = NewEntry(id=new_id(), kind=kind, body=body)
    chart(act.nested(kind), Chart(session=session, entry=entry))


def _record_today(act: Act, session: Session, command: PassGate) -> None:
    """Today's answers and measurements become facts, each batch by the assessment's own act."""
    patient = session.visit.series.episode.patient
    named = bool(command.confirmed.escort_name.strip() and command.confirmed.escort_phone.strip())
    answers = (
        *command.answers,
        NewFact(name="escort_named_with_phone", value=named),
        NewFact(name="infusion_number", value=infusion_number(session)),
        NewFact(name="monitor_ready", value="monitor" in command.confirmed.equipment),
        NewFact(name="airway_kit_ready", value="airway_kit" in command.confirmed.equipment),
        *_taken(session, command.taken_24h, act),
    )
    record_facts(act.nested("answers"), RecordFacts(patient=patient, facts=answers))
    if command.measured:
        measured = RecordFacts(patient=patient, facts=command.measured, origin=Origin.MEASURED)
        record_facts(act.nested("measured"), measured)
    if command.taken_24h is not None:
        confirm_list(act.nested("taken"), ConfirmList(patient=patient, name=TODAYS_MEDICINES))


def _taken(session: Session, taken: tuple[str, ...] | None, act: Act) -> list[NewFact]:
    """What was taken in the last 24 h, asked anew: what was said before and is not said now is ended."""
    if taken is None:
        return []
    patient = session.visit.series.episode.patient
    rows = patient.facts.filter(name=TODAYS_MEDICINES, replaced_by__isnull=True, withdrawn=False)
    ended = [
        NewFact(name=TODAYS_MEDICINES, replaces=row, withdrawn=True)
        for row in rows.filter(recorded_at__lte=act.at)
    ]
    return [*ended, *(NewFact(name=TODAYS_MEDICINES, value=one) for one in sorted(set(taken)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconfirmHistory:
    session: Session


@action("infusion.start_gate", "create", about=lambda command: command.session)
def reconfirm_history(act: Act, command: ReconfirmHistory) -> Done[ListConfirmation]:
    """One signature: asked, and nothing has changed since yesterday. It renews each list that may be renewed."""
    session = held(command.session)
    patient = session.visit.series.episode.patient
    renewable, why_not = renewable_lists(standing_of(patient, as_of=act.at), act.by.roles)
    if not renewable:
        raise Refused(
            "INF-UNCHANGED", next(iter(why_not.values()), "Every list was confirmed today already.")
        )
    rows = [
        confirm_list(act.nested(name), ConfirmList(patient=patient, name=name, unchanged=True))
        for name in renewable
    ]
    return Done(value=rows[0], announce=topics(session))
