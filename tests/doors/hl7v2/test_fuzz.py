"""The fuzzer's rounds: no crash, no hang, every message answered with a reason, nothing kept for the wrong person."""

import random
import time

import pytest
from tools.bench.rows import Row
from tools.bench_chair.night import keep

from ebbtide.doors.hl7v2.reading import read
from tests.doors.hl7v2.fuzz import Case, a_message, glued, in_process, trouble_kept
from tests.doors.hl7v2.messages import AT, message, obx


def a_round(seed: int, count: int, *, kept: bool = False) -> None:
    begun_s = time.perf_counter()
    told = in_process(seed, count)
    if kept:
        note = f"{dict(told.codes)}, slowest {told.slowest_ms:.0f} ms of processor time, {time.perf_counter() - begun_s:.0f} s"
        found = len(told.failures)
        keep(
            Row(
                name="fuzz_failures", value=found, unit="", goal=0, better="equal", runs=told.count, note=note
            )
        )
    assert told.failures[:3] == []
    assert told.count == count
    assert min(told.codes["AA"], told.codes["AR"]) > count / 20, told.codes  # or it would prove nothing


def test_it_answers_two_thousand_mutated_messages_and_keeps_none_for_the_wrong_person() -> None:
    a_round(seed=6, count=2000)


@pytest.mark.nightly
def test_it_answers_a_hundred_thousand_mutated_messages() -> None:
    a_round(seed=int(time.time()) // 86400, count=100_000, kept=True)


@pytest.mark.weekly
def test_it_answers_a_million_mutated_messages() -> None:
    for part in range(10):
        a_round(seed=int(time.time()) // 86400 + 1000 * part, count=100_000)


def test_the_fuzzer_sees_a_reading_under_another_monitors_name() -> None:
    report = read(message(obx("spo2", "92", device="MON-7F3A")), AT)
    case = Case(content=b"MON-7F3A", tagged=True)
    assert trouble_kept(case, report) == "kept for the person on another monitor"
    assert trouble_kept(Case(content=b""), report) == "kept for a monitor that the message does not name"


def test_it_takes_nothing_from_two_messages_whose_frames_ran_together() -> None:
    """The end of the first was lost with the line's: the second one's readings would be the first one's person's."""
    chance = random.Random(1)
    for _ in range(50):
        case = glued(chance, a_message(chance, 0), a_message(chance, 1))
        with pytest.raises(Exception, match="Two messages|separators|does not begin"):
            read(case.content, AT)
