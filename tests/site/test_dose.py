"""`ebbtide dose`: a suggestion with its reasons, and one clear line where there is none."""

import json
import subprocess
import sys

import pytest

from ebbtide.site.cli import main

ASKED = ["--weight-kg", "70", "--age-y", "45", "--over", "40min", "--population", "200"]
LIMITED = [*ASKED, "--limit-ng-ml", "250"]


@pytest.fixture
def dose(capsys):
    def asked(*words):
        try:
            status = main(["dose", *words])
        except SystemExit as stop:
            status = stop.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return asked


@pytest.fixture
def answer(dose):
    def asked(*words):
        status, out, err = dose(*words, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return asked


def test_it_suggests_a_dose_with_everything_beside_it(answer):
    found = answer(*LIMITED, "--model", "kamp_2020", "--alpha", "0.5", "--seed", "1")
    assert (found["outcome"], found["model"], found["site"]) == ("suggested", "kamp_2020", "arterial")
    assert found["dose_mg"] == pytest.approx(250 / 7.23005, rel=0.02)
    assert found["dose_mg_per_kg"] == pytest.approx(found["dose_mg"] / 70)
    assert found["rate_mg_per_h"] == pytest.approx(found["dose_mg"] * 1.5)
    assert found["dose_from_mg"] < found["dose_mg"] < found["dose_to_mg"]
    assert (found["limit"], found["alpha"], found["window"], found["unit"]) == (250.0, 0.5, None, "ng/mL")
    assert (found["people"], found["seed"], found["drug"], found["limited_by"]) == (
        200,
        1,
        "racemic",
        "limit",
    )
    assert found["share"] <= 0.5
    assert found["share_is"] == "over the limit"
    assert len(found["parameter_hash"]) == 64
    assert "the clinician signs" in found["advice"]
    assert [cap["applied"] for cap in found["caps"]] == [False, False, False]
    assert "models" not in found


def test_it_gives_the_same_answer_for_the_same_seed(answer):
    assert answer(*LIMITED) == answer(*LIMITED, "--seed", "1")
    assert answer(*LIMITED)["dose_mg"] != answer(*LIMITED, "--seed", "2")["dose_mg"]


def test_it_takes_the_smallest_of_several_models_and_says_which(answer):
    found = answer(*LIMITED, "--model", "otto_2021", "simons_2022", "--model", "kamp_2020")
    by_model = {one["model"]: one["dose_mg"] for one in found["models"]}
    assert list(by_model) == ["otto_2021", "simons_2022", "kamp_2020"]
    assert (found["model"], found["dose_mg"]) == ("simons_2022", min(by_model.values()))
    assert found["reasons"][-1].startswith("simons_2022 allows the least; otto_2021")
    assert "different sites" in found["cautions"][0]


def test_it_looks_at_the_effect_site(answer):
    assert answer(*LIMITED, "--effect-site")["functional"] == "effect_site_peak"


def test_it_brings_people_into_a_window(answer):
    found = answer(*ASKED, "--window", "70,160", "--effect-site")
    assert (found["window"], found["limit"], found["alpha"]) == ([70.0, 160.0], None, None)
    assert found["share"] > 0.9
    assert found["share_is"] == "inside the window"
    assert 70 < found["median"] < 160
    held = answer(*ASKED, "--window", "200,300", "--limit-ng-ml", "210")
    assert held["limited_by"] == "cap"
    assert (held["limit"], held["alpha"]) == (210.0, 0.05)


def test_it_limits_the_area(answer):
    found = answer(*ASKED, "--limit-ng-h-ml", "400", "--alpha", "0.5")
    assert found["unit"] == "ng h/mL"
    assert found["dose_mg"] == pytest.approx(400 * 84 / 1000, rel=0.05)


def test_it_reads_calmly(dose):
    status, out, err = dose(*LIMITED)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("racemic ketamine: 3")
    assert "over 40min" in lines[0]
    assert (
        lines[1] == "A suggestion with reasons, from a model and not from a measurement; the clinician signs."
    )
    assert any(line.startswith("- the cap of 1.2 mg/kg/h") for line in lines)
    assert "kamp_2020, arterial blood; 200 virtual people, seed 1" in lines[-1]


def test_it_says_which_cap_holds(dose):
    _, out, _ = dose(*ASKED, "--limit-ng-ml", "2000")
    assert "- HOLDS: the guard rail that the upper end of the 90 % band stays at or under 640 ng/mL" in out


@pytest.mark.parametrize(
    "extra", [["--age-y", "80"], ["--weight-kg", "140"], ["--pregnant"], ["--over", "9h"]]
)
def test_it_refuses_outside_validity_with_status_3(dose, extra):
    status, out, err = dose(*LIMITED, *extra)
    assert (status, out) == (3, "")
    assert err.count("\n") == 1
    status, out, err = dose(*LIMITED, *extra, "--json")
    assert (status, err) == (3, "")
    found = json.loads(out)
    assert found["outcome"] == "outside_model_range"
    assert found["advice"]
    assert "dose_mg" not in found


def test_it_names_every_refusal_of_several_models(dose):
    status, out, _ = dose(*LIMITED, "--age-y", "80", "--json", "--model", "kamp_2020", "simons_2022")
    assert status == 3
    assert [one["outcome"] for one in json.loads(out)["models"]] == ["outside_model_range"] * 2


def test_it_allows_a_long_course_for_crps(answer):
    assert answer(*LIMITED, "--over", "24h", "--crps")["over_min"] == 1440


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (ASKED, "Name a limit or a window"),
        ([*LIMITED, "--limit-ng-h-ml", "400"], "not allowed with argument"),
        ([*ASKED, "--limit-ng-h-ml", "400", "--effect-site"], "goes with neither"),
        ([*ASKED, "--limit-ng-h-ml", "400", "--window", "70,160"], "goes with neither"),
        (
            [*LIMITED, "--population", "20"],
            "20 virtual people are not enough or too many: ask for 100 to 100000",
        ),
        ([*LIMITED, "--alpha", "1"], "is not a share of people"),
        ([*LIMITED, "--alpha", "0"], "is not a number above zero"),
        ([*ASKED, "--window", "160,70"], "its low end comes first"),
        ([*ASKED, "--window", "70"], "write its two ends, as in 70,160"),
        ([*ASKED, "--window", "70,x"], "write its two ends, as in 70,160"),
        ([*LIMITED, "--over", "40"], "cannot be read as a duration"),
        ([*LIMITED, "--over", "0min"], "must be above zero"),
        ([*LIMITED, "--model", "propofol"], "There is no model 'propofol'"),
        ([*LIMITED, "--weight-kg", "-70"], "is not a number above zero"),
    ],
)
def test_it_refuses_a_question_that_cannot_be_read(dose, words, said):
    status, out, err = dose(*words)
    assert (status, out) == (2, "")
    assert said in err


def test_it_needs_no_django_and_no_scipy():
    code = (
        "import sys; from ebbtide.site.cli import main; main(sys.argv[1:]); "
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg', 'scipy')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "dose", *LIMITED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
