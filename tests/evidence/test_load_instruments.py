"""The instruments: what the file says, what it refuses, and that the words fit; real questionnaires agree with ours."""

import copy
import json
import re
from typing import Any

import pytest

from ebbtide.evidence.errors import PackRefused
from ebbtide.evidence.files import PackFile, read_packaged
from ebbtide.evidence.instrument_texts import TEXTS_FILE, build_texts, load_texts
from ebbtide.evidence.instruments import (
    INSTRUMENTS_FILE,
    InstrumentUnknown,
    Method,
    Range,
    WhenMissing,
    build_instruments,
    load_instruments,
)

PACK = load_instruments()


def changed(name: str, change: Any) -> PackFile:
    """The packaged file with one change made to a copy."""
    pack = read_packaged(name)
    content = copy.deepcopy(dict(pack.content))
    change(content)
    return PackFile(name=pack.name, sha256=pack.sha256, content=content)


def row(content: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    return next(one for one in content[part] if one["id"] == name)


@pytest.mark.parametrize(
    ("name", "items", "method", "scored", "most", "then"),
    [
        ("NRS11", 1, Method.SINGLE, range(1, 2), 0, WhenMissing.NO_SCORE),
        ("PEG", 3, Method.MEAN, range(1, 4), 1, WhenMissing.MEAN_OF_PRESENT),
        ("PHQ9", 9, Method.SUM, range(1, 10), 2, WhenMissing.PRORATE),
        ("GAD7", 7, Method.SUM, range(1, 8), 1, WhenMissing.PRORATE),
        ("PCL5", 20, Method.SUM, range(1, 21), 4, WhenMissing.PRORATE_CLUSTERS),
        ("PGIC", 1, Method.SINGLE, range(1, 2), 0, WhenMissing.NO_SCORE),
        ("BLADDER", 6, Method.SUM, range(1, 6), 1, WhenMissing.PRORATE),
        ("ALDRETE", 5, Method.SUM, range(1, 6), 0, WhenMissing.NO_SCORE),
    ],
)
def test_it_reads_how_each_is_scored(name, items, method, scored, most, then) -> None:
    found = PACK.instrument(name)
    assert (found.items, found.method, found.scored) == (items, method, scored)
    assert (found.missing.most, found.missing.then) == (most, then)


def test_it_reads_what_asks_for_a_person() -> None:
    item9, blood = PACK.instrument("PHQ9").alert, PACK.instrument("BLADDER").alert
    assert item9 is not None
    assert (item9.item, item9.at, item9.rule) == (9, 1, "SUI-PSY-06")
    assert blood is not None
    assert (blood.item, blood.at, blood.rule) == (6, 1, "SUI-URO-01")
    assert [one.id for one in PACK.instruments.values() if one.alert] == ["PHQ9", "BLADDER"]
    assert [one.id for one in PACK.instruments.values() if one.remote_needs_on_call] == ["PHQ9"]


def test_it_gives_a_red_flag_its_own_range() -> None:
    bladder = PACK.instrument("BLADDER")
    assert (bladder.range_of(6), bladder.range_of(1)) == (Range(low=0, high=1), Range(low=0, high=3))


def test_it_ships_no_code_that_was_not_read_in_loinc() -> None:
    assert PACK.instrument("PHQ9").codes.total == "44261-6"
    assert PACK.instrument("PEG").codes.total == "91147-9"
    assert PACK.instrument("PCL5").codes.panel == ""
    assert PACK.instrument("BLADDER").codes.items == ()


def test_it_names_what_it_does_not_know() -> None:
    with pytest.raises(InstrumentUnknown, match="Choose among NRS11"):
        PACK.instrument("MADRS")
    assert PACK.point("DIARY") is None
    assert PACK.point("FU-M1").after_days == 30


def test_it_keeps_licensed_scales_as_results_alone() -> None:
    assert not set(PACK.adapters) & set(PACK.instruments)
    assert PACK.adapters["PROMIS"].stores == ("t_score", "standard_error", "form_or_cat")


def test_it_refuses_a_schedule_that_asks_what_nobody_defines() -> None:
    pack = changed(INSTRUMENTS_FILE, lambda c: c["schedule"]["points"][1]["ask"].append("MADRS"))
    with pytest.raises(PackRefused, match="MADRS"):
        build_instruments(pack)


def test_it_refuses_a_rule_for_blanks_that_contradicts_the_method() -> None:
    def change(content: dict[str, Any]) -> None:
        row(content, "instruments", "PEG")["missing"]["rule"] = "sum of what is there"

    with pytest.raises(PackRefused, match="flagged partial"):
        build_instruments(changed(INSTRUMENTS_FILE, change))


def test_the_words_fit_every_instrument_that_a_patient_completes() -> None:
    asked = {name for point in PACK.points for name in point.ask} & set(PACK.instruments)
    assert asked <= set(load_texts())
    for name, texts in load_texts().items():
        for language in ("en", "es"):
            sheet = texts.sheet(language)
            assert len(sheet.questions) == PACK.instrument(name).items
            assert all(question.ask.strip() for question in sheet.questions)
        assert texts.sheet("fr") == texts.sheet("en")
        assert texts.is_recalled is (name != "BLADDER")
        assert texts.source


def test_a_scale_has_named_ends_and_the_others_words() -> None:
    pain = load_texts()["NRS11"].sheet("en").questions[0]
    assert pain.is_scale
    assert [option.value for option in pain.options] == list(range(11))
    blood = load_texts()["BLADDER"].sheet("es").questions[5]
    assert not blood.is_scale
    assert [(option.value, option.words) for option in blood.options] == [(0, "No"), (1, "Sí")]


def test_the_words_are_refused_when_a_question_or_an_answer_is_missing() -> None:
    with pytest.raises(PackRefused, match="hold 8 items; it has 9"):
        build_texts(changed(TEXTS_FILE, lambda c: row(c, "texts", "PHQ9")["en"]["items"].pop()), PACK)
    with pytest.raises(PackRefused, match="has 3 answers in words and 4 values"):
        build_texts(changed(TEXTS_FILE, lambda c: row(c, "texts", "GAD7")["es"]["answers"].pop()), PACK)


@pytest.fixture
def questionnaires(real_input):
    folder = real_input / "questionnaires"
    if not folder.is_dir():
        pytest.skip("shared/real/questionnaires is not here")
    return folder


def test_phq9_agrees_with_a_published_questionnaire(questionnaires) -> None:
    published = json.loads((questionnaires / "lforms_phq9_R4.json").read_text(encoding="utf-8"))
    phq9 = PACK.instrument("PHQ9")
    items = [one for one in published["item"] if one.get("answerOption")][:9]
    assert tuple(one["code"][0]["code"] for one in items) == phq9.codes.items
    assert published["code"][0]["code"] == phq9.codes.panel
    sheet = load_texts()["PHQ9"].sheet("en")
    for theirs, ours in zip(items, sheet.questions, strict=True):
        options = [
            (_ordinal(option), option["valueCoding"]["code"], option["valueCoding"]["display"])
            for option in theirs["answerOption"]
        ]
        assert [(value, code) for value, code, _ in options] == list(PACK.answer_codes.items())
        assert _plain(options[0][2]) == _plain(ours.options[0].words)
        assert _alike(theirs["text"], ours.ask) > 0.5, (theirs["text"], ours.ask)


def test_gad7_agrees_with_a_published_questionnaire(questionnaires) -> None:
    text = (questionnaires / "HL7_phr_Questionnaire-ScoredAssessment-GAD7.fsh").read_text(encoding="utf-8")
    found = re.findall(r'linkId = "([\d-]+)"\s+\* code = \$CodeSystemLoinc#\S+ "([^"]+)"', text)
    gad7 = PACK.instrument("GAD7")
    theirs = [(code, words) for code, words in found if code in gad7.codes.items]
    assert tuple(code for code, _ in theirs) == gad7.codes.items
    for (_, words), ours in zip(theirs, load_texts()["GAD7"].sheet("en").questions, strict=True):
        assert _alike(words, ours.ask) > 0.5, (words, ours.ask)
    assert set(PACK.answer_codes.values()) <= set(re.findall(r"LA\d+-\d", text))


def _ordinal(option: dict[str, Any]) -> int:
    return next(int(one["valueDecimal"]) for one in option["extension"] if "valueDecimal" in one)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))


def _alike(theirs: str, ours: str) -> float:
    """The share of our words that the published item also has."""
    known, wanted = set(_plain(theirs).split()), _plain(ours).split()
    return sum(word in known for word in wanted) / len(wanted)
