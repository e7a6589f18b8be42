"""The downtime kit: for every chair the same forms, with the items of the screens, and no word about any person."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from ebbtide.journey.leaving.rules import WORDS
from ebbtide.journey.leaving.scores import ITEMS
from tests.builders import a_chair, a_staff
from tests.house.posts import browser
from tests.journey.leaving.arrange import Door

pytestmark = pytest.mark.django_db
SHEETS = 4  # of each chair: two of the session, the recovery, the door


def kit(staff):
    answer = browser(staff).get(reverse("nurse_station:downtime_kit"))
    assert answer["Content-Type"] == "application/pdf"
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.content)).pages]


def test_it_has_every_sheet_of_every_chair_and_every_item_of_the_screens():
    door = Door()
    a_chair(door.clinic, "Chair 2")
    pages = kit(door.staff)
    assert len(pages) == 2 * SHEETS
    said = " ".join(pages[:SHEETS])
    for words in (
        "Record number", "EtCO₂", "Limb not to use", "mg/h", "Witness, signature", "Escort, signature", "No driving until",
        *WORDS.values(), *(item.label for items in ITEMS.values() for item in items),
    ):  # fmt: skip
        assert words in said, words
    assert "Chair 2" in pages[SHEETS]


def test_no_word_about_a_person_is_on_it():
    door = Door()
    said = " ".join(kit(door.staff))
    assert door.patient.family_name not in said
    assert door.patient.record_number not in said


def test_the_wall_offers_it_in_one_click():
    staff = a_staff("nurse")
    a_chair(staff.clinic, "Chair 1")
    assert (
        reverse("nurse_station:downtime_kit")
        in browser(staff).get(reverse("nurse_station:wall")).content.decode()
    )


def test_somebody_without_the_station_gets_none():
    answer = browser(a_staff("front_desk")).get(reverse("nurse_station:downtime_kit"))
    assert answer.status_code in {403, 404}
