"""A power cut for the database: everything dies, and of its log only what it had asked to be on the disk is still there."""

import os
import shutil
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tools.bench.running import Clinic, running_clinic

from tests.drills.charting import Chair, Charted, Nurse, chart_until_dead, logged, running_chairs
from tests.drills.clinics import kill_everything

UNSAFE = Path(__file__).parent / "unsafe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a clinic runs on: what is taken away from its database, and whether the power goes when it dies."""

    data: Path
    without: str = ""
    shadow: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What makes the clinic run like this."""
        told = [self.without] if self.without else []
        if self.shadow is not None:
            told.append(f"shadow:{self.shadow / 'shadow.so'}:{self.shadow / 'disk'}")
        paths = [str(UNSAFE), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"EBBTIDE_DRILL": ",".join(told), "PYTHONPATH": os.pathsep.join(paths)} if told else {}

    @property
    def cluster(self) -> Path:
        """Where the database's files lie."""
        (found,) = (
            path.parent for path in self.data.rglob("PG_VERSION") if (path.parent / "pg_wal").is_dir()
        )
        return found

    def begin(self) -> None:
        """The disk holds what is in the files now."""
        if self.shadow is None:
            return
        disk = self.shadow / "disk"
        shutil.rmtree(disk, ignore_errors=True)
        disk.mkdir()
        for path in self._logs():
            shutil.copyfile(path, disk / path.name)
            (disk / path.name).chmod(0o666)
        disk.chmod(0o777)

    def cut(self) -> None:
        """Whatever was not on the disk is gone."""
        if self.shadow is None:
            return
        for path in self._logs():
            kept = self.shadow / "disk" / path.name
            if kept.exists():
                path.write_bytes(kept.read_bytes())  # the file keeps its owner
            else:
                path.unlink()

    def _logs(self) -> list[Path]:
        wal = [path for path in (self.cluster / "pg_wal").iterdir() if path.is_file()]
        return [*wal, self.cluster / "global" / "pg_control"]


def a_shadow(place: Path) -> Path:
    """The library that keeps the shadow, compiled for this machine."""
    compiler = shutil.which("cc") or shutil.which((sysconfig.get_config_var("CC") or "gcc").split()[0])
    if compiler is None:
        pytest.skip("no C compiler here, so no power can be cut")
    folder = place / "shadow"
    folder.mkdir(mode=0o755)
    command = [
        compiler,
        "-shared",
        "-fPIC",
        "-O1",
        "-o",
        str(folder / "shadow.so"),
        str(UNSAFE / "shadow.c"),
        "-ldl",
    ]
    subprocess.run(command, check=True)
    return folder


@dataclass
class Losses:
    """Over all rounds: what was acknowledged, and what of it is no longer there."""

    charted: Charted = field(default_factory=Charted)
    lost: set[str] = field(default_factory=set)
    opened_no_more: bool = False


def rounds_of(machine: Machine, rounds: int, *, alive_s: float) -> Losses:
    """Chart at every running chair and let everything die in the middle of it, so many times; then look for it all."""
    losses, chairs = Losses(), list[Chair]()
    for number in range(rounds + 1):
        machine.begin()
        try:
            with _opened(machine) as clinic:
                chairs = chairs or running_chairs(clinic)
                losses.lost |= _missing(clinic, chairs, losses.charted)
                if number == rounds or losses.lost:
                    return losses
                _chart_and_die(clinic, machine, chairs, losses.charted, alive_s)
        except RuntimeError:  # the clinic did not open: everything is lost
            losses.opened_no_more = True
            return losses
        machine.cut()
    return losses


@contextmanager
def _opened(machine: Machine) -> Iterator[Clinic]:
    with running_clinic(machine.data, extra=machine.environment) as clinic:
        yield clinic


def _missing(clinic: Clinic, chairs: list[Chair], charted: Charted) -> set[str]:
    return set(charted.acknowledged) - set(logged(clinic, chairs))


def _chart_and_die(
    clinic: Clinic, machine: Machine, chairs: list[Chair], charted: Charted, alive_s: float
) -> None:
    dying = threading.Event()
    nurses = [Nurse(clinic.port, chair) for chair in chairs]
    threads = [
        threading.Thread(target=chart_until_dead, args=(clinic, nurse, charted, dying)) for nurse in nurses
    ]
    for thread in threads:
        thread.start()
    time.sleep(alive_s)
    dying.set()
    kill_everything(machine.data)
    for thread in threads:
        thread.join(30)
