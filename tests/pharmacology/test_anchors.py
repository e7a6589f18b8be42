"""Comparisons that name a mismatch of site or drug, and guard rails that promise nothing."""

import pytest

from ebbtide.pharmacology.effects.anchors import Concentration, GuardRails, Place, Rail, compare, guard
from ebbtide.pharmacology.effects.library import the_effects
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Drug, Mark, Site

ARTERIAL, VENOUS, NOWHERE = Site.ARTERIAL, Site.VENOUS, Site.UNKNOWN
S, RACEMIC = Drug.S, Drug.RACEMIC


def a_level(ng_per_ml, site=VENOUS, drug=RACEMIC, label=None):
    return Concentration(ng_per_ml=ng_per_ml, site=site, drug=drug, label=label)


@pytest.mark.parametrize(
    ("level", "anchor_id", "place"),
    [
        (a_level(69.9), "analgesia", Place.BELOW),
        (a_level(70), "analgesia", Place.WITHIN),
        (a_level(160), "analgesia", Place.WITHIN),
        (a_level(161), "analgesia", Place.ABOVE),
        (a_level(185), "depression_dose", Place.WITHIN),
        (a_level(186), "depression_dose", Place.ABOVE),
        (a_level(36), "analgesia_oral", Place.WITHIN),
        (a_level(5000, drug=S), "psychotomimetic_all", Place.WITHIN),
        (a_level(69, drug=S), "psychotomimetic_all", Place.BELOW),
        (a_level(4, drug=S), "half_maximal_slow", Place.BELOW),
        (a_level(158, ARTERIAL, S), "half_maximal_acute", Place.ABOVE),
        (a_level(1500), "anaesthesia", Place.WITHIN),
    ],
)
def test_it_places_a_concentration(level, anchor_id, place):
    assert compare(level, the_effects().anchor(anchor_id)).place is place


@pytest.mark.parametrize(
    ("level", "anchor_id", "like", "said"),
    [
        (a_level(100), "analgesia", True, []),
        (a_level(121, ARTERIAL, S), "half_maximal_acute", True, []),
        (
            a_level(100, ARTERIAL),
            "analgesia",
            False,
            ["Sampling sites differ: arterial against venous", "two-fold"],
        ),
        (a_level(100, NOWHERE), "analgesia", False, ["Sampling sites cannot be matched"]),
        (a_level(100), "awakening", False, ["Sampling sites cannot be matched"]),
        (a_level(100, drug=S), "analgesia", False, ["Drugs differ: S-ketamine against racemic ketamine"]),
        (a_level(100, drug=Drug.UNKNOWN), "analgesia", False, ["Drugs cannot be matched"]),
        (
            a_level(100),
            "half_maximal_acute",
            False,
            ["Sampling sites differ: venous", "Drugs differ: racemic"],
        ),
    ],
)
def test_it_never_compares_across_sites_or_drugs_silently(level, anchor_id, like, said):
    found = compare(level, the_effects().anchor(anchor_id))
    assert found.like_with_like is like
    assert all(words in found.sentence for words in said)
    assert like == ("differ" not in found.sentence and "cannot be matched" not in found.sentence)


@pytest.mark.parametrize("anchor_id", list(the_effects().anchors))
@pytest.mark.parametrize("site", list(Site))
@pytest.mark.parametrize("drug", list(Drug))
def test_it_says_every_mismatch_of_every_anchor(anchor_id, site, drug):
    anchor = the_effects().anchor(anchor_id)
    found = compare(a_level(100, site, drug), anchor)
    same_site = site is anchor.site and site is not NOWHERE
    same_drug = drug is anchor.drug and drug is not Drug.UNKNOWN
    assert ("Sampling sites" not in found.sentence) == same_site
    assert ("Drugs " not in found.sentence) == same_drug
    assert found.like_with_like == (same_site and same_drug)


@pytest.mark.parametrize(
    ("level", "anchor_id", "sentence"),
    [
        (
            a_level(100),
            "analgesia",
            (
                "100 ng/mL of racemic ketamine (venous) is within 70 to 160 ng/mL (racemic ketamine, venous): "
                "analgesia at 0.15 mg/kg IV [Zanos 2018 Table 1; second hand]."
            ),
        ),
        (
            a_level(121, ARTERIAL, S),
            "half_maximal_acute",
            (
                "120 ng/mL of S-ketamine (arterial) is within the 95 % interval 90 to 157 around 121 ng/mL "
                "(S-ketamine, arterial): half-maximal pressure pain and perception [Olofsen 2022; seen]."
            ),
        ),
    ],
)
def test_it_says_what_may_be_read(level, anchor_id, sentence):
    assert compare(level, the_effects().anchor(anchor_id)).sentence == sentence


@pytest.mark.parametrize(
    ("anchor_id", "words"),
    [
        ("psychotomimetic_all", "the range above 70 ng/mL (S-ketamine, site not known)"),
        ("depression_dose", "185 ng/mL (one value without an interval) (racemic ketamine, venous)"),
        ("awakening", "the band of one standard deviation 428 to 856 around 642 ng/mL"),
    ],
)
def test_it_says_what_an_anchor_is(anchor_id, words):
    assert words in compare(a_level(100), the_effects().anchor(anchor_id)).sentence


def test_it_carries_the_label_of_an_exploratory_curve():
    label = the_effects().venous_link.label
    found = compare(a_level(226, label=label), the_effects().anchor("depression_dose"))
    assert f"racemic ketamine ({label}) is above" in found.sentence


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_it_compares_no_impossible_concentration(value):
    with pytest.raises(NotComputable, match="cannot be compared"):
        a_level(value)


@pytest.mark.parametrize(
    ("value", "rail", "words"),
    [
        (0, Rail.CLEAR, "which promises nothing"),
        (250, Rail.CLEAR, "not above 250 ng/mL"),
        (250.1, Rail.WARN, "above 250 ng/mL dissociation is likely (clinic policy, design)"),
        (640, Rail.WARN, "dissociation"),
        (640.1, Rail.REVIEW_STOP, "above 640 ng/mL loss of consciousness is near, stop for a review"),
    ],
)
def test_it_warns_and_stops_for_a_review(value, rail, words):
    found = guard(a_level(value, ARTERIAL), rails=the_effects().guard_rails)
    assert found.rail is rail
    assert words in found.sentence
    assert "(arterial)" in found.sentence
    assert "were set for" not in found.sentence


def test_it_keeps_to_the_limits_of_the_clinic():
    rails = GuardRails(warn_above_ng_per_ml=150, review_above_ng_per_ml=400, mark=Mark.DESIGN)
    assert guard(a_level(151), rails=rails).rail is Rail.WARN
    assert guard(a_level(401), rails=rails).rail is Rail.REVIEW_STOP


@pytest.mark.parametrize(
    ("drug", "words"), [(S, "at about half of that total"), (Drug.R, "may not fit this drug")]
)
def test_it_says_that_the_limits_are_those_of_the_racemate(drug, words):
    assert words in guard(a_level(100, drug=drug), rails=the_effects().guard_rails).sentence
