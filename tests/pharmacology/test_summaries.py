"""Summaries that are counted without writing curves are those of the written curves."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.engine import stepping, summaries
from ebbtide.pharmacology.engine.closed_form import auc_ng_h_per_ml
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.errors import NotComputable
from tests.pharmacology.builders import a_cohort, body_in, crowds, grids, schedules_around
from tests.pharmacology.oracles import AN_ORDER
from tests.pharmacology.test_stepping import is_stiff

EVERYTHING, NOTHING, NEVER = (0.0, np.inf), (1e9, np.inf), (2.0, 1.0)
HOURS = Grid(step_h=1 / 60, count=400)


def both(kernel, network, programme, window):
    found = kernel.figures(network, programme, window_ng_per_ml=window)
    counted = summaries.of_figures(network, programme, found)
    curves = kernel.curves(network, programme)
    return counted, summaries.of_curves(network, programme, curves, window_ng_per_ml=window), curves


def a_window(curves, data):
    """Ends that no value of a curve lies upon, so that the last bit of a sum decides nothing."""
    values = np.unique(curves)
    ends = sorted(data.draw(st.lists(st.floats(0, 1.05 * values[-1] + 1), min_size=2, max_size=2)))
    for end in ends:
        nearest = np.abs(values - end).min()
        if nearest <= 1e-9 * max(values[-1], 1.0):
            return None
    return tuple(ends)


@settings(max_examples=30, deadline=None)
@given(crowds(metabolites=1), grids, st.data())
def test_it_counts_what_is_written(kernel, crowd, grid, data):
    network = crowd.network(areas=True)
    assume(not is_stiff(network, grid.time_of(grid.count)))
    programme = programme_of(data.draw(schedules_around(grid)), grid)
    curves = kernel.curves(network, programme)
    window = a_window(curves[:, : len(crowd.outputs)], data) or EVERYTHING
    counted, written, _ = both(kernel, network, programme, window)
    assert counted.outputs == written.outputs == crowd.outputs
    assert counted.peak_ng_per_ml == pytest.approx(written.peak_ng_per_ml, rel=1e-12)
    assert np.array_equal(counted.in_window_h, written.in_window_h)
    assert counted.area_ng_h_per_ml == pytest.approx(written.area_ng_h_per_ml, rel=1e-10)
    for person, outputs in enumerate(counted.peak_at_h):
        for place, at_h in enumerate(outputs):
            line = curves[person, place]
            stands = line[np.flatnonzero(grid.times_h == at_h)]
            assert stands == pytest.approx(
                line.max(), rel=1e-12
            )  # two times as high as one another are a tie


@pytest.mark.parametrize("model_id", ["kamp_2020", "simons_2022", "perez_ruixo_2021"])
def test_it_finds_the_very_place_of_a_peak(kernel, model_id):
    cohort = a_cohort(model_id, size=70)
    network = network_of(cohort, outputs=("ketamine", "effect_site"), ke0_per_h=np.full(70, 5.0), areas=True)
    programme = programme_of(AN_ORDER, HOURS)
    counted, written, _ = both(kernel, network, programme, (50.0, 100.0))
    assert np.array_equal(counted.peak_at_h, written.peak_at_h)
    assert len(set(counted.peak_at_h[:, 1])) > 1
    assert np.array_equal(counted.in_window_h, written.in_window_h)


@pytest.mark.parametrize(
    ("window", "share"), [(EVERYTHING, 1.0), (NOTHING, 0.0), (NEVER, 0.0), ((-5.0, -1.0), 0.0)]
)
def test_it_counts_windows_that_hold_everything_or_nothing(kernel, window, share):
    network = network_of(a_cohort(size=40), areas=True)
    counted, written, _ = both(kernel, network, programme_of(AN_ORDER, HOURS), window)
    assert np.array_equal(counted.in_window_h, written.in_window_h)
    assert counted.in_window_h == pytest.approx(np.full((40, 1), share * 400 / 60))


def test_it_counts_a_value_on_the_end_of_the_window_as_inside():
    network = network_of(a_cohort(size=1), areas=True)
    programme = programme_of(AN_ORDER, HOURS)
    curves = stepping.curves(network, programme)
    at = float(curves[0, 0, 30])
    found = summaries.of_curves(network, programme, curves, window_ng_per_ml=(at, at))
    assert found.in_window_h.tolist() == [[1 / 60]]


def test_it_gives_the_area_of_the_closed_form_on_any_grid(kernel):
    cohort = a_cohort("kamp_2020", size=5)
    network = network_of(cohort, areas=True)
    coarse = programme_of(AN_ORDER, Grid(step_h=3.7, count=3, start_h=0.1))
    counted, written, _ = both(kernel, network, coarse, EVERYTHING)
    expected = [
        [auc_ng_h_per_ml(body=body_in(cohort, person), schedule=AN_ORDER, until_h=7.5)] for person in range(5)
    ]
    assert counted.area_ng_h_per_ml == pytest.approx(np.array(expected), rel=1e-10)
    assert written.area_ng_h_per_ml == pytest.approx(np.array(expected), rel=1e-10)


def test_it_gives_quantiles_over_people(kernel):
    network = network_of(a_cohort(size=40), outputs=("norketamine", "ketamine"), areas=True)
    counted, _, curves = both(kernel, network, programme_of(AN_ORDER, HOURS), (20.0, 90.0))
    found = counted.quantiles((0.05, 0.5, 0.95))
    assert found.outputs == ("norketamine", "ketamine")
    for name in ("peak_ng_per_ml", "peak_at_h", "in_window_h", "area_ng_h_per_ml"):
        values, all_of_them = getattr(found, name), getattr(counted, name)
        assert values.shape == (3, 2)
        assert np.all(np.diff(values, axis=0) >= 0)
        assert values[1].tolist() == np.median(all_of_them, axis=0).tolist()
    assert found.peak_ng_per_ml[1, 1] == pytest.approx(np.median(curves[:, 1].max(axis=1)), rel=1e-12)


def test_it_needs_the_areas():
    network = network_of(a_cohort(), outputs=("ketamine", "norketamine"))
    with pytest.raises(NotComputable, match="No area is carried for ketamine, norketamine: make the network"):
        summaries.species_of(network)


def test_it_summarises_concentrations_and_no_areas():
    network = network_of(a_cohort(), outputs=("ketamine", "norketamine"), areas=True)
    assert summaries.species_of(network) == ("ketamine", "norketamine")
