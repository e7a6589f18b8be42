"""After the door: a fall charted the next day, with its true time, its author, marked late; corrected and never edited."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from ebbtide.desks.chart.entries import chapters
from ebbtide.desks.chart.story import story_of
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.leaving.actions import RecordLater, record_later
from ebbtide.journey.leaving.later import LaterKind, Severity
from ebbtide.journey.leaving.models import LaterEvent
from ebbtide.journey.registry.cohort import treated_visits
from tests.builders import a_staff, an_actor
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import STOP, Door

pytestmark = pytest.mark.django_db
LEFT, NEXT_DAY = STOP + 33, STOP + 20 * 60


@pytest.fixture
def left():
    door = Door().stopped()
    door.observe()
    door.left = door.leave()
    return door


def tell(left, minutes=NEXT_DAY, *, by=None, **changes):
    told = {
        "kind": LaterKind.FALL,
        "severity": Severity.MODERATE,
        "happened_at": after(NEXT_DAY - 180),
        "what": "On the stairs",
        "done": "Told the prescriber",
        **changes,
    }
    return record_later(left.act(minutes, by=by), RecordLater(departure=left.left, **told))


def test_a_fall_charted_the_next_day_is_late_and_has_its_own_time(left) -> None:
    row = tell(left)
    assert (row.late, row.observed_at, row.recorded_at) == (True, after(NEXT_DAY - 180), after(NEXT_DAY))
    assert row.recorded_by == left.staff
    assert not tell(left, happened_at=after(NEXT_DAY - 10)).late


def test_it_stands_in_the_story_of_the_chart(left) -> None:
    tell(left)
    doctor = an_actor(a_staff("prescriber", clinic=left.clinic))
    (told,) = [
        entry
        for chapter in chapters(story_of(doctor, left.patient, at=after(NEXT_DAY + 1)))
        for entry in chapter.entries
        if "Fall" in entry.title
    ]
    assert told.title == "After infusion 1: Fall, moderate"
    assert "On the stairs" in told.notes
    assert "charted" in told.notes


def test_it_is_harm_in_the_registry_and_a_withdrawn_one_is_not(left) -> None:
    def harm():
        (visit,) = treated_visits(left.clinic)
        return visit.adverse_events, visit.severe_events

    assert harm() == (0, 0)
    row = tell(left, severity=Severity.SEVERE)
    assert harm() == (1, 1)
    again = tell(left, replaces=row)
    assert harm() == (1, 0)
    tell(left, replaces=again, withdrawn=True)
    assert harm() == (0, 0)


@pytest.mark.parametrize(
    ("changes", "rule", "says"),
    [
        ({"happened_at": after(NEXT_DAY + 1)}, "LEA-FUTURE", "correct the day and the time"),
        ({"happened_at": after(LEFT - 1)}, "LEA-STILL-HERE", "chart it in the log of the chair"),
        ({"kind": LaterKind.OTHER, "what": " "}, "LEA-WHAT", "say in a few words"),
        ({"done": ""}, "LEA-DONE", "write what was done about it"),
        ({"withdrawn": True}, "LEA-WITHDRAW", "choose it on the departure's page"),
    ],
)
def test_what_cannot_be_is_refused_and_says_what_to_do(left, changes, rule, says) -> None:
    with pytest.raises(Refused, match=says) as found:
        tell(left, **changes)
    assert found.value.rule == rule
    assert not LaterEvent.objects.exists()


def test_what_happened_a_month_after_belongs_to_the_next_visit(left) -> None:
    days = 24 * 60
    tell(left, 40 * days, happened_at=after(LEFT) + timedelta(days=30))
    with pytest.raises(Refused, match="next check-in or visit"):
        tell(left, 40 * days, happened_at=after(LEFT) + timedelta(days=30, seconds=1))


def test_one_entry_is_corrected_once(left) -> None:
    row = tell(left)
    tell(left, replaces=row)
    with pytest.raises(Refused, match="corrected this entry meanwhile"):
        tell(left, replaces=row)


def test_it_is_never_edited(left) -> None:
    row = tell(left)
    with pytest.raises(DatabaseError), transaction.atomic():
        LaterEvent.objects.filter(pk=row.pk).update(severity="mild")


def test_somebody_of_another_person_may_not(left) -> None:
    with pytest.raises(Denied):
        tell(left, by=an_actor(a_staff("nurse", clinic=left.clinic)))


def test_the_page_charts_corrects_and_withdraws(left, monkeypatch) -> None:
    stand_at(monkeypatch, after(NEXT_DAY))
    client, url = browser(left.staff), reverse("leaving:later", args=[left.left.pk])
    told = {
        "key": "a",
        "what_kind": "fall",
        "bad": "moderate",
        "on": "2026-11-24",
        "at": "02:00",
        "done_about_it": "Seen",
    }
    assert client.post(url, {**told, "at": "08:00", "key": "x", "done_about_it": ""}).status_code == 422
    assert client.post(url, told).status_code == 302
    row = LaterEvent.objects.get()
    page = client.get(reverse("leaving:departure", args=[left.left.pk])).content.decode()
    assert "late, charted" in page
    assert 'value="fall"' in client.get(f"{url}?corrects={row.pk}").content.decode()
    assert client.post(url, {**told, "key": "b", "corrects": str(row.pk), "bad": "mild"}).status_code == 302
    newer = LaterEvent.objects.get(replaces=row)
    withdrawn = {**told, "key": "c", "corrects": str(newer.pk), "withdraw": "on"}
    assert client.post(url, withdrawn).status_code == 302
    assert (
        "Nothing is charted" in client.get(reverse("leaving:departure", args=[left.left.pk])).content.decode()
    )
