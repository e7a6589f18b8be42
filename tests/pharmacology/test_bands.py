"""Bands: what is in them, what is not, and that they say so."""

import dataclasses
import math

import numpy as np
import pytest

from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.bands import (
    Bands,
    Regimen,
    coverage,
    measurements,
    mixture_bands,
    mixture_measurements,
    model_bands,
    models_for,
    residual_of,
)
from ebbtide.pharmacology.people.population import chronic_pain_adults, ke0_per_h, one_person
from ebbtide.pharmacology.people.variability import deviates_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Residual, Site, Variability
from ebbtide.pharmacology.schedule import constant_infusion
from tests.pharmacology.builders import a_body

MANY = 20_000
GRID = Grid(step_h=1 / 3, count=4)  # 0, 20, 40, 60 min
HALF_MG_PER_KG = constant_infusion(amount_mg=35, over_h=40 / 60)


def a_regimen(**changes):
    return dataclasses.replace(Regimen(schedule=HALF_MG_PER_KG, grid=GRID, drug=Drug.S), **changes)


def a_model(model_id="kamp_2020", **changes):
    return dataclasses.replace(the_library().model(model_id), **changes)


def all_alike(model_id):
    """A model whose people do not differ, so that only the measurement scatters."""
    nothing = Variability(log_variance={}, covariances=(), shared={}, status="none")
    return a_model(model_id, variability=nothing)


def typical(model_id):
    return concentration_ng_per_ml(body=a_body(model_id), schedule=HALF_MG_PER_KG, times_h=GRID.times_h)


def at_70_kg(size=MANY):
    return one_person(size, weight_kg=70, age_y=46)  # at the reference weight the exponent changes nothing


def a_generator(seed=11):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("model_id", "log_sd"),
    [("perez_ruixo_2021", 0.276), ("kamp_2020", 0.11)],  # as printed; by its site, as our own choice
)
def test_it_scatters_a_measurement_by_a_factor(model_id, log_sd):
    found = measurements(all_alike(model_id), at_70_kg(), a_regimen(), a_generator())[:, 0]
    logs = np.log(found[:, 1:] / typical(model_id)[1:])
    assert logs.mean(axis=0) == pytest.approx([0] * 3, abs=0.01)
    assert logs.std(axis=0) == pytest.approx([log_sd] * 3, rel=0.02)
    assert found[:, 0].tolist() == [0.0] * MANY


@pytest.mark.parametrize(("model_id", "share"), [("simons_2022", 0.1095), ("otto_2021", 0.23609)])
def test_it_scatters_a_measurement_in_proportion(model_id, share):
    found = measurements(all_alike(model_id), at_70_kg(), a_regimen(), a_generator())[:, 0]
    errors = found[:, 1:] / typical(model_id)[1:] - 1
    assert errors.mean(axis=0) == pytest.approx([0] * 3, abs=0.01)
    assert errors.std(axis=0) == pytest.approx([share] * 3, rel=0.02)


def test_it_adds_what_the_source_adds_and_never_goes_below_zero():
    regimen = a_regimen(outputs=("norketamine",))
    found = measurements(all_alike("simons_2022"), at_70_kg(), regimen, a_generator())[:, 0]
    assert found.min() == 0.0
    assert np.mean(found[:, 0] == 0) == pytest.approx(0.5, abs=0.015)  # before any is made: 12.97 up or down
    late = 68.89499  # ng/mL at 40 min, golden
    assert found[:, 2].mean() == pytest.approx(late, rel=0.01)
    assert found[:, 2].std() == pytest.approx(math.hypot(0.102 * late, 12.97), rel=0.02)


def test_it_scatters_nothing_where_neither_source_nor_site_says_how():
    found = measurements(a_model("domino"), at_70_kg(5), a_regimen(drug=Drug.RACEMIC), a_generator())
    assert found[:, 0] == pytest.approx(np.tile(typical("domino"), (5, 1)), rel=1e-9)


@pytest.mark.parametrize(
    ("model_id", "species", "expected"),
    [
        ("otto_2021", "ketamine", Residual(species="ketamine", proportional_sd=0.23609)),
        ("kamp_2020", "ketamine", Residual(species="ketamine", log_sd=0.11)),
        ("otto_2021", "hydroxynorketamine", Residual(species="hydroxynorketamine", log_sd=0.24)),
        ("domino", "ketamine", None),
    ],
)
def test_it_takes_the_printed_scatter_and_else_that_of_the_site(model_id, species, expected):
    assert residual_of(a_model(model_id), species) == expected


