"""The pure parts: every branch of the rules, the texts and the words, without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ebbtide.journey.assessment.consent_text import ConsentTextRefused, current_texts, read_text, text_in
from ebbtide.journey.assessment.findings import brief, label_of
from ebbtide.journey.assessment.history import KnownFact, as_stored
from ebbtide.journey.assessment.rules import (
    ConsentState,
    change_percent,
    check_signature,
    consent_state,
    weight_challenge,
    weight_in_kg,
)

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("expires_on", "withdrawn", "current", "state"),
    [
        (DAY, False, True, ConsentState.CURRENT),
        (date(2026, 11, 22), False, True, ConsentState.EXPIRED),
        (DAY, True, True, ConsentState.WITHDRAWN),
        (DAY, False, False, ConsentState.OLD_TEXT),
    ],
)
def test_a_consent_counts_or_says_why_not(expires_on, withdrawn, current, state):
    assert (
        consent_state(expires_on=expires_on, today=DAY, withdrawn=withdrawn, text_is_current=current) is state
    )


@pytest.mark.parametrize(
    ("now_kg", "before_kg", "height_cm", "rule"),
    [
        ("71", None, None, None), ("71", "70", "170", None), ("90", "70", None, "WEIGHT-CHANGE"), ("50", "70", None, "WEIGHT-CHANGE"),
        ("30", None, "170", "WEIGHT-BMI"), ("250", None, "170", "WEIGHT-BMI"),
    ],
)  # fmt: skip
def test_a_weight_is_plausible_or_challenged(now_kg, before_kg, height_cm, rule):
    challenge = weight_challenge(
        now_kg=Decimal(now_kg),
        before_kg=before_kg and Decimal(before_kg),
        height_cm=height_cm and Decimal(height_cm),
    )
    assert (challenge.rule if challenge else None) == rule


def test_pounds_become_kilograms_half_to_even():
    assert weight_in_kg(value=Decimal("156.5"), unit="lb") == Decimal("71.0")
    assert weight_in_kg(value=Decimal("71.25"), unit="kg") == Decimal("71.2")
    assert change_percent(before_kg=Decimal(80), now_kg=Decimal(72)) == Decimal("-10.0")


def test_a_signature_needs_every_part_a_name_and_the_right_one():
    def rule(understood, name):
        problem = check_signature(
            sections=("a", "b"), understood=understood, signed_name=name, family_name="O'Brien"
        )
        return problem.rule if problem else None

    assert rule(("a",), "Pat O'Brien") == "CONSENT-SECTIONS"
    assert rule(("a", "b"), "") == "CONSENT-UNSIGNED"
    assert rule(("a", "b"), "Pat Smith") == "CONSENT-NAME"
    assert rule(("b", "a"), "pat obrien") is None


def test_both_texts_hold_the_same_parts_and_every_required_one():
    english, spanish = current_texts()["en"], current_texts()["es"]
    assert english.section_ids == spanish.section_ids
    assert {
        "off_label",
        "benefit",
        "alternatives",
        "plan",
        "effects",
        "unknown",
        "driving",
        "pregnancy",
        "medicines",
        "cost",
        "registry",
    } < set(english.section_ids)
    assert text_in("fr").language == "en"
    assert text_in("es-MX").language == "es"
    assert english.version == spanish.version


@pytest.mark.parametrize(
    "content",
    [
        b"version: 1\n\n## a: Part\nwords",
        b"version: 1\nlanguage: en\ntitle: T\nstatement: S\n\n## a: Part\n",
        b"version: 1\nlanguage: en\ntitle: T\nstatement: S\n\n## a: One\nwords\n## a: Two\nwords",
    ],
)
def test_a_malformed_text_is_refused(content):
    with pytest.raises(ConsentTextRefused):
        read_text(content)


def test_words_leave_out_units_and_long_ids():
    assert label_of("systolic_mmHg") == "systolic"
    assert label_of("problems") == "problems"
    assert brief("imported from Condition/c60a0789-8029-4d42-ac63; typed") == "imported from Condition; typed"
    assert brief("imported from Condition/9") == "imported from Condition/9"


def test_a_value_is_kept_as_json_or_refused():
    assert as_stored(Decimal("71.50")) == 71.5
    assert as_stored(Decimal("71.00")) == 71
    assert as_stored(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00+00:00"
    with pytest.raises(TypeError):
        as_stored(KnownFact)
