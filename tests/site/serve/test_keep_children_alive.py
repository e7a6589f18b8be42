"""A dead child starts again: soon the first time, later after each death that follows at once."""

import sys

import pytest

from ebbtide.site.serve.children import LONGEST_WAIT_S, Child, end_all, keep_alive


def a_child(program: str) -> Child:
    return Child(name="worker", command=[sys.executable, "-c", program], environment={})


def test_it_waits_longer_after_each_quick_death() -> None:
    child = a_child("")
    now_s = 0.0
    waits = []
    child.start(now_s=now_s)
    for _ in range(9):
        assert child.process is not None
        child.process.wait(10)
        keep_alive(child, now_s=now_s, say=lambda line: None)
        waits.append(child.wait_s)
        now_s += child.wait_s
        keep_alive(child, now_s=now_s, say=lambda line: None)
    end_all([child])
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert waits[-1] == LONGEST_WAIT_S


def test_it_lets_no_gateway_wait_long_however_often_it_dies() -> None:
    child = a_child("")
    child.longest_wait_s = 2.0
    child.deaths, child.wait_s = 9, 2.0
    child.start(now_s=0.0)
    assert child.process is not None
    child.process.wait(10)
    keep_alive(child, now_s=1.0, say=lambda line: None)
    assert child.wait_s == 2.0


def test_it_starts_again_soon_after_a_long_life() -> None:
    child = a_child("")
    child.start(now_s=0.0)
    child.deaths, child.wait_s = 5, 16.0
    assert child.process is not None
    child.process.wait(10)
    keep_alive(child, now_s=61.0, say=lambda line: None)
    assert child.wait_s == 0.5


def test_it_leaves_a_living_child_alone() -> None:
    child = a_child("import time; time.sleep(60)")
    child.start(now_s=0.0)
    keep_alive(child, now_s=1.0, say=pytest.fail)
    end_all([child])
    assert not child.is_alive


def test_it_ends_a_child_that_does_not_listen() -> None:
    child = a_child(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    child.start(now_s=0.0)
    child.ask_to_end()
    child.make_sure_it_ended(patience_s=0.2)
    assert child.process is None


def test_it_ends_a_child_that_was_never_started() -> None:
    end_all([a_child("")])
