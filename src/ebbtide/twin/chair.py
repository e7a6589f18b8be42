"""The twin room: one infusion visit at the chair: check-in, gate, start, what the nurse charts, stop, waste, recovery, leaving."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import numpy as np

from ebbtide.ground.ledger.action import Act
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy.actors import of_staff, system
from ebbtide.journey.careplan.dosing import figures
from ebbtide.journey.careplan.specs import spec_of
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.actions import DrawDose, WasteRest, draw_dose, waste_rest
from ebbtide.journey.custody.models import Vial
from ebbtide.journey.custody.queries import balance_of, left_in_vial
from ebbtide.journey.infusion.actions import (
    ActOnDose,
    BindMonitor,
    Chart,
    NewEntry,
    OpenSession,
    UnbindMonitor,
    act_on_dose,
    bind_monitor,
    chart,
    open_session,
    unbind_monitor,
)
from ebbtide.journey.infusion.models import Device, Session
from ebbtide.journey.infusion.queries import open_binding
from ebbtide.journey.leaving.actions import (
    Discharge,
    Escort,
    RecordCall,
    RecordRecovery,
    Seen,
    discharge,
    record_call,
    record_recovery,
)
from ebbtide.journey.leaving.calls import RED_FLAGS, CallOutcome
from ebbtide.journey.leaving.models import Departure, RecoveryPhase
from ebbtide.journey.leaving.scores import ALDRETE, PADSS, Item, Pressure
from ebbtide.journey.registry.actions import RecordExposure, record_exposure
from ebbtide.twin import gate
from ebbtide.twin.bodies import draw_body
from ebbtide.twin.house import by_actor
from ebbtide.twin.way import Story, Way

UG_PER_MG = 1000
RATE_STEP_MG_PER_H = Decimal("0.001")  # as the chart keeps a rate
OBSERVED_EVERY_MIN = 15
# mmHg at the end of the first 40 min: mean peaks of 2342 infusions (Yale 2024, clinical.md) [seen]
PEAK_RISE_MMHG = (16.0, 11.0)
DISSOCIATION_AT_PEAK = 4  # 0 to 10, our own item [design]
ESCORT = ("Sam Delgado", "+1 312 555 0177", "friend")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtChair:
    """One visit of one person, the minutes counted from its start."""

    way: Way
    visit: Visit
    thorough: bool  # charted every quarter of an hour; else at the start, the middle and the end

    def at(self, minutes: float) -> datetime:
        return self.visit.starts_at + timedelta(minutes=minutes)

    def nurse(self, at: datetime, what: str) -> Act:
        return self.way.act(self.way.nurse, at, f"visit/{self.visit.number}/{what}")

    @property
    def number(self) -> int:
        """Where this visit's small differences come from."""
        return self.way.person.number * 20 + self.visit.number

    def pressure(self, since_start_min: float) -> Pressure:
        """Rises to its peak in 40 min while the drug flows and returns within the hour after (mmHg)."""
        body = self.body
        generator = np.random.default_rng([self.number, int(since_start_min) + 1000])
        share = max(0.0, min(1.0, since_start_min / 40)) if since_start_min >= 0 else 0.0
        upper = body.systolic_mmHg + PEAK_RISE_MMHG[0] * share + generator.normal(0, 2)
        lower = body.diastolic_mmHg + PEAK_RISE_MMHG[1] * share + generator.normal(0, 2)
        return Pressure(sbp_mmhg=round(upper), dbp_mmhg=round(lower))

    @property
    def body(self) -> Any:
        person = self.way.person
        return draw_body(
            on=self.way.house.wall.today, number=person.number, sex=person.sex, given=person.body
        )


BEFORE_START_MIN = 20.0


def infuse(way: Way, visit: Visit, *, thorough: bool) -> Story:
    """Everything of one visit, up to the moment the person leaves."""
    here = AtChair(way=way, visit=visit, thorough=thorough)
    yield (at := here.at(2))
    session = open_session(here.nurse(at, "open"), OpenSession(visit=visit, chair=visit.chair))
    yield from _before(here, session)
    yield from _running(here, session)
    yield from _after(here, session)


