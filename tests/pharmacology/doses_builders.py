"""Builders of the tests of doses and of one person: a question, a cohort, and 1 mg that does what the test says."""

import numpy as np

from ebbtide.pharmacology.doses.caps import GuardRails
from ebbtide.pharmacology.doses.suggestions import Bounds, Functional, Sampled
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, network_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Mark
from ebbtide.pharmacology.published.validity import Question
from ebbtide.pharmacology.schedule import constant_infusion

KE0_PER_H = float(np.log(2) / (8.3 / 60))
FORTY_MIN = constant_infusion(amount_mg=35.0, over_h=40 / 60)


def a_question(model_id="kamp_2020", **changes):
    library = the_library()
    asked = {
        "schedule": FORTY_MIN,
        "age_y": 45,
        "weight_kg": 70.0,
        "pregnant": None,
        "drug": Drug.RACEMIC,
        "model": library.model(model_id),
        "policy": library.policy,
        "crps_course": False,
    }
    return Question(**(asked | changes))


def a_cohort(model_id="kamp_2020", *, size=1, deviates=None, weight_kg=70.0):
    return cohort_of(
        model=the_library().model(model_id),
        weight_kg=np.full(size, weight_kg),
        age_y=np.full(size, 45.0),
        deviates=deviates,
    )


def some_deviates(size, *, seed=1, log_variance=None):
    rng = np.random.default_rng(seed)
    spread = log_variance or {"central": 0.057, "elimination": 0.029, "intercompartmental_2": 0.026}
    return {name: rng.normal(0.0, variance**0.5, size) for name, variance in spread.items()}


def a_network(model_id="kamp_2020", *, size=1, deviates=None, site=True):
    cohort = a_cohort(model_id, size=size, deviates=deviates)
    outputs = (KETAMINE, EFFECT_SITE) if site else (KETAMINE,)
    return network_of(cohort, outputs=outputs, ke0_per_h=np.full(size, KE0_PER_H))


def sampled(per_mg, *, functional=Functional.PEAK, peak_per_mg=None, seed=7):
    per_mg = np.asarray(per_mg, dtype=float)
    peak = per_mg if peak_per_mg is None else np.asarray(peak_per_mg, dtype=float)
    return Sampled(functional=functional, per_mg=per_mg, peak_per_mg=peak, seed=seed)


def bounds(*, warn=1e9, stop=1e9, caps=()):
    rails = GuardRails(warn_above_ng_per_ml=warn, stop_above_ng_per_ml=stop, mark=Mark.DESIGN)
    return Bounds(rails=rails, band=the_library().band, caps=caps)
