"""infusion: what the pages of a session share: the person above, and what the log says now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest
from ebbtide.journey.custody.queries import balance_of
from ebbtide.journey.infusion.checking import off_words_for
from ebbtide.journey.infusion.due import Due, dues
from ebbtide.journey.infusion.emergency import load_scripts
from ebbtide.journey.infusion.events import UG_PER_MG
from ebbtide.journey.infusion.lines import Line, lines_of, with_notices
from ebbtide.journey.infusion.models import Binding, Session, StartGate
from ebbtide.journey.infusion.queries import (
    bindings_and_doubtful_of,
    events_of,
    newest_gate,
    notices_of,
    order_of,
    ordered_of,
    state_from,
    state_of,
)
from ebbtide.journey.infusion.rules import GATE_VALID_FOR, Ordered, mg_words
from ebbtide.journey.infusion.session import PHASE_WORDS, Cannula, Phase, SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Something in the log that cannot have happened as it stands, beside the line that says it."""

    words: str
    line: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """One session at one moment, as its page shows it."""

    session: Session
    at: datetime
    state: SessionState
    ordered: Ordered
    gate: StartGate | None
    bindings: list[Binding]
    doubtful: list[Binding]
    lines: list[Line]
    in_hand_ug: int
    in_register_ug: int

    @property
    def binding(self) -> Binding | None:
        """The monitor on this person."""
        return self.bindings[0] if self.bindings else None

    @property
    def conflicts(self) -> list[Conflict]:
        """What a person must decide, for no merge does."""
        lines = {line.id: line for line in self.lines}
        return [Conflict(words=one.words, line=lines.get(one.event)) for one in self.state.problems]

    @property
    def phase_words(self) -> str:
        return PHASE_WORDS[self.state.phase]

    @property
    def minutes(self) -> int | None:
        """Whole minutes since the start, pauses included; None before the start."""
        found = self.state.since_start_min(self.at)
        return None if found is None else int(found)

    @property
    def paused_min(self) -> int | None:
        found = self.state.paused_min(self.at)
        return None if found is None else int(found)

    @property
    def given_ug(self) -> int:
        return self.state.given_ug(self.at)

    @property
    def given(self) -> str:
        return mg_words(self.given_ug // UG_PER_MG * UG_PER_MG) if self.is_open else mg_words(self.given_ug)

    @property
    def ordered_words(self) -> str:
        return mg_words(self.ordered.total_ug)

    @property
    def over(self) -> bool:
        """More went in than was ordered: the pump should have stopped."""
        return self.given_ug > self.ordered.total_ug

    @property
    def ends_at(self) -> datetime | None:
        return self.state.ends_at(ordered_ug=self.ordered.total_ug, at=self.at)

    @property
    def is_open(self) -> bool:
        return self.state.phase in {Phase.RUNNING, Phase.PAUSED}

    @property
    def next_due(self) -> Due | None:
        found = dues(self.state, at=self.at)
        return found[0] if found else None

    @property
    def is_overdue(self) -> bool:
        found = self.next_due
        return found is not None and found.overdue(self.at)

    @property
    def off_monitor_why(self) -> str:
        """Why somebody is off the monitor."""
        off = self.state.off_monitor
        return off.text("reason") if off else ""

    @property
    def is_off_too_long(self) -> bool:
        until = self.state.off_monitor_until
        return until is not None and self.at > until

    @property
    def cannulas(self) -> list[Cannula]:
        return list(self.state.cannulas.values())

    @property
    def gate_counts(self) -> bool:
        """Whether a start may follow now."""
        gate = self.gate
        return gate is not None and gate.passed and self.at - gate.signed_at <= GATE_VALID_FOR

    @property
    def difference(self) -> str:
        """What the register lacks or has too much once nothing flows; empty when both agree."""
        missing = self.given_ug - self.in_register_ug
        if missing == 0 or self.state.phase in {Phase.RUNNING, Phase.CHECKED_IN}:
            return ""
        return f"{mg_words(abs(missing))} {'more' if missing > 0 else 'less'}"


def chair_of(session: Session, at: datetime) -> Chair:
    """The session as its page shows it (five queries)."""
    events = events_of(session)
    bound, doubtful = bindings_and_doubtful_of(session)
    state, gate, balance = state_from(events), newest_gate(session), balance_of(session.visit)
    return Chair(
        session=session,
        at=at,
        state=state,
        ordered=ordered_of(order_of(session, gate)),
        gate=gate,
        bindings=bound,
        doubtful=doubtful,
        lines=with_notices(lines_of(events, set_aside=state.set_aside), notices_of(session)),
        in_hand_ug=balance.in_hand_ug,
        in_register_ug=balance.given_ug,
    )


def frame(session: Session, **more: Any) -> dict[str, Any]:
    """The context of every page of a session: the one head with the person, the way back and the emergency needs it."""
    patient = session.visit.series.episode.patient
    if session.visit.chair_id == session.chair_id:  # nobody was moved: it is at hand already
        session.visit.chair = session.chair
    return {
        "session": session,
        "patient": patient,
        "visit": session.visit,
        "checks_off": lambda: off_words_for(patient.clinic),  # asked for only by a page that shows it
        "scripts": load_scripts().scripts.values(),
        "head_phase": lambda: (
            state_of(session).phase
        ),  # folded only by a page that shows pause and stop in its head
        **more,
    }


def clinic_of(request: ClinicRequest) -> Clinic:
    """The clinic of whoever asks."""
    clinic: Clinic = request.user.staff.clinic  # type: ignore[union-attr]
    return clinic


def wall(at: datetime, clinic: Clinic) -> str:
    """The clinic's wall time: 14:05."""
    return f"{at.astimezone(ZoneInfo(clinic.time_zone)):%H:%M}"


def done_or_again(
    form: Form, perform: Callable[[str], object], *, back: str, page: Callable[[], HttpResponse]
) -> HttpResponse:
    """Act once under the form's key and go on, or show the page again with what is wrong."""
    if form.is_valid():
        try:
            perform(form.cleaned_data["key"])
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect(back)
    return page()


def not_released(request: ClinicRequest) -> HttpResponse:
    """What the person themselves sees here: a record that nobody has released yet says so (roles.yaml, released)."""
    return render(request, "infusion/not_released.html")


def show(request: ClinicRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page; 422 when its form was refused."""
    form = context.get("form")
    wrong = isinstance(form, Form) and form.is_bound and bool(form.errors)
    return render(request, f"infusion/{template}.html", context, status=422 if wrong else 200)
