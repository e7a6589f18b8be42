"""Recording: item by item at the visit, a bare value only from a licensed sheet, history in one act, alerts at once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ebbtide.evidence.scoring import Blank
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.outcomes.actions import RecordScore, RecordScores, Result, record_score, record_scores
from ebbtide.journey.outcomes.models import SafetyAlert, Score
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor, an_assignment
from tests.journey.outcomes.arrange import a_person, somebody_on_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def episode():
    return a_person()


@pytest.fixture
def doctor(episode):
    return a_staff("prescriber", clinic=episode.patient.clinic)


def record(episode, who, instrument="GAD7", *, at=NOW, **fields):
    return record_score(
        an_act(an_actor(who), at=at), RecordScore(episode=episode, instrument=instrument, **fields)
    )


def test_it_scores_what_was_asked(episode, doctor) -> None:
    row = record(episode, doctor, answers={1: 2, 2: 2, 3: 1, 4: 1, 5: 0, 6: 0, 7: Blank.DECLINED})
    assert (row.value, row.status, row.point, row.entered_by) == (7, "prorated", "VISIT", doctor)
    assert row.detail["items"] == [2, 2, 1, 1, 0, 0, "declined"]
    assert row.detail["version"]


def test_it_keeps_an_incomplete_one_without_a_value(episode, doctor) -> None:
    row = record(episode, doctor, answers={1: 2})
    assert (row.value, row.status) == (None, "incomplete")
    assert row.detail["items"] == [2, *["not_asked"] * 6]


def test_pcl5_keeps_its_clusters_and_no_diagnosis_on_blanks(episode, doctor) -> None:
    row = record(episode, doctor, "PCL5", answers=dict.fromkeys(range(1, 20), 3))
    assert (row.value, row.detail["provisional_diagnosis"]) == (60, None)
    assert row.detail["clusters"] == {"B": "15", "C": "6", "D": "21", "E": "18"}
    whole = record(episode, doctor, "PCL5", answers=dict.fromkeys(range(1, 21), 3))
    assert whole.detail["provisional_diagnosis"] is True


def test_item_nine_opens_an_alert_owned_by_whoever_asked(episode, doctor) -> None:
    somebody_on_call(episode.patient.clinic)
    row = record(episode, doctor, "PHQ9", answers={9: 1})
    alert = SafetyAlert.objects.get()
    assert (alert.score, alert.answer, alert.owner) == (row, None, doctor)
    assert alert.due_at == NOW + timedelta(hours=1)


def test_a_licensed_scale_is_kept_as_a_result_alone(episode, doctor) -> None:
    row = record(episode, doctor, "PROMIS", value=Decimal("61.2"))
    assert (row.value, row.status, row.detail) == (Decimal("61.2"), "complete", {})


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"value": Decimal(9)}, "OUT-RESULT"),
        ({}, "OUT-RESULT"),
        ({"answers": {1: 4}}, "OUT-VALUE"),
        ({"answers": {8: 1}}, "OUT-VALUE"),
        ({"instrument": "MADRS", "answers": {1: 1}}, "OUT-VALUE"),
        ({"instrument": "PROMIS", "answers": {1: 1}}, "OUT-VALUE"),
    ],
)
def test_it_refuses_what_it_cannot_score(episode, doctor, fields, rule) -> None:
    with pytest.raises(Refused) as refused:
        record(episode, doctor, **fields)
    assert refused.value.rule == rule
    assert not Score.objects.exists()


def test_a_correction_names_what_it_replaces_once(episode, doctor) -> None:
    old = record(episode, doctor, "NRS11", answers={1: 8})
    new = record(episode, doctor, "NRS11", answers={1: 3}, replaces=old)
    assert new.replaces == old
    other = a_person(episode.patient.clinic)
    for which, about in ((old, episode), (new, other)):
        with pytest.raises(Refused, match="replaced already"):
            record(about, doctor, "NRS11", answers={1: 4}, replaces=which)


def test_history_is_recorded_in_one_act_at_its_own_times(episode) -> None:
    act = an_act(an_actor("system", clinic=episode.patient.clinic))
    days = tuple(
        Result(instrument="NRS11", point="DIARY", observed_at=NOW - timedelta(days=n), answers={1: n})
        for n in range(5)
    )
    record_scores(act, RecordScores(episode=episode, results=days))
    assert list(Score.objects.order_by("observed_at").values_list("value", flat=True)) == [4, 3, 2, 1, 0]
    assert set(Score.objects.values_list("recorded_at", flat=True)) == {NOW}


@pytest.mark.parametrize("days", [0, 1])
def test_it_records_nothing_and_nothing_of_the_future(episode, days) -> None:
    results = (Result(instrument="NRS11", observed_at=NOW + timedelta(days=1), answers={1: 1}),) * days
    with pytest.raises(Refused) as refused:
        record_scores(
            an_act(an_actor("system", clinic=episode.patient.clinic)),
            RecordScores(episode=episode, results=results),
        )
    assert refused.value.rule == ("OUT-FUTURE" if days else "OUT-NOTHING")


def test_who_may_record(episode, doctor) -> None:
    clinic = episode.patient.clinic
    nurse = a_staff("nurse", clinic=clinic)
    strangers = [nurse, a_staff("front_desk", clinic=clinic), a_staff("director", clinic=clinic), a_patient()]
    for who in (*strangers, episode.patient):
        with pytest.raises(Denied):
            record(episode, who, answers={1: 1})
    an_assignment(nurse, episode.patient)
    assert record(episode, nurse, answers={1: 1}).entered_by == nurse
