"""The departure: no path around the gate, two sealed papers, a closed visit, and a driving time on the clinic's wall."""

import io
from dataclasses import replace
from datetime import date, time

import pytest
from pypdf import PdfReader

from ebbtide.ground.documents.files import read_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import ClinicSetting, Patient
from ebbtide.ground.policy import Denied
from ebbtide.ground.policy.decisions import StepUpNeeded
from ebbtide.journey.course.models import Visit
from ebbtide.journey.leaving.actions import SendHome, send_home
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.leaving.queries import departure_of, in_recovery
from tests.builders import NOW, a_staff, an_act, an_actor, an_assignment
from tests.journey.infusion.arrange import after
from tests.journey.leaving.arrange import STOP, Door, a_drawing

pytestmark = pytest.mark.django_db
HEALTH_WORDS = ("ketamine", "infusion", "pain", "recovery", "drive", "dose", "clinic", "escort")


def pages_of(document):
    return PdfReader(io.BytesIO(read_file(document))).pages


def words_of(document) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(read_file(document))).pages)
    return " ".join(text.split())


@pytest.fixture
def door():
    found = Door().stopped()
    found.observe()
    return found


def test_a_person_who_is_well_leaves_and_the_visit_is_done(door):
    left = door.leave()
    assert Visit.objects.get(pk=door.visit.pk).status == "done"
    assert (left.no_driving_on, left.no_driving_at, left.no_driving_zone) == (
        date(2026, 11, 24),
        time(8),
        "America/Chicago",
    )
    assert left.call_due_on == date(2026, 11, 24)
    assert (left.escort_name, left.escort_relation, left.escort_phone) == (
        "Sam Reyes",
        "Brother",
        "312 555 0177",
    )
    assert {one["gate"] for one in left.gates} >= {"GATE-ALDRETE", "GATE-ESCORT"}
    assert departure_of(door.visit) == left


def test_custody_is_never_asked():
    """50 mg were drawn and 35 given: the rest lies in the syringe, and the person leaves all the same."""
    door = Door().stopped()
    door.observe()
    assert door.leave()


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        ({"minutes": STOP + 29}, "1 min of observation remain"),
        ({"minutes": STOP + 60}, "observe again"),
        ({"name": " "}, "No escort is recorded"),
        ({"signed_name": ""}, "has not signed"),
        ({"handed_over": False}, "has not signed"),
    ],
)
def test_h23_it_refuses_and_says_what_to_do(leave, words):
    door = Door().stopped()
    door.observe(STOP + 25)
    with pytest.raises(Refused, match=words):
        door.leave(**leave)
    assert not Departure.objects.exists()
    assert Visit.objects.get(pk=door.visit.pk).status == "booked"
    assert not Document.objects.exists()


@pytest.mark.parametrize("kind", ["", "pause"])
def test_it_refuses_while_the_infusion_has_not_ended(kind):
    door = Door().running()
    if kind:
        door.chart(kind, 5, reason="toilet")
    with pytest.raises(Refused, match="stop it at the chair first"):
        door.leave()


def test_it_refuses_without_any_observation():
    with pytest.raises(Refused, match="Aldrete has no score, not recorded"):
        Door().stopped().leave()


def test_a_baseline_alone_is_no_recovery():
    door = Door().stopped()
    assert door.standing().newest is None


def test_a_clinic_may_wait_longer_and_never_shorter(door):
    ClinicSetting.objects.create(
        clinic=door.clinic, name="leaving.wait_min", value=60, reason="x", set_at=NOW
    )
    with pytest.raises(Refused, match="of 60 min after the end"):
        door.leave()
    ClinicSetting.objects.create(
        clinic=door.clinic, name="leaving.wait_min", value=5, reason="x", set_at=after(1)
    )
    ClinicSetting.objects.create(
        clinic=door.clinic, name="leaving.drive_from_hour", value=10, reason="x", set_at=after(1)
    )
    assert door.standing().settings.wait_min == 30
    assert door.leave().no_driving_at == time(10)


def test_a_person_leaves_once_and_a_double_tap_leaves_one_departure(door):
    first = door.leave(key="k")
    assert door.leave(key="k").pk == first.pk
    with pytest.raises(Refused, match="has left already"):
        door.leave(key="other")
    with pytest.raises(Refused, match="has left already"):
        door.observe(STOP + 40)
    assert Document.objects.count() == 2


def test_the_nurse_signs_in_again_first(door):
    with pytest.raises(StepUpNeeded):
        door.leave(by=replace(door.nurse, authenticated_at=after(STOP - 10)))


