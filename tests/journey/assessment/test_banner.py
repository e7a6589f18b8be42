"""The warnings above every page: allergies and the limb not to use follow the facts, in the same act."""

import pytest

from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.actions import NewFact, RecordFacts, record_facts
from ebbtide.journey.assessment.models import Fact
from tests.builders import a_patient, an_act, an_actor

pytestmark = pytest.mark.django_db


def recorded(patient, *facts):
    record_facts(an_act(an_actor("prescriber")), RecordFacts(patient=patient, facts=facts))
    return Patient.objects.get(id=patient.id)


def test_it_names_every_allergy_and_limb() -> None:
    seen = recorded(
        a_patient(),
        NewFact(name="allergy", value="penicillin", words="Penicillin, rash"),
        NewFact(name="affected_limbs", value="left_arm"),
    )
    assert seen.allergy_banner == "Penicillin, rash"
    assert seen.limb_not_to_use == "LEFT ARM"


def test_it_puts_ketamine_first() -> None:
    seen = recorded(
        a_patient(),
        NewFact(name="allergy", value="latex", words="Latex"),
        NewFact(name="ketamine_hypersensitivity", value=True),
    )
    assert seen.allergy_banner == "KETAMINE; Latex"


def test_it_takes_away_what_was_withdrawn() -> None:
    patient = a_patient()
    recorded(patient, NewFact(name="allergy", value="latex", words="Latex"))
    wrong = Fact.objects.get(name="allergy")
    assert recorded(patient, NewFact(name="allergy", replaces=wrong, withdrawn=True)).allergy_banner == ""