def test_it_lets_differences_between_people_and_measurement_add_up():
    model = a_model("otto_2021")
    steady = a_regimen(
        schedule=constant_infusion(amount_mg=20_000, over_h=1000), grid=Grid(step_h=1000, count=2)
    )
    measured = measurements(model, at_70_kg(), steady, a_generator())[:, 0, 1]
    # at steady state C = rate / CL with ln CL normal; y = C (1 + sd e), so var(y) / mean(y)^2 is as below
    expected = math.exp(0.026048) * (1 + 0.23609**2) - 1
    assert np.var(measured) / np.mean(measured) ** 2 == pytest.approx(expected, rel=0.05)
    assert np.mean(measured) == pytest.approx(20_000 / 95.2 * math.exp(0.026048 / 2), rel=0.01)


def test_it_draws_in_the_order_it_says():
    model, rng = a_model(), a_generator(5)
    found = measurements(model, at_70_kg(3), a_regimen(outputs=("ketamine", "effect_site")), a_generator(5))
    deviates_of(model, 3, rng)
    rng.uniform(size=3)
    ke0_per_h(3, rng)
    scatter = np.exp(0.11 * rng.standard_normal((2, 3))[0])
    calm = dataclasses.replace(model, residuals=(Residual(species="ketamine", proportional_sd=0.0),))
    exact = measurements(calm, at_70_kg(3), a_regimen(outputs=("ketamine", "effect_site")), a_generator(5))
    assert found[:, 0] == pytest.approx(exact[:, 0] * scatter[:, None])
    assert np.array_equal(found[:, 1], exact[:, 1])


def test_it_draws_the_effect_site_without_a_measurement():
    regimen = a_regimen(outputs=("effect_site", "ketamine"))
    bands = model_bands(all_alike("kamp_2020"), at_70_kg(), regimen, a_generator())
    spread = bands.p95[0, 1] / bands.p05[0, 1]
    assert 1.3 < spread < 2.1  # the half-time of ke0 alone, 5.6 to 12.3 min
    assert "The effect site cannot be measured: its band holds no measurement." in bands.holds


def test_it_multiplies_by_each_persons_own_weight():
    people = one_person(50, weight_kg=90, age_y=46)
    per_kg = a_regimen(schedule=constant_infusion(amount_mg=0.5, over_h=2 / 3), per_kg=True)
    absolute = a_regimen(schedule=constant_infusion(amount_mg=45, over_h=2 / 3))
    one, other = (measurements(a_model(), people, regimen, a_generator()) for regimen in (per_kg, absolute))
    assert one == pytest.approx(other, rel=1e-12)


def test_it_reads_the_quantiles_of_new_measurements():
    people = chronic_pain_adults(500, a_generator())
    bands = model_bands(a_model(), people, a_regimen(), a_generator(3))
    measured = measurements(a_model(), people, a_regimen(), a_generator(3))
    for level, found in ((0.05, bands.p05), (0.5, bands.p50), (0.95, bands.p95)):
        assert np.mean(measured[:, 0, 2] <= found[0, 2]) == pytest.approx(level, abs=0.002)
    assert bands.minutes.tolist() == pytest.approx([0, 20, 40, 60])
    assert (bands.model_ids, bands.sites, bands.people) == (("kamp_2020",), (Site.ARTERIAL,), 500)
    again = model_bands(a_model(), people, a_regimen(), a_generator(3))
    assert np.array_equal(bands.p95, again.p95)


@pytest.mark.parametrize(
    ("model_id", "drug", "sentence"),
    [
        (
            "kamp_2020",
            Drug.S,
            "kamp_2020: differences between people (unknown for this model; borrowed from simons_2022",
        ),
        ("kamp_2020", Drug.S, "drawn from 0 to 1 (design)"),
        ("kamp_2020", Drug.S, "not known; log-SD 0.11 of arterial blood is taken (design)"),
        ("otto_2021", Drug.S, "otto_2021: differences between people (second-hand)"),
        ("otto_2021", Drug.S, "otto_2021, ketamine: scatter of one measurement as its source prints it"),
        (
            "otto_2021",
            Drug.RACEMIC,
            "Racemic ketamine enters otto_2021, a model of S-ketamine, with its whole dose",
        ),
        ("perez_ruixo_2021", Drug.S, "weight does not change clearance (no relevant weight effect found"),
        (
            "domino",
            Drug.RACEMIC,
            "domino: no difference between people is published, and none is in the band: it is too",
        ),
        (
            "domino",
            Drug.RACEMIC,
            "domino, ketamine: the scatter of one measurement is not known, and none is in",
        ),
        ("domino", Drug.S, "S-ketamine enters domino, a model of racemic ketamine, with its whole dose"),
        ("kamp_2020", Drug.R, "The difference between models is not in this band."),
    ],
)
def test_it_says_what_is_in_the_band_of_a_model(model_id, drug, sentence):
    bands = model_bands(a_model(model_id), at_70_kg(20), a_regimen(drug=drug), a_generator())
    assert any(sentence in line for line in bands.holds)


