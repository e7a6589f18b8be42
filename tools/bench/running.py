"""A demonstration clinic that really runs: started as a person starts it, measured, and stopped."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from ebbtide.site.serve.demo_clock import of_folder

WAIT_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    data: Path
    port: int
    started_in_s: float
    mllp_port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def environment(data: Path) -> dict[str, str]:
    """The environment of a command on this clinic, without what a test runner may have set."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("EBBTIDE_", "DATABASE_URL", "DJANGO_", "PYTEST"))
    }
    # each clinic hears its monitors on a port of its own: several run side by side
    return {**kept, "EBBTIDE_DATA": str(data), "EBBTIDE_MLLP_PORT": str(free_port())}


def clock_of(data: Path) -> dict[str, str]:
    """The time that the demonstration in this folder shows, for a process beside it."""
    shown = of_folder(data)
    return {} if shown is None else shown.environment()


def answers(url: str) -> bool:
    """Whether the page is there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def running_clinic(data: Path, *, extra: dict[str, str] | None = None) -> Iterator[Clinic]:
    """`ebbtide serve --demo` on a folder, until the first page was given; stopped like with Ctrl-C."""
    port, told = free_port(), {**environment(data), **(extra or {})}
    command = [
        sys.executable,
        "-m",
        "ebbtide.site.cli",
        "serve",
        "--demo",
        "--data",
        str(data),
        "--port",
        str(port),
    ]
    begun = time.perf_counter()
    log = data.with_suffix(".log").open("ab")
    process = subprocess.Popen(command, env=told, stdout=log, stderr=log)
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if process.poll() is not None or time.perf_counter() - begun > WAIT_S:
                said = data.with_suffix(".log").read_text(encoding="utf-8")[-2000:]
                raise RuntimeError(f"The clinic did not open: {said}")
            time.sleep(0.05)
        yield Clinic(
            data=data,
            port=port,
            started_in_s=time.perf_counter() - begun,
            mllp_port=int(told["EBBTIDE_MLLP_PORT"]),
        )
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()
