"""The log in words, newest first; what was corrected stays readable."""

import pytest

from ebbtide.journey.infusion.events import Event, Kind
from ebbtide.journey.infusion.lines import TITLES, lines_of, said
from ebbtide.journey.infusion.session import fold
from tests.journey.infusion.events import T0, an_event


def test_it_has_a_title_for_every_kind():
    assert set(TITLES) == set(Kind)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (an_event("start", rate_mg_per_h="52.5"), "52.5 mg/h"),
        (an_event("rate_increase", rate_mg_per_h="60", reason="pain"), "60 mg/h: pain"),
        (an_event("bolus", amount_mg="10", over_min=5), "10 mg over 5 min"),
        (an_event("bolus", amount_mg="10", over_min=0, reason="agreed"), "10 mg at once: agreed"),
        (an_event("observation", sbp_mmHg="118", dbp_mmHg="74", spo2_percent="97", o2_flow_l_per_min="2"),
         "BP 118/74 mmHg · SpO₂ 97 % · O₂ 2 L/min"),
        (an_event("observation", hr_per_min="78"), "HR 78 /min"),
        (an_event("scale", name="RASS", value="-1"), "RASS −1"),
        (an_event("drug_given", drug="ondansetron", amount="4", unit="mg", route="iv"), "ondansetron 4 mg, iv"),
        (an_event("adverse_event", event="nausea", severity="mild"), "nausea, mild"),
        (an_event("adverse_event", event="nausea", severity="mild", action="slowed"), "nausea, mild: slowed"),
        (an_event("observation", hr_per_min="78", spo2_percent="97", as_monitor="hr_per_min spo2_percent"),
         "HR 78 /min · SpO₂ 97 % · read off the monitor"),
        (an_event("observation", sbp_mmHg="118", dbp_mmHg="74", rr_per_min="14", as_monitor="sbp_mmHg dbp_mmHg"),
         "BP 118/74 mmHg · RR 14 /min · read off the monitor: BP"),
        (an_event("observation", hr_per_min="78", cuff_site="left arm", limb_reason="no other limb"),
         "HR 78 /min · cuff left arm · on the spared limb: no other limb"),
        (an_event("off_monitor", reason="toilet", for_min=5), "toilet, for 5 min"),
        (an_event("off_monitor", reason="toilet"), "toilet"),
        (an_event("back_on_monitor"), ""),
        (an_event("iv_access", done="placed", site="right hand", gauge="22", attempts=2),
         "placed, right hand, 22 G, 2 attempts"),
        (an_event("iv_access", done="attempt_failed", site="right hand", attempts=1), "attempt failed, right hand, 1 attempt"),
        (an_event("iv_access", done="not_patent"), "looked at, NOT patent"),
        (an_event("equipment", item="pump", identity="BB-0231", state="in_use"), "pump BB-0231, in use"),
        (an_event("equipment", item="airway_kit", state="ready"), "airway kit, ready"),
        (an_event("pause", reason="toilet"), "toilet"),
        (an_event("check_in"), ""),
        (Event(id=T0 and an_event("note", text="x").id, kind=Kind.START, observed_at=T0, recorded_at=T0), "not recorded"),
        (Event(id=an_event("note", text="x").id, kind=Kind.SCALE, observed_at=T0, recorded_at=T0), " not recorded"),
    ],
)  # fmt: skip
def test_it_says_an_entry(event, words):
    assert said(event) == words


def test_it_lists_newest_first_and_keeps_what_was_corrected():
    start = an_event("start", 0, rate_mg_per_h="600")
    right = an_event("start", 0, rate_mg_per_h="60", replaces=start.id)
    note = an_event("note", 5, text="x")
    gone = an_event("note", 6, replaces=note.id, withdrawn=True)
    events = [start, right, note, gone]
    lines = lines_of(events, set_aside=fold(events).set_aside)
    assert [(line.title, line.stands) for line in lines][:2] == [("Withdrawn: note", True), ("Note", False)]
    assert {(line.words, line.stands, line.is_correction) for line in lines[2:]} == {
        ("60 mg/h", True, True),
        ("600 mg/h", False, False),
    }