def _before(here: AtChair, session: Session) -> Story:
    yield (at := here.at(4))
    pressure = here.pressure(-1)
    baseline = Seen(
        aldrete=_full(ALDRETE), padss=_full(PADSS), pressure=pressure, rass=0, dissociation=0,
        pain_nrs=int(here.body.pain_nrs), new_suicidal_thought=False,
    )  # fmt: skip
    record_recovery(
        here.nurse(at, "baseline"),
        RecordRecovery(session=session, phase=RecoveryPhase.BASELINE, seen=baseline),
    )
    for minutes in (6, 9) if here.thorough else (6,):
        yield (at := here.at(minutes))
        _observe(here, session, at, since_start_min=-1)
    yield (at := here.at(11))
    _draw(here, at)
    yield (at := here.at(12))
    device = _monitor(here)
    bind_monitor(here.nurse(at, "bind"), BindMonitor(device=device, session=session, chair=session.chair))
    yield from gate.go_through(here.way, session, at=here.at(14), body=here.body)


def _monitor(here: AtChair) -> Device:
    name = here.visit.chair.name.rpartition(" ")[2]
    return Device.objects.get(clinic=here.way.house.clinic, key=f"SIM-CHAIR-{name}")


def _full(items: tuple[Item, ...]) -> dict[str, int]:
    return {item.id: 2 for item in items if not item.from_pressure}


def _draw(here: AtChair, at: datetime) -> None:
    order = here.visit.series.order
    needed_ug = int(order.dose_mg * UG_PER_MG)
    vials = Vial.objects.filter(
        clinic=here.way.house.clinic, drug=order.drug, mg_per_ml=order.vial_mg_per_ml
    ).order_by("expires_on", "label")
    vial = next(one for one in vials if left_in_vial(one) >= needed_ug)
    draw_dose(here.nurse(at, "draw"), DrawDose(visit=here.visit, vial=vial, amount_ug=needed_ug))


# — while it runs —


def _steps(here: AtChair) -> Iterator[tuple[float, Decimal]]:
    """When each step of the order begins (min since the start) and its rate (mg/h), as the chart writes it."""
    since_min = 0.0
    for step in figures(spec_of(here.visit.series.order)).steps:
        yield since_min, step.mg_per_h.quantize(RATE_STEP_MG_PER_H, rounding=ROUND_DOWN)
        since_min += step.minutes


def _length_min(here: AtChair) -> float:
    return float(sum(step["minutes"] for step in here.visit.series.order.steps))


def _running(here: AtChair, session: Session) -> Story:
    length_min = _length_min(here)
    doings: list[tuple[float, str, Any]] = []
    for number, (since_min, rate) in enumerate(_steps(here)):
        doings.append((since_min, "start" if number == 0 else "rate_increase", rate))
    every = OBSERVED_EVERY_MIN if here.thorough else max(OBSERVED_EVERY_MIN, length_min / 2)
    minutes = every
    while minutes < length_min:
        doings.append((minutes + 0.5, "observe", None))
        minutes += every
    doings.append((min(length_min - 2, 38.0), "scales", None))
    course = here.way.person.course
    if course is not None and course.harm and here.visit.number == 1:
        doings.append((length_min * 0.7, "harm", course.harm))
    doings.append((length_min, "stop", None))
    for since_min, doing, what in sorted(doings, key=lambda one: one[0]):
        yield (at := here.at(BEFORE_START_MIN + since_min))
        _do(here, session, at, since_min=since_min, doing=doing, what=what)


def _do(here: AtChair, session: Session, at: datetime, *, since_min: float, doing: str, what: Any) -> None:
    match doing:
        case "start" | "rate_increase":
            _dose(here, session, at, doing, {"rate_mg_per_h": format(what.normalize(), "f")})
        case "observe":
            _observe(here, session, at, since_start_min=since_min)
        case "scales":
            scales = (("DISSOCIATION", DISSOCIATION_AT_PEAK), ("RASS", 0), ("NAUSEA", 1))
            for name, value in scales if here.thorough else scales[:1]:
                _chart(here, session, at, "scale", {"name": name, "value": value})
        case "harm":
            told = {"event": what, "severity": "mild", "action": "watched; it passed by itself"}
            _chart(here, session, at, "adverse_event", told)
        case "stop":
            _chart(here, session, at, "stop", {"reason": "the ordered dose is in"})


