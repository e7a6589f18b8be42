"""Signing an order: on a valid assessment, the newest version, every reason given, after a fresh sign-in."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied, StepUpNeeded
from ebbtide.journey.careplan.actions import SignOrder, sign_order
from ebbtide.journey.careplan.queries import active_order, status_of
from ebbtide.journey.careplan.rules import Status
from ebbtide.pharmacology.previews import BAND_PEOPLE, BAND_SEED
from tests.builders import a_patient, a_staff, an_act, an_actor, an_assignment
from tests.journey.careplan.steps import REASONS, a_written_order, an_assessed_episode
from tests.objects import an_episode

pytestmark = pytest.mark.django_db


def signed(order, **options):
    return sign_order(an_act(an_actor("prescriber", **options)), SignOrder(order=order, reasons=REASONS))


def test_it_signs_and_keeps_every_model_with_its_site_and_band() -> None:
    order = a_written_order(an_assessed_episode())
    models = signed(order).preview["models"]
    assert {name: models[name]["site"] for name in models} == {
        "kamp_2020": "arterial",
        "simons_2022": "arterial",
        "otto_2021": "venous",
    }
    assert {(kept["band_people"], kept["band_seed"]) for kept in models.values()} == {
        (BAND_PEOPLE, BAND_SEED)
    }
    assert status_of(order) is Status.SIGNED
    assert active_order(order.episode) == order


def test_it_asks_a_reason_for_every_soft_limit() -> None:
    order = a_written_order(an_assessed_episode())
    with pytest.raises(Refused, match="Before you sign"):
        sign_order(an_act(an_actor("prescriber")), SignOrder(order=order))


@pytest.mark.parametrize(
    ("decision", "valid_days", "rule"), [("not_now", 30, "ORD-DECISION"), ("suitable", -1, "ORD-EXPIRED")]
)
def test_it_needs_an_assessment_that_holds(decision, valid_days, rule) -> None:
    order = a_written_order(an_assessed_episode(decision=decision, valid_days=valid_days))
    with pytest.raises(Refused) as refusal:
        signed(order)
    assert refusal.value.rule == rule


def test_it_needs_an_assessment_at_all() -> None:
    with pytest.raises(Refused, match="No assessment is signed"):
        signed(a_written_order(an_episode(a_patient())))


def test_it_refuses_an_order_for_somebody_who_has_died() -> None:
    patient = a_patient(deceased_on="2026-01-01")
    with pytest.raises(Refused, match="has died"):
        signed(a_written_order(an_assessed_episode(patient)))


def test_it_refuses_an_old_version() -> None:
    episode = an_assessed_episode()
    first = a_written_order(episode)
    a_written_order(episode, replaces=first)
    with pytest.raises(Refused, match="Open the order again"):
        signed(first)


def test_it_refuses_a_second_signature() -> None:
    order = a_written_order(an_assessed_episode())
    signed(order)
    with pytest.raises(Refused, match="cannot become signed"):
        signed(order)


def test_it_asks_to_sign_in_again_first() -> None:
    with pytest.raises(StepUpNeeded):
        signed(a_written_order(an_assessed_episode()), fresh=False)


def test_it_is_not_for_a_nurse() -> None:
    order = a_written_order(an_assessed_episode())
    nurse = a_staff("nurse")
    an_assignment(nurse, order.episode.patient)
    with pytest.raises(Denied):
        sign_order(an_act(an_actor(nurse)), SignOrder(order=order, reasons=REASONS))
