"""Rules of the leaving: no clock, no database. Who may leave, what is still missing, and until when nobody drives."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ebbtide.journey.leaving.scores import GO_AT_LEAST, NOTHING, Pressure, Total, percent_off

WAIT_MIN = 30  # min after the end of the infusion; instruments.yaml GATE-TIME [design]; a clinic may wait longer, never shorter
OBSERVE_EVERY_MIN = 15  # min; clinical.md section 6, recovery [design]
OBSERVATION_AGE_MAX_MIN = 20  # min; one interval and a little: a person leaves on what was just seen [design]
RASS_AWAKE = 0  # alert and calm; GATE-RASS [design]
DISSOCIATION_ABOVE_PRE_DOSE = 2  # points; GATE-DISSOCIATION [design]
PRESSURE_OFF_PERCENT = 20  # %; GATE-BP [design]
PRESSURE_BELOW = Pressure(sbp_mmhg=160, dbp_mmhg=100)  # GATE-BP: below both numbers [design]
DRIVE_FROM = time(8)  # wall-clock time of the next day [design]
# "no driving until the next day after restful sleep": label of nasal esketamine [recalled]
DRIVE_RULE_SOURCE = "label of nasal esketamine, recalled; the hour is this clinic's"


class Gate(StrEnum):
    """What must hold before a person leaves; the ids are those of instruments.yaml, in its order."""

    ENDED = "GATE-ENDED"
    ALDRETE = "GATE-ALDRETE"
    PADSS = "GATE-PADSS"
    TIME = "GATE-TIME"
    OBSERVED = "GATE-OBSERVED"
    RASS = "GATE-RASS"
    DISSOCIATION = "GATE-DISSOCIATION"
    GAIT = "GATE-GAIT"
    SI = "GATE-SI"
    BP = "GATE-BP"
    ESCORT = "GATE-ESCORT"


# asked in these words, before and after the infusion [design]
SUICIDE_QUESTION = (
    "Since you came today, have you had a new thought of ending your life or of harming yourself?"
)
WORDS: Mapping[Gate, str] = {
    Gate.ENDED: "Infusion ended",
    Gate.ALDRETE: "Aldrete at least 9",
    Gate.PADSS: "PADSS at least 9",
    Gate.TIME: "Time since the end",
    Gate.OBSERVED: "Observed just now",
    Gate.RASS: "RASS 0",
    Gate.DISSOCIATION: "Dissociation as before",
    Gate.GAIT: "Gait as before",
    Gate.SI: "No new suicidal thought",
    Gate.BP: "Blood pressure",
    Gate.ESCORT: "Escort here",
}


class NotYet(Exception):
    """The person cannot leave yet: which gate is shut, and the sentence that says what is missing and what to do."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule, self.sentence = rule, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Everything that the gate asks about one person at one moment; None is not recorded, and never normal.

    `minutes_since_stop` is None while the infusion runs or its end is not charted.
    """

    started: bool = True
    minutes_since_stop: float | None = None
    observed_min_ago: float | None = None
    wait_min: int = WAIT_MIN
    aldrete: Total = NOTHING
    padss: Total = NOTHING
    rass: int | None = None
    dissociation: int | None = None
    dissociation_before: int | None = None
    gait_as_before: bool | None = None
    # in this observation; and whether any observation of the session found one that no prescriber has seen since
    new_suicidal_thought: bool | None = None
    unseen_thought: bool = False
    pressure: Pressure | None = None
    pressure_before: Pressure | None = None
    # the clinic's limit: both numbers lie below it; never above the floor of the rules
    pressure_below: Pressure = PRESSURE_BELOW
    escort: str = ""
    escort_signed: bool = False
    # gates that a prescriber has signed for, on this very observation
    signed_for: frozenset[Gate] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One gate: whether it is open, and in words why not. `signed` is open by a prescriber's decision alone."""

    gate: Gate
    words: str
    shut_because: str = ""
    signed: bool = False

    @property
    def opens(self) -> bool:
        return not self.shut_because or self.signed


def gates(signs: Signs) -> tuple[Found, ...]:
    """Every gate in its order: open, shut with a sentence, or opened by a signed decision."""
    may_sign = signable(signs)
    return tuple(
        Found(
            gate=gate,
            words=WORDS[gate],
            shut_because=(why := _SAYS[gate](signs)),
            signed=bool(why) and gate in signs.signed_for and gate in may_sign,
        )
        for gate in Gate
    )


def check_patient_may_leave(signs: Signs) -> None:
    """Every gate is open.

    Raises:
        NotYet: the first gate that is shut, with what is missing, the value with its unit, and what to do.
    """
    for found in gates(signs):
        if not found.opens:
            raise NotYet(found.gate, found.shut_because)


def patient_may_leave(signs: Signs) -> bool:
    """Whether every gate is open."""
    return all(found.opens for found in gates(signs))


