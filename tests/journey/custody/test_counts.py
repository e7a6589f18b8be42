"""The count: typed before the books are shown, kept as typed, a second person for a difference; and the papers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from pypdf import PdfReader

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.custody.actions import (
    AddNote,
    Counted,
    MakeReport,
    RecordCount,
    RecordLoss,
    SignCount,
    add_note,
    make_report,
    record_count,
    record_loss,
    sign_count,
)
from ebbtide.journey.custody.count_queries import countable, with_differences
from ebbtide.journey.custody.models import Count, Movement
from ebbtide.journey.custody.report import period_of, read_report
from tests.builders import NOW, an_act, an_actor
from tests.clocks import stand_at
from tests.journey.custody.presses import at, browser
from tests.journey.custody.safe import Safe, mg

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


@pytest.fixture
def safe():
    return Safe()


def count(safe, *, sealed, opened=(), kind="daily", by=None):
    lines = [Counted(drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10), sealed_vials=sealed)]
    lines += [
        Counted(drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10), vial=vial.pk, left_ug=mg(left))
        for vial, left in opened
    ]
    return record_count(an_act(by or safe.by), RecordCount(clinic=safe.clinic, kind=kind, lines=tuple(lines)))


def sign(safe, row, *, second=None):
    return sign_count(an_act(safe.by), SignCount(count=row, words="", second=second or an_actor(safe.second)))


def differs(row):
    return with_differences(Count.objects.filter(pk=row.pk)).get().differs


def test_a_count_is_kept_beside_the_books_and_moves_nothing(safe):
    opened = safe.receive()
    safe.receive(("", ""))
    safe.draw(safe.visit(), opened, 50)
    before = Movement.objects.count()
    assert not differs(count(safe, sealed=2, opened=[(opened, 450)]))
    wrong = count(safe, sealed=1, opened=[(opened, 449)])
    assert differs(wrong)
    assert sorted(line.difference_ug for line in wrong.lines.all()) == [mg(-500), mg(-1)]
    assert Movement.objects.count() == before


def test_the_page_never_says_what_the_books_hold_before_the_count(safe):
    opened = safe.receive()
    safe.receive(("",) * 7)
    safe.draw(safe.visit(), opened, 137)
    shown = browser(safe.nurse).get(reverse("custody:count")).content.decode()
    assert "opened vial" in shown
    for told in ("363", "7.26", "3500", "3,500", 'value="7"'):
        assert told not in shown
    press = at(safe, "count", kind="daily", line_0="7", line_1="7.26")
    answer = press.client.post(press.url, press.told, follow=True)
    assert "Agrees with the books" in answer.content.decode()
    assert "363 mg" in answer.content.decode()


def test_what_was_typed_stays_although_it_differs_and_a_second_person_signs(safe):
    safe.receive(("A-1", "A-2"))
    press = at(safe, "count", kind="daily", line_0="1")
    shown = press.client.post(press.url, press.told, follow=True).content.decode()
    row = Count.objects.get()
    assert "Differs from the books" in shown
    assert "A-1" in shown
    assert reverse("custody:sign_count", args=[row.pk]) in shown
    with pytest.raises(Refused, match="two people"):
        sign(safe, row, second=safe.by)
    with pytest.raises(Refused, match="may not witness"):
        sign(safe, row, second=an_actor("front_desk", clinic=safe.clinic))
    assert sign(safe, row).by == safe.second
    with pytest.raises(Refused, match="signed by a second person already"):
        sign(safe, row)


def test_an_emptied_shelf_is_still_counted_and_every_line_is(safe):
    vial = safe.receive()
    safe.destroy(vial)
    assert [(place.sealed_vials, place.held_ug) for place in countable(safe.clinic)] == [(0, 0)]
    assert not differs(count(safe, sealed=0))
    with pytest.raises(Refused, match="has changed since"):
        record_count(an_act(safe.by), RecordCount(clinic=safe.clinic, kind="daily", lines=()))
    with pytest.raises(Refused, match="what you found"):
        count(safe, sealed=-1)


def test_who_counts_sees_the_own_sheets_alone(safe):
    row = count(safe, sealed=0) if safe.receive() else None
    url = reverse("custody:counted", args=[row.pk])
    assert browser(safe.nurse).get(url).status_code == 200
    assert browser(safe.second).get(url).status_code == 404
    assert browser(safe.doctor).get(url).status_code == 200


def test_an_inventory_asks_for_a_second_signature_and_is_a_paper(safe):
    safe.receive()
    row = count(safe, sealed=1, kind="opening")
    client = browser(safe.nurse)
    assert "Missing" in client.get(reverse("custody:counted", args=[row.pk])).content.decode()
    sign(safe, row)
    paper = text_of(client.get(reverse("custody:count_paper", args=[row.pk])).content)
    for words in ("Inventory at the opening", "III", safe.second.name, "500"):
        assert words in paper


def text_of(content):
    from io import BytesIO

    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


# the inspector's report


@pytest.fixture
def busy(safe):
    vial, visit = safe.receive(("A-1",)), safe.visit()
    safe.draw(visit, vial, 60)
    safe.give(visit, 35)
    safe.void(safe.waste(visit, 5), witness=an_actor(safe.second))
    safe.waste(visit, 20)
    safe.variance(2, visit=visit)
    safe.destroy(safe.receive(("B-1",)))
    safe.draw(visit, safe.midazolam(), 1, drug="midazolam")
    return safe


def report(safe, form="csv", *, since=-1, until=1, by=None):
    day = NOW.date()
    command = MakeReport(
        clinic=safe.clinic,
        since_on=day + timedelta(days=since),
        until_on=day + timedelta(days=until),
        form=form,
    )
    return make_report(an_act(an_actor(by or safe.director)), command)


def test_a_period_proves_itself_from_opening_to_closing(busy):
    found = period_of(busy.clinic, NOW.date(), NOW.date())
    assert found.proves
    assert found.total_ug == 0
    ketamine = next(one for one in found.drugs if one.drug == "racemate").period
    assert (ketamine.opening_ug, ketamine.closing_ug) == (0, mg(443))
    later = period_of(busy.clinic, NOW.date() + timedelta(days=1), NOW.date() + timedelta(days=2))
    assert later.proves
    assert {one.period.opening_ug for one in later.drugs} == {mg(443), mg(2)}


def test_the_table_holds_every_row_between_opening_and_closing(busy):
    row = report(busy)
    text = read_report(row).decode("utf-8-sig")
    lines = text.strip().split("\r\n")
    assert row.rows == Movement.objects.count() == len(lines) - 1 - 2 * 2
    for words in (
        "Opening balance",
        "Received",
        "Given",
        "Wasted",
        "Voided",
        "Variance posted",
        "Destroyed",
        "Closing balance",
        busy.second.name,
    ):
        assert words in text


def test_the_paper_names_patient_witness_and_the_proof(busy):
    paper = text_of(read_report(report(busy, "pdf")))
    patient = busy.clinic.patients.first() if hasattr(busy.clinic, "patients") else None
    for words in (
        "Proved:",
        "Midazolam, 1 mg/mL",
        "schedule IV",
        "Wasted with a witness",
        busy.second.name,
        "Unexplained variance",
    ):
        assert words in paper
    assert patient is None or patient.name in paper


def test_a_cell_never_runs_in_a_spreadsheet(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(("=1+1",)), 5)
    safe.waste(visit, 5, reason="@SUM(A1)")
    text = read_report(report(safe)).decode("utf-8-sig")
    assert "'=1+1" in text
    assert "'@SUM(A1)" in text


def test_a_report_is_about_days_that_were(safe):
    for since, until in ((1, 0), (2, 3), (-1200, 0)):
        with pytest.raises(Refused, match="three years"):
            report(safe, since=since, until=until)


def test_one_press_downloads_what_was_made_and_a_changed_file_is_not_given(busy):
    press = at(
        busy, "report", by=busy.director, since_on="2026-01-01", until_on=f"{NOW:%Y-%m-%d}", form="pdf"
    )
    answer = press.client.post(press.url, press.told, follow=True)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    from ebbtide.ground.documents.files import path_of
    from ebbtide.journey.custody.models import RegisterReport

    row = RegisterReport.objects.get()
    path_of(row.pk).write_bytes(b"changed")
    assert press.client.get(reverse("custody:report_file", args=[row.pk])).status_code == 500
    path_of(row.pk).unlink()
    assert press.client.get(reverse("custody:report_file", args=[row.pk])).status_code == 500


# investigations


def test_the_owner_and_the_director_write_into_an_investigation_until_it_is_closed(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    row = safe.variance(2, visit=visit)
    other = an_actor("prescriber", clinic=safe.clinic)
    with pytest.raises(Refused, match="owner of this investigation"):
        add_note(an_act(other), AddNote(variance=row, words="x"))
    for by in (an_actor(safe.doctor), an_actor(safe.director)):
        add_note(an_act(by), AddNote(variance=row, words="Asked the morning team."))
    shown = browser(safe.director).get(reverse("custody:investigation", args=[row.pk])).content.decode()
    assert shown.count("Asked the morning team.") == 2
    safe.close(row)
    with pytest.raises(Refused, match="closed already"):
        add_note(an_act(an_actor(safe.director)), AddNote(variance=row, words="late"))


def test_a_loss_is_a_record_of_the_clinic_and_prepares_the_figures(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    row, act = safe.variance(2, visit=visit), an_act(an_actor(safe.director))
    told = {"variance": row, "kind": "theft", "circumstances": "Safe forced", "measures": "New lock"}
    with pytest.raises(Refused, match="correct the days"):
        record_loss(act, RecordLoss(**told, discovered_on=NOW.date() + timedelta(days=1)))
    loss = record_loss(act, RecordLoss(**told, discovered_on=NOW.date(), authority_told_on=NOW.date()))
    paper = text_of(browser(safe.director).get(reverse("custody:loss_paper", args=[loss.pk])).content)
    for words in ("prepares the figures", "Theft", "2 mg", "Safe forced", "not told", "schedule III"):
        assert words in paper


def test_the_paper_of_a_destruction_names_each_vial_and_both_people(safe):
    row = safe.destroy(safe.receive(("A-1",)), safe.receive(("A-2",)))
    paper = text_of(browser(safe.doctor).get(reverse("custody:destruction_paper", args=[row.pk])).content)
    for words in ("prepares the figures", "A-1", "A-2", safe.nurse.name, safe.second.name, "denaturing kit"):
        assert words in paper
