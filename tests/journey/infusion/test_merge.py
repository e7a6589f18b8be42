"""Two tablets, one log: what was charted apart is kept in any order, and what does not fit is shown to a person.

The wish behind it: a second tablet that opened while the first was offline replaced the charted sheet (wishes.md, section 2).
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tools.bench_chair.__main__ import as_row
from tools.bench_chair.night import keep
from tools.bench_chair.offline_histories import STEPS, measure
from tools.bench_chair.two_tablets import History, Step

from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.actions import NewEntry
from ebbtide.journey.infusion.models import Entry
from ebbtide.journey.infusion.queries import events_of, open_sessions
from ebbtide.journey.infusion.rules import charted_apart
from ebbtide.journey.infusion.session import CORRECTED_TWICE, fold
from ebbtide.journey.infusion.views.entries import write
from tests.clocks import stand_at
from tests.journey.infusion.arrange import LOADING, RATE, Chairside, after
from tests.journey.infusion.events import an_event, at

OTHERS = (an_event("note", 10, text="x"),)


@pytest.mark.parametrize(
    ("charted", "seen", "recorded", "apart"),
    [
        (None, None, 20, False),  # typed on a page of the clinic itself
        (20, 15, 20, False),  # a tablet that has read all there is
        (20, 15, 21, False),
        (20, 15, 21.1, True),  # it waited for more than a minute
        (20, 9, 20, True),  # the other entry came after it had read the log
        (20, None, 20, True),  # it had not read the log at all
    ],
)
def test_it_knows_what_a_tablet_could_not_know(charted, seen, recorded, apart):
    when = [None if one is None else at(one) for one in (charted, seen, recorded)]
    assert charted_apart(charted_at=when[0], seen_at=when[1], recorded_at=when[2], log=OTHERS) is apart


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_h19_reconnect_multiset_equality(steps):
    """Hazard H19: nothing is lost or doubled, every conflict is shown, and the order of arrival means nothing."""
    assert History().tell(steps).faults() == []


def test_it_would_notice_an_entry_that_a_clinic_drops():
    history = History().tell([Step(tablet=0, does=one, after_s=60) for one in ("start", "note", "stop")])
    history.clinic.log.popitem()
    assert history.faults() == ["the log is not what was typed"]


@pytest.mark.nightly
def test_it_loses_none_of_ten_thousand_histories():
    row = measure()
    keep(as_row(row))
    assert (row["value"], row["met"]) == (0, True), row


def test_of_all_that_corrects_one_entry_the_last_one_stands_at_whatever_remove():
    first = an_event("bolus", 1, amount_mg="10", over_min=0)
    mine = an_event("bolus", 1, amount_mg="8", over_min=0, replaces=first.id)
    again = an_event("bolus", 1, amount_mg="9", over_min=0, replaces=mine.id)
    other = an_event("bolus", 1, amount_mg="7", over_min=0, replaces=first.id)
    log = [first, mine, again]
    state = fold([*log, _recorded(other, 9)])
    assert [part.amount_mg for part in state.boluses] == [7]
    assert [(one.event, one.words) for one in state.problems] == [(again.id, CORRECTED_TWICE)]
    assert fold([*[_recorded(one, 20) for one in log], _recorded(other, 9)]).boluses[0].amount_mg == 9


def test_it_folds_a_ring_of_corrections_that_nobody_can_chart():
    one, two = new_id(), new_id()
    ring = [
        an_event("note", 1, number=one, replaces=two, text="a"),
        an_event("note", 2, number=two, replaces=one, text="b"),
        an_event("note", 3, replaces=two, text="c"),
        an_event("note", 4, replaces=one, text="d"),
    ]
    assert len(fold(ring).events) == 1


def _recorded(event, minutes):
    return replace(event, recorded_at=at(minutes))


# — the same against the real record —


class AtTheTablet:
    """A tablet of a nurse: it charts at one time and is heard at another."""

    def __init__(self, scene, monkeypatch, name="t1"):
        self.scene, self.name, self.number, self.patch = scene, name, 0, monkeypatch

    def typed(self, kind, minutes, *, seen=None, replaces=None, withdrawn=False, **body):
        self.number += 1
        return NewEntry(
            id=new_id(),
            kind=kind,
            observed_at=after(minutes),
            body=body,
            tablet=self.name,
            tablet_number=self.number,
            charted_at=after(minutes),
            seen_at=None if seen is None else after(seen),
            replaces=replaces.pk if replaces else None,
            withdrawn=withdrawn,
        )

    def heard(self, entry, minutes):
        stand_at(self.patch, after(minutes))
        by = replace(self.scene.nurse, authenticated_at=after(minutes))
        return write(act_now(by, f"entry/{entry.id}", device=self.name), self.scene.session, entry)


@pytest.fixture
def tablets(monkeypatch):
    scene = Chairside().running()
    return scene, AtTheTablet(scene, monkeypatch, "t1"), AtTheTablet(scene, monkeypatch, "t2")


@pytest.mark.django_db
def test_it_keeps_what_happened_offline_and_shows_what_cannot_have_happened(tablets):
    scene, away, here = tablets
    paused, resumed = away.typed("pause", 10), away.typed("resume", 25, rate_mg_per_h=RATE)
    here.heard(here.typed("stop", 20, seen=19), 20)
    away.heard(paused, 40)
    away.heard(resumed, 40)
    state = fold(events_of(scene.session))
    assert [one.kind for one in state.events][-3:] == ["pause", "stop", "resume"]
    assert [one.event for one in state.problems] == [resumed.id]
    assert state.stopped_at == after(20)


@pytest.mark.django_db
def test_it_still_refuses_what_whoever_charted_it_could_have_known(tablets):
    scene, tablet, _ = tablets
    tablet.heard(tablet.typed("stop", 5, seen=4), 5)
    with pytest.raises(Refused) as found:
        tablet.heard(tablet.typed("pause", 6, seen=5.5), 6)
    assert found.value.rule == "INF-ORDER"
    assert scene.state().problems == ()


@pytest.mark.django_db
def test_it_keeps_two_corrections_of_one_entry_and_says_so(tablets):
    scene, away, here = tablets
    wrong = scene.chart("observation", 3, spo2_percent="79")
    mine = away.typed("observation", 3, replaces=wrong, spo2_percent="97")
    here.heard(here.typed("observation", 3, seen=4, replaces=wrong, spo2_percent="96"), 5)
    away.heard(mine, 30)
    state = scene.state()
    assert Entry.objects.filter(replaces=wrong).count() == 2
    assert state.signs["spo2_percent"].value == 97
    assert [one.words for one in state.problems] == [CORRECTED_TWICE]


@pytest.mark.django_db
def test_a_stop_that_was_corrected_twice_is_open_or_stopped_as_the_fold_says(tablets):
    scene, away, here = tablets
    stop = scene.chart("stop", 3)
    gone = away.typed("stop", 3, replaces=stop, withdrawn=True)
    here.heard(here.typed("stop", 3, seen=4, replaces=stop, reason="done"), 5)
    assert not open_sessions(scene.clinic).exists()
    away.heard(gone, 30)
    assert scene.state().stopped_at is None
    assert open_sessions(scene.clinic).exists()


@pytest.mark.django_db
def test_a_bolus_that_was_corrected_twice_is_judged_without_its_rival(monkeypatch):
    scene = Chairside(steps=LOADING).ready()
    away, here = AtTheTablet(scene, monkeypatch, "t1"), AtTheTablet(scene, monkeypatch, "t2")
    given_ = scene.dose("bolus", 1, amount_mg="10", over_min="5")
    mine = away.typed("bolus", 1, replaces=given_, amount_mg="9", over_min="5")
    here.heard(here.typed("bolus", 1, replaces=given_, amount_mg="8", over_min="5"), 2)
    away.heard(mine, 30)
    assert [part.amount_mg for part in scene.state().boluses] == [9]


KINDS = {
    "note": {"text": "x"},
    "observation": {"spo2_percent": "97"},
    "pause": {},
    "rate_decrease": {"rate_mg_per_h": "40"},
}
CHARTED = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(sorted(KINDS)), st.integers(1, 50)), max_size=8
)


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(charted=CHARTED, data=st.data())
def test_the_real_record_takes_two_tablets_in_any_order_each_entry_once(monkeypatch, charted, data):
    scene = Chairside().running()
    tablets = [AtTheTablet(scene, monkeypatch, name) for name in ("t1", "t2")]
    typed = [(one, tablets[one].typed(kind, minutes, **KINDS[kind])) for one, kind, minutes in charted]
    for one, entry in data.draw(st.permutations([*typed, *typed])):  # every answer is lost once
        tablets[one].heard(entry, 55)
    kept = Entry.objects.filter(session=scene.session, tablet__in=["t1", "t2"]).values_list("id", flat=True)
    assert sorted(kept) == sorted(entry.id for _, entry in typed)