def signable(signs: Signs) -> frozenset[Gate]:
    """The gates that a prescriber may sign for; every other gate opens by what is observed alone.

    A new thought of suicide; a pressure whose own baseline is at or above the limit; and what cannot be compared
    because nothing was measured before the infusion.
    """
    found = set()
    if signs.new_suicidal_thought or signs.unseen_thought:
        found.add(Gate.SI)
    if signs.pressure is not None and (
        signs.pressure_before is None or high(signs.pressure_before, signs.pressure_below)
    ):
        found.add(Gate.BP)
    if signs.pressure is not None and signs.pressure_before is None:
        found |= {Gate.ALDRETE, Gate.PADSS}
    if signs.dissociation is not None and signs.dissociation_before is None:
        found.add(Gate.DISSOCIATION)
    return frozenset(found)


def high(pressure: Pressure, limit: Pressure = PRESSURE_BELOW) -> bool:
    """At or above the limit in either number."""
    return pressure.sbp_mmhg >= limit.sbp_mmhg or pressure.dbp_mmhg >= limit.dbp_mmhg


def _ended(signs: Signs) -> str:
    if not signs.started:
        return "No drug was started in this session: there is no recovery to judge. Stop the session, then send the person home."
    if signs.minutes_since_stop is None:
        return "The time the infusion stopped is not recorded: stop it at the chair first."
    return ""


def _score(name: str, found: Total) -> str:
    if found.compared is None:
        return f"{name} has no score, not recorded: {', '.join(found.missing) or 'every item'}. Observe and record it."
    if not found.goes:
        return (
            f"{name} is {found.compared} of 10 against the own baseline, and {GO_AT_LEAST} are needed: "
            f"observe again in {OBSERVE_EVERY_MIN} min."
        )
    return ""


def _aldrete(signs: Signs) -> str:
    return _score("Aldrete", signs.aldrete)


def _padss(signs: Signs) -> str:
    if not signs.aldrete.goes and Gate.ALDRETE not in signs.signed_for & signable(signs):
        return f"Aldrete comes first: PADSS counts once Aldrete is {GO_AT_LEAST} or more."
    return _score("PADSS", signs.padss)


def _time(signs: Signs) -> str:
    if signs.minutes_since_stop is None:
        return "The time the infusion stopped is not recorded: stop it at the chair first."
    left_min = math.ceil(signs.wait_min - signs.minutes_since_stop)
    if left_min > 0:
        return f"{left_min} min of observation remain of {signs.wait_min} min after the end: stay with the person."
    return ""


def _observed(signs: Signs) -> str:
    if signs.observed_min_ago is None:
        return "No observation after the infusion is recorded: observe now."
    if signs.observed_min_ago > OBSERVATION_AGE_MAX_MIN:
        return (
            f"The last observation is {math.floor(signs.observed_min_ago)} min old, at most "
            f"{OBSERVATION_AGE_MAX_MIN} min count: observe again."
        )
    return ""


def _rass(signs: Signs) -> str:
    if signs.rass is None:
        return "RASS is not recorded: observe and record it."
    if signs.rass != RASS_AWAKE:
        return f"RASS is {signs.rass:+d} and must be 0: observe again in {OBSERVE_EVERY_MIN} min."
    return ""


def _dissociation(signs: Signs) -> str:
    if signs.dissociation is None:
        return "Dissociation is not recorded: ask and record it."
    if signs.dissociation_before is None:
        return (
            f"Dissociation is {signs.dissociation} of 10 and was not recorded before the infusion: "
            "a prescriber decides and signs."
        )
    most = signs.dissociation_before + DISSOCIATION_ABOVE_PRE_DOSE
    if signs.dissociation > most:
        return (
            f"Dissociation is {signs.dissociation} of 10 and was {signs.dissociation_before} before the infusion, "
            f"at most {most} is allowed: observe again in {OBSERVE_EVERY_MIN} min."
        )
    return ""


def _gait(signs: Signs) -> str:
    if signs.gait_as_before is None:
        return "Whether the gait is as before the infusion is not recorded: walk a few steps together."
    if not signs.gait_as_before:
        return f"The gait is less steady than before the infusion: let the person rest, walk again in {OBSERVE_EVERY_MIN} min."
    return ""


def _suicide(signs: Signs) -> str:
    if signs.new_suicidal_thought or signs.unseen_thought:
        return "A new thought of suicide was told today: stay with the person and call the prescriber, who sees them and signs."
    if signs.new_suicidal_thought is None:
        return "Nobody has asked about new thoughts of suicide: ask, and record the answer."
    return ""


