"""The process of the checks: what monitors and people said after the commit becomes rows, and a death loses nothing."""

import gc
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from ebbtide.journey.infusion.actions import (
    AcknowledgeCheck,
    SilenceChecks,
    acknowledge_check,
    silence_checks,
)
from ebbtide.journey.infusion.actions.checks import CHECKS, keep_state, note_tablet
from ebbtide.journey.infusion.check_rows import CheckEvent, CheckKept, CheckPlan
from ebbtide.journey.infusion.checks.inputs import Log, Sample
from ebbtide.journey.infusion.checks.keeping import stored as stored_state
from ebbtide.journey.infusion.checks.limits import APNOEA, default_limits
from ebbtide.journey.infusion.models import GatewayBeat
from ebbtide.journey.infusion.switches import LIMITS
from ebbtide.journey.infusion.watching.process import TABLETS_S, TICK_S, Checks, Tidy
from ebbtide.journey.infusion.watching.watch import Watch
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.journey.infusion.arrange import Chairside
from tests.journey.infusion.monitors import Chair, a_sample

pytestmark = pytest.mark.django_db


def second(n):
    return NOW + timedelta(seconds=n)


def signed_on(chair):
    from ebbtide.journey.infusion.actions import SignSwitch, sign_switch

    director = an_actor(a_staff("director", clinic=chair.clinic))
    command = SignSwitch(clinic=chair.clinic, switch=LIMITS.name, on=True, reason="Read.", read=True)
    sign_switch(an_act(director), command)
    return chair


def stored(chair, seconds, value):
    chair.store(*(a_sample("spo2", value, at=second(n)) for n in seconds), at=second(max(seconds)))


def said(*, signals=True):
    rows = CheckEvent.objects.order_by("id").values_list("limit", "said")
    return [row for row in rows if not signals or row[1] not in {"began", "ended"}]


def a_low_chair():
    chair = signed_on(Chair())
    stored(chair, range(1, 20), 86.0)
    return chair, Watch(chair.session, second(19))


def test_what_a_monitor_said_becomes_a_row_of_the_session():
    chair, watch = a_low_chair()
    assert said() == [("CHK-SPO2", "raised")]
    kept = CheckKept.objects.get()
    assert (kept.session, kept.shown[0]["title"]) == (
        chair.session,
        "Oxygen saturation is low",
    )
    watch.take((), second(81))
    assert ("CHK-SPO2", "escalated") in said()


def test_it_is_quiet_about_values_while_the_switch_is_off_and_not_about_their_age():
    chair = Chair()
    stored(chair, range(1, 20), 86.0)
    watch = Watch(chair.session, second(19))
    assert said() == []
    watch.take((), second(40))
    assert said() == [("CHK-STALE", "raised")]


def test_each_session_pins_what_it_runs_under():
    chair, watch = a_low_chair()
    plan = CheckPlan.objects.get()
    assert (plan.session, plan.live_on, plan.version) == (chair.session, True, watch.plan.limits.version)
    watch.refresh(second(25))
    assert CheckPlan.objects.count() == 1


def test_somebody_who_takes_it_stops_the_sound_and_not_the_condition():
    chair, watch = a_low_chair()
    key = CheckKept.objects.get().shown[0]["key"]
    by = an_act(an_actor(chair.nurse), at=second(20))
    acknowledge_check(by, AcknowledgeCheck(session=chair.session, key=key))
    watch.refresh(second(20))
    assert said()[-1] == ("CHK-SPO2", "acknowledged")
    assert [one.limit.id for one in watch.state.true.values()] == ["CHK-SPO2"]


def test_a_silence_ends_by_the_clock_and_says_so():
    chair, watch = a_low_chair()
    by = an_act(an_actor(chair.nurse), at=second(20))
    silence_checks(by, SilenceChecks(session=chair.session, silence_s=30))
    watch.refresh(second(20))
    assert CheckKept.objects.get().shown[0]["silenced_until_s"] == second(50).timestamp()
    watch.take((), second(51))
    assert ("CHK-SPO2", "silence_ended") in said()


def test_a_process_that_died_goes_on_where_it_was():
    """The same condition goes on under the same key; it is not raised a second time."""
    chair, watch = a_low_chair()
    del watch
    stored(chair, range(20, 40), 86.0)
    again = Watch(chair.session, second(40))
    assert said() == [("CHK-SPO2", "raised")]
    assert len(again.state.signals) == 1


def test_what_came_and_went_while_nobody_watched_is_told_afterwards():
    chair = signed_on(Chair())
    stored(chair, range(1, 3), 97.0)
    Watch(chair.session, second(3))
    stored(chair, range(4, 30), 84.0)
    stored(chair, range(30, 90), 97.0)
    Watch(chair.session, second(90))
    assert ("CHK-SPO2", "raised") in said()
    assert ("CHK-SPO2", "cleared") not in said()


