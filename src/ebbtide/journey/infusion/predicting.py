"""What the models are asked about a session: the charted schedule, and the person of its order. Only while it is switched on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.careplan.dosing import OrderDrug
from ebbtide.journey.careplan.queries import age_years
from ebbtide.journey.infusion.events import UG_PER_MG
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.prediction import (
    Answer,
    Charted,
    Whom,
    answers,
    not_started,
    told,
)
from ebbtide.journey.infusion.queries import schedule_from, state_of
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.infusion.switches import PREDICTION, is_on
from ebbtide.journey.infusion.traces import AFTER_A_STOP
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import Bolus

PREGNANT = frozenset({"positive", "indeterminate"})  # as registry/queries.py reads the same fact
US_PER_H = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What the models say of one session at one moment."""

    start_at: datetime
    at: datetime
    charted: Charted
    whom: Whom
    answers: tuple[Answer, ...]

    @property
    def told(self) -> dict[str, Any]:
        """As the page draws it."""
        return told(self.answers, self.charted, start_at=self.start_at, at=self.at, whom=self.whom)


def predicts(session: Session) -> bool:
    """Whether the session's clinic has predicted concentrations at the chair."""
    return is_on(clinic_of(session), PREDICTION)


def clinic_of(session: Session) -> Clinic:
    """The clinic of the session's patient."""
    found: Clinic = session.visit.series.episode.patient.clinic
    return found


def predicted(session: Session, at: datetime, *, ahead: bool = True) -> Predicted | None:
    """What the models say now, and with `ahead` of the next hour; None before anything went in."""
    state = state_of(session)
    until = min(at, state.stopped_at + AFTER_A_STOP) if state.stopped_at else at
    charted = charted_of(state, until)
    if charted is None or state.started_at is None:
        return None
    whom = whom_of(session, state.started_at)
    return Predicted(
        start_at=state.started_at,
        at=until,
        charted=charted,
        whom=whom,
        answers=tuple(answers(charted, whom, ahead=ahead)),
    )


def drawn(session: Session, at: datetime, *, ahead: bool) -> dict[str, Any]:
    """The same as the page draws it, before a start too."""
    found = predicted(session, at, ahead=ahead)
    return not_started(at) if found is None else found.told


def charted_of(state: SessionState, at: datetime) -> Charted | None:
    """What went in by the log until `at`, with its actual pauses; here exact amounts become floats (h, mg, mg/h)."""
    start = state.started_at
    if start is None or at <= start:
        return None
    schedule = schedule_from(state, start=start, stop=at)
    if not schedule.edges_h:
        return None
    return Charted(
        schedule=schedule,
        now_h=(at - start).total_seconds() / 3600,
        rate_mg_per_h=float(state.rate_mg_per_h),
        to_come=_to_come(state, start, at),
    )


def _to_come(state: SessionState, start: datetime, at: datetime) -> tuple[Bolus, ...]:
    now_h = (at - start).total_seconds() / 3600
    return tuple(
        Bolus(
            at_h=now_h,
            amount_mg=float(part.amount_mg) - float(part.given_ug(at)) / UG_PER_MG,
            over_h=float(part.lasts_us) / US_PER_H - (at - part.start_at).total_seconds() / 3600,
        )
        for part in state.boluses
        if part.runs(at)
    )


def whom_of(session: Session, at: datetime) -> Whom:
    """The person as the order and the record have them: the ordered weight, the age on this day."""
    episode = session.visit.series.episode
    return Whom(
        weight_kg=float(session.order.weight_kg),
        age_y=age_years(episode.patient.birth_date, at=at),
        drug=Drug.RACEMIC if session.order.drug == OrderDrug.RACEMATE else Drug.S,
        pregnant=_pregnant(episode.patient_id, at),
        crps_course=episode.complaint == "crps",
    )


def _pregnant(patient_id: Any, at: datetime) -> bool | None:
    rows = Fact.objects.filter(patient_id=patient_id, name="pregnancy_test_result", observed_at__lte=at)
    newest = rows.order_by("-observed_at", "-recorded_at").values_list("value", flat=True).first()
    return None if newest is None else newest in PREGNANT
