"""What drives an effect: S where the source says so, half of the racemate, nothing of R; no rate borrowed unasked."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology.effects.drivers import cautions_of, driver_share, site_rate
from ebbtide.pharmacology.effects.library import the_effects
from ebbtide.pharmacology.effects.models import EffectSite, Estimate
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Mark

S, R, RACEMIC, UNKNOWN = Drug.S, Drug.R, Drug.RACEMIC, Drug.UNKNOWN


@pytest.mark.parametrize(
    ("effect_id", "given", "pk", "share", "drug", "sentence"),
    [
        ("olofsen_2022", S, "kamp_2020", 1.0, S, None),
        ("olofsen_2022", S, "otto_2021", 1.0, S, None),
        (
            "olofsen_2022",
            S,
            "domino",
            1.0,
            S,
            "A comparison, not a prediction: S-ketamine enters a model of racemic",
        ),
        (
            "olofsen_2022",
            RACEMIC,
            "kamp_2020",
            0.5,
            S,
            "about half of the racemic dose.*half of the total that kamp",
        ),
        ("olofsen_2022", RACEMIC, "domino", 0.5, S, "slightly less of the concentration"),
        (
            "simons_2022_pd",
            RACEMIC,
            "simons_2022",
            0.5,
            S,
            "half of the dose enters simons_2022, which describes S-ket",
        ),
        ("olofsen_2022", R, "kamp_2020", 0.0, S, "drives nothing here: olofsen_2022 found no effect of it"),
        ("olofsen_2022", R, "simons_2022", 0.0, S, "drives nothing"),
        ("simons_2022_pd", R, "kamp_2020", 0.0, S, "what R adds is not known"),
        ("dahan_2011", R, "kamp_2020", 0.0, S, "dahan_2011 studied S-ketamine"),
        ("blood_pressure_simple", RACEMIC, "kamp_2020", 1.0, RACEMIC, None),
        (
            "blood_pressure_simple",
            RACEMIC,
            "simons_2022",
            1.0,
            RACEMIC,
            "A comparison, not a prediction: racemic",
        ),
        (
            "bowdle_1998",
            S,
            "kamp_2020",
            1.0,
            S,
            "about the total after the racemate, and S-ketamine is given",
        ),
        ("nmda_occupancy", R, "kamp_2020", 1.0, R, None),
        (
            "nmda_occupancy",
            R,
            "simons_2022",
            None,
            R,
            "simons_2022 describes S-ketamine and cannot speak about R",
        ),
        ("olofsen_2022", UNKNOWN, "kamp_2020", None, UNKNOWN, "not known which ketamine is given: name it"),
        ("olofsen_2022", S, "clements_250", 1.0, S, "A comparison"),
        ("bowdle_1998", S, "hijazi_2003", None, S, "cannot speak about S-ketamine"),
    ],
)
def test_it_says_what_drives_an_effect(effect_id, given, pk, share, drug, sentence):
    found = driver_share(the_effects().model(effect_id), given=given, pk_model=the_library().model(pk))
    assert (found.share, found.drug) == (share, drug)
    if sentence is None:
        assert found.sentences == ()
    else:
        assert re.search(sentence, " ".join(found.sentences))


def test_it_keeps_an_effects_own_rate_even_when_another_is_lent():
    effects = the_effects()
    olofsen = site_rate(effects.model("olofsen_2022"), borrow_from=effects.model("olofsen_2012"))
    assert (olofsen.half_time_min, olofsen.borrowed_from) == (8.3, None)
    assert olofsen.ke0_per_h / 60 == pytest.approx(0.0835, rel=1e-3)
    assert "half-time 8.3 min (95 % interval 5.1 to 13)" in olofsen.sentence


def test_it_says_a_range_that_is_no_interval():
    assert "(range over endpoints 0 to 11.8)" in site_rate(the_effects().model("olofsen_2012")).sentence


def test_it_leaves_a_missing_rate_missing():
    with pytest.raises(
        NotComputable, match="of simons_2022_pd was not obtained: name the effect to borrow it from"
    ):
        site_rate(the_effects().model("simons_2022_pd"))


def test_it_says_that_a_rate_is_borrowed():
    effects = the_effects()
    found = site_rate(effects.model("simons_2022_pd"), borrow_from=effects.default)
    assert (found.half_time_min, found.borrowed_from) == (8.3, "olofsen_2022")
    assert found.sentence.endswith("its half-time of 8.3 min is borrowed from olofsen_2022 [design].")


def test_it_has_no_rate_where_there_is_no_effect_site():
    with pytest.raises(NotComputable, match="driven by the concentration itself"):
        site_rate(the_effects().model("dahan_2011"))


def test_it_says_a_half_time_without_an_interval():
    bare = replace(the_effects().default, effect_site=EffectSite(half_time_min=5.0))
    found = site_rate(bare)
    assert found.sentence == "Effect site of olofsen_2022: half-time 5 min."
    assert found.ke0_per_h == pytest.approx(np.log(2) * 12)


def test_it_says_everything_that_belongs_beside_an_effect():
    effects = the_effects()
    said = cautions_of(
        effects.default,
        given=RACEMIC,
        pk_model=the_library().model("otto_2021"),
        rate=site_rate(effects.default),
    )
    for words in (
        "not a chronic-pain score",
        "half of the dose enters otto_2021",
        "Sampling sites differ: venous against arterial",
        "half-time 8.3 min",
        "The steepness 1 is our own choice",
        "small antagonism by S-norketamine",
        "Source: Olofsen 2022, 17 men, S and racemate [seen].",
    ):
        assert any(words in sentence for sentence in said), words


def test_it_calls_no_steepness_ours_that_the_source_gives():
    default = the_effects().default
    printed = replace(default, form=replace(default.form, gamma=Estimate(value=1.6, mark=Mark.SEEN)))
    question = {"given": S, "pk_model": the_library().model("simons_2022")}
    ours, theirs = (cautions_of(effect, **question) for effect in (default, printed))
    assert set(ours) - set(theirs) == {"The steepness 1 is our own choice: its source gives none."}
    assert set(theirs) <= set(ours)


def test_it_says_no_more_than_belongs_there():
    said = cautions_of(
        the_effects().model("simons_2022_pd"), given=S, pk_model=the_library().model("simons_2022")
    )
    assert len(said) == 4  # two cautions of its own, the steepness, the source
    assert not any("sites" in sentence for sentence in said)


def test_it_names_a_site_that_is_not_known():
    pressure = the_effects().model("blood_pressure_simple")
    said = cautions_of(pressure, given=RACEMIC, pk_model=the_library().model("kamp_2020"))
    assert said[0].startswith("An engineering estimate of our own form: alarms come from measurements only")
    assert "Sampling sites cannot be matched" in said[1]
    assert said[-1].endswith("[design].")
