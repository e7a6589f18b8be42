"""`ebbtide simulate`: golden values through the command, a calm table, JSON and CSV, and words where no number may be."""

import csv
import io
import json
import subprocess
import sys

import pytest

from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.previews import DEFAULT_MODELS, ENGINE_VERSION
from ebbtide.pharmacology.published.library import read_data, the_library
from ebbtide.site.cli import main

KAMP = ["--model", "kamp_2020", "--weight-kg", "70"]
HALF_MG_PER_KG = ["--weight-kg", "70", "--infuse", "35mg/40min"]
GOLDEN = read_data()["golden"]
TYPED = {"A_0p5_mg_kg_over_40_min": "0.5mg/kg/40min", "B_0p35_mg_kg_h_over_4_h": "0.35mg/kg/h/4h"}
ROWS = [
    (regimen, model_id, species, points)
    for regimen, models in GOLDEN["ng_per_ml_at_min"].items()
    for model_id, curves in models.items()
    for species, points in curves.items()
]


@pytest.fixture
def simulate(capsys):
    """What the command answers: its status, what it printed, and what it said on the side."""

    def asked(*words):
        status = main(["simulate", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return asked


@pytest.fixture
def answer(simulate):
    """The one JSON object of a question that is answered."""

    def asked(*words):
        status, out, err = simulate(*words, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return asked


@pytest.fixture
def refused(capsys):
    """The words of a question that cannot be read."""

    def asked(*words):
        try:
            status = main(["simulate", *words])
        except SystemExit as stop:
            status = stop.code
        said = capsys.readouterr()
        assert (status, said.out) == (2, "")
        return said.err

    return asked


@pytest.mark.parametrize(("regimen", "model_id", "species", "points"), ROWS)
def test_it_meets_the_golden_values(answer, regimen, model_id, species, points):
    minutes = ",".join(map(str, points))
    found = answer("--model", model_id, "--weight-kg", "70", "--infuse", TYPED[regimen], "--at-min", minutes)
    assert found["times_min"] == list(points)
    assert found[species] == pytest.approx(list(points.values()), rel=1e-6)


def test_it_meets_t1_and_t5(answer):
    points = GOLDEN["t1"]["ng_ml_at_min"]
    found = answer(*KAMP, "--infuse", "35mg/40min", "--at-min", ",".join(map(str, points)))
    assert found["ketamine"] == pytest.approx(list(points.values()), rel=1e-6)
    found = answer("--model", "simons_2022", "--weight-kg", "70", "--infuse", "20mg/20min", "--at-min", "20")
    assert found["ketamine"] == pytest.approx([GOLDEN["simons_cmax"]["ng_ml"]], rel=2e-6)
    assert (found["drug"], found["given"], found["peak_at_min"]) == ("S", "S", pytest.approx(20))


def test_it_prints_one_flat_object_for_one_model(answer):
    found = answer(*KAMP, "--infuse", "35mg/40min", "--at-min", "10,20,40")
    model = the_library().model("kamp_2020")
    said = {key: found[key] for key in ("model", "outcome", "site", "drug", "given", "unit", "times_min")}
    assert said == {
        "model": "kamp_2020",
        "outcome": "predicted",
        "site": "arterial",
        "drug": "racemic",
        "given": "racemic",
        "unit": "ng/mL",
        "times_min": [10, 20, 40],
    }
    assert found["ketamine"] == pytest.approx([154.5315, 198.270563, 253.0518], rel=1e-6)
    assert not {"norketamine", "hydroxynorketamine", "bands", "models"} & set(found)
    assert (found["weight_kg"], found["age_y"], found["dose_mg"], found["entered_mg"]) == (70, 45, 35, 35)
    assert found["schedule"] == {"infuse": ["35mg/40min"], "bolus": [], "pause": []}
    assert (found["source"], found["mark"]) == (model.source, "second_hand")
    assert found["display_band"]["divide_and_multiply_by"] == 1.6
    assert (found["parameter_hash"], found["engine_version"]) == (model.parameter_hash, ENGINE_VERSION)
    assert "not a measurement" in found["caption"]
    assert (found["warnings"], len(found["cautions"])) == ([], 2)
    assert found["peak_ng_per_ml"] == pytest.approx(253.0518, rel=1e-6)


def test_it_looks_every_minute_to_four_hours_past_the_end(answer):
    found = answer(*KAMP, "--infuse", "35mg/40min")
    assert found["times_min"] == list(range(281))
    assert answer(*KAMP, "--infuse", "35mg/40min", "--until-min", "60.5")["times_min"][-2:] == [60, 60.5]


def test_it_keeps_the_order_of_the_times(answer):
    back = answer(*KAMP, "--infuse", "35mg/40min", "--at-min", "40, 10")
    assert back["times_min"] == [40, 10]
    assert back["ketamine"] == pytest.approx([253.0518, 154.5315], rel=1e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["--infuse", "0.5mg/kg/40min"], ["--infuse", "35mg/40min"]),
        (["--infuse", "0.35mg/kg/h/4h"], ["--infuse", "24.5mg/h/4h"]),
        (["--infuse", "24.5mg/h/240min"], ["--infuse", "98mg/4h"]),
        (["--infuse", "20mg/30min@60min"], ["--infuse", "40mg/h/0.5h@1h"]),
        (["--dose-mg-per-kg", "0.5", "--over-min", "40"], ["--infuse", "0.5mg/kg/40min"]),
        (["--infuse", "35mg/40min", "--bolus", "0.1mg/kg@5min"], ["--bolus", "7mg@5min", "--infuse", "35mg/40min"]),
        (["--infuse", "35mg/40min"], ["--infuse", "17.5mg/20min", "--infuse", "17.5mg/20min@20min"]),
        (["--infuse", "60mg/60min", "--pause", "20min@30min"], ["--infuse", "30mg/30min", "--infuse", "30mg/30min@50min"]),
    ],
)  # fmt: skip
def test_it_answers_alike_however_a_dose_is_typed(answer, one, other):
    when = ["--at-min", "5,5.5,15,40,90,300"]
    first, second = answer(*KAMP, *one, *when), answer(*KAMP, *other, *when)
    assert first["ketamine"] == pytest.approx(second["ketamine"], rel=1e-12)
    assert first["dose_mg"] == pytest.approx(second["dose_mg"], rel=1e-12)


def test_it_adds_up_infusions_and_boluses(answer):
    when = ["--at-min", "3,5.5,6,45,75,200"]
    parts = (["--infuse", "35mg/40min"], ["--infuse", "20mg/30min@60min"], ["--bolus", "10mg@5min"])
    whole = answer(*KAMP, *parts[0], *parts[1], *parts[2], *when)
    alone = [answer(*KAMP, *part, *when)["ketamine"] for part in parts]
    assert whole["ketamine"] == pytest.approx([sum(column) for column in zip(*alone, strict=True)], rel=1e-12)
    assert whole["dose_mg"] == pytest.approx(65)


def test_it_gives_a_bolus_over_a_minute(answer):
    found = answer(*KAMP, "--bolus", "10mg@5min", "--at-min", "5,5.5,6,7")
    assert found["ketamine"][0] == 0
    assert max(found["ketamine"]) == found["ketamine"][2]
    assert found["peak_at_min"] == pytest.approx(6)


def test_it_caps_no_rate_of_a_bolus(answer):
    asked = [*KAMP, "--infuse", "80mg/60min", "--at-min", "6"]
    as_bolus = answer(*asked, "--bolus", "70mg@5min")
    assert as_bolus["dose_mg"] == 150
    assert main(["simulate", *asked, "--infuse", "70mg/1min@5min"]) == 3


def test_it_pauses_and_gives_the_same_amount(answer):
    long = ["--infuse", "60mg/60min", "--at-min", "30,50,80,100000"]
    whole, paused = answer(*KAMP, *long), answer(*KAMP, *long, "--pause", "20min@30min")
    assert paused["dose_mg"] == pytest.approx(whole["dose_mg"], rel=1e-14)
    assert paused["ketamine"][0] == pytest.approx(whole["ketamine"][0], rel=1e-12)
    assert paused["ketamine"][1] < whole["ketamine"][1]
    assert paused["peak_at_min"] == pytest.approx(80)
    assert paused["schedule"]["pause"] == ["20min@30min"]


@pytest.mark.parametrize("model_id", ["simons_2022", "otto_2021", "perez_ruixo_2021"])
def test_it_lets_half_of_a_racemate_into_a_model_of_s(answer, model_id):
    asked = ["--model", model_id, *HALF_MG_PER_KG, "--at-min", "10,40,80"]
    whole, half = answer(*asked), answer(*asked, "--drug", "racemic")
    species = ["ketamine", *(part.id for part in the_library().model(model_id).body.metabolites)]
    for name in species:
        assert half[name] == pytest.approx([value / 2 for value in whole[name]], rel=1e-12)
    assert (half["drug"], half["given"], half["dose_mg"], half["entered_mg"]) == ("S", "racemic", 35, 17.5)
    assert half["warnings"][0].startswith("S-ketamine alone")
    assert (whole["drug"], whole["given"], whole["warnings"]) == ("S", "S", [])
    assert answer(*asked, "--drug", "S") == whole


@pytest.mark.parametrize("drug", ["racemic", "S", "R"])
def test_it_lets_the_whole_dose_into_a_model_of_all_three(answer, drug):
    found = answer(*KAMP, "--infuse", "35mg/40min", "--at-min", "40", "--drug", drug)
    assert (found["drug"], found["given"], found["warnings"]) == (drug, drug, [])
    assert found["ketamine"] == pytest.approx([253.0518], rel=1e-6)


def test_it_lists_several_models(answer):
    ways = (["--model", "kamp_2020", "otto_2021"], ["--model", "kamp_2020", "--model", "otto_2021"])
    answers = [answer(*way, *HALF_MG_PER_KG, "--drug", "racemic", "--at-min", "40") for way in ways]
    assert answers[0] == answers[1]
    kamp, otto = answers[0]["models"]
    assert (kamp["model"], otto["model"]) == ("kamp_2020", "otto_2021")
    assert (kamp["drug"], otto["drug"]) == ("racemic", "S")
    assert otto["ketamine"] == pytest.approx([158.0417 / 2], rel=1e-6)
    assert answers[0]["warnings"] == []


def test_it_warns_where_each_model_takes_a_drug_of_its_own(answer, simulate):
    found = answer(*HALF_MG_PER_KG)
    assert found["warnings"][0].startswith(
        "No drug was named, so each model takes the dose as its own (racemic and S)"
    )
    assert all(found["warnings"][0] in one["warnings"] for one in found["models"])
    assert found["warnings"][0] in simulate(*HALF_MG_PER_KG)[1]
    assert answer(*HALF_MG_PER_KG, "--model", "simons_2022", "otto_2021")["warnings"] == []


def test_it_prints_a_table_with_site_source_and_words(simulate):
    status, out, err = simulate(*HALF_MG_PER_KG, "--drug", "racemic", "--pause", "5min@50min")
    assert (status, err) == (0, "")
    assert "35 mg of ketamine base (0.5 mg/kg): 35mg/40min, pause 5min@50min; 70 kg, 45 years" in out
    assert "kamp_2020, arterial" in out
    assert "otto_2021, venous" in out
    assert "racemic ketamine" in out
    assert "Kamp et al., Anesthesiology 2020;133:1192" in out
    assert "S-ketamine alone: otto_2021 describes S-ketamine" in out
    assert "A model, not a measurement" in out
    assert any(line.split()[:3] == ["40", "250", "(160-400)"] for line in out.splitlines())


def test_it_prints_the_rows_that_were_asked_for_with_the_metabolites_of_one_model(simulate):
    status, out, _ = simulate(
        "--model", "simons_2022", *HALF_MG_PER_KG, "--at-min", "1,2.5,40", "--bolus", "1mg"
    )
    rows = [line.split() for line in out.splitlines()]
    assert status == 0
    assert [row[0] for row in rows if row and row[0] in {"1", "2.5", "40", "0", "280"}] == ["1", "2.5", "40"]
    assert ["S-ketamine", "S-norketamine", "S-hydroxynorketamine"] in rows
    assert "Metabolites are indicative" in out
    assert "35mg/40min, bolus 1mg; 70 kg" in out


def test_it_prints_csv_for_a_spreadsheet(simulate):
    _, out, _ = simulate(*HALF_MG_PER_KG, "--csv", "--age", "46")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["model"] for row in rows} == set(DEFAULT_MODELS)
    peak = next(row for row in rows if row["model"] == "kamp_2020" and row["minute"] == "40")
    assert (peak["site"], peak["drug"], peak["species"]) == ("arterial", "racemic", "ketamine")
    assert (peak["ng_per_ml"], peak["lower_ng_per_ml"], peak["upper_ng_per_ml"]) == (
        "253.052",
        "158.157",
        "404.883",
    )
    metabolite = next(
        row
        for row in rows
        if (row["model"], row["species"], row["minute"]) == ("otto_2021", "norketamine", "40")
    )
    assert (metabolite["ng_per_ml"], metabolite["lower_ng_per_ml"]) == ("47.0854", "")


