"""Effects as data: what ships loads whole, agrees with itself, and what is malformed is refused by its name."""

import numpy as np
import pytest

from ebbtide.pharmacology.effects import models
from ebbtide.pharmacology.effects.library import parse_effects, the_effects
from ebbtide.pharmacology.effects.models import Driver, Estimate
from ebbtide.pharmacology.errors import MalformedModel, NotComputable, UnknownModel
from ebbtide.pharmacology.published.models import Mark, Range, Site
from tests.pharmacology.builders import data
from tests.pharmacology.test_data import MISSING, changed

DATA = data()
PLACES = {effect["id"]: place for place, effect in enumerate(DATA["pd"])}


def test_it_is_read_once():
    assert the_effects() is the_effects()


@pytest.mark.parametrize(
    ("effect_id", "drivers", "site", "offered", "form"),
    [
        ("olofsen_2022", (Driver.S,), Site.ARTERIAL, True, models.Sigmoid),
        ("simons_2022_pd", (Driver.S,), Site.ARTERIAL, True, models.Sigmoid),
        (
            "olofsen_2012",
            (Driver.S_KETAMINE, Driver.S_NORKETAMINE),
            Site.UNKNOWN,
            False,
            models.AdditiveLinear,
        ),
        ("dahan_2011", (Driver.S,), Site.VENOUS, False, models.SlowState),
        ("bowdle_1998", (Driver.RACEMIC,), Site.VENOUS, False, models.LinearWithoutSlope),
        ("nmda_occupancy", (Driver.KETAMINE, Driver.NORKETAMINE), Site.UNKNOWN, False, models.Occupancy),
        ("blood_pressure_simple", (Driver.RACEMIC,), Site.UNKNOWN, True, models.Emax),
    ],
)
def test_it_keeps_driver_site_and_form_of_every_effect(effect_id, drivers, site, offered, form):
    effect = the_effects().model(effect_id)
    assert (effect.drivers, effect.site, effect.offered, type(effect.form)) == (drivers, site, offered, form)
    assert effect.driven_by_s_alone == (
        effect_id in {"olofsen_2022", "simons_2022_pd", "olofsen_2012", "dahan_2011"}
    )
    assert effect.source
    assert len(effect.parameter_hash) == 64


def test_it_has_a_caution_for_every_effect():
    assert all(effect.cautions for effect in the_effects().models.values())


def test_it_shows_olofsen_first_and_simons_beside_it():
    assert [effect.id for effect in the_effects().pair] == ["olofsen_2022", "simons_2022_pd"]
    assert the_effects().default.role == "default"


def test_it_leaves_missing_what_was_not_obtained():
    simons = the_effects().model("simons_2022_pd")
    assert simons.effect_site.half_time_min is None
    assert (simons.form.r_effect, simons.form.metabolite_effect) == (None, 0)
    assert simons.form.c50_of("heat_pain").value is None
    assert the_effects().model("dahan_2011").effect_site is None


def test_it_gives_a_range_alone_no_middle():
    pain = the_effects().model("simons_2022_pd").form.c50_of("pressure_pain")
    assert pain.ends == Range(low=285, high=404)
    with pytest.raises(NotComputable, match="range alone \\(285 to 404\\)"):
        _ = pain.single
    assert Estimate(value=71.0).ends == Range(low=71, high=71)


def test_it_names_the_endpoints_that_it_has():
    with pytest.raises(UnknownModel, match="no endpoint 'relief'.*drug_high, electrical_pain"):
        the_effects().model("simons_2022_pd").form.c50_of("relief")


@pytest.mark.parametrize(("asked", "what"), [("model", "effect"), ("anchor", "anchor")])
def test_it_names_what_it_holds_when_asked_for_what_it_lacks(asked, what):
    with pytest.raises(UnknownModel, match=f"There is no {what} 'x'. There are: "):
        getattr(the_effects(), asked)("x")


def test_it_says_the_same_in_moles():
    weight = DATA["constants"]["ng_ml_per_nmol_ml"]["ketamine"]
    olofsen, simons = DATA["pd"][0]["parameters"], DATA["pd"][1]["parameters"]
    pairs = [
        (olofsen["c50_ng_ml"], olofsen["c50_nmol_ml"]),
        (olofsen["c50_ci95_ng_ml"], olofsen["c50_ci95_nmol_ml"]),
        (simons["high_c50_ng_ml"], simons["high_c50_nmol_ml"]),
        (simons["antinociception_c50_ng_ml"], simons["antinociception_c50_nmol_ml"]),
    ]
    for mass, moles in pairs:
        assert np.array(mass) == pytest.approx(weight * np.array(moles), abs=0.6)  # printed in whole ng/mL


def test_it_reads_the_slow_state_whole():
    form = the_effects().model("dahan_2011").form
    assert form.c50_ng_per_ml == Estimate(value=10.5, interval=Range(low=4.37, high=21.2))
    assert form.half_time_d == Estimate(value=10.9, interval=Range(low=5.3, high=20.5))
    assert form.response_probability.interval.low == pytest.approx(0.57)
    assert form.gamma == Estimate(value=1.0, mark=Mark.DESIGN)
    assert set(form.priors) == {"log_c50", "log_half_time", "logit_p", "logit_placebo"}
    assert form.priors["log_c50"].mean == pytest.approx(np.log(10.5))
    assert 1 / (1 + np.exp(-form.priors["logit_p"].mean)) == pytest.approx(0.67, abs=0.005)


