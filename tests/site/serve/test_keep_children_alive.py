"""A dead child starts again: soon the first time, later after each death that follows at once."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ebbtide.site.serve.children import LONGEST_WAIT_S, Child, end_all, keep_alive, load_beforehand, python


@pytest.fixture(autouse=True)
def nothing_loaded_beforehand() -> Iterator[None]:
    take_back = load_beforehand((), os.environ)
    yield
    take_back()


def a_child(program: str) -> Child:
    return Child(name="worker", command=[sys.executable, "-c", program], environment={})


def test_it_waits_longer_after_each_quick_death() -> None:
    child = a_child("")
    now_s = 0.0
    waits = []
    child.start(now_s=now_s)
    for _ in range(9):
        assert child.process is not None
        child.process.join(10)
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
    child.process.join(10)
    keep_alive(child, now_s=1.0, say=lambda line: None)
    assert child.wait_s == 2.0


def test_it_starts_again_soon_after_a_long_life() -> None:
    child = a_child("")
    child.start(now_s=0.0)
    child.deaths, child.wait_s = 5, 16.0
    assert child.process is not None
    child.process.join(10)
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


def test_it_is_this_python_with_its_own_words_environment_and_session(tmp_path: Path) -> None:
    """A module runs where it was forked: what it reads of itself is as if it had been started alone."""
    (tmp_path / "told.py").write_text(
        "import os, pathlib, signal, sys\n"
        "assert __name__ == '__main__' and os.getsid(0) == os.getpid() and os.read(0, 1) == b''\n"
        "assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL\n"
        "pathlib.Path(sys.argv[1]).write_text(repr((sys.argv[2:], dict(os.environ), os.getpid())))\n"
        "called = pathlib.Path('/proc/self/cmdline').read_bytes()\n"
        "assert b'-m told' in called, called\n"
        "sys.exit(7)\n"
    )
    said = tmp_path / "said"
    command = python("-m", "told", str(said), "--port", "1")
    child = Child(name="pages", command=command, environment={"EBBTIDE_DEMO": "0"})
    sys.path.insert(0, str(tmp_path))
    try:
        child.start(now_s=0.0)
    finally:
        sys.path.remove(str(tmp_path))
    assert child.process is not None
    pid = child.process.pid
    child.process.join(10)
    assert child.exit_status == 7
    told, environment, was = eval(said.read_text())
    assert (told, environment, was) == (["--port", "1"], {"EBBTIDE_DEMO": "0"}, pid)
    end_all([child])


@pytest.mark.parametrize("yields", [0, 5])
def test_a_page_yields_to_a_warning(yields: int, tmp_path: Path) -> None:
    said = tmp_path / "said"
    program = f"import os, pathlib; pathlib.Path({str(said)!r}).write_text(str(os.nice(0)))"
    child = a_child(program)
    child.yields = yields
    child.start(now_s=0.0)
    assert child.process is not None
    child.process.join(30)
    end_all([child])
    assert int(said.read_text()) == os.nice(0) + yields


def test_it_takes_a_mould_that_died_for_a_death_and_starts_again() -> None:
    child = a_child("import time; time.sleep(60)")
    child.start(now_s=0.0)
    assert child.process is not None
    mould = int(Path(f"/proc/{child.process.pid}/stat").read_text().rpartition(")")[2].split()[1])
    assert mould != os.getpid()
    os.kill(mould, signal.SIGKILL)
    child.process.join(10)
    assert child.exit_status == 255
    said: list[str] = []
    # the system may call the mould alive for a moment yet: then the first start is a death too
    begun_s = time.monotonic()
    while not child.is_alive:
        keep_alive(child, now_s=time.monotonic() - begun_s, say=said.append)
        assert time.monotonic() < begun_s + 20
        time.sleep(0.05)
    assert said[0] == "The worker ended (status 255); it starts again in 0.5 s."
    end_all([child])


def test_it_hears_in_its_first_moment_that_it_shall_end() -> None:
    """Until it is ready the request waits: ignored, it would cost the closing its whole patience."""
    for _ in range(5):
        child = a_child("import time; time.sleep(60)")
        child.start(now_s=0.0)
        child.ask_to_end()
        assert child.process is not None
        child.process.join(5)
        assert child.exit_status == -signal.SIGTERM
        end_all([child])
