"""The validation page is as the library is now, reads the same each time, and can take the data that are held back."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from tools.validation.__main__ import CURVES, DOCS, ROOT, SEED, main, the_page, the_results, the_targets
from tools.validation.figures import drawn
from tools.validation.oracles import Regimen, by_exponential, by_stiff_solver, system_of
from tools.validation.page import golden_part, origin, parts, summary, target_part, written
from tools.validation.reading import UnreadableFile, digitised_curves, held_back
from tools.validation.trials import EXPONENTIAL, READABLE, Agreement, a_schedule, agreements
from tools.validation.words import number, rung, sentence

from ebbtide.pharmacology import (
    Site,
    constant_infusion,
    the_library,
    two_figures,
)
from ebbtide.pharmacology.people.coverage import CoverageRow, coverage_rows
from ebbtide.pharmacology.validation.evaluation import ketamine_at
from ebbtide.pharmacology.validation.targets import Verdict
from tests.pharmacology.builders import data

REPAIR = "docs/reference/validation.md is not as the library is now. Repair it: make validation"
COMMITTED = (DOCS / "validation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def curves():
    found = digitised_curves(CURVES)
    if found is None:
        pytest.skip("shared/real/pk is not here")
    return found


A_ROW = CoverageRow(
    model_id="mixture",
    sites=(Site.ARTERIAL, Site.VENOUS),
    minutes=(20.0, 40.0),
    shares=(0.895, 0.931),
    band_people=4000,
    fresh_people=20_000,
)


@pytest.fixture(scope="module")
def a_page(curves):
    found = agreements(trials=1, stiff_trials=1, engines=READABLE)
    return the_page(curves, the_results(curves), found, coverage_rows(np.random.default_rng(SEED)))


def test_it_says_of_every_target_without_outside_data_what_the_page_says():
    for result in the_results(None):
        if result.verdict is not Verdict.ABSENT:
            assert target_part(result) in COMMITTED, REPAIR


def test_it_says_the_same_as_the_page_but_for_the_oracles(a_page):
    for name, text in parts(a_page).items():
        assert name == "arithmetic" or text in COMMITTED, f"{name}: {REPAIR}"


def test_it_names_the_engine_and_the_data_that_it_was_written_from(a_page):
    assert origin(a_page) in COMMITTED, REPAIR
    assert golden_part(a_page.golden) in COMMITTED, REPAIR


def test_it_shows_known_failures_before_anything_that_passes(a_page):
    failing = [one.target.id for one in a_page.results if one.verdict is Verdict.KNOWN_FAILURE]
    assert failing == ["T10", "T11"]
    for name in failing:
        assert COMMITTED.index(f"### {name}. ") < COMMITTED.index(summary(a_page.results))


def test_it_writes_the_same_bytes_again(a_page, curves):
    assert written(the_page(curves, the_results(curves), a_page.agreements, a_page.coverage)) == written(
        a_page
    )


def test_it_draws_the_committed_figures_to_the_byte(curves):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: make test installs it")
    figures = drawn(curves, the_targets())
    assert set(figures) == {path.name for path in (DOCS / "validation").iterdir()}
    for name, picture in figures.items():
        assert (DOCS / "validation" / name).read_bytes() == picture, f"{name}: {REPAIR}"


@pytest.mark.weekly  # some minutes of both cores; `make validation` does the same whenever a number has changed
def test_it_writes_the_committed_page_from_nothing(tmp_path, curves):
    command = [sys.executable, "-m", "tools.validation", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert (tmp_path / "validation.md").read_text(encoding="utf-8") == COMMITTED, REPAIR


def test_it_carries_no_date_and_no_duration():
    assert re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d| (seconds|s) ", COMMITTED) is None
    for picture in (DOCS / "validation").glob("*.svg"):
        assert "dc:date" not in picture.read_text(encoding="utf-8")


def test_it_leaves_the_page_alone_without_the_curves(tmp_path, capsys):
    assert main(["--curves", str(tmp_path), "--people", "0", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "T10  data absent" in said
    assert "T11  known failure" in said
    assert "stays as it is" in said
    assert not (tmp_path / "out").exists()


def test_it_lacks_the_curves_when_one_is_missing(tmp_path, curves):
    for path in CURVES.glob("*.csv"):
        shutil.copy(path, tmp_path)
    assert digitised_curves(tmp_path) is not None
    (tmp_path / "kamp_bja2020_d_s_norketamine_s_arm.csv").unlink()
    assert digitised_curves(tmp_path) is None


A_STUDY = """# peak_mean_ng_per_ml: 25
# peak_sd_ng_per_ml: 6
time_min,ng_per_ml
15,15.2
30,24.9
60,13.5
120,7.6
"""


def a_file(tmp_path, text):
    path = tmp_path / "study.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_takes_the_data_that_are_held_back(tmp_path):
    [result] = [one for one in the_results(None, a_file(tmp_path, A_STUDY)) if one.target.id == "T7"]
    assert result.verdict is Verdict.PASSED
    assert "25 ± 3.1 ng/mL" in target_part(result)
    assert "otto_2021 (venous), furthest of 4 points" in target_part(result)


def test_it_says_when_the_data_held_back_disagree(tmp_path, capsys):
    study = a_file(tmp_path, "time_h,ng_per_ml\n0.5,80\n1,60\n")
    missing = str(tmp_path / "none")
    assert main(["--curves", missing, "--people", "0", "--hasan", str(study)]) == 1
    assert "T7   failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "times_h", "ng_per_ml"),
    [
        ("time_h,conc_nmol_per_ml\n0.5,0.1\n", 0.5, 23.773),
        ("time_s, ng_per_ml\n1800,24\n", 0.5, 24.0),
        ("﻿time_min,conc_ng_per_ml\n30,24\n", 0.5, 24.0),
    ],
)
def test_it_reads_each_unit_that_a_file_may_have(tmp_path, columns, times_h, ng_per_ml):
    found = held_back(a_file(tmp_path, columns))
    assert (found.times_h[0], found.ng_per_ml[0]) == (times_h, pytest.approx(ng_per_ml))
    assert found.peak_mean_ng_per_ml is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has the columns none"),
        ("minutes,ng_per_ml\n1,2\n", "give one time column"),
        ("time_min,ng_per_ml,nmol_per_ml\n1,2,3\n", "one concentration column"),
        ("time_min,ng_per_ml\n1,two\n", "not a number"),
        ("# peak_mean_ng_per_ml: high\ntime_min,ng_per_ml\n1,2\n", "not a number"),
    ],
)
def test_it_refuses_a_file_that_it_cannot_read(tmp_path, capsys, text, sentence):
    path = a_file(tmp_path, text)
    with pytest.raises(UnreadableFile, match=sentence):
        held_back(path)
    assert main(["--hasan", str(path), "--people", "0"]) == 2
    assert sentence in capsys.readouterr().out


def test_its_engines_agree_with_the_matrix_exponential():
    found = agreements(trials=4, stiff_trials=0, engines=READABLE)
    assert {(one.oracle, one.engine) for one in found} == {
        (EXPONENTIAL, "closed form"),
        (EXPONENTIAL, "many people"),
    }
    assert all(one.people == 8 and one.worst_of_peak < 1e-11 for one in found)


def test_its_engines_agree_with_the_stiff_solver(a_page):
    stiff = [one for one in a_page.agreements if one.oracle != EXPONENTIAL]
    assert len(stiff) == 2
    assert all(one.worst_of_peak < 1e-9 for one in stiff)


def test_its_oracles_agree_with_one_compartment_on_paper():
    model = {
        "organ": None,
        "volumes_l": {"central": 25.0, "peripheral": []},
        "clearances_l_h": {"elimination": 50.0, "intercompartmental": []},
        "metabolites": [],
        "allometry": {
            "reference_weight_kg": 70,
            "central_volume": 1,
            "peripheral_volumes": 1,
            "elimination": 1,
            "intercompartmental": 1,
        },
    }
    system = system_of(model, weight_kg=140.0, age_y=40.0, ke0_per_h=5.0)
    times_h = np.array([0.0, 0.5, 1.0, 2.0])
    regimen = Regimen(rates=[(0.0, 1.0, 30.0)], pushes=[(0.5, 10.0)])
    rising = 30.0 / 100.0 * -np.expm1(-2.0 * np.minimum(times_h, 1.0))
    infused = rising * np.exp(-2.0 * np.maximum(times_h - 1.0, 0.0))
    bolus = np.where(times_h >= 0.5, 10.0 / 50.0 * np.exp(-2.0 * (times_h - 0.5)), 0.0)
    for solve in (by_exponential, by_stiff_solver):
        found = solve(system, regimen, times_h)["ketamine"]
        assert found == pytest.approx(1000 * (infused + bolus), rel=1e-9)


def test_its_oracles_know_every_species_of_a_model():
    raw = next(item for item in data()["models"] if item["id"] == "simons_2022")
    system = system_of(raw, weight_kg=70.0, age_y=46.0, ke0_per_h=5.0)
    assert set(system.read) == {"ketamine", "norketamine", "hydroxynorketamine", "effect_site"}
    assert system.matrix.shape == (3 + 2 + 2 + 2 + 2 + 1, 3 + 2 + 2 + 2 + 2 + 1)


def test_its_schedules_have_pauses_boluses_and_edges_on_no_grid():
    generator = np.random.default_rng(3)
    made = [a_schedule(generator) for _ in range(40)]
    assert any(
        one.end_h < other.start_h
        for many in made
        for one, other in zip(many.infusions, many.infusions[1:], strict=False)
    )
    assert {bolus.over_h for one in made for bolus in one.boluses} == {0.0, 1 / 60}
    assert all((edge * 60) % 1 for one in made for edge in one.edges_h)


@pytest.mark.parametrize(
    ("value", "words"),
    [(2050.4, "2050"), (253.05, "253"), (0.5148, "0.515"), (0.0, "below 1e-11"), (6e-9, "below 1e-7")],
)
def test_it_writes_numbers_that_another_processor_would_write_too(value, words):
    assert number(value) == words


def test_it_says_a_small_error_as_a_power_of_ten_with_room_above_it():
    assert (rung(1e-15), rung(2e-11), rung(6e-10)) == ("1e-11", "1e-10", "1e-8")


def test_it_begins_a_line_with_a_capital_but_for_the_name_of_a_model():
    assert (sentence("peak at 3 h"), sentence("kamp_2020 at 3 h")) == ("Peak at 3 h", "kamp_2020 at 3 h")


def test_it_marks_an_engine_that_is_off(curves):
    off = Agreement(engine="closed form", oracle=EXPONENTIAL, people=1, curves=1, worst_of_peak=1e-6)
    page = the_page(curves, the_results(curves), [off], [A_ROW])
    assert "| below 1e-5 | **no** |" in parts(page)["arithmetic"]


def test_it_explains_with_the_numbers_that_the_models_give():
    """The table of docs/explanation/how-ketamine-moves.md, two figures each."""
    text = (DOCS.parent / "explanation" / "how-ketamine-moves.md").read_text(encoding="utf-8")
    schedule, table = constant_infusion(amount_mg=35, over_h=40 / 60), {}
    for model_id, *levels in re.findall(r"\| `(\w+)` \| [a-z ]+ \| (\d+) \| (\d+) \|", text):
        table[model_id] = levels
    assert table == {
        model.id: [two_figures(ketamine_at(model.id, schedule, minutes / 60)) for minutes in (40, 80)]
        for model in the_library().offered
    }


def test_it_marks_a_band_that_does_not_hold(curves):
    page = the_page(curves, the_results(curves), [], [A_ROW])
    assert "| mixture | arterial and venous | 89.5 % | 93.1 % | **no** |" in parts(page)["coverage"]
    assert "**no**" not in COMMITTED[COMMITTED.index("## Do the bands hold") :], REPAIR


def test_its_bootstrap_begins_at_the_same_number():
    assert SEED == 4
    assert the_results(None)[0].findings == the_results(None)[0].findings
