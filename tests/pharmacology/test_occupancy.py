"""Receptor occupancy: a range over two assays, and never one number."""

import numpy as np
import pytest

from ebbtide.pharmacology.effects.action import competitive_occupancy, nanomolar
from ebbtide.pharmacology.effects.library import the_effects
from ebbtide.pharmacology.effects.occupancy import occupancies
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Drug

LEVEL = {"ketamine": np.array([200.0])}


def asked(levels=LEVEL, *, drug=Drug.RACEMIC, effect_id="nmda_occupancy"):
    effects = the_effects()
    return occupancies(
        effects.model(effect_id),
        concentrations_ng_per_ml=levels,
        drug=drug,
        molecular_weights_g_per_mol=effects.molecular_weights_g_per_mol,
    )


@pytest.mark.parametrize(("unbound", "share"), [(0.53, 0.24), (0.65, 0.28)])
def test_it_meets_the_published_share_by_ic50(unbound, share):
    molar = nanomolar(np.array([200.0]), molecular_weight_g_per_mol=237.73)
    found = competitive_occupancy({"ketamine": unbound * molar}, half_occupied_nm={"ketamine": 1420})
    assert found == pytest.approx(share, abs=0.005)


def test_it_is_a_range_of_both_assays_at_200_ng_per_ml():
    found = asked()
    by_ic50, by_ki = found.by_assay
    assert by_ic50.low < 0.24
    assert by_ic50.high > 0.28
    assert by_ki.low == pytest.approx(0.47, abs=0.005)
    assert 0.53 < by_ki.high < 0.56
    assert (found.low, found.high) == (by_ic50.low, by_ki.high)


def test_it_takes_the_ends_of_interval_and_binding():
    x_low, x_high = (share * 1000 * 200 / 237.73 / half for share, half in ((0.53, 2140), (0.73, 990)))
    by_ic50 = asked().by_assay[0]
    assert by_ic50.low == pytest.approx(x_low / (1 + x_low))
    assert by_ic50.high == pytest.approx(x_high / (1 + x_high))


def test_it_tells_the_mirror_forms_apart_where_the_assay_does():
    racemic, s, r = (asked(drug=drug).by_assay[1].low for drug in (Drug.RACEMIC, Drug.S, Drug.R))
    assert r < racemic < s
    x_s = 0.53 * 1000 * 200 / 237.73 / 300
    assert s == pytest.approx(x_s / (1 + x_s))


def test_it_adds_norketamine_when_it_is_known():
    found = asked({**LEVEL, "norketamine": np.array([100.0])})
    assert np.all(found.low > asked().low)
    assert found.cautions == the_effects().model("nmda_occupancy").cautions
    assert "Norketamine is not counted" in asked().cautions[-1]


def test_it_leaves_an_assay_out_when_the_form_is_not_known():
    found = asked(drug=Drug.UNKNOWN)
    assert len(found.by_assay) == 1
    assert "left out" in found.cautions[-1]


def test_it_names_its_assays_and_their_marks():
    assert [part.assay for part in asked().by_assay] == [
        "displacement of MK-801, rat (Shaffer 2014)",
        "Ki of each form, rat (Ebert 1997) [second hand]",
    ]


def test_it_refuses_another_form_and_a_missing_ketamine():
    with pytest.raises(NotComputable, match="not an occupancy"):
        asked(effect_id="olofsen_2022")
    with pytest.raises(NotComputable, match="needs the concentration of ketamine"):
        asked({"norketamine": np.ones(1)})