def test_one_session_that_fails_does_not_silence_another(monkeypatch):
    chair = signed_on(Chair())
    checks = Checks(now=lambda: second(20))
    stored(chair, range(1, 20), 86.0)
    monkeypatch.setattr(
        "ebbtide.journey.infusion.watching.watch.Watch.take",
        lambda *_: (_ for _ in ()).throw(ValueError("a patient's name would stand here")),
    )
    checks.turn()
    assert checks.failures == 1
    monkeypatch.undo()
    checks.ask("list", in_s=0.0)
    checks.turn()
    assert said() == [("CHK-SPO2", "raised")]


def a_watch_with_a_tablet(session, *, heard, now):
    checks = Checks(now=lambda: now)
    note_tablet(session, at=heard)
    checks.turn()
    (watch,) = checks._watches.values()
    return watch


def test_h17_a_tablet_that_falls_quiet_while_drug_flows_is_told_to_the_station():
    """Heard once and then no more: nobody may think that the chair still shows and sounds what it should."""
    chair = Chair()
    watch = a_watch_with_a_tablet(chair.session, heard=second(5), now=second(6))
    watch.take([Log(flowing=True)], second(11))
    assert ("CHK-TABLET", "raised") not in said()  # two beats that failed call nobody
    watch.take([Log(flowing=True)], second(12))
    assert ("CHK-TABLET", "raised") in said()
    note_tablet(chair.session, at=second(14))
    watch.tablet_heard(second(14))
    watch.take([Log(flowing=True)], second(14.5))
    assert said()[-1] == ("CHK-TABLET", "cleared")


def test_h17_checks_that_were_started_again_call_no_tablet_quiet_that_beats():
    """What was kept of the session is half a minute old, and the beat is of a second ago."""
    session = Chairside().running().session
    watch = a_watch_with_a_tablet(session, heard=second(5), now=second(6))
    keep_state(session, state=json.dumps(stored_state(watch.state)), shown=[], at=second(7))
    again = a_watch_with_a_tablet(session, heard=second(40), now=second(41))
    again.take((), second(41.5))
    assert again.state.known.log.flowing
    assert ("CHK-TABLET", "raised") not in said()


def test_h17_the_numbers_leave_ten_seconds_and_let_two_beats_fail():
    """From the beat of the page to the wall, each at its latest: the screen without a name has no stream and reads again."""
    script = Path("src/ebbtide/site/static/js/checks.js").read_text(encoding="utf-8")
    beat_s = float(re.search(r"const BEAT_EVERY_S = (\d+);", script)[1])
    limit = next(one for one in default_limits().limits if one.id == "CHK-TABLET")
    said_after_s = limit.threshold_s + limit.delay_s
    screen = Path("src/ebbtide/desks/nurse_station/templates/nurse_station/screen.html").read_text(
        encoding="utf-8"
    )
    reads_s = float(re.search(r'data-reads-every="(\d+)"', screen)[1])
    assert said_after_s + TICK_S + reads_s < 10
    assert 2 * beat_s + TABLETS_S + 1 <= said_after_s


def test_it_beats_and_says_which_sessions_it_watches():
    chair = Chair()
    checks = Checks(now=lambda: second(20))
    stored(chair, range(1, 20), 97.0)
    checks.turn()
    checks.ask("beat", in_s=0.0)
    checks.turn()
    assert GatewayBeat.objects.get(name=CHECKS).devices == 1
    assert not said()


def test_a_gateway_that_goes_silent_ends_every_silence(monkeypatch):
    chair, watch = a_low_chair()
    silence_checks(
        an_act(an_actor(chair.nurse), at=second(20)), SilenceChecks(session=chair.session, silence_s=100)
    )
    watch.refresh(second(20))
    watch.link_lost(second(22))
    assert said()[-1] == ("CHK-SPO2", "silence_ended")


def told(kind, name, **values):
    return json.dumps({"topic": f"{kind}:{name}", **({"values": values} if values else {})})


def test_it_reads_the_record_when_a_batch_held_more_than_its_notice():
    """Sixteen low readings in one batch: the notice carries the last one, and all sixteen count."""
    chair = signed_on(Chair())
    checks = Checks(now=lambda: second(20))
    checks.turn()
    stored(chair, range(1, 20), 86.0)
    checks.told(told("samples", chair.session.pk))
    assert said() == []
    checks.ask("read", chair.session.pk, in_s=0.0)
    checks.turn()
    assert said() == [("CHK-SPO2", "raised")]


def test_a_batch_says_when_it_holds_more_than_its_notice(django_capture_on_commit_callbacks, monkeypatch):
    chair, heard = signed_on(Chair()), []
    monkeypatch.setattr("ebbtide.ground.live.announce._notify", heard.extend)
    with django_capture_on_commit_callbacks(execute=True):
        stored(chair, (1,), 97.0)
    assert heard == []
    with django_capture_on_commit_callbacks(execute=True):
        stored(chair, (2, 3), 97.0)
    assert heard == [f"samples:{chair.session.pk}"]


