"""What holds for every stream: order means nothing, a silence changes no condition, nothing raises, a state can be kept."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.journey.infusion.checks.core import State, run, step
from ebbtide.journey.infusion.checks.inputs import Acknowledge, LinkLost, Sample, Silence, Tick
from ebbtide.journey.infusion.checks.keeping import restored, stored
from tests.journey.infusion.watched import MONITOR, a_plan

SECOND = "monitor-2"
PLAN = a_plan(
    baseline={"spo2": 98.0, "hr": 70.0, "sbp": 120.0, "etco2": 38.0}, monitors=((MONITOR, 0.0), (SECOND, 1.0))
)
LEVELS = {
    "spo2": (98.0, 91.0, 86.0, 78.0),
    "hr": (70.0, 105.0, 140.0, 40.0),
    "pulse": (70.0, 135.0),
    "rr": (14.0, 6.0, 0.0),
    "etco2": (38.0, 62.0, 15.0),
    "sbp": (120.0, 155.0, 190.0, 84.0),
    "dbp": (80.0, 115.0),
}


@st.composite
def streams(draw, seconds=60):
    """Up to a minute of two monitors: levels that change, gaps, and moments without a value."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    found = []
    for signal, levels in LEVELS.items():
        level, every = rng.choice(levels), 1 if signal not in {"sbp", "dbp"} else rng.choice((20, 30))
        for second in range(0, seconds, every):
            if rng.random() < 0.08:
                level = rng.choice(levels)
            if rng.random() < 0.1:
                continue
            device = SECOND if rng.random() < 0.2 else MONITOR
            absent = rng.random() < 0.05
            found.append(
                Sample(
                    at_s=1000.0 + second,
                    device=device,
                    signal=signal,
                    value=None if absent else level,
                    state="probe_off" if absent else "value",
                )
            )
    return found


def at_the_end(samples, at_s=1062.0):
    state, _ = run(PLAN, State(), [*samples, Tick(at_s=at_s)])
    judged = {name: channel.now for name, channel in state.known.channels.items()}
    return judged, state.known.heard, state.true, state.signals


def same_whatever_the_order(data, stream):
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    mixed = [*stream, *rng.sample(stream, len(stream) // 4)]
    rng.shuffle(mixed)
    assert at_the_end(mixed) == at_the_end(stream)


@settings(max_examples=8, deadline=None)
@given(data=st.data(), stream=streams())
def test_a_stream_in_any_order_and_twice_ends_the_same(data, stream):
    same_whatever_the_order(data, stream)


@pytest.mark.nightly
@settings(max_examples=200, deadline=None)
@given(data=st.data(), stream=streams(seconds=40))
def test_a_stream_in_any_order_and_twice_ends_the_same_by_night(data, stream):
    same_whatever_the_order(data, stream)


@pytest.mark.weekly
@settings(max_examples=10_000, deadline=None)
@given(data=st.data(), stream=streams(seconds=20))
def test_ten_thousand_streams_in_any_order_and_twice_end_the_same(data, stream):
    same_whatever_the_order(data, stream)


@settings(max_examples=3, deadline=None)
@given(data=st.data(), stream=streams(seconds=135))
def test_what_comes_late_by_less_than_the_window_ends_the_same(data, stream):
    """Longer than the window, so that it is cut on the way: what is late by less than a minute still counts."""
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    ordered = sorted(stream, key=lambda one: one.at_s)
    late = sorted(ordered, key=lambda one: one.at_s + rng.uniform(0, 55))
    assert at_the_end(late, 1140.0) == at_the_end(ordered, 1140.0)


@settings(max_examples=6, deadline=None)
@given(data=st.data(), stream=streams(seconds=90))
def test_a_silence_or_an_acknowledgement_never_changes_a_condition(data, stream):
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    plain = touched = State()
    for one in sorted(stream, key=lambda sample: sample.at_s):
        tick = Tick(at_s=one.at_s)
        plain, told = run(PLAN, plain, [one, tick])
        touched, told_too = run(PLAN, touched, [one, tick])
        assert touched.true == plain.true
        conditions = [event for event in told if event.said in {"began", "ended"}]
        assert conditions == [event for event in told_too if event.said in {"began", "ended"}]
        if touched.signals and rng.random() < 0.2:
            key = rng.choice(list(touched.signals))
            touch = rng.choice([
                Silence(at_s=one.at_s, for_s=60), Acknowledge(at_s=one.at_s, key=key), LinkLost(at_s=one.at_s),
            ])  # fmt: skip
            touched, _ = step(PLAN, touched, touch)


@settings(max_examples=4, deadline=None)
@given(stream=streams(seconds=130), cut=st.floats(0.1, 0.9))
def test_a_state_that_was_kept_goes_on_as_if_nothing_had_happened(stream, cut):
    """Also when some of what had come before is read again."""
    ordered = [given for one in sorted(stream, key=lambda s: s.at_s) for given in (one, Tick(at_s=one.at_s))]
    place = int(len(ordered) * cut)
    half, _ = run(PLAN, State(), ordered[:place])
    kept = restored(PLAN, json.loads(json.dumps(stored(half))))
    again = [one for one in ordered[max(0, place - 60) : place] if isinstance(one, Sample)]
    went_on, events = run(PLAN, kept, [*again, *ordered[place:]])
    straight, whole = run(PLAN, half, ordered[place:])
    assert stored(went_on)["signals"] == stored(straight)["signals"]
    assert (went_on.true, events) == (straight.true, whole)


ODD = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -1.0, -999.0, 1e300])


@settings(max_examples=60, deadline=None)
@given(
    given_=st.lists(
        st.builds(
            Sample,
            at_s=st.floats(0, 5000) | ODD,
            device=st.sampled_from([MONITOR, "unknown"]),
            signal=st.sampled_from([*LEVELS, "temp", "odd"]),
            value=st.none() | ODD,
            state=st.sampled_from(["value", "no_data", "probe_off", "artefact", "synthetic", "odd"]),
        )
        | st.builds(Tick, at_s=st.floats(0, 5000))
        | st.builds(Silence, at_s=st.floats(0, 5000), for_s=ODD),
        max_size=40,
    )
)
def test_it_never_raises_and_names_only_what_it_knows(given_):
    _, events = run(PLAN, State(), given_)
    known = {one.id for one in PLAN.limits.limits}
    assert all(event.limit in known for event in events)
