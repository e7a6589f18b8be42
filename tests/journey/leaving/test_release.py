"""A prescriber's signed decision: for this observation, for what a signature can open, and nothing else."""

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.leaving.scores import Pressure
from tests.journey.leaving.arrange import STOP, Door

pytestmark = pytest.mark.django_db
HIGH = Pressure(sbp_mmhg=168, dbp_mmhg=98)


def test_whose_own_pressure_was_high_leaves_by_a_signature():
    door = Door().stopped(pressure=HIGH)
    row = door.observe(pressure=Pressure(sbp_mmhg=165, dbp_mmhg=96))
    with pytest.raises(Refused, match="a prescriber decides and signs"):
        door.leave()
    door.sign(row, "GATE-BP")
    left = door.leave()
    opened = next(one for one in left.gates if one["gate"] == "GATE-BP")
    assert opened["signed"] is True
    assert "165/96 mmHg" in opened["shut_because"]


def test_a_new_thought_of_suicide_holds_the_person_until_a_prescriber_has_seen_them():
    door = Door().stopped()
    row = door.observe(new_suicidal_thought=True)
    with pytest.raises(Refused, match="stay with the person and call the prescriber"):
        door.leave()
    door.sign(row, "GATE-SI")
    assert door.leave().recovery == row


def test_a_later_no_does_not_take_the_thought_back():
    door = Door().stopped()
    door.observe(STOP + 15, new_suicidal_thought=True)
    later = door.observe(STOP + 31, new_suicidal_thought=False)
    with pytest.raises(Refused, match="new thought of suicide was told today"):
        door.leave()
    door.sign(later, "GATE-SI")
    door.leave()
    assert Departure.objects.count() == 1


def test_a_thought_before_the_infusion_counts_too():
    door = Door().stopped(new_suicidal_thought=True)
    door.observe()
    with pytest.raises(Refused, match="new thought of suicide"):
        door.leave()


def test_a_thought_told_again_after_the_signature_is_signed_again():
    door = Door().stopped()
    door.sign(door.observe(STOP + 15, new_suicidal_thought=True), "GATE-SI", minutes=STOP + 16)
    door.observe(STOP + 31, new_suicidal_thought=True)
    with pytest.raises(Refused, match="new thought of suicide"):
        door.leave()


def test_a_signature_is_for_the_observation_it_was_made_on():
    door = Door().stopped(pressure=HIGH)
    door.sign(door.observe(STOP + 15, pressure=HIGH), "GATE-BP", minutes=STOP + 16)
    door.observe(STOP + 31, pressure=HIGH)
    with pytest.raises(Refused, match="a prescriber decides and signs"):
        door.leave()


def test_an_older_observation_is_not_signed_any_more():
    door = Door().stopped(pressure=HIGH)
    old = door.observe(STOP + 15, pressure=HIGH)
    door.observe(STOP + 31, pressure=HIGH)
    with pytest.raises(Refused, match="newer observation"):
        door.sign(old, "GATE-BP")


@pytest.mark.parametrize("gates", [(), ("GATE-RASS",), ("GATE-BP", "GATE-TIME"), ("nonsense",)])
def test_a_signature_opens_only_what_it_can(gates):
    door = Door().stopped(pressure=HIGH)
    row = door.observe(pressure=HIGH, rass=-1)
    with pytest.raises(Refused, match="A signature opens only GATE-BP"):
        door.sign(row, *gates)


def test_a_signature_needs_a_reason():
    door = Door().stopped(pressure=HIGH)
    with pytest.raises(Refused, match="Say why"):
        door.sign(door.observe(pressure=HIGH), "GATE-BP", reason=" ")


def test_a_nurse_does_not_sign():
    door = Door().stopped(pressure=HIGH)
    with pytest.raises(Denied):
        door.sign(door.observe(pressure=HIGH), "GATE-BP", by=door.fresh())
