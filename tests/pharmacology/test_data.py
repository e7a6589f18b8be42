"""Models as data: what ships loads whole, and what is malformed is refused by its name."""

import copy

import pytest

from ebbtide.pharmacology.errors import MalformedModel, NotComputable, UnknownModel
from ebbtide.pharmacology.published import models
from ebbtide.pharmacology.published.library import parse_library, the_library
from ebbtide.pharmacology.published.models import Drug, Mark, Range, Site, elimination_l_per_h
from ebbtide.pharmacology.published.parsing import parse_model
from tests.pharmacology.builders import ADULT_MODELS, a_model_mapping, data

MISSING = object()


def changed(mapping, path, value):
    """A copy with one value replaced, or taken out."""
    mapping = copy.deepcopy(mapping)
    here = mapping
    *way, last = path
    for key in way:
        here = here[key]
    if value is MISSING:
        del here[last]
    else:
        here[last] = value
    return mapping


def a_covariance(*between, value=0.01):
    return [{"between": list(between), "value": value}]


def test_it_offers_the_six_models_of_adults():
    assert tuple(model.id for model in the_library().offered) == ADULT_MODELS


def test_it_keeps_site_drug_mark_and_source_of_every_model():
    for model in the_library().models.values():
        assert model.source
        assert isinstance(model.site, Site)
        assert isinstance(model.mark, Mark)
        assert len(model.parameter_hash) == 64


def test_it_keeps_the_site_of_the_two_that_a_preview_shows_first():
    library = the_library()
    assert library.model("kamp_2020").site is Site.ARTERIAL
    assert library.model("kamp_2020").drugs == (Drug.RACEMIC, Drug.S, Drug.R)
    assert (library.model("otto_2021").site, library.model("otto_2021").drugs) == (Site.VENOUS, (Drug.S,))


def test_it_leaves_missing_what_was_not_obtained():
    flint = the_library().model("flint_2017")
    assert flint.allometry.central_volume is None
    assert the_library().model("hijazi_2003").validity.age_y is None
    assert the_library().model("hornik_2018").validity.age_y is None
    residual = the_library().model("kamp_2020").residuals[0]
    assert (residual.proportional_sd, residual.log_sd, residual.additive_ng_per_ml) == (None, None, None)


@pytest.mark.parametrize("written", ["unknown", MISSING, None])
def test_it_gives_no_limit_where_the_source_gives_none(written):
    model = parse_model(changed(a_model_mapping(), ("validity", "age_y"), written))
    assert (model.validity.age_y, model.validity.weight_kg) == (None, Range(low=45, high=130))


def test_it_says_that_the_spread_of_kamp_is_borrowed():
    assert "borrowed from simons_2022" in the_library().model("kamp_2020").variability.status


def test_it_reads_covariances_and_what_is_shared():
    otto = the_library().model("otto_2021").variability
    assert {covariance.between: covariance.value for covariance in otto.covariances} == {
        ("central", "elimination"): 0.02261,
        ("norketamine_central", "norketamine_elimination"): 0.04456,
    }
    assert the_library().model("simons_2022").variability.shared == {"norketamine_central": "central"}


def test_it_names_only_models_that_it_has_for_the_layer_between_models():
    library = the_library()
    between = library.people.between_models
    assert all(library.model(model_id).offered for model_id in between.draw_from)
    assert (between.mark, between.clearance_exponent) == (Mark.DESIGN, Range(low=0, high=1))
    assert library.people.cohort.mark is Mark.SEEN
    assert library.people.us_adults.mark is Mark.RECALLED


def test_it_changes_its_hash_with_any_number():
    mapping = a_model_mapping()
    other = changed(mapping, ("clearances_l_h", "elimination"), 84.1)
    assert parse_model(mapping).parameter_hash != parse_model(other).parameter_hash


def test_it_names_what_it_holds_when_asked_for_what_it_lacks():
    with pytest.raises(UnknownModel, match=r"There is no model 'klamp'. The library holds: kamp_2020"):
        the_library().model("klamp")