BANDED = ["--model", "simons_2022", *HALF_MG_PER_KG, "--at-min", "10,40,80", "--population", "500"]


def test_it_adds_bands_of_every_species(answer):
    found = answer(*BANDED, "--seed", "7")
    assert list(found["bands_by_species"]) == ["ketamine", "norketamine", "hydroxynorketamine"]
    assert found["bands"] == found["bands_by_species"]["ketamine"]
    assert (found["people"], found["seed"]) == (500, 7)
    assert "display_band" not in found
    assert any(
        "difference between models is not in this band" in sentence for sentence in found["bands_hold"]
    )
    for name, bands in found["bands_by_species"].items():
        for low, middle, high, curve in zip(
            bands["p05"], bands["p50"], bands["p95"], found[name], strict=True
        ):
            assert low < middle < high
            assert low < curve < high
    assert found["bands"]["p50"] == pytest.approx(found["ketamine"], rel=0.1)


def test_it_gives_the_same_bands_for_the_same_seed(answer):
    first = answer(*BANDED)
    assert (first["seed"], answer(*BANDED)) == (1, first)
    assert answer(*BANDED, "--seed", "2")["bands"] != first["bands"]


def test_it_gives_each_model_bands_of_its_own(answer):
    found = answer(*BANDED, "--model", "kamp_2020", "--drug", "racemic")["models"]
    assert [one["model"] for one in found] == ["simons_2022", "kamp_2020"]
    assert found[0]["bands"]["p95"][1] < found[1]["bands"]["p95"][1]  # S alone, and both halves


