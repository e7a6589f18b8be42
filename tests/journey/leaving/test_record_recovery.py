"""Recording an observation: both totals, against the own baseline, at the right moment, by those who care for the person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.policy import Denied
from ebbtide.journey.leaving.actions import RecordRecovery, Seen, record_recovery
from ebbtide.journey.leaving.models import Recovery, RecoveryPhase
from ebbtide.journey.leaving.scores import Pressure
from tests.builders import a_staff, an_actor, an_assignment
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import ITEMS, STOP, Door, seen

pytestmark = pytest.mark.django_db


def test_a_baseline_is_kept_and_later_observations_are_compared_with_it():
    door = Door().stopped(padss=ITEMS["padss"] | {"gait": 1, "pain": 0})
    row = door.observe(padss=ITEMS["padss"] | {"gait": 1, "pain": 0})
    assert (row.padss_plain, row.padss_compared) == (7, 10)
    assert row.compared_with == Recovery.objects.get(phase="baseline")
    assert (row.aldrete_plain, row.aldrete_compared) == (10, 10)


def test_the_items_of_the_pressure_follow_from_it_and_are_not_typed():
    door = Door().stopped()
    typed = ITEMS["padss"] | {"vital_signs": 2}
    row = door.observe(pressure=Pressure(sbp_mmhg=156, dbp_mmhg=78), padss=typed)
    assert row.padss["vital_signs"] == 1  # 30 % above 120
    assert row.aldrete["circulation"] == 1
    assert row.padss_plain == 9


def test_a_missing_item_leaves_no_total_and_is_kept_as_missing():
    door = Door().stopped()
    row = door.observe(aldrete=ITEMS["aldrete"] | {"respiration": None})
    assert (row.aldrete_plain, row.aldrete_compared) == (None, None)
    assert row.aldrete["respiration"] is None


def test_without_a_pressure_nothing_is_scored_from_it():
    row = Door().stopped().observe(pressure=None)
    assert row.sbp_mmhg is None
    assert row.padss["vital_signs"] is None
    assert row.padss_plain is None


def test_the_pressure_before_comes_from_the_chair_when_the_baseline_has_none():
    door = Door().ready()
    for minutes, sbp in ((1, "118"), (2, "122")):
        door.chart("observation", minutes, sbp_mmHg=sbp, dbp_mmHg="80")
    door.chart("scale", 2, name="DISSOCIATION", value=2)
    door.dose("start", 3, rate_mg_per_h="52.5")
    door.chart("scale", 20, name="DISSOCIATION", value=7)
    door.chart("stop", STOP, reason="done")
    before = door.standing().before
    assert before.pressure == Pressure(sbp_mmhg=120, dbp_mmhg=80)
    assert before.dissociation == 2


def test_one_pressure_alone_is_no_baseline():
    door = Door().ready()
    door.chart("observation", 2, sbp_mmHg="118", dbp_mmHg="80")
    door.dose("start", 3, rate_mg_per_h="52.5")
    door.chart("stop", STOP, reason="done")
    assert door.standing().before.pressure is None


def test_a_baseline_is_not_made_up_after_the_start():
    door = Door().running()
    with pytest.raises(Refused, match="not made up later"):
        door.before(5)


@pytest.mark.parametrize("kind", ["", "pause"])
def test_no_recovery_while_the_infusion_has_not_ended(kind):
    door = Door().running()
    if kind:
        door.chart(kind, 5, reason="toilet")
    with pytest.raises(Refused, match="has not ended"):
        door.observe(10)


def test_an_observation_may_be_recorded_a_little_later_and_never_for_the_future():
    door = Door().stopped()
    command = RecordRecovery(
        session=door.session, phase=RecoveryPhase.RECOVERY, seen=seen(), observed_at=after(STOP + 10)
    )
    row = record_recovery(door.act(STOP + 12), command)
    assert row.recorded_at - row.observed_at == timedelta(minutes=2)
    with pytest.raises(Refused, match="in the future"):
        record_recovery(door.act(STOP + 12), replace(command, observed_at=after(STOP + 13)))
    with pytest.raises(Refused, match="older than the end"):
        record_recovery(door.act(STOP + 12), replace(command, observed_at=after(STOP - 1)))


def test_an_empty_observation_is_refused():
    door = Door().stopped()
    with pytest.raises(Refused, match="Nothing was recorded"):
        record_recovery(
            door.act(STOP + 5),
            RecordRecovery(session=door.session, phase=RecoveryPhase.RECOVERY, seen=Seen()),
        )


def test_a_baseline_has_no_gait_to_compare_with():
    door = Door().opened()
    assert door.before(1, gait_as_before=True).gait_as_before is None


def test_the_ledger_names_the_row_and_a_double_tap_keeps_one():
    door = Door().stopped()
    row = door.observe(key="k")
    assert door.observe(key="k").pk == row.pk
    assert Recovery.objects.filter(phase="recovery").count() == 1
    assert [one["k"] for one in Entry.objects.get(action__endswith="record_recovery", key="k").rows] == [
        str(row.pk)
    ]


@pytest.mark.parametrize(("role", "assigned"), [("front_desk", True), ("director", True), ("nurse", False)])
def test_nobody_else_may(role, assigned):
    door = Door().stopped()
    staff = a_staff(role, clinic=door.clinic)
    if assigned:
        an_assignment(staff, door.patient)
    with pytest.raises(Denied):
        door.observe(by=an_actor(staff))
