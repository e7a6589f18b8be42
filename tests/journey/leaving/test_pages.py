"""The pages of the leaving, as the nurse, the prescriber, the person and the front desk see them."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from ebbtide.ground.documents.models import Document
from ebbtide.ground.people.models import Account, Assignment, Patient
from ebbtide.journey.leaving.models import Departure, NextDayCall, Recovery, ReleaseDecision
from ebbtide.journey.leaving.scores import Pressure
from tests.builders import a_staff, an_actor, an_assignment
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import ITEMS, STOP, Door

pytestmark = pytest.mark.django_db
ESCORT = {
    "escort": "Sam Reyes",
    "escort_tel": "312 555 0177",
    "relation": "Brother",
    "handed_over": "on",
    "signature": "Sam Reyes",
    "key": "k",
}


def at(monkeypatch, minutes):
    stand_at(monkeypatch, after(minutes))


@pytest.fixture
def door(monkeypatch):
    at(monkeypatch, STOP + 33)
    return Door().stopped()


def page(client, name, row):
    return client.get(reverse(f"leaving:{name}", args=[row.pk]))


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_before_the_start_the_page_takes_the_baseline(monkeypatch):
    at(monkeypatch, 1)
    door = Door().opened()
    client, url = browser(door.staff), reverse("leaving:recovery", args=[door.session.pk])
    assert "Record baseline" in text(client.get(url))
    told = {"key": "k", "upper_mmhg": "120", "lower_mmhg": "76", "padss-gait": "1", "aldrete-activity": "1"}
    assert client.post(url, told).status_code == 302
    row = Recovery.objects.get()
    assert (row.phase, row.padss["gait"], row.padss["vital_signs"], row.rass) == ("baseline", 1, 2, None)


def test_the_recovery_page_shows_the_own_baseline_beside_each_item_and_what_is_missing(door):
    door.observe(STOP + 10, padss=ITEMS["padss"] | {"gait": 1}, new_suicidal_thought=None)
    words = text(page(browser(door.staff), "recovery", door.session))
    assert "before: walks steadily, knows place and day" in words
    assert "before: 120/76 mmHg" in words
    assert "Nobody has asked about new thoughts of suicide" in words
    assert "late by 9 min" in words
    assert "23 min old" in words


def test_an_item_left_open_is_not_recorded(door):
    client, url = browser(door.staff), reverse("leaving:recovery", args=[door.session.pk])
    assert client.post(url, {"key": "k", "awake": "0"}).status_code == 302
    row = Recovery.objects.get(phase="recovery")
    assert (row.rass, row.padss_plain, row.gait_as_before, row.sbp_mmhg) == (0, None, None, None)
    assert "–" in text(client.get(url))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "Nothing was recorded"),
        ({"upper_mmhg": "120"}, "A pressure is two numbers"),
        ({"upper_mmhg": "80", "lower_mmhg": "90"}, "is not below the systolic"),
        ({"upper_mmhg": "900", "lower_mmhg": "90"}, "less than or equal to 300"),
    ],
)
def test_what_cannot_be_read_comes_back_with_words(door, told, words):
    answer = browser(door.staff).post(
        reverse("leaving:recovery", args=[door.session.pk]), {"key": "k", **told}
    )
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Recovery.objects.filter(phase="recovery").exists()


def test_a_thought_of_suicide_shows_the_crisis_line_and_shuts_the_door(door):
    door.observe(new_suicidal_thought=True)
    client = browser(door.staff)
    for name in ("recovery", "discharge"):
        words = text(page(client, name, door.session))
        assert "Stay with the person, and call the prescriber now" in words
        assert "988" in words
    assert client.post(reverse("leaving:discharge", args=[door.session.pk]), ESCORT).status_code == 422


def test_a_prescriber_signs_and_the_nurse_discharges(door):
    row = door.observe(new_suicidal_thought=True)
    doctor = browser(a_staff("prescriber", clinic=door.clinic))
    url = reverse("leaving:release", args=[door.session.pk])
    assert "new thought of suicide" in text(doctor.get(url))
    assert doctor.post(url, {"key": "k", "opens": ["GATE-SI"], "why": ""}).status_code == 422
    assert doctor.post(url, {"key": "k", "opens": ["GATE-RASS"], "why": "x"}).status_code == 422
    assert doctor.post(url, {"key": "k", "opens": ["GATE-SI"], "why": "Seen"}).status_code == 302
    assert ReleaseDecision.objects.get().recovery == row
    assert "Nothing here waits for a signature" in text(doctor.get(url))
    answer = browser(door.staff).post(reverse("leaving:discharge", args=[door.session.pk]), ESCORT)
    assert answer.status_code == 302


def test_at_the_door_the_driving_time_is_repeated_and_the_papers_are_there(door):
    door.observe()
    client = browser(door.staff)
    assert "Tuesday 24 November 2026, 08:00" in text(page(client, "discharge", door.session))
    answer = client.post(reverse("leaving:discharge", args=[door.session.pk]), ESCORT)
    left = Departure.objects.get()
    assert answer.url == reverse("leaving:departure", args=[left.pk])
    words = text(client.get(answer.url))
    assert "No driving until</span> <b>Tuesday 24 November 2026, 08:00" in words
    assert "recalled" in words
    for paper in (left.record, left.instructions):
        assert client.get(reverse("documents:show", args=[paper.pk])).content.startswith(b"%PDF")
    assert "has left already" in text(page(client, "discharge", door.session))
    assert "This person has left" in text(page(client, "recovery", door.session))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"escort": ""}, "Name of the escort"),
        ({"handed_over": ""}, "has not signed"),
        ({"signature": ""}, "has not signed"),
        ({"picture": "data:image/png;base64,!!"}, "signature could not be read"),
    ],
)
def test_a_departure_that_is_refused_says_why(door, change, words):
    door.observe()
    answer = browser(door.staff).post(
        reverse("leaving:discharge", args=[door.session.pk]), {**ESCORT, **change}
    )
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Departure.objects.exists()


def test_the_instructions_are_printed_before_anybody_signs_and_are_not_kept(door):
    answer = page(browser(door.staff), "paper", door.session)
    assert answer.content.startswith(b"%PDF")
    words = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert "No driving until Tuesday 24 November 2026, 08:00" in words
    assert "____" in words
    assert not Document.objects.exists()


def test_nothing_was_given_and_the_person_goes_home(monkeypatch):
    at(monkeypatch, 6)
    door = Door().opened()
    client, url = browser(door.staff), reverse("leaving:send_home", args=[door.session.pk])
    assert client.post(url, {"key": "k"}).status_code == 422
    door.chart("stop", 5, reason="pressure too high")
    assert "No drug was started" in text(page(client, "recovery", door.session))
    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"key": "k2"}).status_code == 302
    assert "nothing was given" in text(page(client, "recovery", door.session))


@pytest.fixture
def left(door):
    door.observe()
    return door.leave()


def signed_in(account) -> Client:
    client = Client()
    client.force_login(account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    return client


@pytest.mark.parametrize(
    ("language", "words"), [("en", "No driving until Tuesday"), ("es", "No conduzca hasta el martes")]
)
def test_the_person_reads_their_own_instructions(door, language, words):
    Patient.objects.filter(pk=door.patient.pk).update(language=language)
    door.observe()
    left = door.leave()
    door.patient.refresh_from_db()
    client = signed_in(Account.objects.get(pk=an_actor(door.patient).account_id))
    answer = page(client, "departure", left)
    assert answer.url == reverse("leaving:instructions", args=[left.pk])
    shown = text(client.get(answer.url))
    assert words in shown
    assert "Aldrete" not in shown
    assert "988" in shown
    assert page(client, "recovery", door.session).status_code == 403


def test_the_day_after_everybody_is_called(door, left, monkeypatch):
    at(monkeypatch, 24 * 60)
    client = browser(door.staff)
    calls = reverse("leaving:calls")
    assert door.patient.name in text(client.get(calls))
    url = reverse("leaving:call", args=[left.pk])
    assert client.post(url, {"key": "a", "ended": "not_reached"}).status_code == 302
    assert "tried 1 time" in text(client.get(calls))
    flags = {
        f"flag-{name}": "no"
        for name in ("fall", "drove", "apart", "breathing", "headache", "vomiting", "urine")
    }
    asked = {"key": "b", "ended": "reached", **flags}
    missing = client.post(url, asked)
    assert missing.status_code == 422
    assert "Thoughts of suicide" in text(missing)
    told = client.post(url, {**asked, "flag-thoughts": "yes"})
    assert told.status_code == 422
    assert "Write what was done about it" in text(told)
    assert 'class="crisis"' in text(told)
    done = {**asked, "flag-thoughts": "yes", "done_about_it": "Handed over to the prescriber"}
    assert client.post(url, done).status_code == 302
    assert NextDayCall.objects.filter(outcome="reached").get().red_flags["thoughts"] is True
    words = text(client.get(calls))
    assert "Nobody waits for a call" in words
    assert "Handed over to the prescriber" in words
    assert client.post(url, {**done, "key": "c"}).status_code == 422


def test_on_the_day_itself_nobody_is_called_and_later_it_is_overdue(door, left, monkeypatch):
    client, calls = browser(door.staff), reverse("leaving:calls")
    assert "Nobody waits for a call" in text(client.get(calls))
    Assignment.objects.update(until_at=None)
    at(monkeypatch, 3 * 24 * 60)
    assert "2 days late" in text(client.get(calls))


def test_the_front_desk_sees_whom_and_never_what_was_told(door, left, monkeypatch):
    NextDayCall.objects.create(
        departure=left, outcome="reached", red_flags={"fall": True}, step="Sent to the hospital",
        called_by=door.staff, called_at=after(24 * 60),
    )  # fmt: skip
    at(monkeypatch, 24 * 60 + 5)
    desk = browser(a_staff("front_desk", clinic=door.clinic))
    words = text(desk.get(reverse("leaving:calls")))
    assert "Reached" in words
    assert "Sent to the hospital" not in words
    assert page(desk, "call", left).status_code == 403
    assert page(desk, "departure", left).status_code == 403


@pytest.mark.parametrize("name", ["recovery", "discharge", "release"])
def test_no_page_of_a_session_asks_the_database_more_than_8_times(door, name, django_assert_max_num_queries):
    door.observe(pressure=Pressure(sbp_mmhg=150, dbp_mmhg=90), new_suicidal_thought=True)
    door.observe(STOP + 32)
    role = "prescriber" if name == "release" else "nurse"
    staff = door.staff if role == "nurse" else a_staff(role, clinic=door.clinic)
    an_assignment(staff, door.patient)
    client = browser(staff)
    page(client, name, door.session)
    with django_assert_max_num_queries(8):
        page(client, name, door.session)


@pytest.mark.parametrize("name", ["departure", "instructions", "call"])
def test_no_page_of_a_departure_asks_the_database_more_than_8_times(
    door, left, name, django_assert_max_num_queries
):
    client = browser(door.staff)
    page(client, name, left)
    with django_assert_max_num_queries(8):
        page(client, name, left)


def test_the_list_of_calls_asks_the_same_for_one_and_for_many(
    door, left, monkeypatch, django_assert_max_num_queries
):
    at(monkeypatch, 24 * 60)
    client = browser(door.staff)
    client.get(reverse("leaving:calls"))
    with django_assert_max_num_queries(8):
        client.get(reverse("leaving:calls"))


def test_a_page_that_is_old_says_so(door, monkeypatch):
    door.observe(STOP + 1)
    at(monkeypatch, STOP + 16.5)
    words = text(page(browser(door.staff), "recovery", door.session))
    assert "late by 1 min" in words
    assert "next-look--late" in words
