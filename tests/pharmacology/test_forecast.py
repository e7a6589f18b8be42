"""A forecaster that is carried along a record says what the whole record would say, computed from the start."""

from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology.engine import stepping
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.forecast import AHEAD, PEOPLE, forecaster
from ebbtide.pharmacology.people.bands import models_for, residual_of
from ebbtide.pharmacology.people.person import Person
from ebbtide.pharmacology.people.population import cohort_for, one_person
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Residual
from ebbtide.pharmacology.schedule import Bolus, Infusion, RateChange, Schedule, from_rate_changes

A_PERSON = Person(age_y=67, weight_kg=82.5)
RECORD = ((0.0, 20.0), (0.37, 31.5), (1.02, 0.0), (1.25, 24.0))  # h, mg/h: up, a pause, on again
BOLUS = Bolus(at_h=0.8, amount_mg=6.0)


def started(models=None, *, seed=11, people=40, person=A_PERSON, drug=Drug.RACEMIC, **more):
    chosen = None if models is None else [the_library().model(model_id) for model_id in models]
    rng = np.random.default_rng(seed)
    return forecaster(person=person, drug=drug, rng=rng, models=chosen, people=people, **more)


def followed(forecaster):
    """The record, charted change by change."""
    for at_h, rate_mg_per_h in RECORD:
        if at_h > BOLUS.at_h > forecaster.at_h:
            forecaster = forecaster.given(at_h=BOLUS.at_h, amount_mg=BOLUS.amount_mg)
        forecaster = forecaster.changed(at_h=at_h, rate_mg_per_h=rate_mg_per_h)
    return forecaster


def the_whole_record(*, now_h, rate_mg_per_h, ahead_h):
    """The same as one schedule from the start, with what is to come."""
    stop = RateChange(at_h=now_h, rate_mg_per_h=0.0)
    given = from_rate_changes(
        [*(RateChange(at_h=at_h, rate_mg_per_h=rate) for at_h, rate in RECORD), stop], boluses=(BOLUS,)
    )
    to_come = Infusion(start_h=now_h, end_h=now_h + ahead_h, rate_mg_per_h=rate_mg_per_h)
    return given.plus(Schedule(infusions=(to_come,)))


