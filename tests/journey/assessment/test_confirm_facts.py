"""Confirming facts that arrived from elsewhere, one by one."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.assessment.actions import ConfirmFacts, confirm_facts
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.assessment.queries import current_facts, inputs_for, latest_weight
from tests.builders import NOW, a_patient, an_act, an_actor
from tests.journey.assessment.made import ADraft, a_file, hypertension, record

pytestmark = pytest.mark.django_db


def confirm_now(patient, by, *facts):
    return confirm_facts(
        an_act(by), ConfirmFacts(patient=patient, facts=facts or tuple(current_facts(patient)))
    )


def test_it_puts_a_clinician_behind_an_imported_value_without_changing_it():
    patient, by = a_patient(), an_actor()
    a_file(patient, ADraft(name="weight_kg", value=71.4, source_key="Observation/2#weight_kg"), by=by)
    assert not latest_weight(patient, as_of=NOW).confirmed
    confirm_now(patient, by)
    weight = latest_weight(patient, as_of=NOW)
    assert (weight.confirmed, str(weight.kg), weight.origin) == (True, "71.4", "imported from Observation/2")
    assert Fact.objects.count() == 2


def test_it_does_not_make_a_list_complete():
    patient, by = a_patient(), an_actor()
    a_file(patient, hypertension(), by=by)
    confirm_now(patient, by)
    problems = inputs_for(patient, as_of=NOW)["problems"]
    assert problems.members[0].confirmed
    assert problems.list_confirmed_at is None


def test_it_refuses_twice_and_nothing():
    patient, by = a_patient(), an_actor()
    fact = record(patient, by, mood_goal=True)
    with pytest.raises(Refused, match="confirmed already"):
        confirm_now(patient, by, fact)
    with pytest.raises(Refused, match="Nothing was chosen"):
        confirm_facts(an_act(by), ConfirmFacts(patient=patient, facts=()))


def test_it_refuses_what_somebody_replaced_meanwhile():
    patient, by = a_patient(), an_actor()
    a_file(patient, hypertension(), by=by)
    old = current_facts(patient).get()
    confirm_now(patient, by)
    with pytest.raises(Refused, match="meanwhile"):
        confirm_now(patient, by, old)
