"""Scripted emergencies: each, replayed on a clock of its own, raises what it must in time, and nothing that it must not."""

from datetime import date
from functools import cache

import pytest

from ebbtide.journey.infusion.checks.limits import default_limits
from ebbtide.pharmacology import RateChange, Schedule, from_rate_changes
from ebbtide.twin.bodies import draw_body
from ebbtide.twin.monitors.emergencies import (
    BACK_S,
    Playing,
    ScriptRefused,
    emergency_named,
    read_emergency,
    the_emergencies,
)
from ebbtide.twin.monitors.habits import habit_named
from ebbtide.twin.monitors.patients import a_patient
from ebbtide.twin.monitors.replay import CALM_S, Scene, replay

GRACE_S = 2.0
HOUR_S = 3600
# of a limit in two parts the slower one
DISCLOSED_S = {
    one.id: one.disclosed_s for one in sorted(default_limits().limits, key=lambda one: one.disclosed_s)
}
BODY = draw_body(on=date(2026, 11, 23), number=3, sex="female", given={"systolic_mmHg": 122.0})
NOTHING = Schedule()
INFUSED = from_rate_changes([RateChange(at_h=0, rate_mg_per_h=50), RateChange(at_h=1.2, rate_mg_per_h=0)])
SCRIPTS = list(the_emergencies())


def a_scene(name, *, schedule=NOTHING, seed=7, begins_s=300, habit="plain", lasts_s=None):
    patient = a_patient(body=BODY, schedule=schedule, seed=seed, lasts_s=HOUR_S)
    script = emergency_named(name)
    rest = patient.person
    return Scene(
        playing=Playing(emergency=script, key="SIM-CHAIR-1", rest=rest, lasts_s=lasts_s or script.lasts_s),
        signs=patient.at,
        begins_s=begins_s,
        habit=habit_named(habit),
        baseline={name: getattr(rest, name) for name in ("spo2", "hr", "rr", "etco2", "sbp", "dbp")},
    )


def misses(name, told):
    """What was not said in time, in words; and what was said before it was true."""
    found = []
    for one in emergency_named(name).raises:
        due_s = one.from_s + DISCLOSED_S[one.limit] + GRACE_S
        at = [
            event.at_s
            for event in told.events
            if event.limit == one.limit
            and event.said in {"raised", "rose"}
            and event.priority == one.priority
        ]
        if not any(one.from_s <= second <= due_s for second in at):
            found.append(f"{one.limit} {one.priority} by {due_s:.0f} s: said at {at}")
    return found


@cache
def told_of(name):
    """What the checks said of a script on a person at rest, until all that it raises was due."""
    return replay(a_scene(name), until_s=due_s(name))


def due_s(name):
    return round(max(one.from_s + DISCLOSED_S[one.limit] for one in emergency_named(name).raises)) + 10


def said_of(told):
    return {(event.limit, event.priority) for event in told.events if event.said in {"raised", "rose"}}


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_raises_what_it_must_within_the_disclosed_delay_and_two_seconds(name):
    assert misses(name, told_of(name)) == []
    assert not {limit for limit, _ in said_of(told_of(name))} & set(emergency_named(name).never)


@pytest.mark.parametrize("name", ["vasovagal", "two-monitors"])
def test_it_raises_it_in_time_while_the_drug_flows(name):
    told = replay(a_scene(name, schedule=INFUSED, begins_s=2400), until_s=due_s(name))
    assert misses(name, told) == []


@pytest.mark.parametrize(
    "name",
    ["probe-off", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("apnoea", "vasovagal"))],
)
def test_it_raises_the_same_through_the_worst_of_all_habits(name):
    """Late by 4 s at most: what waits for a reading comes so much later, and nothing is missed or made up."""
    script = emergency_named(name)
    said = said_of(replay(a_scene(name, habit="worst"), until_s=due_s(name)))
    assert {(one.limit, one.priority) for one in script.raises} <= said
    assert not {limit for limit, _ in said} & set(script.never)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", SCRIPTS)
def test_whoever_it_is_and_to_its_end_nothing_is_missed_and_nothing_made_up(name, seed):
    begins_s = (2400, 2820)[seed]
    told = replay(a_scene(name, schedule=INFUSED, seed=seed, begins_s=begins_s))
    assert misses(name, told) == []
    assert not {limit for limit, _ in said_of(told)} & set(emergency_named(name).never)