@pytest.mark.parametrize("role", ["prescriber", "front_desk", "director"])
def test_nobody_else_discharges(door, role):
    staff = a_staff(role, clinic=door.clinic)
    an_assignment(staff, door.patient)
    with pytest.raises(Denied):
        door.leave(by=an_actor(staff))


def test_every_row_stands_in_the_ledger(door):
    left = door.leave(portal="https://x/me")
    assert {
        row["k"] for row in Entry.objects.get(action="journey.leaving.actions.departing.discharge").rows
    } == {str(left.pk)}
    visit = Entry.objects.get(action="journey.course.close_visit")
    assert {row["k"] for row in visit.rows} == {str(door.visit.pk)}
    kept = Entry.objects.filter(action__endswith="store_document")
    assert {row["k"] for one in kept for row in one.rows} == {str(left.record_id), str(left.instructions_id)}


def test_the_record_holds_the_whole_infusion(door):
    left = door.leave()
    words = words_of(left.record)
    for said in (
        "Charted record; the bedside monitor was the primary alarm.",
        door.patient.record_number,
        "1979-05-04",
        "35 mg, 0.5 mg/kg",
        "52.5 mg/h",
        "Rate 52.5 mg/h",
        "dose complete",
        "passed",
        "10 / 10",
        "GATE-ESCORT",
        "Tuesday 24 November 2026, 08:00",
        "Sam Reyes, Brother",
        door.staff.name,
        "A1 (label",
    ):
        assert said in words, said


def test_a_late_and_a_corrected_entry_are_marked_in_the_record():
    door = Door().ready()
    door.before(0)
    door.dose("start", 0, rate_mg_per_h="52.5")
    wrong = door.chart("observation", 10, now=25, hr_per_min="180")
    door.chart("observation", 10, now=26, replaces=wrong, hr_per_min="80")
    door.chart("stop", STOP, reason="done")
    door.observe()
    words = words_of(door.leave().record)
    assert "corrected or withdrawn later" in words
    assert "corrects an entry" in words
    assert "Heart rate 180 /min" in words
    assert "late, recorded 09:25" in words


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ["No driving until Tuesday 24 November 2026, 08:00", "Sam Reyes takes you home", "911", "988"],
        ),
        (
            "es",
            [
                "No conduzca hasta el martes 24 de noviembre de 2026 a las 08:00",
                "Le llamamos el martes 24",
                "911",
            ],
        ),
        ("fr", ["No driving until Tuesday 24 November 2026, 08:00"]),
    ],
)
def test_the_instructions_are_in_the_persons_language(door, language, said):
    Patient.objects.filter(pk=door.patient.pk).update(language=language)
    left = door.leave()
    words = words_of(left.instructions)
    for one in [*said, door.clinic.phone, "America/Chicago"]:
        assert one in words, one
    assert "{" not in words
    assert len(pages_of(left.instructions)) == 1
    assert left.language == ("es" if language == "es" else "en")


def test_a_drawn_signature_is_on_both_papers(door):
    left = door.leave(picture=a_drawing())
    for document in (left.record, left.instructions):
        pages = PdfReader(io.BytesIO(read_file(document))).pages
        assert any(page.images for page in pages)


def test_an_unreadable_drawing_is_refused(door):
    with pytest.raises(Refused, match="signature could not be read"):
        door.leave(picture=b"unreadable")


def test_the_letter_has_a_link_and_no_word_about_health(door):
    an_actor(door.patient)  # who can sign in to the portal
    door.leave(portal="https://desk.example/me/")
    letter = OutgoingMail.objects.get(purpose="leaving.instructions")
    assert "https://desk.example/me/" in letter.body
    assert not [word for word in HEALTH_WORDS if word in (letter.subject + letter.body).lower()]


def test_who_cannot_sign_in_has_it_on_paper_alone(door):
    door.leave(portal="https://desk.example/me/")
    assert not OutgoingMail.objects.filter(purpose="leaving.instructions").exists()


def test_who_was_stopped_and_has_not_left_is_in_recovery(door):
    assert list(in_recovery(door.clinic)) == [door.session]
    door.leave()
    assert list(in_recovery(door.clinic)) == []


def test_nothing_was_given_and_the_visit_ends_as_it_is():
    door = Door().opened()
    door.chart("stop", 5, reason="pressure too high")
    assert door.standing(minutes=6).ended_without_drug
    visit = send_home(an_act(door.fresh(), at=after(6)), SendHome(session=door.session))
    assert visit.status == "done"
    assert not Departure.objects.exists()


def test_whoever_was_given_something_does_not_go_home_like_that(door):
    with pytest.raises(Refused, match="before any drug was started"):
        send_home(an_act(door.fresh(), at=after(STOP + 1)), SendHome(session=door.session))
