"""Forty digits: the matrix exponential of a body with its effect site, and bodies whose rates meet or nearly do."""

import numpy as np
from mpmath import mp

from ebbtide.pharmacology.engine.closed_form import impulses, modes_of, segments
from ebbtide.pharmacology.engine.cohort import Cohort, parameters_of
from ebbtide.pharmacology.published.models import Body, Compartments, Metabolite, Transit
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule
from tests.pharmacology.builders import Crowd, a_model, whole_system

GAPS = (0.0, 1e-15, 1e-12, 1e-9)
MEETINGS = (
    "the effect site and a delay",
    "the effect site and the slow mode of the parent",
    "the effect site and the fast mode of the parent",
    "the metabolite and the slow mode of the parent",
    "the delay and the fast mode of the parent",
    "everything",
)


def in_forty_digits(body, schedule, times_h, *, ke0_per_h):
    """Every curve of one person at each time, the times in order: output x times, rounded once at the end."""
    matrix, rows = whole_system(body)
    size = matrix.shape[0]
    site, pump = size, size + 1
    rows = {**rows, "effect_site": (site, rows["ketamine"][1])}
    with mp.workdps(40):
        rates = mp.zeros(size + 2)
        for i, j in np.argwhere(matrix).tolist():
            rates[i, j] = mp.mpf(float(matrix[i, j]))
        rates[site, 0], rates[site, site], rates[0, pump] = mp.mpf(ke0_per_h), -mp.mpf(ke0_per_h), mp.mpf(1)
        state, now, found = mp.zeros(size + 2, 1), mp.mpf(0), {output: [] for output in rows}
        for stop in sorted({0.0, *schedule.edges_h, *times_h.tolist()}):
            if stop > now:
                state[pump] = sum(
                    mp.mpf(rate) for start, end, rate in segments(schedule) if start <= now < end
                )
                state = mp.expm(rates * (mp.mpf(stop) - now)) * state
                now = mp.mpf(stop)
            state[0] += sum(mp.mpf(amount) for at, amount in impulses(schedule) if at == stop)
            if stop in times_h:
                for output, (row, scale) in rows.items():
                    found[output].append(float(mp.mpf(scale) * state[row]))
    return {output: np.array(values) for output, values in found.items()}


def where_rates_meet(meeting, gap):
    """A person in whom two rates lie this far apart, as a share of either: the crowd of one, and its body."""
    parent = Compartments(
        central_volume_l=25.0,
        peripheral_volumes_l=(110.0,),
        elimination_l_per_h=84.0,
        intercompartmental_l_per_h=(79.0,),
    )
    if meeting == "everything":
        parent = Compartments(
            central_volume_l=25.0,
            peripheral_volumes_l=(),
            elimination_l_per_h=84.0,
            intercompartmental_l_per_h=(),
        )
    modes = -modes_of(Body(compartments=parent, organ=None)).rates_per_h
    fast, slow = float(modes[0]), float(modes[-1])
    delay, ends, ke0 = 6.0, 0.9, 5.0
    if meeting == "the effect site and a delay":
        ke0 = delay * (1 + gap)
    elif meeting == "the effect site and the slow mode of the parent":
        ke0 = slow * (1 + gap)
    elif meeting == "the effect site and the fast mode of the parent":
        ke0 = fast * (1 + gap)
    elif meeting == "the metabolite and the slow mode of the parent":
        ends = slow * (1 + gap)
    elif meeting == "the delay and the fast mode of the parent":
        delay = fast * (1 + gap)
    else:
        delay, ends, ke0 = slow * (1 + gap), slow * (1 - gap), slow * (1 + 2 * gap)
    metabolite = Metabolite(
        id="norketamine",
        formed_from="ketamine",
        fraction=0.8,
        transit=Transit(stages=2, mean_time_h=2 / delay),
        concentration_factor=1.0,
        compartments=Compartments(
            central_volume_l=40.0,
            peripheral_volumes_l=(),
            elimination_l_per_h=40.0 * ends,
            intercompartmental_l_per_h=(),
        ),
    )
    body = Body(compartments=parent, organ=None, metabolites=(metabolite,))
    model = a_model(body)
    columns = {part.name: np.array([part.value]) for part in parameters_of(model)}
    return Crowd(cohort=Cohort(model=model, columns=columns, size=1), ke0_per_h=np.array([ke0])), body


AN_ORDER = Schedule(
    infusions=(Infusion(start_h=0.0, end_h=2 / 3, rate_mg_per_h=52.5),),
    boluses=(Bolus(at_h=0.9, amount_mg=10.0, over_h=1 / 60), Bolus(at_h=1.1, amount_mg=5.0)),
)