def test_it_says_where_no_variability_is_published(answer, simulate):
    asked = [*HALF_MG_PER_KG, "--model", "domino", "--population", "500", "--at-min", "40"]
    found = answer(*asked)
    assert (found["people"], found["bands"]["p50"]) == (0, found["ketamine"])
    assert found["bands_hold"][0].startswith("No variability is published for this model")
    table = simulate(*asked)[1]
    assert "No variability is published for this model" in table
    assert "virtual" not in table


def test_it_prints_the_bands_in_the_table_and_for_a_spreadsheet(answer, simulate):
    bands = answer(*BANDED)["bands_by_species"]["norketamine"]
    _, table, _ = simulate(*BANDED)
    assert "Band: 500 virtual people of 70 kg and 45 years, seed 1." in table
    assert "divided and multiplied by" not in table
    assert f"({two_figures(bands['p05'][1])}-{two_figures(bands['p95'][1])})" in table
    rows = list(csv.DictReader(io.StringIO(simulate(*BANDED, "--csv")[1])))
    row = next(row for row in rows if (row["species"], row["minute"]) == ("norketamine", "40"))
    assert (row["lower_ng_per_ml"], row["upper_ng_per_ml"]) == tuple(
        f"{bands[end][1]:.6g}" for end in ("p05", "p95")
    )