def test_a_zero_of_the_probe_is_never_a_low_saturation():
    told = told_of("probe-off")
    assert not [one for one in told.events if one.limit in {"CHK-SPO2", "CHK-SPO2-FALL"}]
    assert "CHK-LOST" in told.shown[max(told.shown)]


def test_of_two_monitors_the_first_counts_until_its_probe_falls_off():
    told = told_of("two-monitors")
    first = next(one for one in told.events if one.limit == "CHK-SPO2" and one.said == "raised")
    assert first.at_s >= 60 + 15  # the second monitor alone showed a low value from the first second on
    assert all("CHK-SPO2" not in told.shown[second] for second in range(-CALM_S, 75))


def test_it_is_over_when_it_is_over():
    scene = a_scene("vasovagal", lasts_s=130)
    told = replay(scene, until_s=scene.playing.over_s + 40)
    ended = {one.limit for one in told.events if one.said == "cleared"}
    assert {"CHK-HR", "CHK-BP-LOW"} <= ended
    assert not told.shown[max(told.shown)] & {"CHK-HR", "CHK-BP-LOW"}


def test_it_comes_back_within_a_minute_and_leaves_every_other_sign_alone():
    scene = a_scene("hypertension")
    playing, row = scene.playing, dict(scene.signs(300))
    over_s = playing.lasts_s + BACK_S
    assert playing.shown(over_s, row) == row
    assert playing.shown(-1, row) == row
    bent = playing.shown(300, row)
    assert {name: value for name, value in bent.items() if name not in {"hr", "pulse"}} == {
        name: row[name] for name in ("spo2", "rr", "etco2")
    }
    assert playing.shown(over_s - 1, row)["sbp"] < 130  # the last measurement shows that it is over
    assert playing.shown(320, row)["sbp"] > 180


def test_a_sensor_that_is_not_there_shows_nothing_in_an_emergency_either():
    playing = a_scene("apnoea").playing
    assert set(playing.shown(100, {"hr": 70.0, "spo2": 97.0})) == {"hr", "spo2"}
    # a monitor that would just be silent speaks: a drill is not to be missed by chance
    assert playing.shown(100, None) == {"rr": 0.0, "etco2": 0.0, "spo2": pytest.approx(78, abs=3)}


def test_a_drill_may_last_longer_than_its_script():
    script = emergency_named("hypertension")
    playing = Playing(emergency=script, key="x", rest=a_scene("apnoea").playing.rest, lasts_s=1800)
    assert playing.shown(1670, {"hr": 70.0})["sbp"] > 180
    assert "sbp" not in playing.shown(1671, {"hr": 70.0})


def test_a_measurement_that_fell_between_two_messages_is_shown_with_the_second():
    playing = a_scene("hypertension").playing
    assert "sbp" in playing.shown(97, {"hr": 70.0}, after_s=94)
    assert "sbp" not in playing.shown(97, {"hr": 70.0}, after_s=95)
    assert "sbp" in playing.shown(90, {"hr": 70.0}, after_s=10)
    assert "sbp" not in playing.shown(19, {"hr": 70.0}, after_s=0)


def test_every_script_names_limits_that_exist_with_a_priority_that_they_can_have():
    for script in the_emergencies().values():
        assert script.raises
        assert script.never
        assert {one.limit for one in script.raises} | set(script.never) <= DISCLOSED_S.keys()
        assert all(one.from_s < script.lasts_s for one in script.raises)
        words = f"{script.title} {script.words}".lower()
        assert not {"mg", "ml", "ketamine", "midazolam", "dose"} & set(words.split())


def test_it_refuses_an_unknown_script_with_what_there_is_and_a_malformed_one_by_its_name():
    with pytest.raises(
        ScriptRefused, match="There are: hypertension, apnoea, vasovagal, probe-off, unplugged"
    ):
        emergency_named("fire")
    row = {"id": "odd", "title": "x", "words": "x", "lasts_s": 1, "raises": [], "never": [], "loud": True}
    with pytest.raises(ScriptRefused, match="The script odd cannot be read"):
        read_emergency(row)
