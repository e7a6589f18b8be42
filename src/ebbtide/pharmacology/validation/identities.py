r"""Identities that any linear system keeps, tried on one body: how far the engine is from each (target T15).

With C the concentration under a schedule u, CL the clearance and $\Delta$ a delay:

- steady state: after long enough at rate R, $C = 1000\,R/CL$;
- area: $\int_0^\infty C\,dt = 1000\,\text{dose}/CL$;
- superposition: $C[u + v] = C[u] + C[v]$;
- split infusion: one infusion cut into two that follow each other changes nothing;
- time shift: $C[u(\cdot - \Delta)](t) = C[u](t - \Delta)$;
- mass balance: what is in the body and what has left it is what was given.

Checked with random bodies in tests/pharmacology/test_identities.py; here on each offered model.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ebbtide.pharmacology.engine.closed_form import (
    NG_PER_ML_FROM_MG_PER_L,
    auc_ng_h_per_ml,
    compartment_amounts_mg,
    concentration_ng_per_ml,
)
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.published.models import Body
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule

LONG_H = 3000.0  # h; the slowest half-life of an offered model is 11 h
LOOKS_H = np.linspace(0.0, 48.0, 97)
FIRST = Schedule(
    infusions=(Infusion(start_h=0.25, end_h=1.1, rate_mg_per_h=31.0),),
    boluses=(Bolus(at_h=0.1, amount_mg=7.0),),
)
SECOND = Schedule(infusions=(Infusion(start_h=0.9, end_h=5.3, rate_mg_per_h=17.0),))


def identity_errors(body: Body) -> dict[str, float]:
    """How far a body is from each identity, as a share of the larger side (of the peak for curves)."""
    return {name: error(body) for name, error in IDENTITIES.items()}


def _steady_state(body: Body) -> float:
    forever = Schedule(infusions=(Infusion(start_h=0.0, end_h=LONG_H, rate_mg_per_h=20.0),))
    level = _curve(body, forever, np.array([LONG_H]))[0]
    return _apart(level, NG_PER_ML_FROM_MG_PER_L * 20.0 / body.clearance_l_per_h)


def _auc(body: Body) -> float:
    area = auc_ng_h_per_ml(body=body, schedule=FIRST, until_h=LONG_H)
    return _apart(area, NG_PER_ML_FROM_MG_PER_L * FIRST.total_mg / body.clearance_l_per_h)


def _superposition(body: Body) -> float:
    together = _curve(body, FIRST.plus(SECOND), LOOKS_H)
    return _curves_apart(together, _curve(body, FIRST, LOOKS_H) + _curve(body, SECOND, LOOKS_H))


def _split_infusion(body: Body) -> float:
    cut = SECOND.paused(at_h=3.3, for_h=0.0)
    return _curves_apart(_curve(body, cut, LOOKS_H), _curve(body, SECOND, LOOKS_H))


def _time_shift(body: Body) -> float:
    late = _curve(body, FIRST.delayed(by_h=7.7), LOOKS_H + 7.7)
    return _curves_apart(late, _curve(body, FIRST, LOOKS_H))


def _mass_balance(body: Body) -> float:
    at_h = 2.6
    amounts = compartment_amounts_mg(body=body, schedule=FIRST, times_h=np.array([at_h]))[:, 0]
    area_mg_h_per_l = auc_ng_h_per_ml(body=body, schedule=FIRST, until_h=at_h) / NG_PER_ML_FROM_MG_PER_L
    return _apart(float(amounts.sum()) + _left_mg(body, area_mg_h_per_l, float(amounts[-1])), FIRST.total_mg)


def _left_mg(body: Body, area_mg_h_per_l: float, last_amount_mg: float) -> float:
    r"""What has been eliminated (mg), from the area under the centre (mg h/L).

    An organ keeps $\dot a_o = Q_h C - (Q_h/V_h + k)\,a_o$, so $k \int a_o = k\,(Q_h \int C - a_o) / (Q_h/V_h + k)$.
    """
    organ = body.organ
    if organ is None:
        return body.clearance_l_per_h * area_mg_h_per_l
    lost_per_h = organ.k_elimination_per_h + organ.k_to_metabolite_per_h
    passed_mg = organ.flow_l_per_h * area_mg_h_per_l - last_amount_mg
    return lost_per_h * passed_mg / (organ.flow_l_per_h / organ.volume_l + lost_per_h)


def _curve(body: Body, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    return concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)


def _apart(one: float, other: float) -> float:
    return float(abs(one - other) / max(abs(one), abs(other)))


def _curves_apart(one: FloatArray, other: FloatArray) -> float:
    return float(np.max(np.abs(one - other)) / np.max(other))


IDENTITIES: Mapping[str, Callable[[Body], float]] = {
    "steady_state": _steady_state,
    "auc": _auc,
    "superposition": _superposition,
    "split_infusion": _split_infusion,
    "time_shift": _time_shift,
    "mass_balance": _mass_balance,
}