def test_it_draws_bands_for_nobody_outside_the_range(simulate):
    status, out, _ = simulate("--weight-kg", "200", "--infuse", "35mg/40min", "--population", "500", "--json")
    assert status == 3
    assert "bands" not in json.loads(out)


OUTSIDE = [
    (["--weight-kg", "200", "--infuse", "35mg/40min"], "kamp_2020 is shown from 45 to 130 kg and this person weighs 200 kg: no concentration is shown."),
    (["--weight-kg", "70", "--infuse", "35mg/40min", "--age-y", "17"], "this person is 17 years old"),
    (["--weight-kg", "70", "--infuse", "35mg/40min", "--age", "80"], "ask perez_ruixo_2021 (75 to 86)"),
    (["--weight-kg", "70", "--infuse", "60mg/40min"], "The rate reaches 90 mg/h (1.29 mg/kg/h)"),
    (["--weight-kg", "70", "--infuse", "50mg/40min", "--infuse", "50mg/40min@20min"], "The rate reaches 150 mg/h"),
    (["--weight-kg", "70", "--infuse", "10mg/h/9h"], "lasts 540 min"),
    (["--weight-kg", "70", "--infuse", "10mg/h/121h", "--crps"], "from 5 min to 120 h"),
    (["--weight-kg", "70", "--infuse", "2mg/4min"], "lasts 4 min"),
    (["--weight-kg", "70", "--infuse", "35mg/40min", "--model", "herd_2007"], "not offered for adults (paediatric)"),
    (["--weight-kg", "70", "--infuse", "35mg/40min", "--model", "domino", "--drug", "S"], "domino describes racemic ketamine and cannot speak about S-ketamine"),
    (["--weight-kg", "70", "--infuse", "35mg/40min", "--model", "otto_2021", "--drug", "R"], "cannot speak about R-ketamine"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence"), OUTSIDE)
@pytest.mark.parametrize("form", [[], ["--csv"]])
def test_it_refuses_outside_validity_in_one_line(simulate, asked, sentence, form):
    status, out, err = simulate(*asked, *form)
    assert (status, out) == (3, "")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("asked", "sentence"), OUTSIDE)
def test_it_refuses_outside_validity_in_json(simulate, asked, sentence):
    status, out, err = simulate(*asked, "--json")
    answer = json.loads(out)
    assert (status, err, answer["outcome"]) == (3, "", "outside_model_range")
    assert sentence in answer["advice"]
    assert "ketamine" not in answer


def test_it_says_of_every_model_why_it_is_refused(simulate):
    status, out, _ = simulate("--weight-kg", "200", "--infuse", "35mg/40min", "--json")
    answer = json.loads(out)
    assert status == 3
    assert [one["model"] for one in answer["models"]] == list(DEFAULT_MODELS)
    assert all(f"{one['model']} is shown from 45 to 130 kg" in one["advice"] for one in answer["models"])


def test_it_takes_a_course_of_days_when_it_is_one(answer):
    found = answer(*KAMP, "--infuse", "20mg/h/100h", "--crps", "--at-min", "6000")
    assert found["ketamine"] == pytest.approx([20 / 84 * 1000], rel=1e-6)  # rate / clearance


def test_it_shows_what_it_can_and_says_what_it_cannot(simulate, answer):
    asked = [*HALF_MG_PER_KG, "--age", "80", "--drug", "S", "--model", "kamp_2020", "perez_ruixo_2021"]
    status, out, err = simulate(*asked)
    assert status == 0
    assert "perez_ruixo_2021, venous" in out
    assert err.startswith("kamp_2020 is shown from 18 to 75 years")
    kamp, perez = answer(*asked)["models"]
    assert (kamp["outcome"], perez["outcome"]) == ("outside_model_range", "predicted")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([*HALF_MG_PER_KG, "--model", "propofol"], "There is no model 'propofol'. The library holds: kamp_2020"),
        (KAMP, "Nothing is given: name a dose, for example --infuse 35mg/40min"),
        ([*KAMP, "--pause", "20min@30min"], "Nothing is given"),
        ([*KAMP, "--over-min", "40"], "--dose-mg-per-kg and --over-min belong together"),
        ([*KAMP, "--dose-mg-per-kg", "0.5"], "--dose-mg-per-kg and --over-min belong together"),
        ([*KAMP, "--infuse", "35mg/40"], "'35mg/40' cannot be read as an infusion: the duration '40' has no unit"),
        ([*KAMP, "--infuse", "0,5mg/kg/40min"], "has a comma: write a decimal point"),
        ([*KAMP, "--infuse", "1mg/0.000000001min@999999999min"], "the end must come later"),
        ([*KAMP, "--bolus", "10mg/h@5min"], "cannot be read as a bolus"),
        ([*HALF_MG_PER_KG, "--pause", "20min"], "cannot be read as a pause: it does not say when it starts"),
        ([*HALF_MG_PER_KG, "--at-min", "10,-5"], "'-5' is not a number of digits"),
        ([*HALF_MG_PER_KG, "--at-min", "10,,20"], "write minutes parted by commas, as in 10,20,40"),
        ([*HALF_MG_PER_KG, "--at-min", "10", "--until-min", "60"], "not allowed with argument --at-min"),
        ([*HALF_MG_PER_KG, "--json", "--csv"], "not allowed with argument"),
        ([*HALF_MG_PER_KG, "--drug", "ketanest"], "invalid choice: 'ketanest'"),
        ([*HALF_MG_PER_KG, "--age-y", "45.5"], "'45.5' is not a whole number"),
        ([*HALF_MG_PER_KG, "--seed", "7"], "--seed is the seed of virtual people"),
        ([*HALF_MG_PER_KG, "--population", "10"], "10 virtual people make no 90 % band here: ask for 100 to 100000"),
        (["--infuse", "35mg/40min"], "--weight-kg"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_with_a_question(refused, asked, words):
    assert words in refused(*asked)


@pytest.mark.parametrize("weight", ["0", "-70", "nan", "inf", "seventy", "70,5", "0.0"])
def test_it_refuses_a_number_that_is_none(refused, weight):
    assert f"'{weight}' is not a number above zero" in refused(
        f"--weight-kg={weight}", "--infuse", "35mg/40min"
    )


def test_it_needs_no_django():
    code = (
        "import sys; from ebbtide.site.cli import main; main(sys.argv[1:]); "
        "heavy = ('django', 'psycopg', 'scipy', 'jax', 'pyarrow', 'numba'); "
        "assert not [name for name in sys.modules if name.split('.')[0] in heavy]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "simulate", *HALF_MG_PER_KG], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
