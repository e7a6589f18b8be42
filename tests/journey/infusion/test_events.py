"""Bodies of entries: what can be charted, in which words it is refused, and that what was written is read back."""

from datetime import datetime
from decimal import Decimal

import pytest

from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy.table import table
from ebbtide.journey.infusion.events import (
    DOSE_KINDS,
    FIELDS,
    BodyRefused,
    Event,
    Kind,
    read_body,
    written,
)
from ebbtide.journey.infusion.models import EntryKind
from tests.journey.infusion.events import an_event, at


def test_it_knows_the_same_kinds_as_the_tables_and_the_policy() -> None:
    resources = table().resources
    assert set(Kind) == set(EntryKind.values) == set(FIELDS)
    assert set(DOSE_KINDS) == resources["infusion.dose_act"].kinds
    assert set(Kind) - DOSE_KINDS == resources["infusion.session_log"].kinds


READ = [
    ("start", {"rate_mg_per_h": "52.5"}, {"rate_mg_per_h": Decimal("52.5")}),
    ("start", {"rate_mg_per_h": 52}, {"rate_mg_per_h": Decimal(52)}),
    ("start", {"rate_mg_per_h": Decimal("52.50")}, {"rate_mg_per_h": Decimal("52.5")}),
    ("start", {"rate_mg_per_h": "52.5", "reason": "  "}, {"rate_mg_per_h": Decimal("52.5")}),
    ("bolus", {"amount_mg": "10", "over_min": 5}, {"amount_mg": Decimal(10), "over_min": 5}),
    ("bolus", {"amount_mg": "10", "over_min": "0"}, {"amount_mg": Decimal(10), "over_min": 0}),
    ("pause", {}, {}),
    ("pause", {"reason": " toilet "}, {"reason": "toilet"}),
    ("observation", {"spo2_percent": "97"}, {"spo2_percent": Decimal(97)}),
    ("observation", {"temp_c": "36.0", "hr_per_min": ""}, {"temp_c": Decimal(36)}),
    ("observation", {"o2_flow_l_per_min": "0"}, {"o2_flow_l_per_min": Decimal(0)}),
    ("observation", {"sbp_mmHg": "118", "dbp_mmHg": "74"}, {"sbp_mmHg": Decimal(118), "dbp_mmHg": Decimal(74)}),
    ("scale", {"name": "RASS", "value": "-2"}, {"name": "RASS", "value": -2}),
    ("drug_given", {"drug": "ondansetron", "amount": "4", "unit": "mg", "route": "iv"},
     {"drug": "ondansetron", "amount": Decimal(4), "unit": "mg", "route": "iv"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "values"), READ)
def test_it_reads_a_body(kind: str, body: dict, values: dict) -> None:
    assert read_body(Kind(kind), body) == values


@pytest.mark.parametrize(("kind", "body", "values"), READ)
def test_it_writes_what_it_reads_back(kind: str, body: dict, values: dict) -> None:
    kept = written(values)
    assert all(isinstance(value, str | int) for value in kept.values())
    assert read_body(Kind(kind), kept) == values


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("start", {}, "Rate is missing"),
        ("start", {"rate_mg_per_h": "0"}, "must be above zero"),
        ("start", {"rate_mg_per_h": "-5"}, "has a sign"),
        ("start", {"rate_mg_per_h": "5.0"}, "ends with a zero"),
        ("start", {"rate_mg_per_h": "5,5"}, "has a comma"),
        ("start", {"rate_mg_per_h": "5.1234"}, "at most 3 decimals"),
        ("start", {"rate_mg_per_h": 52.5}, "is not written as text"),
        ("start", {"rate_mg_per_h": True}, "is not written as text"),
        ("start", {"rate": "52.5"}, "has no field rate"),
        ("bolus", {"amount_mg": "10", "over_min": "five"}, "no whole number"),
        ("bolus", {"amount_mg": "10", "over_min": 121}, "must be 0 to 120 min"),
        ("observation", {}, "Nothing was measured"),
        ("observation", {"spo2_percent": "-1"}, "has a sign"),
        ("observation", {"spo2_percent": "0"}, "must be 30 to 100 %, 0 was written"),
        ("observation", {"spo2_percent": "970"}, "must be 30 to 100 %"),
        ("observation", {"sbp_mmHg": "118"}, "is two numbers"),
        ("observation", {"sbp_mmHg": "74", "dbp_mmHg": "118"}, "is not below"),
        ("scale", {"name": "RASS", "value": "5"}, "RASS goes from -5 to 4"),
        ("scale", {"name": "COMFORT", "value": "-1"}, "Comfort goes from 0 to 10"),
        ("scale", {"name": "BIS", "value": "5"}, "is none of"),
        ("note", {"text": "   "}, "Note is missing"),
        ("adverse_event", {"event": "nausea", "severity": "awful"}, "is none of mild"),
    ],
)
def test_it_refuses_a_body_in_words(kind: str, body: dict, words: str) -> None:
    with pytest.raises(BodyRefused, match=words):
        read_body(Kind(kind), body)


def test_it_refuses_a_time_without_a_zone() -> None:
    naive = datetime(2026, 11, 23, 15, 0)
    with pytest.raises(ValueError, match="without a zone"):
        Event(id=new_id(), kind=Kind.NOTE, observed_at=naive, recorded_at=at(0))


def test_it_answers_none_for_a_number_that_is_not_there() -> None:
    event = an_event("note", text="calm")
    assert event.decimal("text") is None
    assert event.decimal("rate_mg_per_h") is None
    assert event.text("rate_mg_per_h") == ""
