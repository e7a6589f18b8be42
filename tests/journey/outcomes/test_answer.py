"""Answering: kept as given, declined and blank apart, scored when an instrument is finished, an alert in the same transaction."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied, may, visible
from ebbtide.journey.outcomes.actions import (
    AnswerItem,
    RecordScore,
    SubmitCheckIn,
    answer_item,
    record_score,
    submit_check_in,
)
from ebbtide.journey.outcomes.models import Answer, SafetyAlert, Score
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.journey.outcomes.arrange import a_check_in, a_person, holder, somebody_on_call

pytestmark = pytest.mark.django_db


def say(check_in, instrument, item, value, *, at=NOW, by=None):
    command = AnswerItem(invitation=check_in, instrument=instrument, item=item, value=value)
    return answer_item(an_act(by or holder(check_in), at=at), command)


def all_of(check_in, instrument, *values):
    for item, value in enumerate(values, start=1):
        say(check_in, instrument, item, value)


@pytest.fixture
def mood():
    """A check-in with PHQ-9, and who is on call for it."""
    episode = a_person()
    staff = somebody_on_call(episode.patient.clinic)
    return a_check_in(episode, ask=("NRS11", "PHQ9")), staff


def test_each_answer_is_kept_and_the_newest_counts() -> None:
    check_in = a_check_in()
    say(check_in, "NRS11", 1, 6)
    say(check_in, "NRS11", 1, 4, at=NOW + timedelta(minutes=1))
    assert list(Answer.objects.order_by("answered_at").values_list("value", flat=True)) == [6, 4]
    old, new = Score.objects.order_by("recorded_at")
    assert (old.value, new.value, new.replaces, old.replaced_by) == (6, 4, old, new)


def test_a_finished_instrument_is_scored_and_an_unfinished_one_is_not() -> None:
    check_in = a_check_in()
    all_of(check_in, "PEG", 7, 6)
    assert not Score.objects.exists()
    say(check_in, "PEG", 3, 8)
    score = Score.objects.get()
    assert (score.value, score.status, score.point, score.invitation) == (7, "complete", "FU-W1", check_in)
    assert score.detail["items"] == [7, 6, 8]
    assert (score.entered_by, score.observed_at) == (None, NOW)


def test_a_declined_answer_is_no_zero_and_no_blank() -> None:
    check_in = a_check_in()
    all_of(check_in, "PEG", 7, None, 8)
    score = Score.objects.get()
    assert (score.value, score.status) == (Decimal("7.50"), "partial")
    assert score.detail["items"] == [7, "declined", 8]


def test_what_was_answered_is_scored_when_the_person_says_that_is_all() -> None:
    check_in = a_check_in()
    all_of(check_in, "PEG", 7, 6)
    submit_check_in(an_act(holder(check_in)), SubmitCheckIn(invitation=check_in))
    score = Score.objects.get()
    assert (score.value, score.status) == (Decimal("6.50"), "partial")
    assert score.detail["items"] == [7, 6, "blank"]
    # finished later, it replaces the partial one
    say(check_in, "PEG", 3, 8)
    assert Score.objects.get(replaced_by__isnull=True).value == 7
    submit_check_in(an_act(holder(check_in)), SubmitCheckIn(invitation=check_in))
    assert Score.objects.count() == 2


def test_a_check_in_without_an_answer_makes_no_score() -> None:
    check_in = a_check_in()
    submit_check_in(an_act(holder(check_in)), SubmitCheckIn(invitation=check_in))
    assert not Score.objects.exists()


@pytest.mark.parametrize("value", [1, 2, 3])
def test_item_nine_above_zero_opens_an_alert_with_owner_and_clock(mood, value) -> None:
    check_in, staff = mood
    say(check_in, "PHQ9", 9, value)
    alert = SafetyAlert.objects.get()
    assert (alert.kind, alert.rule, alert.owner, alert.opened_at) == ("self_harm", "SUI-PSY-06", staff, NOW)
    assert alert.due_at == NOW + timedelta(minutes=60)
    assert alert.answer.value == value
    letter = OutgoingMail.objects.get(purpose="outcomes.alert")
    assert letter.to == staff.account.email
    assert f"/outcomes/alerts/{alert.pk}/" in letter.body
    assert not [w for w in ("self", "harm", "Alma", "Reyes", "PHQ") if w in letter.subject + letter.body]


@pytest.mark.parametrize("value", [0, None])
def test_item_nine_at_zero_or_declined_opens_none(mood, value) -> None:
    check_in, _ = mood
    say(check_in, "PHQ9", 9, value)
    assert not SafetyAlert.objects.exists()


def test_the_alert_does_not_wait_for_the_other_eight_questions(mood) -> None:
    check_in, _ = mood
    say(check_in, "PHQ9", 9, 1)
    assert SafetyAlert.objects.count() == 1
    assert not Score.objects.exists()


def test_changing_the_mind_opens_no_second_alert_and_takes_none_back(mood) -> None:
    check_in, _ = mood
    for minute, value in enumerate((1, 3, 0, 2)):
        say(check_in, "PHQ9", 9, value, at=NOW + timedelta(minutes=minute))
    assert SafetyAlert.objects.get().answer.value == 1


def test_the_answer_and_its_alert_stand_or_fall_together(mood, monkeypatch) -> None:
    check_in, _ = mood
    monkeypatch.setattr(
        "ebbtide.journey.outcomes.actions.alerts.SafetyAlert.objects.create",
        lambda **_: (_ for _ in ()).throw(RuntimeError("disk full")),
    )
    with pytest.raises(RuntimeError), transaction.atomic():
        say(check_in, "PHQ9", 9, 2)
    assert not Answer.objects.exists()


@pytest.mark.parametrize("left", ["nobody on call", "signer gone"])
def test_visible_blood_opens_an_alert_that_always_has_an_owner(left) -> None:
    episode = a_person()
    director = a_staff("director", clinic=episode.patient.clinic)
    check_in = a_check_in(episode, ask=("BLADDER",))
    if left == "nobody on call":
        from tests.builders import a_signed_order

        director = a_signed_order(episode).written_by
    say(check_in, "BLADDER", 6, 1)
    alert = SafetyAlert.objects.get()
    assert (alert.kind, alert.rule, alert.owner) == ("blood", "SUI-URO-01", director)
    assert alert.due_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("instrument", "item", "value", "rule"),
    [
        ("NRS11", 1, 11, "OUT-VALUE"),
        ("NRS11", 2, 1, "OUT-VALUE"),
        ("NRS11", 2, None, "OUT-VALUE"),
        ("GAD7", 1, 1, "OUT-ASKED"),
        ("MADRS", 1, 1, "OUT-ASKED"),
    ],
)
def test_it_refuses_what_was_not_asked_and_never_clips(instrument, item, value, rule) -> None:
    check_in = a_check_in()
    with pytest.raises(Refused) as refused:
        say(check_in, instrument, item, value)
    assert refused.value.rule == rule
    assert not Answer.objects.exists()


@pytest.mark.parametrize("days", [-1, 3])
def test_it_takes_nothing_outside_its_window(days) -> None:
    check_in = a_check_in()
    with pytest.raises(Refused) as refused:
        say(check_in, "NRS11", 1, 5, at=NOW + timedelta(days=days))
    assert refused.value.rule == "OUT-CLOSED"


def test_a_link_opens_its_own_check_in_and_nothing_else() -> None:
    episode = a_person()
    mine, other = a_check_in(episode), a_check_in(episode, point="FU-W2")
    by = holder(mine)
    with pytest.raises(Denied):
        say(other, "NRS11", 1, 5, by=by)
    assert may(by, "read", "outcomes.relief_curve", mine).allowed
    for verb, resource in (
        ("read", "outcomes.score"), ("read", "course.booking"), ("read", "ground.document"),
        ("create", "assessment.consent"), ("read", "access.demographics"), ("amend", "access.demographics"),
    ):  # fmt: skip
        assert not may(by, verb, resource, episode).allowed
        assert not may(by, verb, resource).allowed
    assert not may(by, "create", "outcomes.score", episode).allowed
    assert not visible(by, Score.objects.all(), "outcomes.score", "create").exists()
    with pytest.raises(Denied):
        record_score(an_act(by), RecordScore(episode=episode, instrument="NRS11", answers={1: 1}))


def test_the_person_themselves_may_answer_signed_in_and_nobody_else() -> None:
    check_in = a_check_in()
    say(check_in, "NRS11", 1, 5, by=an_actor(check_in.episode.patient))
    assert Answer.objects.count() == 1
    for who in ("prescriber", "nurse", "front_desk", "director"):
        with pytest.raises(Denied):
            say(check_in, "NRS11", 1, 5, by=an_actor(who, clinic=check_in.episode.patient.clinic))


@pytest.mark.parametrize("table", ["invitation", "answer", "score", "safetyalert"])
def test_what_was_said_is_never_changed_or_removed(mood, table) -> None:
    check_in, _ = mood
    say(check_in, "NRS11", 1, 5)
    say(check_in, "PHQ9", 9, 1)
    for statement in (f"UPDATE outcomes_{table} SET id = id", f"DELETE FROM outcomes_{table}"):
        with (
            pytest.raises(DatabaseError, match="pgtrigger"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
