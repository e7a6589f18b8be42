"""The written instructions: both languages say the same, nothing is left to fill in, nothing is promised."""

from datetime import date, time

import pytest

from ebbtide.journey.leaving.instructions import Told, day_in_words, instructions, language_of, texts
from ebbtide.journey.leaving.rules import WallTime

TOLD = Told(
    until=WallTime(on=date(2026, 11, 24), at=time(8), zone="America/Chicago"),
    escort="Sam {phone} Reyes",
    phone="+1 312 555 0100",
    call_on=date(2026, 11, 24),
)
PROMISES = ("pain-free", "cure", "will feel better", "relief", "sin dolor", "alivio", "curar")


def words_of(text) -> str:
    return "\n".join(
        [text.title, *(f"{s.heading}\n" + "\n".join(b.words for b in s.blocks) for s in text.sections)]
    )


def test_both_languages_have_the_same_parts_and_points():
    english, spanish = texts()["en"], texts()["es"]
    assert english.section_ids == spanish.section_ids
    assert [len(s.points) for s in english.sections] == [len(s.points) for s in spanish.sections]
    assert english.version == spanish.version


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_left_to_fill_in_and_what_was_typed_is_no_placeholder(language):
    words = words_of(instructions(TOLD, wanted=language))
    assert words.count("{") == 1  # the escort's own name, as it was typed
    for said in ("08:00", "America/Chicago", "+1 312 555 0100", "911", "988", "Sam {phone} Reyes"):
        assert said in words


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_promised(language):
    words = words_of(instructions(TOLD, wanted=language)).lower()
    assert not [promise for promise in PROMISES if promise in words]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["machines", "contracts", "alcohol", "Falls", "night's sleep", "blood in it"]),
        ("es", ["máquinas", "contratos", "alcohol", "caídas", "dormir una noche", "sangre en la orina"]),
    ],
)
def test_it_names_what_must_be_named(language, said):
    words = words_of(instructions(TOLD, wanted=language))
    assert not [one for one in said if one not in words]


@pytest.mark.parametrize(
    ("wanted", "given"), [("es", "es"), ("es-MX", "es"), ("en", "en"), ("fr", "en"), ("", "en")]
)
def test_a_language_that_there_is_not_is_english(wanted, given):
    assert language_of(wanted) == given


def test_a_day_in_both_languages():
    assert day_in_words(date(2027, 3, 6), "en") == "Saturday 6 March 2027"
    assert day_in_words(date(2027, 3, 6), "es") == "sábado 6 de marzo de 2027"
