"""What the forms offer to a finger: never a dose that nobody wrote, never undo of a dose."""

import pytest

from ebbtide.journey.infusion.events import DOSE_KINDS, FLOW_KINDS, SCALES, Kind, ScaleName, read_body
from ebbtide.journey.infusion.offers import (
    OFFERED,
    UNDOABLE,
    USUAL,
    ordered_drugs,
    rescue_drugs,
    scale_rows,
    undoable,
)
from ebbtide.journey.infusion.session import fold
from tests.journey.infusion.events import an_event, at


@pytest.mark.parametrize(
    ("written", "fills"),
    [
        ("clonidine 0.1 mg oral", ("clonidine", "0.1", "mg", "oral")),
        ("Midazolam 2 mg IV", ("Midazolam", "2", "mg", "iv")),
        ("ondansetron 4.0 mg", ("ondansetron", "4", "mg", "")),
        ("fentanyl 50 mcg by mouth", ("fentanyl", "50", "microgram", "oral")),
        ("clonidine", ("clonidine", "", "", "")),
        ("clonidine 0.1-0.2 mg oral", ("clonidine 0.1-0.2 mg oral", "", "", "")),
        ("midazolam 2 mg rectally", ("midazolam 2 mg rectally", "", "", "")),
        ("midazolam 2 drops", ("midazolam 2 drops", "", "", "")),
        ("midazolam 0 mg iv", ("midazolam", "", "mg", "iv")),
    ],
)
def test_it_offers_an_ordered_drug_only_as_far_as_its_words_go(written, fills):
    (offer,) = ordered_drugs([written, "  "])
    assert tuple(offer.fills.values()) == fills


def test_it_offers_rescue_drugs_that_the_log_takes():
    assert {"midazolam", "labetalol", "ondansetron"} <= {offer.drug for offer in rescue_drugs()}
    for offer in rescue_drugs():
        assert read_body(Kind.DRUG_GIVEN, offer.fills)
    assert rescue_drugs()[0].words == "midazolam 1 mg, iv"


def test_it_offers_usual_values_that_the_scales_have():
    assert all(SCALES[name].low <= value <= SCALES[name].high for name, value in USUAL.items())
    for kind, name in OFFERED:
        assert name in read_body_fields(kind)


def read_body_fields(kind):
    from ebbtide.journey.infusion.events import FIELDS

    return FIELDS[kind]


def test_it_gives_each_scale_one_touch_for_what_is_usual_or_was_before():
    rows = {row.name: row for row in scale_rows(fold([an_event("scale", 3, name="RASS", value="-1")]))}
    assert set(rows) == set(ScaleName)
    rass = rows[ScaleName.RASS]
    assert (rass.one_touch.words, rass.as_before, rass.last_at) == ("−1", True, at(3))
    assert [cell.words for cell in rass.cells][:2] == ["−5", "−4"]
    assert (rows[ScaleName.MOAAS].one_touch.value, rows[ScaleName.MOAAS].as_before) == (5, False)
    assert rows[ScaleName.NRS11].one_touch is None  # nobody's pain is usual


@pytest.mark.parametrize(
    "kind", sorted(FLOW_KINDS | DOSE_KINDS | {Kind.DRUG_GIVEN, Kind.PUMP_ACTION, Kind.EMERGENCY})
)
def test_it_never_offers_undo_of_a_dose(kind):
    assert kind not in UNDOABLE


def test_it_offers_undo_of_the_newest_own_entry_for_ten_seconds():
    note = an_event("note", 5, text="x")
    assert undoable(fold([note]), author="N. Urse", at=at(5 + 9 / 60)) == note
    assert undoable(fold([note]), author="N. Urse", at=at(5 + 10 / 60)) is None
    assert undoable(fold([note]), author="Somebody Else", at=at(5)) is None
    assert undoable(fold([]), author="N. Urse", at=at(5)) is None
    corrected = an_event("note", 5, text="y", replaces=note.id)
    assert undoable(fold([note, corrected]), author="N. Urse", at=at(5)) is None
    start = an_event("start", 5.1, rate_mg_per_h="60")
    assert undoable(fold([note, start]), author="N. Urse", at=at(5.11)) is None