@pytest.mark.parametrize(
    ("told", "nobody_watched", "looks"),
    [
        ({"every_s": 60.0}, True, []),
        ({"every_s": 0.0}, True, ["unfreeze", "collect", "freeze"]),
        # each look is a pause: with somebody watched there is a reason for it, or there is none
        ({"every_s": 0.0}, False, []),
        ({"every_s": 60.0, "most_new": 9}, False, ["collect", "freeze"]),
        ({"every_s": 60.0, "whole_every_s": 0.0}, False, ["unfreeze", "collect", "freeze"]),
    ],
)
def test_it_tidies_when_there_is_something_to_find_and_all_of_it_when_nobody_is_watched(
    told, nobody_watched, looks, monkeypatch
):
    done = []
    for name in ("collect", "freeze", "unfreeze"):
        monkeypatch.setattr(
            f"ebbtide.journey.infusion.watching.process.gc.{name}", lambda name=name: done.append(name)
        )
    monkeypatch.setattr("ebbtide.journey.infusion.watching.process.gc.get_count", lambda: (10, 0, 0))
    Tidy(**{"most_new": 10, **told}).between(nobody_watched=nobody_watched)
    assert done == looks


def test_the_more_it_has_left_out_the_rarer_it_looks(monkeypatch):
    """Else a thousand sessions that fill their windows would be looked through every few seconds."""
    done, made, left_out = [], [100], [100]
    where = "ebbtide.journey.infusion.watching.process.gc"
    monkeypatch.setattr(f"{where}.collect", lambda: done.append(made[0]))
    monkeypatch.setattr(f"{where}.freeze", lambda: left_out.__setitem__(0, left_out[0] + made[0]))
    monkeypatch.setattr(f"{where}.get_freeze_count", lambda: left_out[0])
    monkeypatch.setattr(f"{where}.get_count", lambda: (made[0], 0, 0))
    tidy = Tidy()
    for number in (100, 101, 200, 202, 400, 404):
        made[0] = number
        tidy.between(nobody_watched=False)
    assert done == [101, 202, 404]


def test_watching_makes_nothing_that_only_the_collector_can_find():
    """What `Tidy` rests on: a session that is watched, also in trouble, leaves no rings of objects behind."""
    chair = signed_on(Chair())
    watch = Watch(chair.session, second(0))
    monitor = str(chair.devices[0].pk)

    def found_after(seconds) -> int:
        for n in seconds:
            value = 86.0 if n % 60 > 30 else 97.0
            watch.hear(
                [Sample(at_s=second(n).timestamp(), device=monitor, signal="spo2", value=value)], second(n)
            )
        return gc.collect()

    found_after(range(60))  # what is loaded with the first event of all is none of a session's
    gc.disable()
    try:
        assert found_after(range(60, 240)) == 0
    finally:
        gc.enable()
    assert said(signals=False).count(("CHK-SPO2", "began")) == 4


def test_an_alarm_of_the_monitors_own_does_not_stand_for_a_reading_that_is_missing():
    chair = signed_on(Chair())
    stored(chair, range(1, 4), 97.0)
    watch = Watch(chair.session, second(5))
    heard = watch.heard_since(second(0))
    assert heard == 3
    assert watch._is_new(Sample(at_s=second(4).timestamp(), device="a", signal=APNOEA, value=1.0))
    assert watch.heard_since(second(0)) == heard


def test_a_slice_of_work_ends_so_that_a_notice_is_heard(monkeypatch):
    """Many sessions, one process: what is due waits for what was told."""
    Chair()
    checks = Checks(now=lambda: second(20))
    assert checks.turn(most_s=0.0) == 0.0
    assert not checks._watches
    for _ in range(9):
        checks.turn(most_s=0.0)
    assert len(checks._watches) == 1


def test_what_came_by_the_notice_is_not_judged_again_when_it_is_read(monkeypatch):
    chair = signed_on(Chair())
    checks = Checks(now=lambda: second(20))
    checks.turn()
    stored(chair, range(1, 20), 97.0)
    checks.ask("read", chair.session.pk, in_s=0.0)
    checks.turn()
    (watch,) = checks._watches.values()
    known, counted = watch.state.known.channels["spo2"], []
    monkeypatch.setattr(watch, "take", lambda given, at: counted.append(len(given)))
    checks.ask("read", chair.session.pk, in_s=0.0)
    checks.turn()
    assert counted == []  # as many lie there as it has heard of
    stored(chair, (20,), 97.0)
    checks.ask("read", chair.session.pk, in_s=0.0)
    checks.turn()
    assert counted == [1]
    assert len(known.readings) == 19


@pytest.mark.parametrize(("ticks_a_second", "ticked"), [(1000, 1), (1, 0)])
def test_the_time_of_very_many_sessions_moves_on_less_often(ticks_a_second, ticked, monkeypatch):
    """A reading moves it on anyway; a session that is fed each second needs no half second of its own."""
    chair = Chair()
    checks = Checks(now=lambda: second(20))
    checks.turn()
    watch, counted = checks._watches[chair.session.pk], []
    monkeypatch.setattr("ebbtide.journey.infusion.watching.process.MOST_TICKS_A_SECOND", ticks_a_second)
    monkeypatch.setattr(Watch, "rested_s", lambda _watch: 0.7)
    monkeypatch.setattr(watch, "take", lambda given, at: counted.append(at))
    checks._do("tick", chair.session.pk)
    assert len(counted) == ticked
