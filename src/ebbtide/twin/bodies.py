"""The twin room: bodies and pain, drawn from published baselines with a generator that the day seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

WEIGHT_KG = (79.0, 19.0)  # kg; mean and SD of a large outpatient series, clinical.md
HEIGHT_CM = {"female": (163.0, 7.0), "male": (177.0, 7.0)}  # cm; adults of the United States [recalled]
BMI_KEPT = (18.5, 42.0)  # kg/m2; drawn weights stay inside [design]
PAIN_NRS = (7.0, 1.2)  # 0 to 10; people who ask for an infusion [design]
SYSTOLIC_MMHG, DIASTOLIC_MMHG = (124.0, 8.0), (77.0, 6.0)  # mmHg; rested adults [design]
BELOW_CHECK_MMHG = (138.0, 88.0)  # mmHg; a raised first reading is written by hand in the cast, never drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is measured at the first visit."""

    height_cm: float
    weight_kg: float
    pain_nrs: float
    systolic_mmHg: float  # noqa: N815 - the vocabulary's own name
    diastolic_mmHg: float  # noqa: N815 - the vocabulary's own name
    pulse_per_min: float
    spo2_room_air_percent: float
    stop_bang_score: float
    phq9_total: float


def draw_body(*, on: date, number: int, sex: str, given: Mapping[str, float]) -> Body:
    """The body of one invented person; the same day and the same number give the same body.

    Args:
        on: the day the demonstration is made; it seeds the generator.
        number: the person's number in the cast.
        sex: "female" or "male".
        given: what the cast says itself, by the names of `Body`; it stands instead of what is drawn.
    """
    generator = np.random.default_rng([on.toordinal(), number])
    height = round(float(generator.normal(*HEIGHT_CM.get(sex, HEIGHT_CM["female"]))))
    low, high = (limit * (height / 100) ** 2 for limit in BMI_KEPT)
    drawn = {
        "height_cm": float(height),
        "weight_kg": round(float(np.clip(generator.normal(*WEIGHT_KG), low, high)), 1),
        "pain_nrs": float(np.clip(round(generator.normal(*PAIN_NRS)), 4, 10)),
        "systolic_mmHg": float(min(round(generator.normal(*SYSTOLIC_MMHG)), BELOW_CHECK_MMHG[0])),
        "diastolic_mmHg": float(min(round(generator.normal(*DIASTOLIC_MMHG)), BELOW_CHECK_MMHG[1])),
        "pulse_per_min": float(generator.integers(58, 92)),
        "spo2_room_air_percent": float(generator.integers(96, 100)),
        "stop_bang_score": float(generator.integers(0, 4)),
        "phq9_total": float(generator.integers(3, 14)),
    }
    return Body(**{**drawn, **given})
