"""Withdrawing a consent: at once, by the person or the desk, once."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.actions import WithdrawConsent, sign_consent, withdraw_consent
from ebbtide.journey.assessment.queries import current_consent
from tests.builders import NOW, a_patient, an_act, an_actor, an_episode
from tests.journey.assessment.test_sign_consent import a_signing

pytestmark = pytest.mark.django_db


def test_it_counts_no_longer_from_the_moment_the_patient_takes_it_back():
    patient = a_patient()
    episode, own = an_episode(patient), an_actor(patient)
    consent = sign_consent(an_act(own), a_signing(episode))
    withdraw_consent(an_act(own), WithdrawConsent(consent=consent))
    assert current_consent(episode, at=NOW) is None
    with pytest.raises(Refused, match="already"):
        withdraw_consent(an_act(own), WithdrawConsent(consent=consent))


def test_it_is_not_for_a_researcher():
    consent = sign_consent(an_act(an_actor("front_desk")), a_signing(an_episode()))
    with pytest.raises(Denied):
        withdraw_consent(an_act(an_actor("researcher")), WithdrawConsent(consent=consent))


def test_it_lets_a_new_consent_be_signed_afterwards():
    episode, desk = an_episode(), an_actor("front_desk")
    withdraw_consent(an_act(desk), WithdrawConsent(consent=sign_consent(an_act(desk), a_signing(episode))))
    again = sign_consent(an_act(desk), a_signing(episode))
    assert current_consent(episode, at=NOW) == again
