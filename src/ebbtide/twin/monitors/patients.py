"""An invented person under the drug: signs at 1 Hz that follow the pharmacology floor, with noise and artefacts. Pure.

The drug moves where the signs lie (`invented.Person`); noise and drop-outs are those of every invented monitor. What moves
them: the display model of systolic pressure and a simulator's values for the rest (`engineering_pd` of pharmacology.yaml),
all driven by the concentration that one published model predicts; the score by the effect site of its own source. None of it
is a person: it exists so that monitors, checks and drills have something to work on. `Course.cautions` says so, and whoever
shows a course shows them. Whether a body lies inside the model's range is not asked.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ebbtide.pharmacology import (
    Dosed,
    Drug,
    Schedule,
    body_of,
    concentration_ng_per_ml,
    effect_answer,
    sigmoid_emax,
    site_rate,
    systolic_rise,
    the_effects,
    the_library,
)
from ebbtide.twin.bodies import Body
from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.invented import Person

Floats = npt.NDArray[np.float64]
Row = Mapping[str, float | None]

MODEL, PRESSURE, SCORE, SCORED = (
    "kamp_2020",
    "blood_pressure_simple",
    "olofsen_2022",
    "external_perception",
)
S_PER_H = 3600.0
# what has no published model [design]: how much people differ (SD of the logarithm), and how saturation follows breathing
SENSITIVITY_SD = 0.25
SPO2_PERCENT_PER_BREATHING_SHARE = 30.0
SCORE_AT_MOST = 10
CAUTION = (
    "An invented person: no number of this course was measured in anybody, and none predicts a real one."
)
# artefacts [design]: a hand that moves, and a cuff on the arm that also carries the probe
MOVES_EVERY_S, MOVES_IN = 60, 0.25
MOVES_FOR_S = (2, 7)
INFLATES_FOR_S = 18
TEMPERATURE_C = 36.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What one dose does to one person, second by second from its start: shares of the value at rest, and the score.

    Attributes:
        from_s: The first second that was looked at.
        ng_per_ml: Predicted concentration of the whole dose (ng/mL).
        sbp: Rise of systolic pressure, as a share of the value at rest.
        dbp: The same of diastolic pressure.
        hr: The same of heart rate.
        rr: The same of breathing rate; below zero, because it falls.
        score: Dissociation, 0 to 10, our own item.
        cautions: What belongs beside every number of it.
    """

    from_s: int
    ng_per_ml: Floats
    sbp: Floats
    dbp: Floats
    hr: Floats
    rr: Floats
    score: Floats
    cautions: tuple[str, ...]

    def place(self, second: int) -> int:
        """Where this second stands; what comes after the last one stays as that was."""
        return min(max(second - self.from_s, 0), self.ng_per_ml.size - 1)

    def moves(self, person: Person, second: int) -> Person:
        """Where this person's signs lie in this second, without noise."""
        at, breathing = self.place(second), 1 + float(self.rr[self.place(second)])
        return replace(
            person,
            hr=person.hr * (1 + float(self.hr[at])),
            sbp=person.sbp * (1 + float(self.sbp[at])),
            dbp=person.dbp * (1 + float(self.dbp[at])),
            rr=person.rr * breathing,
            spo2=person.spo2 - SPO2_PERCENT_PER_BREATHING_SHARE * (1 - breathing),
            etco2=person.etco2 / breathing,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One invented person on one monitor. `probe_under_cuff`: both on the same arm, so each measurement takes SpO2 away."""

    key: str
    person: Person
    course: Course
    probe_under_cuff: bool = False

    def now(self, second: int) -> Person:
        """Where this person's signs lie in this second, without noise."""
        return self.course.moves(self.person, second)

    def at(self, second: int) -> Row:
        """What the monitor shows in this second of its life."""
        told = dict(invented.signs(self.key, second, person=self.now(second)))
        if is_moving(self.key, second):
            told = _moved(told, self.key, second)
        if invented.is_cuff_time(second):  # a monitor's slow signs come together
            told["temp"] = TEMPERATURE_C
        if self.probe_under_cuff and is_inflating(second):
            told |= {"spo2": 0.0, "pulse": 0.0}
        return told

    def dissociation(self, second: int) -> int:
        """The score that this person gives in this second, 0 to 10."""
        return round(float(self.course.score[self.course.place(second)]))


def a_patient(
    *,
    body: Body,
    schedule: Schedule,
    seed: int,
    age_y: int = 45,
    lasts_s: int = 3 * 3600,
    probe_under_cuff: bool = False,
) -> Patient:
    """The person with this body who gets this: rate steps and pauses of the session's log, as pharmacology writes them.

    Args:
        body: What was measured at the first visit.
        schedule: What goes in, from the first second on (mg/h, h).
        seed: Everything that chance decides about this person.
        age_y: Age in completed years.
        lasts_s: How far the course is worked out (s); from then on it stands still.
        probe_under_cuff: The probe is on the arm of the cuff.
    """
    chance = np.random.default_rng([seed, 0])
    person = Person(
        hr=body.pulse_per_min,
        spo2=body.spo2_room_air_percent,
        rr=float(chance.uniform(12, 16)),
        etco2=float(chance.uniform(35, 41)),
        sbp=body.systolic_mmHg,
        dbp=body.diastolic_mmHg,
    )
    sensitivity = math.exp(float(chance.normal(0, SENSITIVITY_SD)))
    given = Given(weight_kg=body.weight_kg, age_y=age_y, schedule=schedule, lasts_s=lasts_s)
    return Patient(
        key=f"invented/{seed}",
        person=person,
        course=course_of(given, sensitivity=sensitivity),
        probe_under_cuff=probe_under_cuff,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Who gets what, and from when to when it is looked at (s since the start)."""

    weight_kg: float
    age_y: int
    schedule: Schedule
    lasts_s: int
    from_s: int = 0


def course_of(given: Given, *, sensitivity: float = 1.0) -> Course:
    """What this does to a person who feels everything so many times as much as the models say."""
    effects, model = the_effects(), the_library().model(MODEL)
    body = body_of(model=model, weight_kg=given.weight_kg, age_y=given.age_y)
    times_h = np.arange(given.from_s, given.lasts_s + 1) / S_PER_H
    ng_per_ml = concentration_ng_per_ml(body=body, schedule=given.schedule, times_h=times_h)
    pressure = systolic_rise(effects.model(PRESSURE), concentration_ng_per_ml=ng_per_ml)
    scored = effects.model(SCORE)
    score = effect_answer(
        effect=scored,
        endpoint=SCORED,
        dosed=Dosed(model=model, body=body, schedule=given.schedule, drug=Drug.RACEMIC),
        times_h=times_h,
        rate=site_rate(scored),
    ).curve
    return Course(
        from_s=given.from_s,
        ng_per_ml=ng_per_ml,
        sbp=sensitivity * pressure.percent / 100,
        dbp=sensitivity * _simulated("diastolic", ng_per_ml),
        hr=sensitivity * _simulated("heart_rate", ng_per_ml),
        rr=sensitivity * _simulated("respiratory_rate", ng_per_ml),
        score=_score(score.middle if score else None, sensitivity, ng_per_ml),
        cautions=(CAUTION, *pressure.cautions, *(score.cautions if score else ())),
    )


def _simulated(name: str, ng_per_ml: Floats) -> Floats:
    """A share of change as a simulator has it; a fall is below zero."""
    effect = next(one for one in the_effects().engineering if one.id == name)
    size = sigmoid_emax(ng_per_ml, c50_ng_per_ml=effect.ec50_ng_per_ml, maximum=abs(effect.emax))
    return math.copysign(1, effect.emax) * size


def _score(share: Floats | None, sensitivity: float, ng_per_ml: Floats) -> Floats:
    if share is None:
        return np.zeros_like(ng_per_ml)
    return np.clip(SCORE_AT_MOST * sensitivity * share, 0, SCORE_AT_MOST)


# — artefacts —


def is_inflating(second: int) -> bool:
    """The cuff is tight: its measurement ends when this does."""
    return any(invented.is_cuff_time(second + ahead) for ahead in range(1, INFLATES_FOR_S + 1))


def is_moving(key: str, second: int) -> bool:
    """The hand with the probe moves."""
    begins, lasts_s = _movement(key, second // MOVES_EVERY_S)
    return begins <= second % MOVES_EVERY_S < begins + lasts_s


def _movement(key: str, period: int) -> tuple[int, int]:
    """When in this period the hand moves, and for how long (s): mostly not at all."""
    chance = np.random.default_rng([*key.encode(), period])
    if chance.random() >= MOVES_IN:
        return 0, 0
    lasts_s = int(chance.integers(*MOVES_FOR_S))
    return int(chance.integers(0, MOVES_EVERY_S - lasts_s)), lasts_s


def _moved(told: Row, key: str, second: int) -> dict[str, float | None]:
    """Wild numbers where there were calm ones, or none at all: a monitor shows both."""
    chance = np.random.default_rng([*key.encode(), second, 1])
    spo2, pulse = told.get("spo2"), told.get("pulse")
    if not spo2 or not pulse or chance.random() < 0.3:
        return {**told, "spo2": invented.NO_VALUE, "pulse": invented.NO_VALUE}
    return {
        **told,
        "spo2": float(round(spo2 - chance.uniform(3, 14))),
        "pulse": float(round(pulse * chance.uniform(1.2, 1.8))),
    }