def test_it_reads_every_share_of_unbound_drug_with_its_mark():
    form = the_effects().model("nmda_occupancy").form
    assert form.unbound_shares == Range(low=0.53, high=0.73)
    assert models.Unbound(share=0.53, mark=Mark.RECALLED) in form.unbound
    assert form.ki_nm["S_ketamine"] == pytest.approx(300)


def test_it_shows_how_far_the_rate_constants_in_use_lie_apart():
    found = {part.id: part.per_min_at(70) for part in the_effects().ke0_in_use}
    assert found["simtiva_kamp"].low == pytest.approx(1.39, abs=0.005)
    assert found["opentiva"] == Range(low=2.79, high=5.2)
    assert max(part.high for part in found.values()) / min(
        part.low for part in found.values()
    ) == pytest.approx(62, abs=0.5)


def test_it_keeps_the_values_of_a_simulator_apart():
    found = {part.id: (part.emax, part.ec50_ng_per_ml) for part in the_effects().engineering}
    assert found["respiratory_rate"] == (-0.1, 500)
    assert len(found) == 7


def test_it_never_offers_the_venous_link():
    link = the_effects().venous_link
    assert (link.offered, link.label, link.mark) == (False, "venous-equivalent (exploratory)", Mark.COMPUTED)


def test_it_knows_an_effect_without_cautions():
    bare = changed(DATA, ("pd", PLACES["olofsen_2022"], "cautions"), MISSING)
    assert parse_effects(bare).model("olofsen_2022").cautions == ()


def effect(name, *path):
    return ("pd", PLACES[name], *path)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (effect("olofsen_2022", "id"), "", "The id of an effect must be a text"),
        (effect("olofsen_2022", "id"), "bowdle_1998", "same id"),
        (effect("olofsen_2022", "site"), "capillary", "Effect olofsen_2022, site is 'capillary'"),
        (effect("olofsen_2022", "driver"), "T", "olofsen_2022, driver is 'T': use one of S, S_k"),
        (effect("olofsen_2022", "driver"), 3, "driver must be a text"),
        (effect("olofsen_2022", "colour"), "blue", "has colour"),
        (effect("olofsen_2022", "ke0"), MISSING, "lacks ke0"),
        (effect("olofsen_2022", "ke0", "per_min"), 0.1, "0.1 per min beside a half-time of 8.3 min"),
        (effect("olofsen_2022", "ke0", "half_time_min"), "unknown", "beside a half-time of None min"),
        (effect("olofsen_2022", "form"), "cubic", "form is 'cubic': use one of sigmoid"),
        (effect("olofsen_2022", "parameters", "c50_ng_ml"), MISSING, "lacks c50_ng_ml"),
        (effect("olofsen_2022", "parameters", "c50_ng_ml"), "much", "c50_ng_ml must be a number"),
        (effect("olofsen_2022", "parameters", "gamma"), 1, "gamma must be a mapping"),
        (effect("simons_2022_pd", "parameters", "high_c50_ng_ml"), [0, 71], "A C50 \\(ng/mL\\) is 0"),
        (effect("simons_2022_pd", "groups", "high"), [], "groups must hold every endpoint once"),
        (effect("olofsen_2012", "parameters"), {}, "lacks cm_per_ng_ml"),
        (effect("dahan_2011", "parameters", "p_response_se"), MISSING, "p_response_se must be a number"),
        (effect("dahan_2011", "priors"), MISSING, "priors must be a mapping"),
        (effect("dahan_2011", "priors", "logit_p"), {"sd": 1}, "lacks mean"),
        (effect("dahan_2011", "priors", "log_c50", "sd"), MISSING, "lacks sd"),
        (effect("bowdle_1998", "parameters", "slope"), 0.2, "write it as an additive_linear effect"),
        (effect("nmda_occupancy", "parameters", "ci95_nm", "norketamine"), MISSING, "lacks norketamine"),
        (
            effect("nmda_occupancy", "parameters", "fraction_unbound", "alternatives"),
            [0.5],
            "shares to marks",
        ),
        (effect("blood_pressure_simple", "parameters", "ec50_ng_ml"), 0, "An EC50 \\(ng/mL\\) is 0"),
        (("pd",), {}, "pd must be a list"),
        (("ke0_in_use_per_min", "default"), "nobody", "no effect has that id"),
        (("ke0_in_use_per_min", "simtiva_kamp"), "fast", "write a number, two ends, or a"),
        (("ke0_in_use_per_min", "opentiva"), [1], "must have two ends"),
        (("engineering_pd", "offer"), True, "may not be offered"),
        (("engineering_pd", "pain"), [0.6], "must be \\[Emax, EC50"),
        (("venous_link_exploratory", "label"), MISSING, "lacks label"),
        (("anchors", 0, "site"), MISSING, "Anchor analgesia lacks site"),
        (("anchors", 0, "value"), 3, "exactly one of band, value, above"),
        (("anchors", 0, "band"), MISSING, "exactly one of band, value, above"),
        (("anchors", 0, "id"), "dissociation", "same id"),
        (("guard_rails", "review_stop_above"), 100, "the warning first"),
        (("guard_rails", "warn_upper90_total_above"), 0, "above zero"),
        (("constants", "molecular_weight"), 3, "molecular_weight must be a mapping"),
    ],
)
def test_it_refuses_malformed_effects(path, value, sentence):
    with pytest.raises(MalformedModel, match=sentence):
        parse_effects(changed(DATA, path, value))
