"""What staff see: completion without values for the desk, the episode with its curve, a score entered, alerts taken and closed."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ebbtide.journey.outcomes.models import AlertClosed, AlertTaken, SafetyAlert, Score
from tests.builders import a_staff, an_actor, an_assignment
from tests.desks.chart.arrange import signed_in
from tests.journey.outcomes.arrange import (
    a_check_in,
    a_diary,
    a_person,
    ago,
    answer,
    open_link,
    somebody_on_call,
    visits,
)

pytestmark = pytest.mark.django_db


def text(page) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


@pytest.fixture
def told():
    """Somebody whose course is over, with a diary, an answered check-in and an alert."""
    episode = a_person()
    somebody_on_call(episode.patient.clinic)
    visits(episode, days=[ago(9), ago(7)])
    a_diary(episode, [8, 8, 8, 8, 8, 8, 8, 7, 6, 4, 4, 3, 3, 4], ending_on=ago(1))
    client, path = open_link(a_check_in(episode, ask=("NRS11", "PHQ9")))
    answer(client, path, 1, 3)
    answer(client, path, 10, 2)
    a_check_in(episode, ask=("PEG",), point="FU-W2")
    return episode


def as_(role, episode, *, assigned=False):
    staff = a_staff(role, clinic=episode.patient.clinic)
    if assigned:
        an_assignment(staff, episode.patient)
    return signed_in(staff), staff


def show(episode) -> str:
    return reverse("outcomes:episode", args=[episode.pk])


def test_the_front_desk_sees_who_answers_and_never_what(told) -> None:
    client, _ = as_("front_desk", told)
    page = text(client.get(reverse("outcomes:check_ins")))
    assert "Alma Reyes" in page
    assert "2 of 10 questions" in page
    assert not [word for word in ("PHQ", "self-harm", show(told)) if word in page]
    assert client.get(show(told)).status_code == 403
    assert client.get(reverse("outcomes:alerts")).status_code == 403


def test_a_nurse_sees_only_whom_they_care_for(told) -> None:
    stranger, _ = as_("nurse", told)
    assert "Nobody has been asked yet" in text(stranger.get(reverse("outcomes:check_in_rows")))
    assert stranger.get(show(told)).status_code == 404
    assert "No alert is open" in text(stranger.get(reverse("outcomes:alert_rows")))
    carer, _ = as_("nurse", told, assigned=True)
    assert "Alma Reyes" in text(carer.get(reverse("outcomes:alerts")))
    assert carer.get(show(told)).status_code == 200


def test_the_episode_shows_curve_scores_check_ins_and_what_asks_for_a_person(told) -> None:
    client, _ = as_("prescriber", told)
    page = text(client.get(show(told)))
    assert 'id="relief" type="application/json"' in page
    assert "8.00" not in page
    assert "8 of 10" in page
    assert "Thoughts of death or self-harm" in page
    assert "by link" in page
    assert "infusion 2" in page
    assert "Begun" in page
    assert "cannot be said yet" in page


def test_an_episode_without_anything_says_what_comes() -> None:
    episode = a_person()
    client, _ = as_("prescriber", episode)
    page = text(client.get(show(episode)))
    assert "No pain score is recorded" in page
    assert "not recorded" in page
    assert "Nobody was asked by link yet" in page


def test_a_score_is_entered_at_the_visit(told) -> None:
    client, staff = as_("nurse", told, assigned=True)
    url = reverse("outcomes:enter", args=[told.pk, "GAD7"])
    page = text(client.get(url))
    assert "wording recalled, to be confirmed by the director" in page
    assert "Trouble relaxing" in page
    sent = {f"item_{n}": "1" for n in range(1, 7)}
    answered = client.post(url, {"key": "k", **sent, "item_7": "declined"}, follow=True)
    assert "GAD7 is recorded: 7." in text(answered)
    row = Score.objects.get(instrument="GAD7")
    assert (row.entered_by, row.status, row.detail["items"][6]) == (staff, "prorated", "declined")


def test_a_blank_form_records_nothing(told) -> None:
    client, _ = as_("prescriber", told)
    before = Score.objects.count()
    page = client.post(reverse("outcomes:enter", args=[told.pk, "PEG"]), {"key": "k"})
    assert page.status_code == 422
    assert "Nothing is answered" in text(page)
    assert Score.objects.count() == before


@pytest.mark.parametrize("value", ["11", "many"])
def test_a_value_that_is_no_choice_is_refused(told, value) -> None:
    client, _ = as_("prescriber", told)
    page = client.post(reverse("outcomes:enter", args=[told.pk, "NRS11"]), {"key": "k", "item_1": value})
    assert page.status_code == 422


@pytest.mark.parametrize("name", ["PROMIS", "nothing"])
def test_only_what_may_be_shown_can_be_entered(told, name) -> None:
    client, _ = as_("prescriber", told)
    assert client.get(reverse("outcomes:enter", args=[told.pk, name])).status_code == 404


def test_item_nine_entered_at_the_visit_leads_straight_to_its_alert(told) -> None:
    client, staff = as_("prescriber", told)
    sent = client.post(reverse("outcomes:enter", args=[told.pk, "PHQ9"]), {"key": "k", "item_9": "3"})
    made = SafetyAlert.objects.get(owner=staff)
    assert sent.url == reverse("outcomes:alert", args=[made.pk])
    page = text(client.get(sent.url))
    assert "Nearly every day (3)" in page
    assert "at the visit" in page
    assert 'href="tel:+13125550142"' in page


def test_an_alert_is_taken_and_closed(told) -> None:
    client, staff = as_("prescriber", told)
    alert = SafetyAlert.objects.get()
    url = reverse("outcomes:alert", args=[alert.pk])
    assert "Not taken yet" in text(client.get(url))
    taken = client.post(reverse("outcomes:take_alert", args=[alert.pk]), {"key": "a"})
    assert (taken.status_code, AlertTaken.objects.get().taken_by) == (302, staff)
    page = text(client.get(url))
    assert f"{staff.name} <small>took it" in page
    assert "Take it</button>" not in page
    again = client.post(reverse("outcomes:take_alert", args=[alert.pk]), {"key": "b"})
    assert again.status_code == 422
    assert "yours already" in text(again)
    close = reverse("outcomes:close_alert", args=[alert.pk])
    short = client.post(close, {"key": "c", "note": "ok"})
    assert short.status_code == 422
    assert not AlertClosed.objects.exists()
    closed = client.post(close, {"key": "c", "note": "Spoke with her at ten; safe at home."}, follow=True)
    assert "The alert is closed." in text(closed)
    assert "No alert is open" in text(closed)
    assert "Spoke with her at ten" in text(client.get(url))
    late = client.post(close, {"key": "d", "note": "And once more, for good measure."})
    assert late.status_code == 422
    assert client.post(reverse("outcomes:take_alert", args=[alert.pk]), {}).status_code == 422


def test_a_nurse_takes_and_does_not_close(told) -> None:
    client, _ = as_("nurse", told, assigned=True)
    alert = SafetyAlert.objects.get()
    assert client.post(reverse("outcomes:take_alert", args=[alert.pk]), {"key": "a"}).status_code == 302
    page = text(client.get(reverse("outcomes:alert", args=[alert.pk])))
    assert "A prescriber or the director closes it" in page
    assert client.post(reverse("outcomes:close_alert", args=[alert.pk]), {"key": "b"}).status_code == 403


def test_a_patient_signed_in_sees_their_own_curve_and_nobody_elses(told) -> None:
    an_actor(told.patient)
    told.patient.refresh_from_db()
    client = signed_in(told.patient)
    page = text(client.get(show(told)))
    assert "Relief" in page
    assert "Asks for a person" not in page
    assert "Enter a score" not in page
    assert client.get(show(a_person(told.patient.clinic))).status_code == 404


@pytest.mark.parametrize("name", ["episode", "check_ins", "alerts", "alert"])
def test_a_page_asks_the_database_at_most_eight_times(told, name) -> None:
    client, _ = as_("prescriber", told)
    about = {"episode": [told.pk], "alert": [SafetyAlert.objects.get().pk]}.get(name, [])
    url = reverse(f"outcomes:{name}", args=about)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    own = [
        q["sql"]
        for q in asked.captured_queries
        if "django_session" not in q["sql"] and "SAVEPOINT" not in q["sql"]
    ]
    assert len(own) <= 8, "\n".join(sql[:120] for sql in own)
