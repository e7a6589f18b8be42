"""Each target evaluated: verdicts and the figures that were computed before us; without its data a target says so."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology import concentration_ng_per_ml, constant_infusion, the_library
from ebbtide.pharmacology.published.models import Body, Compartments
from ebbtide.pharmacology.validation.digitised import head_to_head
from ebbtide.pharmacology.validation.evaluation import evaluated
from ebbtide.pharmacology.validation.golden import golden_match, parse_golden
from ebbtide.pharmacology.validation.identities import IDENTITIES, identity_errors
from ebbtide.pharmacology.validation.observed import (
    DIGITISED,
    KETAMINE_NG_PER_NMOL,
    HeldBack,
    Observed,
    Outside,
    described,
    hourly_steps,
    ketamine_nmol_per_ml,
    metabolite_nmol_per_ml,
    reference_body,
)
from ebbtide.pharmacology.validation.targets import Verdict, parse_targets
from tests.pharmacology.builders import ADULT_MODELS, a_body, data

TARGETS = {target.id: target for target in parse_targets(data())}
NEEDS_CURVES = ("T3", "T4", "T10")


@pytest.fixture(scope="module")
def pk_folder():
    from tests.conftest import REAL

    return REAL / "pk"


@pytest.fixture(scope="module")
def curves(pk_folder):
    if not pk_folder.is_dir():
        pytest.skip("shared/real/pk is not here")
    found = {}
    for name in DIGITISED:
        [path] = pk_folder.glob(f"*_{name}.csv")
        with path.open(encoding="utf-8") as file:
            rows = [(float(row["time_h"]), float(row["conc_nmol_per_ml"])) for row in csv.DictReader(file)]
        found[name] = Observed(
            times_h=np.array([row[0] for row in rows]), nmol_per_ml=np.array([row[1] for row in rows])
        )
    return found


def made_up_curves(*, norketamine=1.0, ketamine=1.0):
    """Curves that are what the models say, times a factor: no real data."""
    times_h = np.array([0.0, 0.25, 1.0, 2.0, 3.0, 3.5, 5.0])
    s_arm, racemic = (hourly_steps(TARGETS[name].several("rates_mg_kg_h")) for name in ("T4", "T3"))
    half = ketamine_nmol_per_ml("kamp_2020", racemic, times_h) / 2
    levels = {
        "s_ketamine_s_arm": ketamine * ketamine_nmol_per_ml("kamp_2020", s_arm, times_h),
        "s_ketamine_racemic_arm": ketamine * half,
        "r_ketamine_racemic_arm": ketamine * half,
        "s_norketamine_s_arm": norketamine
        * metabolite_nmol_per_ml("simons_2022", "norketamine", s_arm, times_h),
    }
    return {name: Observed(times_h=times_h, nmol_per_ml=values) for name, values in levels.items()}


def outside(curves=None, held_back=None):
    return Outside(generator=np.random.default_rng(4), digitised=curves, held_back=held_back)


def found_of(target_id, curves=None):
    return [one.found for one in evaluated(TARGETS[target_id], outside(curves)).findings]


@pytest.mark.parametrize(
    ("target_id", "verdict"),
    [
        ("T1", Verdict.PASSED),
        ("T2", Verdict.PASSED),
        ("T5", Verdict.PASSED),
        ("T6", Verdict.PASSED),
        ("T7", Verdict.HELD),
        ("T8", Verdict.PASSED),
        ("T9", Verdict.PASSED),
        ("T11", Verdict.KNOWN_FAILURE),
        ("T12", Verdict.PASSED),
        ("T13", Verdict.INFORMATION),
        ("T14", Verdict.INFORMATION),
        ("T15", Verdict.PASSED),
        *((name, Verdict.ABSENT) for name in NEEDS_CURVES),
    ],
)
def test_it_judges_without_any_file(target_id, verdict):
    assert evaluated(TARGETS[target_id], outside()).verdict is verdict


@pytest.mark.parametrize(
    ("target_id", "numbers", "near"),
    [
        ("T2", [1.22], 0.005),
        ("T5", [267.965, 267.965], 0.005),
        ("T6", [119.0, 112.6, 105.0], 0.06),
        ("T8", [238.1, 225.2, 210.1, 183.4], 0.06),
        ("T9", [2050, 1485], 0.6),
        ("T11", [0.23, 0.47], 0.006),
        ("T12", [3.31], 0.005),
        ("T13", [0.445, 1.11, 0.662, 1.65, 0.722, 2.05], 0.006),
    ],
)
def test_it_gives_the_numbers_that_were_computed_before(target_id, numbers, near):
    assert found_of(target_id) == pytest.approx(numbers, abs=near)


def test_it_says_at_five_hours_that_no_model_is_level_yet():
    assert all(60 < share < 90 for share in found_of("T14"))


def test_it_says_what_perez_gives_at_seventy_years():
    level = concentration_ng_per_ml(
        body=a_body("perez_ruixo_2021", age_y=70),
        schedule=constant_infusion(amount_mg=2000, over_h=100),
        times_h=np.array([100.0]),
    )
    assert level[0] == pytest.approx(206, abs=0.5)
    assert "206 ng/mL" in evaluated(TARGETS["T8"], outside()).confidence


def test_it_never_hides_that_t10_is_known_to_fail():
    assert "Known to fail" in evaluated(TARGETS["T10"], outside()).confidence


@pytest.mark.parametrize(
    ("target_id", "verdict"),
    [("T3", Verdict.PASSED), ("T4", Verdict.PASSED), ("T10", Verdict.KNOWN_FAILURE)],
)
def test_it_judges_the_digitised_curves(curves, target_id, verdict):
    assert evaluated(TARGETS[target_id], outside(curves)).verdict is verdict


def test_it_gives_the_figures_of_t3_and_t10_that_were_computed_before(curves):
    assert found_of("T3", curves) == pytest.approx([9.5, 0.976, 100, -1.4], abs=0.06)
    assert found_of("T4", curves) == pytest.approx([1.11, 1.17], abs=0.006)
    assert found_of("T10", curves) == pytest.approx([0.515, 0.330, -25.4], abs=0.06)


def test_its_rates_and_levels_are_those_of_the_origin(curves, pk_folder):
    with (pk_folder / "regimen.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for arm, name in (("s_arm", "T4"), ("racemic_arm", "T3")):
        rates = tuple(float(row["rate_mg_per_kg_h"]) for row in rows if row["arm"] == arm)
        assert rates == TARGETS[name].several("rates_mg_kg_h")
    assert curves["s_ketamine_s_arm"].at(3) == pytest.approx(TARGETS["T4"].number("nmol_ml"), rel=0.01)
    read = [curves["s_norketamine_s_arm"].at(at_h) for at_h in (3, 5)]
    assert read == pytest.approx(TARGETS["T10"].several("nmol_ml"), rel=0.01)


def test_it_passes_on_curves_that_agree():
    for name in NEEDS_CURVES:
        assert evaluated(TARGETS[name], outside(made_up_curves())).verdict is Verdict.PASSED


def test_it_fails_anew_on_ketamine_that_disagrees():
    for name in ("T3", "T4"):
        assert evaluated(TARGETS[name], outside(made_up_curves(ketamine=2.5))).verdict is Verdict.FAILED


def test_it_keeps_norketamine_that_disagrees_as_a_known_failure():
    result = evaluated(TARGETS["T10"], outside(made_up_curves(norketamine=1.3)))
    assert result.verdict is Verdict.KNOWN_FAILURE
    assert [one.met for one in result.findings] == [False, False, None]


@pytest.mark.parametrize(
    ("model_id", "s_arm", "racemic", "norketamine"),
    [
        ("kamp_2020", (4.0, 7.9), (-1.4, 9.5), None),
        ("simons_2022", (6.8, 10.3), (2.0, 6.6), 25),
        ("otto_2021", (-29.2, 31.1), (-32.5, 32.5), 28),
        ("perez_ruixo_2021", (-43.9, 43.9), (-46.8, 46.8), 43),
        ("domino", (-12.2, 16.1), (-15.5, 18.3), None),
        ("clements_250", (-21.6, 39.1), (-25.1, 31.6), None),
    ],
)
def test_it_compares_all_offered_models_head_to_head(curves, model_id, s_arm, racemic, norketamine):
    rows = head_to_head(
        curves,
        s_rates_mg_per_kg_h=TARGETS["T4"].several("rates_mg_kg_h"),
        racemic_rates_mg_per_kg_h=TARGETS["T3"].several("rates_mg_kg_h"),
        generator=np.random.default_rng(4),
    )
    row = {one.model.id: one for one in rows}[model_id]
    for fit, published in ((row.s_arm, s_arm), (row.racemic, racemic)):
        figures = fit.figures
        assert 100 * figures.median_error == pytest.approx(published[0], abs=0.06)
        assert 100 * figures.median_absolute_error == pytest.approx(published[1], abs=0.06)
    if norketamine is None:
        assert row.norketamine is None
    else:
        assert 100 * row.norketamine.figures.median_absolute_error == pytest.approx(norketamine, abs=0.6)


def test_it_compares_with_the_curves_that_it_is_given():
    """Ketamine drawn from kamp_2020 a quarter too high, norketamine from simons_2022 halved: each finds that again."""
    rows = head_to_head(
        made_up_curves(ketamine=1.25, norketamine=0.5),
        s_rates_mg_per_kg_h=TARGETS["T4"].several("rates_mg_kg_h"),
        racemic_rates_mg_per_kg_h=TARGETS["T3"].several("rates_mg_kg_h"),
        generator=np.random.default_rng(4),
    )
    assert [row.model for row in rows] == list(the_library().offered)
    drawn_from = {row.model.id: row for row in rows}
    for fit, error in (
        (drawn_from["kamp_2020"].s_arm, -0.2),
        (drawn_from["kamp_2020"].racemic, -0.2),
        (drawn_from["simons_2022"].norketamine, 1.0),
    ):
        figures = fit.figures
        assert (figures.points, figures.median_error) == (6, pytest.approx(error, rel=1e-9))
        assert figures.median_absolute_error == pytest.approx(abs(error), rel=1e-9)
    assert {one for one, row in drawn_from.items() if row.norketamine is not None} == {
        "simons_2022",
        "otto_2021",
        "perez_ruixo_2021",
    }


def made_up_study(*, factor=1.0, peak=None, sd=None):
    """Venous data that nobody measured: otto_2021 itself, times a factor."""
    times_h = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 4.0])
    schedule = constant_infusion(amount_mg=5, over_h=0.5)
    level = KETAMINE_NG_PER_NMOL * ketamine_nmol_per_ml("otto_2021", schedule, times_h)
    return HeldBack(times_h=times_h, ng_per_ml=factor * level, peak_mean_ng_per_ml=peak, peak_sd_ng_per_ml=sd)


@pytest.mark.parametrize(
    ("study", "verdict", "findings"),
    [
        (made_up_study(), Verdict.PASSED, 3),
        (made_up_study(factor=1.9), Verdict.PASSED, 3),
        (made_up_study(factor=2.1), Verdict.FAILED, 3),
        (made_up_study(factor=0.4), Verdict.FAILED, 3),
        (made_up_study(peak=26.0, sd=5.0), Verdict.PASSED, 6),
        (made_up_study(peak=20.0, sd=5.0), Verdict.FAILED, 6),
        (made_up_study(peak=20.0), Verdict.PASSED, 3),
        (replace(made_up_study(), times_h=np.zeros(7)), Verdict.FAILED, 3),
    ],
)
def test_it_compares_data_that_were_held_back_once_they_are_here(study, verdict, findings):
    result = evaluated(TARGETS["T7"], outside(held_back=study))
    assert (result.verdict, len(result.findings)) == (verdict, findings)


def test_it_judges_the_data_held_back_on_the_venous_model_alone():
    result = evaluated(TARGETS["T7"], outside(held_back=made_up_study()))
    assert [one.met for one in result.findings] == [True, None, None]
    assert result.findings[0].what.startswith("otto_2021 (venous)")


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_keeps_the_identities_in_every_offered_model(model_id):
    errors = identity_errors(reference_body(model_id))
    assert list(errors) == list(IDENTITIES) == list(TARGETS["T15"].words("list"))
    assert max(errors.values()) <= 1e-10


def test_its_identities_notice_an_engine_that_is_wrong(monkeypatch):
    from ebbtide.pharmacology.validation import identities

    right = identities.concentration_ng_per_ml
    wrong = lambda **asked: right(**asked) ** 1.001
    monkeypatch.setattr(identities, "concentration_ng_per_ml", wrong)
    body = Body(
        compartments=Compartments(
            central_volume_l=25.0,
            peripheral_volumes_l=(),
            elimination_l_per_h=84.0,
            intercompartmental_l_per_h=(),
        ),
        organ=None,
    )
    errors = identity_errors(body)
    assert errors["steady_state"] > 1e-10
    assert errors["superposition"] > 1e-10


def test_it_meets_every_golden_value():
    found = golden_match(parse_golden(data()))
    assert found.values == 81
    assert found.worst_relative <= found.tolerance_relative == 1e-6


def test_it_reads_no_curve_between_its_points():
    with pytest.raises(ValueError, match=r"no point at 2.7 h"):
        made_up_curves()["s_ketamine_s_arm"].at(2.7)


def test_it_leaves_out_time_zero_and_zeros():
    curve = Observed(times_h=np.array([0.0, 0.1, 0.2]), nmol_per_ml=np.array([0.5, 0.0, 1.0]))
    assert curve.compared().times_h.tolist() == [0.2]


def test_it_adds_curves_at_the_times_that_both_have():
    one = Observed(times_h=np.array([0.0, 0.1, 0.2]), nmol_per_ml=np.array([1.0, 2.0, 3.0]))
    other = Observed(times_h=np.array([0.1, 0.2]), nmol_per_ml=np.array([10.0, 20.0]))
    assert one.plus(other).nmol_per_ml.tolist() == [12.0, 23.0]


def test_it_names_a_model_with_its_site():
    assert described("otto_2021") == "otto_2021 (venous)"
    assert described("domino") == "domino (site unknown)"
    assert all(model.site in described(model.id) for model in the_library().offered)
