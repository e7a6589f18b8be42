"""`ebbtide simulate`: a calm table, JSON and CSV, and one clear line where no number may be shown."""

import csv
import io
import json
import subprocess
import sys

import pytest

from ebbtide.site.cli import main

HALF_MG_PER_KG = ["simulate", "--weight-kg", "70", "--dose-mg-per-kg", "0.5", "--over-min", "40"]


def test_it_prints_a_table_with_site_source_and_words(capsys):
    assert main(HALF_MG_PER_KG) == 0
    said = capsys.readouterr()
    assert "racemic ketamine, 35 mg (0.5 mg/kg) over 40 min; 70 kg, 45 years" in said.out
    assert "kamp_2020, arterial" in said.out
    assert "otto_2021, venous" in said.out
    assert "Kamp et al., Anesthesiology 2020;133:1192" in said.out
    assert "A comparison, not a prediction" in said.out
    assert "A model, not a measurement" in said.out
    assert any(line.split()[:3] == ["40", "250", "(160-400)"] for line in said.out.splitlines())
    assert said.err == ""


def test_it_prints_json_with_full_figures(capsys):
    assert main([*HALF_MG_PER_KG, "--json", "--model", "kamp_2020", "--until-min", "80"]) == 0
    answer = json.loads(capsys.readouterr().out)
    curve = answer["models"][0]["curve"]
    assert (answer["unit"], answer["drug"], answer["dose_mg"], curve["site"]) == (
        "ng/mL",
        "racemic",
        35.0,
        "arterial",
    )
    at = dict(zip(curve["minutes"], curve["ng_per_ml"], strict=True))
    assert at[10.0] == pytest.approx(154.5315, rel=1e-6)
    assert at[80.0] == pytest.approx(73.736, rel=1e-6)


def test_it_prints_csv_for_a_spreadsheet(capsys):
    assert main([*HALF_MG_PER_KG, "--csv", "--age", "46"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["model"] for row in rows} == {"kamp_2020", "otto_2021"}
    peak = next(row for row in rows if row["model"] == "kamp_2020" and row["minute"] == "40")
    assert (peak["site"], peak["ng_per_ml"], peak["lower_ng_per_ml"]) == ("arterial", "253.052", "158.157")


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_it_refuses_outside_validity_in_one_line(capsys, form):
    asked = ["simulate", "--weight-kg", "200", "--dose-mg-per-kg", "0.5", "--over-min", "40", *form]
    assert main(asked) == 2
    said = capsys.readouterr()
    assert (
        said.err
        == "kamp_2020 is shown from 45 to 130 kg and this person weighs 200 kg: no concentration is shown.\n"
    )
    assert "minutes" not in said.out


def test_it_shows_what_it_can_and_says_what_it_cannot(capsys):
    assert (
        main([*HALF_MG_PER_KG, "--age", "80", "--drug", "S", "--model", "kamp_2020", "perez_ruixo_2021"]) == 0
    )
    said = capsys.readouterr()
    assert "perez_ruixo_2021, venous" in said.out
    assert said.err.startswith("kamp_2020 is shown from 18 to 75 years")


def test_it_names_the_models_it_has(capsys):
    assert main([*HALF_MG_PER_KG, "--model", "propofol"]) == 2
    assert "There is no model 'propofol'. The library holds: kamp_2020" in capsys.readouterr().err


@pytest.mark.parametrize("weight", ["0", "-70", "nan", "inf", "seventy"])
def test_it_refuses_a_number_that_is_none(capsys, weight):
    with pytest.raises(SystemExit) as stop:
        main(["simulate", f"--weight-kg={weight}", "--dose-mg-per-kg", "0.5", "--over-min", "40"])
    assert stop.value.code == 2
    assert "is not a number above zero" in capsys.readouterr().err


def test_it_needs_no_django():
    code = (
        "import sys; from ebbtide.site.cli import main; main(sys.argv[1:]); "
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *HALF_MG_PER_KG], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
