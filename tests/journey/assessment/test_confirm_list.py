"""Confirming a list: absence counts only afterwards; "unchanged since yesterday" as the pack's header says."""

from datetime import timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.actions import ConfirmList, confirm_list
from ebbtide.journey.assessment.queries import current_facts, inputs_for, list_states
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor, an_assignment
from tests.journey.assessment.made import a_file, confirm, hypertension, record

pytestmark = pytest.mark.django_db


def unchanged(patient, by, *, at, name="problems"):
    return confirm_list(an_act(by, at=at), ConfirmList(patient=patient, name=name, unchanged=True))


def test_it_makes_an_empty_list_a_confirmed_empty_one():
    patient, by = a_patient(), an_actor()
    assert "problems" not in inputs_for(patient, as_of=NOW)
    confirm(patient, by, "problems")
    assert inputs_for(patient, as_of=NOW)["problems"].list_confirmed_at == NOW


def test_it_confirms_what_stands_on_the_list_with_its_origin_and_time():
    patient, by = a_patient(), an_actor()
    a_file(patient, hypertension(), by=by)
    before = current_facts(patient).get()
    confirm(patient, by, "problems")
    after = current_facts(patient).get()
    assert (after.confirmed_by_id, after.origin, after.observed_at) == (
        by.staff_id,
        "imported",
        before.observed_at,
    )
    assert after.replaces_id == before.id


def test_it_refuses_when_the_list_grew_while_it_was_read():
    patient, by = a_patient(), an_actor()
    record(patient, by, problems="hypertension")
    seen = tuple(current_facts(patient).values_list("id", flat=True))
    record(patient, by, problems="dementia")
    with pytest.raises(Refused) as refused:
        confirm_list(an_act(by), ConfirmList(patient=patient, name="problems", seen=seen))
    assert refused.value.rule == "LIST-CHANGED"


def test_it_refuses_what_is_no_list():
    with pytest.raises(Refused, match="no list"):
        confirm(a_patient(), an_actor(), "weight_kg")


def test_it_is_for_the_assigned_nurse():
    patient, nurse = a_patient(), a_staff("nurse")
    with pytest.raises(Denied):
        confirm(patient, an_actor(nurse), "problems")
    an_assignment(nurse, patient)
    assert confirm(patient, an_actor(nurse), "problems")


def test_it_renews_on_consecutive_days_and_keeps_the_day_of_the_full_review():
    patient, by = a_patient(), an_actor()
    record(patient, by, problems="hypertension")
    confirm(patient, by, "problems")
    for day in (1, 2, 5):
        unchanged(patient, by, at=NOW + timedelta(days=day))
    state = list_states(patient)["problems"]
    assert (state.confirmed_at, state.reviewed_at) == (NOW + timedelta(days=5), NOW)
    assert current_facts(patient).get().observed_at == NOW


@pytest.mark.parametrize(("hours", "refused"), [(95, False), (96, False), (97, True)])
def test_it_renews_only_within_the_gap(hours, refused):
    patient, by = a_patient(), an_actor()
    confirm(patient, by, "problems")
    if refused:
        with pytest.raises(Refused, match="more than 96 h ago"):
            unchanged(patient, by, at=NOW + timedelta(hours=hours))
        return
    assert unchanged(patient, by, at=NOW + timedelta(hours=hours)).unchanged


def test_it_asks_for_a_full_review_after_fourteen_days():
    patient, by = a_patient(), an_actor()
    confirm(patient, by, "problems")
    for day in (4, 8, 12):
        unchanged(patient, by, at=NOW + timedelta(days=day))
    with pytest.raises(Refused, match="14 days"):
        unchanged(patient, by, at=NOW + timedelta(days=15))


def test_it_never_renews_a_list_that_nobody_confirmed_or_that_is_taken_anew():
    patient, by = a_patient(), an_actor()
    with pytest.raises(Refused, match="never confirmed"):
        unchanged(patient, by, at=NOW)
    confirm(patient, by, "uds_positive")
    with pytest.raises(Refused, match="anew each day"):
        unchanged(patient, by, at=NOW + timedelta(hours=1), name="uds_positive")


def test_it_does_not_renew_over_an_unconfirmed_item():
    patient, by = a_patient(), an_actor()
    confirm(patient, by, "problems")
    a_file(patient, hypertension(), by=by)
    with pytest.raises(Refused, match="nobody has confirmed"):
        unchanged(patient, by, at=NOW + timedelta(hours=20))
