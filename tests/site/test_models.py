"""`ebbtide models`: every model with its source, its mark, and where it may speak."""

import json
import subprocess
import sys

import pytest

from ebbtide.pharmacology.published.library import the_library
from ebbtide.site.cli import main

MODELS = the_library().models.values()


@pytest.fixture
def listed(capsys):
    assert main(["models", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def table(capsys):
    assert main(["models"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_it_lists_every_model_with_its_source(listed, table, model):
    found = next(one for one in listed["models"] if one["id"] == model.id)
    assert (found["site"], found["drug"], found["source"]) == (model.site, list(model.drugs), model.source)
    assert (found["mark"], found["offered"]) == (model.mark, model.offered)
    assert found["metabolites"] == [part.id for part in model.body.metabolites]
    assert found["parameter_hash"] == model.parameter_hash
    assert f"{model.id}: {model.source} (second-hand).\n  Studied: {found['studied']}." in table


def test_it_says_where_a_model_may_speak(listed):
    by_id = {one["id"]: one for one in listed["models"]}
    assert by_id["perez_ruixo_2021"]["validity"] == {
        "age_y": [18, 86],
        "weight_kg": [39, 170],
        "max_rate_mg_per_kg_h": 1.2,
        "basis": "studied range; 75-86 y with warning",
    }
    assert by_id["hijazi_2003"]["validity"] == {
        "age_y": None,
        "weight_kg": None,
        "max_rate_mg_per_kg_h": None,
        "basis": None,
    }
    assert listed["policy"]["weight_kg_extended"] == {"perez_ruixo_2021": [130, 170]}
    assert (listed["policy"]["max_rate_mg_per_h"], listed["policy"]["mark"]) == (120, "design")


def test_it_says_why_a_model_is_not_offered(listed, table):
    reasons = {one["id"]: one["why_not_offered"] for one in listed["models"]}
    assert (reasons["kamp_2020"], reasons["herd_2007"]) == (None, "paediatric")
    assert "Not offered: not our patients." in table
    assert "Offered: legacy comparison. Range: design." in table


def test_it_prints_a_table_a_person_can_read(table):
    rows = {line.split()[0]: " ".join(line.split()) for line in table.split("\n\n")[0].splitlines()}
    simons = "simons_2022 arterial S 18 to 75 45 to 130 1.2 yes norketamine, hydroxynorketamine"
    assert rows["simons_2022"] == simons
    assert rows["hijazi_2003"] == "hijazi_2003 unknown unknown not given not given not given no none"
    assert "from 18 to 75 years and from 45 to 130 kg; perez_ruixo_2021 to 86 years with a warning" in table
    assert "A bolus lasts 1 min; the limits of rate do not apply to it." in table


def test_it_needs_no_django():
    code = (
        "import sys; from ebbtide.site.cli import main; main(['models']); "
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg')]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