@pytest.mark.parametrize(
    ("model_id", "path", "value", "sentence"),
    [
        ("kamp_2020", ("site",), MISSING, "lacks site"),
        ("kamp_2020", ("site",), "capillary", "site is 'capillary': use one of arterial, unknown, venous"),
        ("kamp_2020", ("site",), ["venous"], "site must be a text"),
        ("kamp_2020", ("mark",), "sure", "mark is 'sure'"),
        ("kamp_2020", ("drug",), ["T"], "drug is 'T'"),
        ("kamp_2020", ("drug",), "S", "drug must be a list"),
        ("kamp_2020", ("id",), "", "The id of a model must be a text"),
        ("kamp_2020", ("offer",), "yes", "offer must be true or false"),
        ("kamp_2020", ("colour",), "blue", "has colour, which the schema does not know"),
        ("kamp_2020", ("population",), [1], "population must be a mapping"),
        ("kamp_2020", ("population",), {20: "men"}, "population must be a mapping of names to values"),
        ("kamp_2020", ("volumes_l", "central"), 0, "volume \\(L\\) is 0"),
        ("kamp_2020", ("volumes_l", "central"), "25 L", "must be a number, not str"),
        ("kamp_2020", ("volumes_l", "central"), True, "must be a number, not bool"),
        ("kamp_2020", ("volumes_l", "peripheral"), [56], "1 peripheral volumes stand beside 2"),
        ("kamp_2020", ("volumes_l", "peripheral"), 56, "must be a list"),
        ("kamp_2020", ("clearances_l_h", "elimination"), -84, "elimination clearance \\(L/h\\) is -84"),
        ("kamp_2020", ("clearances_l_h", "elimination"), None, "either from its centre"),
        ("kamp_2020", ("clearances_l_h", "intercompartmental"), [161, float("nan")], "is nan"),
        ("kamp_2020", ("validity", "age_y"), [75, 18], "the low end must come first"),
        ("kamp_2020", ("validity", "age_y"), [18], "must have two ends"),
        ("kamp_2020", ("allometry", "reference_weight_kg"), 0, "reference weight"),
        ("simons_2022", ("metabolites", 0, "fraction"), 1.2, "must be in \\(0, 1\\]"),
        ("simons_2022", ("metabolites", 0, "from"), "organ", "formed from organ"),
        (
            "perez_ruixo_2021",
            ("metabolites", 0, "from"),
            "ketamine",
            "eliminates the parent here is called organ",
        ),
        ("simons_2022", ("metabolites", 1, "id"), "norketamine", "name each species once"),
        ("simons_2022", ("metabolites", 0, "transit", "n"), 0, "transit stages"),
        ("simons_2022", ("metabolites", 0, "concentration_factor"), 0, "concentration factor"),
        (
            "simons_2022",
            ("metabolites", 0, "clearances_l_h", "elimination"),
            "unknown",
            "no elimination clearance",
        ),
        (
            "kamp_2020",
            ("bsv", "log_variance", "centre"),
            0.1,
            "has no parameter centre that could vary: it has central",
        ),
        ("kamp_2020", ("bsv", "log_variance", "central"), -0.1, "not positive semi-definite at central"),
        (
            "kamp_2020",
            ("bsv", "log_variance", "central"),
            float("nan"),
            "not positive semi-definite at central",
        ),
        ("kamp_2020", ("bsv", "covariance"), {}, "covariance must be a list"),
        (
            "kamp_2020",
            ("bsv", "covariance"),
            a_covariance("central", "organ_flow"),
            "no parameter organ_flow",
        ),
        (
            "kamp_2020",
            ("bsv", "covariance"),
            a_covariance("central", "peripheral_1"),
            "gives no variance of peripheral_1",
        ),
        ("kamp_2020", ("bsv", "covariance"), a_covariance("central"), "between 1 parameters: name two"),
        ("kamp_2020", ("bsv", "covariance"), a_covariance("central", "central"), "or of one with itself"),
        (
            "kamp_2020",
            ("bsv", "covariance"),
            a_covariance("central", "elimination") + a_covariance("elimination", "central"),
            "elimination and central twice",
        ),
        (
            "kamp_2020",
            ("bsv", "covariance"),
            a_covariance("central", "elimination", value=0.041),
            "semi-definite at elimination",
        ),
        ("kamp_2020", ("bsv", "covariance"), [{"between": ["central", "elimination"]}], "lacks value"),
        (
            "simons_2022",
            ("bsv", "shared", "norketamine_middle"),
            "central",
            "no parameter norketamine_middle",
        ),
        ("simons_2022", ("bsv", "shared", "norketamine_central"), "middle", "no parameter middle"),
        (
            "simons_2022",
            ("bsv", "shared", "norketamine_central"),
            "peripheral_1",
            "no variance of peripheral_1",
        ),
        (
            "simons_2022",
            ("bsv", "shared", "elimination"),
            "central",
            "elimination shares a deviate and has a var",
        ),
        ("perez_ruixo_2021", ("organ", "volume_l"), 0, "parameter of the liver"),
        ("perez_ruixo_2021", ("organ", "flow_l_h"), MISSING, "lacks flow_l_h"),
    ],
)
def test_it_refuses_a_malformed_model(model_id, path, value, sentence):
    with pytest.raises(MalformedModel, match=sentence):
        parse_model(changed(a_model_mapping(model_id), path, value))


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("schema", "version"), 2, "has schema 2: this code reads 1"),
        (("models",), {}, "models must be a list"),
        (("policy_validity", "max_rate_mg_h"), MISSING, "lacks max_rate_mg_h"),
        (("policy_validity", "max_bmi_kg_m2"), MISSING, "lacks max_bmi_kg_m2"),
        (("virtual_people", "display_band"), MISSING, "display_band must be a mapping"),
        (("virtual_people", "display_band", "residual_sd"), {"hair": 0.1}, "site is 'hair'"),
        (("virtual_people", "bodies"), MISSING, "virtual_people lacks bodies"),
        (("virtual_people", "bodies"), [], "bodies must be a mapping"),
        (("virtual_people", "bodies", "log_weight_height_correlation"), 1.4, "is 1.4: a share lies between"),
        (("virtual_people", "reference_cohort", "female"), 73, "female is 73: a share lies between 0 and 1"),
        (("virtual_people", "reference_cohort", "age_y", "sd"), 0, "standard deviation is 0"),
        (("virtual_people", "reference_cohort", "weight_kg", "sd"), MISSING, "weight_kg lacks sd"),
        (("virtual_people", "us_adults", "male", "height_cm"), -175, "height \\(cm\\) is -175"),
        (("virtual_people", "us_adults", "female"), MISSING, "us_adults lacks female"),
        (("virtual_people", "between_model", "draw_from"), "kamp_2020", "draw_from must be a list"),
        (("virtual_people", "between_model", "clearance_exponent"), {"normal": [0, 1]}, "lacks uniform"),
        (("virtual_people", "between_model", "ke0_half_min"), {"lognormal": {"median": 8.3}}, "lacks sd"),
    ],
)
def test_it_refuses_a_malformed_library(path, value, sentence):
    with pytest.raises(MalformedModel, match=sentence):
        parse_library(changed(data(), path, value))


def test_it_refuses_two_models_of_one_name():
    with pytest.raises(MalformedModel, match="same id"):
        parse_library({**data(), "models": [a_model_mapping(), a_model_mapping()]})


def test_it_asks_the_organ_for_a_clearance_that_the_centre_lacks():
    perez = the_library().model("perez_ruixo_2021").body
    with pytest.raises(NotComputable, match="ask its organ"):
        elimination_l_per_h(perez.compartments)


def test_it_derives_the_clearance_of_the_liver_as_its_source_does():
    perez = the_library().model("perez_ruixo_2021").body
    assert perez.clearance_l_per_h == pytest.approx(109.0, abs=0.05)
    assert the_library().model("kamp_2020").body.clearance_l_per_h == 84


def test_it_prints_a_range_and_a_band():
    assert str(Range(low=45, high=130)) == "45 to 130"
    assert str(the_library().band).startswith(
        "90% band: divided and multiplied by 1.6 (total log-SD 0.3; design"
    )


def test_it_reads_a_slope_of_zero_where_no_covariate_is_given():
    assert the_library().model("kamp_2020").covariates == models.Covariates()
