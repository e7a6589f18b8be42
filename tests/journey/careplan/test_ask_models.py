"""Asking the models with free numbers: for prescribers and the director, about no patient, and nothing is kept."""

import html
import re

import pytest
from django.urls import reverse

from ebbtide.ground.ledger.models import Entry
from ebbtide.pharmacology.previews import CAPTION
from tests.builders import a_staff
from tests.desks.chart.arrange import signed_in
from tests.journey.careplan.steps import a_library, a_written_order, an_assessed_episode

pytestmark = pytest.mark.django_db
QUESTION = {
    "drug": "racemic",
    "weight_kg": "72.5",
    "age_y": "45",
    "dose": "0.5",
    "dose_unit": "mg/kg",
    "duration_min": "40",
    "models": ["kamp_2020", "otto_2021"],
}


def asked(role="prescriber", **changes):
    client = signed_in(a_staff(role))
    answer = client.get(reverse("careplan:ask"), {**QUESTION, **changes})
    return answer.status_code, html.unescape(answer.content.decode())


def test_it_opens_with_a_form_and_no_curve() -> None:
    answer = signed_in(a_staff("prescriber")).get(reverse("careplan:ask"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "data-chart" not in page
    assert "uPlot" not in page
    assert page.count("checked") == 3


@pytest.mark.parametrize(
    ("role", "status"),
    [("prescriber", 200), ("director", 200), ("nurse", 403), ("front_desk", 403), ("researcher", 403)],
)
def test_it_is_for_whoever_may_make_a_preview(role, status) -> None:
    assert asked(role)[0] == status


def test_it_draws_each_sampling_site_apart_and_says_what_a_model_is() -> None:
    status, page = asked()
    assert status == 200
    assert re.findall(r'data-chart="([^"]+)"', page) == ["asked-arterial", "asked-venous"]
    assert page.count(f'<p class="chart__note">{CAPTION}</p>') == 2
    assert "Kamp 2020, arterial: highest 250 ng/mL after 40 min" in page
    assert "Kamp et al., Anesthesiology 2020" in page
    assert "14 pooled data sets; age not stated; weight not stated" in page


def test_it_answers_without_javascript() -> None:
    _, page = asked()
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "Otto 2021, venous (ng/mL)" in page
    assert table.count("<tr>") >= 8


def test_it_refuses_in_a_sentence_and_shows_no_number() -> None:
    status, page = asked(weight_kg="140")
    assert status == 200
    assert "<b>No number.</b> Kamp 2020 is shown from 45 to 130 kg and this person weighs 140 kg" in page
    assert "data-chart" not in page
    assert "highest" not in page


def test_it_shows_what_may_be_shown_beside_what_may_not() -> None:
    _, page = asked(weight_kg="140", models=["kamp_2020", "perez_ruixo_2021"])
    assert re.findall(r'data-chart="([^"]+)"', page) == ["asked-venous"]
    assert page.count("No number.") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight_kg": ""}, "Weight is missing: enter it (kg)."),
        ({"weight_kg": "72,5"}, "Weight (kg) has a comma"),
        ({"age_y": "-4"}, "Age (years) has a sign"),
        ({"age_y": "45.5"}, "Age must be above zero and below 10000 years"),
        ({"dose": "0"}, "Dose or rate must be above zero and below 10000 mg/kg"),
        ({"dose": ".5", "dose_unit": "mg/h"}, "Dose or rate (mg/h) starts with a point"),
        ({"dose": "0", "dose_unit": "grains"}, "Dose or rate must be above zero and below 10000 mg/kg"),
        ({"duration_min": "40 min"}, "Duration (min) has a space or a unit inside"),
        ({"models": []}, "No model is chosen: choose one at least."),
        ({"models": ["dr_who"]}, "There is no model of this name: choose from the list."),
        ({"models": ["herd_2007"]}, "There is no model of this name: choose from the list."),
    ],
)
def test_it_says_what_is_wrong_with_the_unit_and_answers_422(changes, words) -> None:
    status, page = asked(**changes)
    assert status == 422
    assert words in page
    assert "data-chart" not in page


@pytest.mark.parametrize(
    ("dose", "unit"), [("36.25", "mg"), ("0.5", "mg/kg"), ("54.375", "mg/h"), ("0.75", "mg/kg/h")]
)
def test_it_takes_the_dose_in_every_unit_of_an_order(dose, unit) -> None:
    _, page = asked(dose=dose, dose_unit=unit)
    assert "Kamp 2020, arterial: highest 250 ng/mL after 40 min" in page


def test_it_lets_a_course_for_crps_last_for_days() -> None:
    long = {"drug": "S", "dose": "20", "dose_unit": "mg/h", "duration_min": "6000", "models": ["kamp_2020"]}
    assert "No number." in asked(**long)[1]
    status, page = asked(**long, crps_course="on")
    assert status == 200
    assert "Time since the start (h)" in page


def test_it_keeps_nothing() -> None:
    before = Entry.objects.count()
    asked()
    assert Entry.objects.count() == before


def test_it_only_reads() -> None:
    assert signed_in(a_staff("prescriber")).post(reverse("careplan:ask"), QUESTION).status_code == 405


def test_it_is_found_where_an_order_is_written_and_read() -> None:
    episode = an_assessed_episode()
    a_library(episode)
    order = a_written_order(episode)
    client = signed_in(a_staff("prescriber", clinic=episode.patient.clinic))
    ask = reverse("careplan:ask")
    assert f'href="{ask}"' in client.get(reverse("careplan:choose", args=[episode.id])).content.decode()
    page = client.get(reverse("careplan:show", args=[order.id])).content.decode()
    question = re.search(rf'href="({ask}\?[^"]+)"', page)
    assert question
    assert client.get(html.unescape(question[1])).status_code == 200


def test_it_shows_an_order_three_models_each_at_its_site() -> None:
    order = a_written_order(an_assessed_episode())
    client = signed_in(a_staff("prescriber", clinic=order.episode.patient.clinic))
    page = html.unescape(client.get(reverse("careplan:show", args=[order.id])).content.decode())
    assert re.findall(r'data-chart="([^"]+)"', page) == ["preview-arterial", "preview-venous"]
    for name in (
        "Kamp 2020, arterial: highest",
        "Simons 2022, arterial: highest",
        "Otto 2021, venous: highest",
    ):
        assert name in page
    assert page.count("What the band holds") == 3
