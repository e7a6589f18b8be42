"""What leaves the log comes back as it was: wish W19, values on the screen that were absent in the export."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.events import FIELDS, Field, Kind, Of, ScaleName, read_body
from ebbtide.journey.infusion.exports import exported, imported
from ebbtide.journey.infusion.session import fold
from tests.journey.infusion.events import an_event

TEXT = st.text(alphabet="abc äöü:;\"'", min_size=1, max_size=20).filter(str.strip)


def _typed(spec: Field):
    if spec.of is Of.TEXT:
        return TEXT
    if spec.of is Of.CHOICE:
        return st.sampled_from(spec.choices)
    low, high = max(spec.low, Decimal(1)), min(spec.high, Decimal(10))
    if spec.of is Of.WHOLE:
        return st.integers(int(low), int(high))
    high = min(spec.high, Decimal(300))
    return st.integers(int(max(spec.low, 1)), int(high)).map(str)


@st.composite
def logs(draw):
    """Entries of every kind as the door lets them in, some of them corrected or withdrawn."""
    found = []
    for kind in draw(st.lists(st.sampled_from(sorted(Kind)), max_size=12)):
        body = {name: draw(_typed(spec)) for name, spec in FIELDS[kind].items() if name not in NOT_ANY}
        if kind is Kind.SCALE:
            body = {"name": draw(st.sampled_from(sorted(ScaleName))), "value": draw(st.integers(0, 4))}
        if kind is Kind.OBSERVATION:
            body |= {
                "sbp_mmHg": "120",
                "dbp_mmHg": "80",
                "as_monitor": draw(st.sampled_from(["", "hr_per_min"])),
            }
        old = draw(st.sampled_from([None, *found])) if found else None
        gone = old is not None and old.kind is kind and draw(st.booleans())
        replaces = old.id if old is not None and old.kind is kind else None
        minutes = draw(st.integers(0, 240))
        found.append(
            an_event(
                kind, minutes, number=new_id(), replaces=replaces, withdrawn=gone, **({} if gone else body)
            )
        )
    return found


NOT_ANY = frozenset({"as_monitor", "sbp_mmHg", "dbp_mmHg"})


@given(logs())
def test_it_gives_the_same_state_after_export_and_import(found):
    rows = json.loads(json.dumps(exported(found)))
    assert fold(imported(rows)) == fold(found)
    assert sorted(imported(rows), key=lambda one: one.id) == sorted(found, key=lambda one: one.id)


@given(logs())
def test_it_exports_the_same_rows_whatever_the_order_of_arrival(found):
    assert exported(reversed(found)) == exported(found) == exported(imported(exported(found)))


def test_w19_a_value_on_the_screen_that_is_absent_in_the_export():
    event = an_event("observation", 5, spo2_percent="97", o2_flow_l_per_min="0")
    (row,) = exported([event])
    assert row["body"] == {"spo2_percent": "97", "o2_flow_l_per_min": "0"}
    assert read_body(Kind.OBSERVATION, row["body"]) == event.values