def test_it_calls_nothing_a_comparison_that_is_the_models_own():
    bands = model_bands(a_model("otto_2021"), at_70_kg(20), a_regimen(), a_generator())
    assert not any("comparison" in line for line in bands.holds)


def test_it_mixes_sites_knowingly_and_says_so():
    bands = mixture_bands(chronic_pain_adults(400, a_generator()), a_regimen(), a_generator())
    assert bands.model_ids == ("kamp_2020", "simons_2022", "otto_2021", "perez_ruixo_2021")
    assert bands.sites == (Site.ARTERIAL, Site.VENOUS)
    assert bands.holds[0] == (
        "Each person draws one of 4 models, all equally likely (design): arterial: kamp_2020, simons_2022; "
        "venous: otto_2021, perez_ruixo_2021."
    )
    assert "Sampling sites are mixed knowingly (arterial and venous)" in bands.holds[1]
    assert "no threshold of one site belongs beside it" in bands.holds[1]
    assert not any("difference between models is not" in line for line in bands.holds)


def test_it_mixes_one_site_without_a_word_about_mixing():
    arterial = (a_model("kamp_2020"), a_model("simons_2022"))
    bands = mixture_bands(at_70_kg(50), a_regimen(), a_generator(), models=arterial)
    assert bands.sites == (Site.ARTERIAL,)
    assert not any("mixed" in line for line in bands.holds)


def test_it_gives_each_model_an_equal_share():
    people = at_70_kg(30_000)
    mixed = mixture_bands(people, a_regimen(), a_generator())
    each = [measurements(model, at_70_kg(8000), a_regimen(), a_generator(4)) for model in models_for(Drug.S)]
    pooled = np.quantile(np.concatenate(each), (0.05, 0.5, 0.95), axis=0)
    found = np.array([mixed.p05, mixed.p50, mixed.p95])
    assert found[:, 0, 1:] == pytest.approx(pooled[:, 0, 1:], rel=0.05)


def test_it_draws_the_models_first_and_then_goes_through_them():
    models, people = models_for(Drug.S)[:2], chronic_pain_adults(30, a_generator())
    found, rng = mixture_measurements(people, a_regimen(), a_generator(2), models=models), a_generator(2)
    drawn = rng.integers(0, 2, 30)
    for place, model in enumerate(models):
        expected = measurements(model, people.some(drawn == place), a_regimen(), rng)
        assert np.array_equal(found[drawn == place], expected)


def test_it_mixes_fewer_people_than_models():
    assert mixture_bands(at_70_kg(1), a_regimen(), a_generator()).people == 1


def test_it_mixes_only_models_that_can_speak_about_the_drug():
    assert [model.id for model in models_for(Drug.R)] == ["kamp_2020"]
    assert len(models_for(Drug.RACEMIC)) == 4
    with pytest.raises(NotComputable, match="No model can speak about this drug"):
        mixture_bands(at_70_kg(5), a_regimen(drug=Drug.UNKNOWN), a_generator())


@pytest.mark.parametrize("ask", [model_bands, lambda model, *rest: mixture_bands(*rest, models=(model,))])
def test_it_refuses_a_drug_that_a_model_does_not_describe(ask):
    with pytest.raises(
        NotComputable, match="otto_2021 describes S-ketamine and cannot speak about R-ketamine"
    ):
        ask(a_model("otto_2021"), at_70_kg(5), a_regimen(drug=Drug.R), a_generator())


def test_it_refuses_a_species_that_a_model_has_no_equations_for():
    with pytest.raises(NotComputable, match="kamp_2020 has no equations for norketamine"):
        model_bands(a_model(), at_70_kg(5), a_regimen(outputs=("norketamine",)), a_generator())


def test_it_counts_what_lies_inside_with_the_ends():
    bands = Bands(
        minutes=np.array([10.0, 20.0]),
        outputs=("ketamine",),
        p05=np.array([[10.0, 0.0]]),
        p50=np.array([[15.0, 1.0]]),
        p95=np.array([[20.0, 2.0]]),
        model_ids=("kamp_2020",),
        sites=(Site.ARTERIAL,),
        people=1,
        holds=(),
    )
    measured = np.array([[[10.0, 3.0]], [[20.0, 2.0]], [[20.1, 5.0]], [[9.9, 6.0]]])
    assert coverage(bands, measured) == pytest.approx(np.array([[0.5, 0.25]]))
