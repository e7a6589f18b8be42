"""The predicted concentration at the chair: along the charted rate with its pauses, in words where a model does not hold."""

import numpy as np
import pytest

from ebbtide.journey.infusion.predicting import charted_of
from ebbtide.journey.infusion.prediction import (
    CAPTION,
    NOT_RECORDED,
    Charted,
    Whom,
    ahead_lines,
    answers,
    lines_of,
    told,
)
from ebbtide.journey.infusion.session import fold
from ebbtide.pharmacology.people.bands import models_for
from ebbtide.pharmacology.published.models import Drug
from tests.journey.infusion.events import T0, an_event, at

WHOM = Whom(weight_kg=72.0, age_y=45, drug=Drug.RACEMIC)


def charted(minutes, *events):
    return charted_of(fold([an_event("start", 0, rate_mg_per_h="50"), *events]), at(minutes))


def test_it_asks_nothing_before_a_start():
    assert charted_of(fold([]), at(5)) is None
    assert charted(0) is None


def test_it_follows_the_actual_pause():
    paused = charted(30, an_event("pause", 10), an_event("resume", 20, rate_mg_per_h="50"))
    through = charted(30)
    for one, other in zip(answers(paused, WHOM), answers(through, WHOM), strict=True):
        assert one.so_far.p50[-1] < other.so_far.p50[-1]


def test_it_gives_the_rest_of_a_bolus_only_where_it_goes_on():
    now = charted(12, an_event("bolus", 10, amount_mg="10", over_min=5))
    assert now.to_come[0].amount_mg == pytest.approx(6.0)
    assert now.to_come[0].over_h == pytest.approx(3 / 60)
    for one in answers(now, WHOM):
        assert one.ahead["stop"].p50[2] < one.ahead["half"].p50[2] < one.ahead["continue"].p50[2]


def test_a_band_has_its_ends_around_its_middle_and_goes_on_where_it_is():
    for one in answers(charted(40), WHOM):
        assert np.all(one.so_far.p05 <= one.so_far.p50)
        assert np.all(one.so_far.p50 <= one.so_far.p95)
        assert one.ahead["continue"].p50[0] == pytest.approx(one.so_far.p50[-1])


@pytest.mark.parametrize(
    "whom", [Whom(weight_kg=None, age_y=45, drug=Drug.S), Whom(weight_kg=70, age_y=None, drug=Drug.S)]
)
def test_it_speaks_in_words_where_weight_or_age_is_not_recorded(whom):
    assert {one.refusal for one in answers(charted(10), whom)} == {NOT_RECORDED}


@pytest.mark.parametrize(
    "whom",
    [
        Whom(weight_kg=72, age_y=9, drug=Drug.RACEMIC),
        Whom(weight_kg=72, age_y=30, drug=Drug.RACEMIC, pregnant=True),
    ],
)
def test_it_speaks_in_words_outside_the_range_of_the_models(whom):
    found = answers(charted(10), whom)
    assert all(one.refusal and one.so_far is None for one in found)
    shown = told(found, charted(10), start_at=T0, at=at(10), whom=whom)
    assert shown["panels"] == []
    assert len(shown["refused"]) == len(found)


def test_each_sampling_site_has_a_panel_that_names_it():
    now = charted(20)
    shown = told(answers(now, WHOM), now, start_at=T0, at=at(20), whom=WHOM)
    assert [panel["title"] for panel in shown["panels"]] == [
        "Predicted in blood from an artery",
        "Predicted in blood from a vein",
    ]
    assert sum(len(panel["models"]) for panel in shown["panels"]) == len(models_for(Drug.RACEMIC))
    assert shown["caption"] == CAPTION
    assert shown["whom"] == "72 kg, 45 years"


def test_nothing_in_it_proposes_a_rate():
    now = charted(20)
    found = answers(now, WHOM)
    words = str(told(found, now, start_at=T0, at=at(20), whom=WHOM)) + str(ahead_lines(found, now))
    assert "mg/h" not in words
    assert set(now.ways) == {"continue", "half", "stop"}


def test_while_nothing_flows_there_is_one_way_on():
    assert list(charted(20, an_event("pause", 10)).ways.values()) == [("while nothing flows", 0.0)]


def test_the_table_has_the_same_numbers():
    from datetime import timedelta

    now = charted(20)
    found = answers(now, WHOM)
    rows = lines_of(found, start_at=T0, every=timedelta(minutes=5))
    assert [row.at for row in rows] == [at(m) for m in (0, 5, 10, 15, 20)]
    assert rows[0].cells[0].startswith("0 (0")
    assert len(rows[-1].cells) == len(found)
    assert len(ahead_lines(found, now)) == 9


def test_the_same_question_has_the_same_answer():
    first, second = (answers(charted(20), WHOM)[0].so_far.p95 for _ in range(2))
    assert np.array_equal(first, second)


def test_it_keeps_what_it_needs_and_no_more():
    assert Charted.__slots__ == ("schedule", "now_h", "rate_mg_per_h", "to_come")