def _pressure(signs: Signs) -> str:
    now, before, limit = signs.pressure, signs.pressure_before, signs.pressure_below
    if now is None:
        return "The blood pressure is not recorded: measure it."
    if before is None:
        return f"The pressure is {now} and none was recorded before the infusion: a prescriber decides and signs."
    off = percent_off(now, before)
    if off <= PRESSURE_OFF_PERCENT and not high(now, limit):
        return ""
    said = f"The pressure is {now}, {off} % from {before} before the infusion"
    if high(before, limit):
        return f"{said}, which was at or above {limit} already: a prescriber decides and signs."
    return f"{said}; within {PRESSURE_OFF_PERCENT} % and below {limit} is needed: measure again in 5 min."


def _escort(signs: Signs) -> str:
    if not signs.escort.strip():
        return "No escort is recorded. The person must not drive today: name who takes them home."
    if not signs.escort_signed:
        return "The escort has not signed: hand over the instructions, and let them sign with their name."
    return ""


_SAYS = {
    Gate.ENDED: _ended,
    Gate.ALDRETE: _aldrete,
    Gate.PADSS: _padss,
    Gate.TIME: _time,
    Gate.OBSERVED: _observed,
    Gate.RASS: _rass,
    Gate.DISSOCIATION: _dissociation,
    Gate.GAIT: _gait,
    Gate.SI: _suicide,
    Gate.BP: _pressure,
    Gate.ESCORT: _escort,
}


# — when an observation is due —


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When the next observation is due; `minutes` counts down, and below zero it is late by so many."""

    at: datetime
    minutes: int

    @property
    def late(self) -> bool:
        return self.minutes < 0


def next_observation(*, stopped_at: datetime, observed_at: datetime | None, at: datetime) -> Due:
    """Every 15 min from the end of the infusion, counted from the last observation: evaluated wherever it is asked."""
    since = stopped_at if observed_at is None else max(observed_at, stopped_at)
    due_at = since + timedelta(minutes=OBSERVE_EVERY_MIN)
    return Due(at=due_at, minutes=math.floor((due_at - at).total_seconds() / 60))


def due_words(due: Due) -> str:
    """The clock of the observation in words: next in 12 min, due now, late by 3 min."""
    if due.minutes == 0:
        return "due now"
    return f"late by {-due.minutes} min" if due.late else f"next in {due.minutes} min"


# — driving —


@dataclass(frozen=True, slots=True, kw_only=True)
class WallTime:
    """A time on the wall of a place: its local date, its local time and the name of its zone; never an offset."""

    on: date
    at: time
    zone: str

    def __str__(self) -> str:
        return f"{self.on:%A} {self.on.day} {self.on:%B %Y}, {self.at:%H:%M}"


def no_driving_until(left_at: datetime, *, zone: str, drive_from: time = DRIVE_FROM) -> WallTime:
    """The next calendar day at a wall-clock time of the clinic, after a night's sleep (wall time).

    Counted in days of the calendar and not in hours, so a night on which the clocks change alters nothing. Whoever
    leaves after midnight waits for the day after. An earlier hour than 08:00 is not given, whatever is set.
    """
    day = left_at.astimezone(ZoneInfo(zone)).date()
    return WallTime(on=day + timedelta(days=1), at=max(drive_from, DRIVE_FROM), zone=zone)


# — what may be recorded when —


LEFT_AT_MOST_H_AGO = 24  # h; a departure on paper is entered on the same day [design]


def check_left_at(left_at: datetime, *, recorded_at: datetime) -> None:
    """A departure that happened on paper is entered with its own time, which is not ahead and not days ago.

    Raises:
        NotYet: the time lies in the future, or too long ago.
    """
    if left_at > recorded_at:
        raise NotYet("LEA-FUTURE", "The time of the departure lies in the future: correct it.")
    if recorded_at - left_at > timedelta(hours=LEFT_AT_MOST_H_AGO):
        raise NotYet(
            "LEA-LONG-AGO",
            f"The person left more than {LEFT_AT_MOST_H_AGO} h ago: check the time, then call the prescriber.",
        )


class Phase(StrEnum):
    """Before the infusion, or after it; during it the chair's own log is kept."""

    BASELINE = "baseline"
    RECOVERY = "recovery"


def check_observation(
    phase: Phase, *, started: bool, stopped_at: datetime | None, observed_at: datetime, recorded_at: datetime
) -> None:
    """An observation belongs to this moment.

    Raises:
        NotYet: a baseline after the start, a recovery before the end, or a time that was not.
    """
    if observed_at > recorded_at:
        raise NotYet("LEA-FUTURE", "The time of the observation lies in the future: correct it.")
    if phase is Phase.BASELINE and started:
        raise NotYet(
            "LEA-BASELINE",
            "The infusion has started: a baseline is taken before it and is not made up later.",
        )
    if phase is Phase.RECOVERY and stopped_at is None:
        raise NotYet(
            "LEA-RUNNING",
            "The infusion has not ended: chart at the chair until it is stopped, then observe the recovery.",
        )
    if phase is Phase.RECOVERY and stopped_at is not None and observed_at < stopped_at:
        raise NotYet("LEA-BEFORE", "This observation is older than the end of the infusion: observe again.")