def by_the_engine(model_ids, schedule, grid, *, seed=11, people=40):
    """The same copies of the same person, drawn again in the order that is documented: people x times."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(model_ids), people)
    found = []
    for place, model_id in enumerate(model_ids):
        size = int((chosen == place).sum())
        if not size:
            continue
        model = the_library().model(model_id)
        cohort = cohort_for(model, one_person(size, weight_kg=82.5, age_y=67), rng)
        first, second = rng.standard_normal((2, size, 1))
        curves = stepping.curves(network_of(cohort), programme_of(schedule, grid))[:, 0]
        scatter = residual_of(model, "ketamine") or Residual(species="ketamine")
        factor = np.exp((scatter.log_sd or 0) * first) + (scatter.proportional_sd or 0) * first
        found.append(np.maximum(curves * factor + (scatter.additive_ng_per_ml or 0) * second, 0.0))
    return np.concatenate(found)


@pytest.mark.parametrize(
    "model_ids",
    [
        ("kamp_2020",),
        ("simons_2022",),
        ("otto_2021",),
        ("perez_ruixo_2021",),
        ("domino",),
        ("clements_250",),
        ("simons_2022", "perez_ruixo_2021", "domino", "kamp_2020"),
    ],
)
@pytest.mark.parametrize("now_h", [1.25, 1.9])
@pytest.mark.parametrize("rate_mg_per_h", [None, 0.0, 55.0])
def test_it_says_what_the_whole_record_says(model_ids, now_h, rate_mg_per_h):
    found = followed(started(model_ids)).forecast(at_h=now_h, rate_mg_per_h=rate_mg_per_h)
    rate = RECORD[-1][1] if rate_mg_per_h is None else rate_mg_per_h
    schedule = the_whole_record(now_h=now_h + 1e-12, rate_mg_per_h=rate, ahead_h=1.0)
    grid = Grid(step_h=AHEAD.step_h, count=AHEAD.count, start_h=now_h)
    expected = np.quantile(by_the_engine(model_ids, schedule, grid), [0.05, 0.5, 0.95], axis=0)
    assert np.array([found.p05, found.p50, found.p95]) == pytest.approx(
        expected, rel=1e-9, abs=1e-9 * expected.max()
    )
    assert set(found.model_ids) <= set(model_ids)
    assert found.people == 40


PUSHED = Bolus(at_h=1.1, amount_mg=10.0, over_h=5 / 60)


@pytest.mark.parametrize("from_h", [0.0, 1.12, 1.25, 2.0])
def test_it_looks_at_any_time_along_a_schedule_with_its_pauses_and_boluses(from_h):
    models = ("simons_2022", "perez_ruixo_2021")
    schedule = the_whole_record(now_h=2.5, rate_mg_per_h=0.0, ahead_h=1.0).plus(Schedule(boluses=(PUSHED,)))
    grid = Grid(step_h=0.01, count=300)
    expected = np.quantile(by_the_engine(models, schedule, grid), [0.05, 0.5, 0.95], axis=0)
    times_h = grid.times_h[grid.times_h >= from_h]
    found = started(models).followed(schedule, to_h=from_h).along(schedule, times_h)
    assert found.minutes == pytest.approx(times_h * 60)
    assert np.array([found.p05, found.p50, found.p95]) == pytest.approx(
        expected[:, grid.times_h >= from_h], rel=1e-9, abs=1e-9 * expected.max()
    )


def test_it_looks_twenty_minutes_ahead_every_ten_seconds():
    found = started().forecast(at_h=0.0, rate_mg_per_h=20.0)
    assert found.minutes == pytest.approx(np.arange(121) / 6)


def test_it_draws_bands_in_order_from_all_models_that_can_speak():
    found = followed(started(people=PEOPLE)).forecast(at_h=2.0)
    assert np.all((found.p05 < found.p50) & (found.p50 < found.p95))
    assert found.p05.min() >= 0
    models = models_for(Drug.RACEMIC)
    assert found.model_ids == tuple(model.id for model in models)
    assert found.sites == tuple(dict.fromkeys(str(model.site) for model in models))
    assert found.people == PEOPLE


def test_it_gives_the_same_numbers_for_the_same_seed_and_others_for_another():
    first, again, other = (followed(started(seed=seed)).forecast(at_h=2.0) for seed in (3, 3, 4))
    for name in ("p05", "p50", "p95"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_it_forecasts_under_the_rate_that_runs_unless_another_is_named():
    running = started().changed(at_h=0.0, rate_mg_per_h=30.0)
    present, named, less = (running.forecast(at_h=1.0, rate_mg_per_h=rate) for rate in (None, 30.0, 10.0))
    assert np.array_equal(present.p50, named.p50)
    assert less.p50[0] == present.p50[0]
    assert less.p50[-1] < present.p50[-1]


def test_it_does_not_mind_whether_nothing_happened_in_between():
    running = started().changed(at_h=0.0, rate_mg_per_h=30.0)
    looked = running.changed(at_h=0.4, rate_mg_per_h=30.0).given(at_h=0.9, amount_mg=0.0)
    assert looked.rate_mg_per_h == 30.0
    assert looked.forecast(at_h=1.5).p95 == pytest.approx(running.forecast(at_h=1.5).p95, rel=1e-12)


def test_it_adds_the_scatter_that_does_not_grow_with_the_level():
    """Everybody alike, 3 ng/mL of scatter (SD): a band as wide at every level, but that nothing lies below zero."""
    domino = the_library().model("domino")
    alike = replace(domino, residuals=(Residual(species="ketamine", additive_ng_per_ml=3.0),))
    person, rng = Person(age_y=46, weight_kg=70.0), np.random.default_rng(8)
    empty = forecaster(person=person, drug=Drug.RACEMIC, rng=rng, models=[alike], people=4000)
    begun = empty.given(at_h=0.0, amount_mg=30.0).forecast(at_h=0.0)
    width = begun.p95 - begun.p05
    assert begun.p50[0] > 3 * begun.p50[-1] > 100
    assert width == pytest.approx(np.full(width.size, width[0]), rel=1e-9)
    assert width[0] == pytest.approx(2 * 1.6449 * 3.0, rel=0.05)
    nothing = empty.forecast(at_h=0.0)
    assert (nothing.p05.max(), nothing.p50.max()) == (0.0, pytest.approx(0.0, abs=0.2))
    assert nothing.p95[0] == pytest.approx(1.6449 * 3.0, rel=0.07)


def test_it_sees_a_bolus_at_once():
    model = the_library().model("kamp_2020")
    still = started(("kamp_2020",))
    given = still.given(at_h=0.0, amount_mg=10.0).forecast(at_h=0.0)
    volume_l = model.body.compartments.central_volume_l * 82.5 / 70
    assert np.all(still.forecast(at_h=0.0).p95 == 0)
    assert given.p50[0] == pytest.approx(10_000 / volume_l, rel=0.5)
    assert given.p50[-1] < given.p50[0]


def test_it_leaves_the_forecaster_as_it_was():
    running = started().changed(at_h=0.0, rate_mg_per_h=30.0)
    before = running.forecast(at_h=1.0).p50
    running.given(at_h=0.5, amount_mg=5.0)
    running.changed(at_h=0.7, rate_mg_per_h=0.0)
    assert np.array_equal(running.forecast(at_h=1.0).p50, before)
    assert running.at_h == 0.0


def test_it_has_no_group_of_a_model_that_nobody_drew():
    few = started(people=1)
    assert len(few.groups) == 1
    assert few.forecast(at_h=0.0, rate_mg_per_h=10.0).people == 1


@pytest.mark.parametrize(
    "back",
    [
        lambda it: it.changed(at_h=1.2, rate_mg_per_h=0.0),
        lambda it: it.given(at_h=1.2, amount_mg=1.0),
        lambda it: it.forecast(at_h=1.2),
        lambda it: it.along(Schedule(), np.array([1.2])),
        lambda it: it.followed(Schedule(), to_h=1.2),
    ],
)
def test_it_does_not_go_back(back):
    with pytest.raises(ValueError, match=r"followed to 1\.25 h: it cannot be continued from 1\.2 h"):
        back(followed(started()))


@pytest.mark.parametrize(
    "person", [Person(age_y=None, weight_kg=70.0), Person(age_y=50, weight_kg=None)], ids=["age", "weight"]
)
def test_it_makes_no_forecast_of_a_person_who_is_not_recorded(person):
    with pytest.raises(NotComputable, match="no forecast is made without both"):
        started(person=person)


def test_it_makes_no_forecast_without_a_model():
    with pytest.raises(NotComputable, match="No model can speak about this drug"):
        started(())