def _entry(kind: str, at: datetime, body: dict[str, Any]) -> NewEntry:
    return NewEntry(id=new_id(), kind=kind, observed_at=at, body=body)


def _chart(here: AtChair, session: Session, at: datetime, kind: str, body: dict[str, Any]) -> None:
    entry = _entry(kind, at, body)
    chart(here.nurse(at, f"{kind}/{entry.id}"), Chart(session=session, entry=entry))


def _dose(here: AtChair, session: Session, at: datetime, kind: str, body: dict[str, Any]) -> None:
    entry = _entry(kind, at, body)
    act_on_dose(here.nurse(at, f"{kind}/{entry.id}"), ActOnDose(session=session, entry=entry))


def _observe(here: AtChair, session: Session, at: datetime, *, since_start_min: float) -> None:
    pressure = here.pressure(since_start_min)
    body = {
        "hr_per_min": str(round(here.body.pulse_per_min + min(8.0, max(0.0, since_start_min / 5)))),
        "sbp_mmHg": str(pressure.sbp_mmhg),
        "dbp_mmHg": str(pressure.dbp_mmhg),
        "spo2_percent": str(round(here.body.spo2_room_air_percent)),
        "rr_per_min": "14",
    }
    _chart(here, session, at, "observation", body)


# — afterwards —


def _after(here: AtChair, session: Session) -> Story:
    stopped_min = BEFORE_START_MIN + _length_min(here)
    yield (at := here.at(stopped_min + 4))
    _waste(here, at)
    for minutes in (15, 31) if here.thorough else (31,):
        yield (at := here.at(stopped_min + minutes))
        _recover(here, session, at, minutes=minutes)
    yield (at := here.at(stopped_min + 34))
    binding = open_binding(session)
    if binding is not None:
        unbind_monitor(here.nurse(at, "unbind"), UnbindMonitor(binding=binding))
    yield (at := here.at(stopped_min + 37))
    name, phone, relation = ESCORT
    escort = Escort(name=name, phone=phone, relation=relation, signed_name=name)
    discharge(here.nurse(at, "leave"), Discharge(session=session, escort=escort, handed_over=True))
    key = f"{here.way.person.number}/exposure/{here.visit.number}"
    record_exposure(by_actor(system(here.way.house.clinic), at, key), RecordExposure(session=session))


def _waste(here: AtChair, at: datetime) -> None:
    left_ug = balance_of(here.visit).in_hand_ug
    if left_ug <= 0:
        return
    witness = of_staff(here.way.house.staff[here.way.doctor], authenticated_at=at)
    waste_rest(
        here.nurse(at, "waste"),
        WasteRest(visit=here.visit, amount_ug=left_ug, reason="left in the line", witness=witness),
    )


def _recover(here: AtChair, session: Session, at: datetime, *, minutes: int) -> None:
    seen = Seen(
        aldrete=_full(ALDRETE), padss=_full(PADSS), pressure=here.pressure(-1), rass=0,
        dissociation=2 if minutes < 30 else 0, pain_nrs=max(0, int(here.body.pain_nrs) - 2),
        gait_as_before=True, new_suicidal_thought=False,
    )  # fmt: skip
    record_recovery(
        here.nurse(at, f"recovery/{minutes}"),
        RecordRecovery(session=session, phase=RecoveryPhase.RECOVERY, seen=seen),
    )


def call_next_day(way: Way, visit: Visit) -> Story:
    """The nurse calls on the next open day."""
    departure = Departure.objects.select_related("session__visit__series__episode__patient").get(
        session__visit=visit
    )
    wall = way.house.wall
    day = wall.day_after(departure.discharged_at.astimezone(wall.zone).date())
    # early: on consecutive days the person comes again the same morning
    at = wall.at(day, f"07:{10 + way.person.number % 45:02d}")
    yield at
    flags = dict.fromkeys(RED_FLAGS, False)
    record_call(
        way.act(way.nurse, at, f"visit/{visit.number}/call"),
        RecordCall(departure=departure, outcome=CallOutcome.REACHED, red_flags=flags),
    )
