"""What is told on the day, on the call after it or later opens an alert with an owner and a clock, in that very act."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from ebbtide.ground.ledger.models import Entry
from ebbtide.journey.leaving import concerns
from ebbtide.journey.leaving.actions import RecordCall, RecordLater, record_call, record_later
from ebbtide.journey.leaving.calls import FLAG_WITHIN_MIN, RED_FLAGS, THOUGHTS, CallOutcome, flags_within_min
from ebbtide.journey.leaving.later import LaterKind, Severity
from ebbtide.journey.leaving.models import LaterEvent, NextDayCall, Recovery
from ebbtide.journey.outcomes.actions import CloseAlert, close_alert
from ebbtide.journey.outcomes.models import SafetyAlert
from ebbtide.journey.outcomes.told import told_in
from tests.builders import a_staff
from tests.clocks import stand_at
from tests.house.posts import browser, page_form
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import STOP, Door

pytestmark = pytest.mark.django_db
NEXT_DAY = STOP + 20 * 60


@pytest.fixture
def door():
    return Door().stopped()


@pytest.fixture
def left(door):
    door.observe()
    door.left = door.leave()
    return door


def call(left, *flags, outcome=CallOutcome.REACHED, step="Handed over to the prescriber"):
    told = {name: name in flags for name in RED_FLAGS}
    return record_call(
        left.act(NEXT_DAY),
        RecordCall(departure=left.left, outcome=outcome, red_flags=told, step=step),
    )


def test_a_thought_told_in_recovery_opens_an_alert_that_the_nurse_owns(door) -> None:
    row = door.observe(new_suicidal_thought=True)
    alert = SafetyAlert.objects.get()
    assert (alert.recovery, alert.kind, alert.owner) == (row, "self_harm", door.staff)
    assert alert.due_at - alert.opened_at == timedelta(minutes=60)
    assert "new thought" in told_in(alert).words
    entry = Entry.objects.get(
        action="journey.leaving.actions.observing.record_recovery", rows__contains=[{"k": str(row.pk)}]
    )
    assert str(alert.pk) in {one["k"] for one in entry.rows}


def test_the_same_thought_asked_again_is_one_call_for_help_until_it_is_closed(door) -> None:
    door.observe(STOP + 16, new_suicidal_thought=True)
    door.observe(STOP + 31, new_suicidal_thought=True)
    alert = SafetyAlert.objects.get()
    close_alert(
        door.act(STOP + 32, by=door.prescriber()),
        CloseAlert(alert=alert, note="Spoke with her, no plan, safe."),
    )
    door.observe(STOP + 46, new_suicidal_thought=True)
    assert SafetyAlert.objects.count() == 2


def test_a_signed_release_opens_the_door_and_leaves_the_alert_open(door) -> None:
    door.sign(door.observe(new_suicidal_thought=True), "GATE-SI")
    assert door.leave()
    assert SafetyAlert.objects.filter(closed__isnull=True).exists()


def test_a_thought_told_on_the_call_of_the_day_after_opens_an_alert(left) -> None:
    row = call(left, THOUGHTS)
    alert = SafetyAlert.objects.get()
    assert (alert.call, alert.kind, alert.owner) == (row, "self_harm", left.staff)
    assert alert.due_at == after(NEXT_DAY + 60)
    assert "Handed over to the prescriber" in told_in(alert).words


@pytest.mark.parametrize("flag", FLAG_WITHIN_MIN)
def test_every_red_flag_opens_an_alert_with_its_clock(left, flag) -> None:
    call(left, flag)
    alert = SafetyAlert.objects.get()
    assert alert.kind == "red_flag"
    assert alert.due_at == after(NEXT_DAY + FLAG_WITHIN_MIN[flag])
    assert RED_FLAGS[flag] in told_in(alert).words


def test_a_thought_and_a_fall_are_two_alerts_and_each_names_its_own(left) -> None:
    call(left, THOUGHTS, "fall", "breathing")
    thought, flag = SafetyAlert.objects.order_by("-kind")
    assert RED_FLAGS["fall"] not in told_in(thought).words
    assert RED_FLAGS[THOUGHTS] not in told_in(flag).words
    assert flag.due_at == after(NEXT_DAY + 60)


@pytest.mark.parametrize("outcome", [CallOutcome.NOT_REACHED, CallOutcome.DECLINED])
def test_a_call_that_told_nothing_opens_nothing(left, outcome) -> None:
    call(left, outcome=outcome)
    assert not SafetyAlert.objects.exists()


def test_every_flag_has_a_clock() -> None:
    assert set(FLAG_WITHIN_MIN) | {THOUGHTS} == set(RED_FLAGS)
    assert flags_within_min({}) is None
    assert flags_within_min({THOUGHTS: True, "fall": None, "drove": False}) is None


def test_a_severe_event_charted_later_opens_an_alert_and_a_mild_one_none(left) -> None:
    for severity in (Severity.MILD, Severity.SEVERE):
        record_later(
            left.act(NEXT_DAY),
            RecordLater(
                departure=left.left, kind=LaterKind.FALL, severity=severity, happened_at=after(NEXT_DAY - 60), done="Seen"
            ),
        )  # fmt: skip
    alert = SafetyAlert.objects.get()
    assert alert.later_event == LaterEvent.objects.get(severity="severe")
    assert "Fall, severe" in told_in(alert).words


def test_nothing_is_kept_in_silence_when_nobody_keeps_alerts(left, monkeypatch) -> None:
    monkeypatch.setattr(concerns, "_opener", [])
    with pytest.raises(ImproperlyConfigured):
        call(left, THOUGHTS)
    assert not NextDayCall.objects.exists()


def test_the_nurse_is_told_on_the_page_and_the_prescriber_finds_it(door, monkeypatch) -> None:
    stand_at(monkeypatch, after(STOP + 31))
    client, url = browser(door.staff), f"/leaving/sessions/{door.session.pk}/recovery"
    answer = client.post(url, {**page_form(client, url, ""), "thought": "yes"}, follow=True)
    assert "A safety alert is open, with you as its owner" in answer.content.decode()
    assert Recovery.objects.get(phase="recovery").new_suicidal_thought
    doctor = browser(a_staff("prescriber", clinic=door.clinic))
    page = doctor.get(f"/outcomes/alerts/{SafetyAlert.objects.get().pk}/")
    assert "asked at the chair" in page.content.decode()
