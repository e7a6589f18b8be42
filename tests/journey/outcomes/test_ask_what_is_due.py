"""The clock's own work: asks what is due once, reminds at most twice and never after completion, scores what closed half answered."""

from datetime import timedelta

import pytest
from django.db import connection

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.outcomes.actions import AnswerItem, Remind, answer_item, remind
from ebbtide.journey.outcomes.models import Invitation, Reminder, Score
from ebbtide.journey.outcomes.tasks import _remind, ask_in, ask_what_is_due
from tests.builders import NOW, a_clinic, an_act, an_actor
from tests.clocks import stand_at
from tests.journey.outcomes.arrange import (
    TODAY,
    a_check_in,
    a_person,
    ago,
    holder,
    link_in,
    somebody_on_call,
    visits,
)

pytestmark = pytest.mark.django_db


def at(monkeypatch, *, days=0, hours=0):
    stand_at(monkeypatch, (NOW + timedelta(days=days, hours=hours)))


def asked(episode):
    return sorted(Invitation.objects.filter(episode=episode).values_list("point", "due_on"))


def complete(check_in, *, when=NOW):
    for item in (1, 2, 3):
        command = AnswerItem(invitation=check_in, instrument="PEG", item=item, value=5)
        answer_item(an_act(holder(check_in), at=when), command)


def test_it_asks_what_is_due_and_does_it_once() -> None:
    episode = a_person()
    visits(episode, days=[ago(10), ago(8)])
    for _ in range(2):
        ask_what_is_due(timestamp=0)
    assert asked(episode) == [("DIARY", TODAY), ("FU-W1", ago(1))]
    assert OutgoingMail.objects.filter(purpose="outcomes.invitation").count() == 2
    first = Invitation.objects.get(point="FU-W1")
    assert (first.instruments, first.at_visit) == (["NRS11", "PEG", "PGIC"], ["PHQ9"])


def test_it_counts_from_the_last_visit_of_a_series_that_is_over() -> None:
    episode = a_person()
    series = visits(episode, days=[ago(10), ago(8)])
    series.visits.filter(number=2).update(status="booked")
    ask_in(episode.patient.clinic)
    assert asked(episode) == [("DIARY", TODAY)]


def test_it_asks_the_week_before_the_first_infusion() -> None:
    episode = a_person()
    visits(episode, days=[TODAY + timedelta(days=3)], status="booked")
    ask_in(episode.patient.clinic)
    assert asked(episode) == [("BASE", TODAY)]


def test_it_asks_nobody_who_is_not_treated_or_has_died() -> None:
    untreated, dead = a_person(), a_person()
    visits(dead, days=[ago(7)])
    dead.patient.deceased_on = ago(1)
    dead.patient.save()
    ask_in(untreated.patient.clinic)
    ask_in(dead.patient.clinic)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("complaint", ["mood", "crps"])
def test_it_asks_pcl5_only_where_it_is_indicated(complaint) -> None:
    episode = a_person()
    type(episode).objects.filter(pk=episode.pk).update(complaint=complaint)
    visits(episode, days=[ago(91)])
    ask_in(episode.patient.clinic)
    row = Invitation.objects.get(point="FU-M3")
    assert ("PCL5" in row.instruments) is (complaint == "mood")


def test_a_recorded_mood_goal_is_an_indication() -> None:
    from ebbtide.journey.assessment.models import Fact

    episode = a_person()
    Fact.objects.create(
        patient=episode.patient, name="mood_goal", value=True, observed_at=NOW, recorded_at=NOW,
        origin="typed", recorded_by="x",
    )  # fmt: skip
    visits(episode, days=[ago(91)])
    ask_in(episode.patient.clinic)
    assert "PCL5" in Invitation.objects.get(point="FU-M3").instruments


def test_it_writes_to_nobody_at_night(monkeypatch) -> None:
    episode = a_person()
    visits(episode, days=[ago(7)])
    at(monkeypatch, hours=12)
    ask_in(episode.patient.clinic)
    assert not OutgoingMail.objects.exists()


def test_it_reminds_twice_and_then_stops(monkeypatch) -> None:
    check_in = a_check_in(ask=("PEG",), days=6)
    counts = []
    for day in range(7):
        at(monkeypatch, days=day)
        for _ in range(2):
            ask_in(check_in.episode.patient.clinic)
        counts.append(Reminder.objects.count())
    assert counts == [0, 0, 1, 1, 2, 2, 2]
    links = {link_in(row.mail) for row in Reminder.objects.all()} | {link_in(check_in.mail)}
    assert len(links) == 3


def test_each_letter_opens_the_same_check_in(client, monkeypatch) -> None:
    check_in = a_check_in(ask=("PEG",), days=6)
    at(monkeypatch, days=2)
    ask_in(check_in.episode.patient.clinic)
    client.post(f"{link_in(check_in.mail)}1/", {"value": "5"})
    page = client.get(link_in(Reminder.objects.get().mail)).content.decode()
    assert "Go on" in page


def test_no_reminder_follows_a_completion(monkeypatch) -> None:
    check_in = a_check_in(ask=("PEG",), days=6)
    complete(check_in)
    at(monkeypatch, days=3)
    ask_in(check_in.episode.patient.clinic)
    assert not Reminder.objects.exists()


def test_no_reminder_follows_a_completion_that_came_between_the_list_and_the_letter() -> None:
    """W29 under race: the job has chosen this check-in already, and the person finishes it a moment before the letter."""
    check_in = a_check_in(ask=("PEG",), days=6)
    complete(check_in)
    _remind(check_in.episode.patient.clinic, check_in)
    with pytest.raises(Refused) as refused:
        remind(
            an_act(an_actor("system", clinic=check_in.episode.patient.clinic)), Remind(invitation=check_in)
        )
    assert refused.value.rule == "OUT-DONE"
    assert not Reminder.objects.exists()
    assert not OutgoingMail.objects.filter(purpose="outcomes.reminder").exists()


def test_answering_and_reminding_wait_for_each_other() -> None:
    """Both hold the same lock until their transaction ends, so one always sees what the other did."""
    check_in = a_check_in(ask=("PEG",), days=6)
    answer_item(an_act(holder(check_in)), AnswerItem(invitation=check_in, instrument="PEG", item=1, value=5))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0)",
            [f"check-in:{check_in.pk}"],
        )
        assert cursor.fetchone()[0] == 1


def test_what_closed_half_answered_is_scored_once(monkeypatch) -> None:
    check_in = a_check_in(ask=("NRS11", "PEG"), days=1)
    for item in (1, 2):
        command = AnswerItem(invitation=check_in, instrument="PEG", item=item, value=6)
        answer_item(an_act(holder(check_in)), command)
    at(monkeypatch, days=1)
    ask_in(check_in.episode.patient.clinic)
    assert not Score.objects.exists()
    at(monkeypatch, days=3)
    for _ in range(2):
        ask_in(check_in.episode.patient.clinic)
    score = Score.objects.get()
    assert (score.instrument, score.status, score.value, score.observed_at) == ("PEG", "partial", 6, NOW)


def test_every_clinic_is_asked_in() -> None:
    here, there = a_person(a_clinic()), a_person(a_clinic(name="Elsewhere"))
    for episode in (here, there):
        visits(episode, days=[ago(7)])
    somebody_on_call(there.patient.clinic)
    ask_what_is_due(timestamp=0)
    assert Invitation.objects.get(episode=here).at_visit == ["PHQ9"]
    assert "PHQ9" in Invitation.objects.get(episode=there).instruments
