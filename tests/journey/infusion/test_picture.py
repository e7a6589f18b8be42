"""The picture's own rules: what is joined, what is a gap, what stands apart. Named after what it must not do (W14 to W19, W25)."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.picture import (
    MOST_BUCKETS,
    Bucket,
    Source,
    bucket_s_for,
    marks_of,
    rates_of,
    rows_between,
    rows_of,
    traces_of,
    typed_of,
)
from ebbtide.journey.infusion.session import fold
from tests.builders import NOW
from tests.journey.infusion.events import an_event as event

ONE, TWO = UUID(int=1), UUID(int=2)
SOURCES = (
    Source(device=ONE, name="Monitor 1", simulated=False, since_s=0.0),
    Source(device=TWO, name="Monitor 2", simulated=True, since_s=5.0),
)


def buckets(readings, *, signal="spo2", device=ONE, width=1):
    """What the database makes of (second, value or state) pairs of one device."""
    found = {}
    for second, said in readings:
        state, value = ("value", said) if isinstance(said, int | float) else (said, None)
        found.setdefault((state, int(second // width)), []).append((second, value))
    return [
        Bucket(
            signal=signal, device=device, state=state, number=number, count=len(told),
            first_s=told[0][0], last_s=told[-1][0],
            low=min((v for _, v in told if v is not None), default=None),
            high=max((v for _, v in told if v is not None), default=None),
        )
        for (state, number), told in found.items()
    ]  # fmt: skip


def trace(readings, **more):
    return traces_of(buckets(readings, **more), SOURCES)[0]


def test_it_keeps_the_lowest_and_the_highest_of_a_pixel():
    found = trace([(0, 97), (1, 88), (2, 99), (3, 96)], width=5)
    assert found.points == ((0, 88), (3, 99))


def test_it_never_draws_a_line_over_a_gap():
    found = trace([*((s, 97) for s in range(5)), *((s, 96) for s in range(60, 65))])
    assert (32.0, None) in found.points
    assert [(gap.from_s, gap.until_s, gap.words) for gap in found.gaps] == [(4, 60, "nothing received")]


def test_it_never_draws_a_line_over_a_probe_that_was_off():
    found = trace([(0, 97), (1, 97), (2, "probe_off"), (3, 97)])
    assert found.points == ((0, 97), (1, 97), (2.0, None), (3, 97))
    assert [gap.words for gap in found.gaps] == ["probe off"]


def test_it_breaks_the_line_inside_a_pixel_in_which_there_was_no_data():
    found = trace([(0, 97), (1, "no_data"), (2, 95)], width=5)
    assert found.points == ((0, 95), (1.0, None), (2, 97))


def test_it_breaks_the_line_inside_a_pixel_that_was_mostly_silent():
    found = trace([(0, 97), (1, 97), (58, 90), (59, 90)], width=60)
    assert found.points[1][1] is None


def test_it_does_not_freeze_the_last_value_of_a_dead_sensor():
    found = trace([(s, 97) for s in range(30)])
    assert found.points[-1] == (29, 97)
    assert found.silent_after_s == 15.0


def test_it_says_why_there_is_no_number_since_the_last_one():
    assert trace([(0, 97), (1, "probe_off"), (2, "probe_off")]).since == "probe off"
    assert trace([(0, 97), (1, "probe_off"), (2, 96)]).since == ""


def test_it_draws_what_was_synthetic_apart_from_what_was_measured():
    made_up = buckets([(0, 97), (1, 97)])
    made_up += [
        Bucket(
            signal="spo2",
            device=ONE,
            state="synthetic",
            number=s,
            count=1,
            first_s=s,
            last_s=s,
            low=98,
            high=98,
        )
        for s in (2, 3)
    ]
    found = traces_of(made_up, SOURCES)[0]
    assert [value for _, value in found.synthetic if value] == [98, 98]
    assert 98 not in [value for _, value in found.points]


def test_it_takes_one_source_of_two_and_says_which():
    two = [*buckets([(0, 97), (1, 97), (3, 95)]), *buckets([(1, 91), (2, 92), (3, 93)], device=TWO)]
    found = traces_of(two, SOURCES)[0]
    assert [value for _, value in found.points if value is not None] == [97, 97, 92, 95]
    assert found.sources == (ONE, TWO)
    assert (1.5, None) in found.points  # another monitor begins a new piece of line


def test_a_cuff_may_be_silent_for_longer_than_a_probe():
    found = trace([(0, 120), (180, 122), (2000, 118)], signal="sbp")
    assert [(gap.from_s, gap.until_s) for gap in found.gaps] == [(180, 2000)]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600), st.one_of(st.integers(60, 100), st.sampled_from(["no_data", "probe_off"]))
        ),
        unique_by=lambda pair: pair[0],
    ),
    st.sampled_from([1, 5, 15]),
)
def test_it_joins_two_readings_only_when_nothing_is_missing_between_them(readings, width):
    readings.sort()
    found = traces_of(buckets(readings, width=width), SOURCES)
    points = list(found[0].points) if found else []
    assert [t for t, _ in points] == sorted(t for t, _ in points)
    values = {value for _, value in readings if not isinstance(value, str)}
    assert {value for _, value in points if value is not None} <= values
    for (a, one), (b, other) in pairwise(points):
        if one is None or other is None:
            continue
        assert b - a <= 15 or b // width == a // width
        assert not [s for s, said in readings if isinstance(said, str) and a < s < b]


@given(st.floats(0, 12 * 3600))
def test_a_signal_has_no_more_buckets_than_pixels(span_s):
    assert span_s / bucket_s_for(span_s) <= MOST_BUCKETS
    assert span_s / rows_between(span_s) <= 50


def at(minutes):
    return NOW + timedelta(minutes=minutes)


def a_session(*more):
    return fold([event(Kind.START, 0, rate_mg_per_h="50"), *more])


def test_the_rate_is_a_step_and_a_pause_is_nothing():
    state = a_session(
        event(Kind.PAUSE, 10),
        event(Kind.RESUME, 15, rate_mg_per_h="50"),
        event(Kind.RATE_DECREASE, 20, rate_mg_per_h="30"),
    )
    assert [rate for _, rate in rates_of(state)] == [50.0, 0.0, 50.0, 30.0]
    pause = next(mark for mark in marks_of(state) if mark.kind == "pause")
    assert (pause.until - pause.at) == timedelta(minutes=5)


def test_hands_are_dots_and_what_was_corrected_is_not_drawn():
    first = event(Kind.OBSERVATION, 1, hr_per_min="80", sbp_mmHg="120", dbp_mmHg="70")
    second = event(Kind.OBSERVATION, 1, hr_per_min="88", replaces=first.id)
    assert {(one.signal, one.value) for one in typed_of(a_session(first, second))} == {("hr", 88.0)}


def test_it_marks_boluses_drugs_scales_and_events_in_their_lanes():
    state = a_session(
        event(Kind.BOLUS, 2, amount_mg="10", over_min=5),
        event(Kind.DRUG_GIVEN, 3, drug="ondansetron", amount="4", unit="mg", route="iv"),
        event(Kind.SCALE, 4, name="RASS", value=-2),
        event(Kind.ADVERSE_EVENT, 5, event="nausea", severity="mild"),
    )
    assert [(m.lane, m.short) for m in marks_of(state)] == [
        ("drugs", "10 mg"), ("drugs", "ondansetron"), ("scales", "RASS −2"), ("events", "nausea"),
    ]  # fmt: skip


def test_the_table_says_what_the_drawing_says():
    found = trace([*((s, 97 - s % 3) for s in range(70)), *((s, 96) for s in range(200, 240))])
    rows = list(rows_of([found], span_s=300))
    assert rows[0].cells == ("95 to 97",)
    assert rows[1].cells == ("95 to 97, with a gap: nothing received",)
    assert rows[2].cells == ("nothing received",)
    assert rows[4].cells == ("nothing received",)
