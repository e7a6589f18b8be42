"""The pictures of predicted curves: one sampling site in each, every label with its site, two significant figures."""

import re

import pytest

from ebbtide.journey.careplan.pictures import (
    MOST_ROWS,
    NAMES,
    TONES,
    WORDS,
    Line,
    named,
    panels_of,
    row_places,
    shown_of,
    table_of,
    time_scale,
)
from ebbtide.journey.careplan.specs import marks_of, previews_of, question_of
from ebbtide.pharmacology import the_library
from ebbtide.pharmacology.published.models import Site
from tests.journey.careplan.builders import STOP, a_crps_order, a_step, an_order

LONG_NUMBER = re.compile(r"[1-9]\d*[1-9]\d*[1-9]\d* ng|\d+\.\d{2,}")  # three figures that count


def shown(spec=None, *, age_y=45):
    spec = spec or an_order()
    return shown_of(
        previews_of(spec, age_y=age_y, sex="female", crps=False), marks=marks_of(spec), name="preview"
    )


def a_line(**changes):
    given = {
        "model_id": "kamp_2020",
        "site": Site.ARTERIAL,
        "minutes": (0, 20, 40, 60),
        "middle": (0, 123.4, 253.1, 90.5),
        "low": (0, 100, 204.5, 70),
        "high": (0, 150, 315.9, 120),
        "peak_ng_per_ml": 253.1,
        "peak_at_min": 40.0,
    }
    return Line(**{**given, **changes})


def test_it_never_puts_two_sampling_sites_into_one_picture() -> None:
    panels = shown().panels
    assert [panel.site for panel in panels] == [Site.ARTERIAL, Site.VENOUS]
    for panel in panels:
        assert panel.picture["series"]
        assert all(series["name"].endswith(f", {panel.site}") for series in panel.picture["series"])
        assert all(f", {panel.site}:" in said for said in panel.said)


def test_it_draws_three_models_with_their_bands() -> None:
    series = [one for panel in shown().panels for one in panel.picture["series"]]
    assert [one["name"] for one in series] == [
        "Kamp 2020, arterial",
        "Simons 2022, arterial",
        "Otto 2021, venous",
    ]
    for one in series:
        points = zip(one["low"], one["values"], one["high"], strict=True)
        assert all(low <= middle <= high for low, middle, high in list(points)[5:])


def test_it_gives_all_pictures_one_height() -> None:
    panels = shown().panels
    heights = {panel.picture["y"]["most"] for panel in panels}
    highest = max(max(one["high"]) for panel in panels for one in panel.picture["series"])
    assert len(heights) == 1
    assert highest < heights.pop() < 1.25 * highest


def test_it_says_two_significant_figures_and_never_three() -> None:
    found = shown()
    said = [
        *(line for panel in found.panels for line in panel.said),
        *(" ".join(r[1:]) for r in found.table.rows),
    ]
    assert (
        found.panels[0].said[0].startswith("Kamp 2020, arterial: highest 250 ng/mL after 40 min, band then ")
    )
    assert not [line for line in said if LONG_NUMBER.search(line)]


def test_it_says_the_same_in_a_table_with_the_site_over_each_column() -> None:
    table = table_of([a_line(), a_line(model_id="otto_2021", site=Site.VENOUS)])
    assert table.head == (
        "Time since the start (min)",
        "Kamp 2020, arterial (ng/mL)",
        "Otto 2021, venous (ng/mL)",
    )
    assert table.rows[2][:2] == ("40", "250 (200–320)")
    assert [row[0] for row in table.rows] == ["0", "20", "40", "60"]


@pytest.mark.parametrize(
    ("last_min", "first_rows"),
    [(60, [0, 10, 20]), (280, [0, 30, 60]), (480, [0, 60, 120]), (7440, [0, 720, 1440])],
)
def test_it_keeps_the_table_short_and_its_last_time(last_min, first_rows) -> None:
    minutes = [*range(0, last_min, 2), last_min]
    places = row_places(minutes)
    assert [minutes[at] for at in places[:3]] == first_rows
    assert minutes[places[-1]] == last_min
    assert len(places) <= MOST_ROWS + 1


@pytest.mark.parametrize(("last_min", "unit"), [(280, "min"), (360, "min"), (361, "h"), (7440, "h")])
def test_it_counts_hours_once_the_axis_is_long(last_min, unit) -> None:
    assert time_scale([0, last_min])[1] == unit


def test_it_marks_each_step_under_the_axis_in_the_unit_of_the_axis() -> None:
    spec = a_crps_order(steps=(a_step("0.2", 60), a_step("0.35", 180, stop_if=STOP)))
    picture = (
        shown_of(previews_of(spec, age_y=45, sex="male", crps=True), marks=marks_of(spec), name="preview")
        .panels[0]
        .picture
    )
    assert picture["marks"] == [
        {"from": 0, "to": 1, "words": "14 mg/h"},
        {"from": 1, "to": 4, "words": "24.5 mg/h"},
    ]
    assert (picture["x"]["unit"], picture["x"]["values"][-1]) == ("h", 8)


def test_it_draws_nothing_where_every_model_refuses() -> None:
    found = shown(age_y=12)
    assert (found.panels, found.table, found.notes, found.cautions) == ((), None, (), ())
    assert [name for name, _ in found.refused] == ["Kamp 2020", "Simons 2022", "Otto 2021"]
    assert all("12 years" in advice for _, advice in found.refused)


def test_it_says_once_what_every_model_says_and_names_models_as_people_do() -> None:
    found = shown()
    assert any("pregnancy" in said for said in found.cautions)
    assert not [said for note in found.notes for said in note.cautions if said in found.cautions]
    assert not [note for note in found.notes if "_20" in note.band]
    assert [note.mark for note in found.notes] == ["second-hand"] * 3


def test_it_names_and_colours_every_model_that_is_offered() -> None:
    offered = the_library().offered
    assert {model.id for model in offered} == set(NAMES) == set(TONES)
    for site in Site:
        tones = [TONES[model.id] for model in offered if model.site is site]
        assert len(tones) == len(set(tones)), f"two models at the site {site} have one colour"
        assert {site.value, f"{site}_title"} <= set(WORDS)


def test_it_takes_a_model_it_has_no_name_for_by_its_id() -> None:
    line = a_line(model_id="new_2030")
    panel = panels_of([line], marks=[], name="x")[0]
    assert panel.picture["series"][0]["name"] == "new_2030, arterial"
    assert named("kamp_2020 is shown") == "Kamp 2020 is shown"


def test_it_hands_an_order_of_one_step_on_as_a_question() -> None:
    question = question_of(an_order(weight_kg="72.5"), age_y=45)
    assert "weight_kg=72.5&age_y=45&dose=0.5&dose_unit=mg%2Fkg&duration_min=40" in question
    assert question.startswith("drug=racemic&")
    assert question_of(an_order(), age_y=None) == ""
    assert question_of(a_crps_order(steps=(a_step("0.2", 60), a_step("0.1", 60))), age_y=45) == ""
