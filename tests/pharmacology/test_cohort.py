"""Many bodies as columns: each of them is the body that the scaling for one person gives."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.engine.cohort import Cohort, cohort_of, parameters_of
from ebbtide.pharmacology.errors import MalformedModel, NotComputable
from ebbtide.pharmacology.people.person import body_of
from ebbtide.pharmacology.published.library import the_library
from tests.pharmacology.builders import ADULT_MODELS, a_cohort, body_in, crowds

WEIGHTS_KG = np.array([45.0, 70.0, 101.5, 130.0])
AGES_Y = np.array([18.0, 60.0, 61.0, 85.0])


def plain(model_id="kamp_2020", **more):
    return cohort_of(model=the_library().model(model_id), weight_kg=WEIGHTS_KG, age_y=AGES_Y, **more)


def numbers(body):
    """Every number of a body, in its own order."""

    def flat(value):
        if isinstance(value, tuple):
            return [number for part in value for number in flat(part)]
        return [value] if isinstance(value, float | int) else []

    return flat(astuple(body))


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_scales_each_person_as_one_person_is_scaled(model_id):
    cohort = plain(model_id)
    for person in range(cohort.size):
        alone = body_of(model=cohort.model, weight_kg=float(WEIGHTS_KG[person]), age_y=int(AGES_Y[person]))
        assert numbers(body_in(cohort, person)) == pytest.approx(numbers(alone), rel=1e-14)


@settings(max_examples=30, deadline=None)
@given(crowds(), st.floats(40, 150), st.integers(18, 90))
def test_it_scales_any_model_as_one_person_is_scaled(crowd, weight_kg, age_y):
    model = crowd.cohort.model
    cohort = cohort_of(model=model, weight_kg=np.array([weight_kg]), age_y=np.array([float(age_y)]))
    alone = body_of(model=model, weight_kg=weight_kg, age_y=age_y)
    assert numbers(body_in(cohort, 0)) == pytest.approx(numbers(alone), rel=1e-13)


@pytest.mark.parametrize(
    ("model_id", "names"),
    [
        (
            "kamp_2020",
            "central peripheral_1 peripheral_2 elimination intercompartmental_1 intercompartmental_2",
        ),
        ("clements_250", "central peripheral elimination intercompartmental"),
        (
            "perez_ruixo_2021",
            """central peripheral_1 peripheral_2 intercompartmental_1 intercompartmental_2
            organ_flow organ_volume k_elimination k_to_metabolite
            norketamine_central norketamine_peripheral norketamine_elimination norketamine_intercompartmental""",
        ),
    ],
)
def test_it_names_parameters_as_the_data_file_does(model_id, names):
    found = [part.name for part in parameters_of(the_library().model(model_id))]
    assert found == names.split()


def test_it_names_the_time_of_a_delay():
    assert {"norketamine_mtt", "hydroxynorketamine_mtt"} <= set(a_cohort("simons_2022").columns)


def test_it_multiplies_by_the_exponential_of_a_deviate():
    eta = np.array([-0.5, 0.0, 0.2, 1.0])
    moved, still = plain(deviates={"elimination": eta}), plain()
    assert moved.columns["elimination"] == pytest.approx(still.columns["elimination"] * np.exp(eta))
    assert np.array_equal(moved.columns["central"], still.columns["central"])


def test_it_takes_another_exponent_of_weight_for_elimination_alone():
    exponents = np.array([0.0, 0.3, 0.6, 1.0])
    cohort = plain(elimination_exponent=exponents)
    assert cohort.columns["elimination"] == pytest.approx(84 * (WEIGHTS_KG / 70) ** exponents)
    assert np.array_equal(cohort.columns["intercompartmental_1"], plain().columns["intercompartmental_1"])


def test_it_keeps_to_a_model_that_found_no_effect_of_weight():
    changed = plain("perez_ruixo_2021", elimination_exponent=np.ones(4))
    for name, column in plain("perez_ruixo_2021").columns.items():
        assert np.array_equal(changed.columns[name], column)
        assert name == "organ_flow" or np.all(column == column[0])


def test_it_gives_a_part_of_the_people_in_their_order():
    whole = plain()
    part = whole.some(slice(1, 3))
    assert (part.size, part.model) == (2, whole.model)
    assert part.columns["central"].tolist() == whole.columns["central"][1:3].tolist()


def test_it_knows_no_deviate_of_a_parameter_that_is_not_there():
    with pytest.raises(MalformedModel, match="kamp_2020 has no parameter bone, organ_flow"):
        plain(deviates={"organ_flow": np.zeros(4), "bone": np.zeros(4)})


def test_it_scales_no_model_without_an_exponent():
    with pytest.raises(NotComputable, match="no exponent of weight"):
        plain("flint_2017")


@pytest.mark.parametrize(
    "wrong",
    [
        np.array([1.0, 2.0]),
        np.array([1.0, 0.0, 2.0]),
        np.array([1.0, -1.0, 2.0]),
        np.array([1.0, math.inf, 2.0]),
        np.array([1.0, math.nan, 2.0]),
        np.ones((3, 1)),
    ],
)
def test_it_refuses_a_column_that_is_no_positive_number_for_each_person(wrong):
    good = a_cohort("kamp_2020", size=3)
    with pytest.raises(MalformedModel, match="central must be 3 finite numbers above zero"):
        Cohort(model=good.model, columns={**good.columns, "central": wrong}, size=3)


def test_it_refuses_columns_that_the_model_does_not_have():
    good = a_cohort("kamp_2020", size=3)
    with pytest.raises(MalformedModel, match="kamp_2020 needs the columns central, elimination"):
        Cohort(model=good.model, columns={"central": np.ones(3)}, size=3)
