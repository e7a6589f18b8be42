"""Drills of a running demonstration: what `ebbtide drill` asks for, and what a chair's monitor shows because of it.

Both processes know the demonstration's data folder and nothing else of each other. The command writes what is to be played
into `drills.json`, with the demonstration's own time; the monitors look at it every second, and say in `simulated-monitors.json`
at which chairs they are. Neither file holds anything about a person.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.emergencies import Playing, Row, ScriptRefused, emergency_named

ORDERS, MONITORS = "drills.json", "simulated-monitors.json"
MOST_S = 4 * 3600  # a drill that somebody forgot ends by itself [design]


def key_of(number: int) -> str:
    """What the monitor of the chair with this number calls itself."""
    return f"SIM-CHAIR-{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A script on one chair, from when (the demonstration's time), for how long (s)."""

    kind: str
    begins_at: datetime
    lasts_s: int

    def ended(self, at: datetime) -> "Drill | None":
        """The same drill, over at this moment; None where it was over before."""
        played_s = int((at - self.begins_at).total_seconds())
        return replace(self, lasts_s=played_s) if 0 <= played_s < self.lasts_s else None


def order(folder: Path, chair: int, drill: Drill) -> None:
    """Ask for a drill on this chair, in place of the one that may be played there."""
    told = {**ordered(folder), chair: drill}
    _write(folder / ORDERS, {str(number): _told(one) for number, one in told.items()})


def ordered(folder: Path) -> dict[int, Drill]:
    """What was asked for, by chair; a file that cannot be read asks for nothing."""
    told = _read(folder / ORDERS)
    try:
        return {int(number): _drill(one) for number, one in told.items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def announce(folder: Path, count: int) -> None:
    """Say that the monitors of the first chairs are here."""
    _write(folder / MONITORS, {"chairs": list(range(1, count + 1))})


def chairs_of(folder: Path) -> list[int]:
    """The chairs with a simulated monitor, as the monitors said at their last start."""
    told = _read(folder / MONITORS).get("chairs", [])
    return [one for one in told if isinstance(one, int)] if isinstance(told, list) else []


def beside_of(chair: int, count: int) -> str:
    """The monitor that is put on the same person in a drill of two: that of a chair which has none speaking."""
    return key_of(chair + count)


class Desk:
    """What the monitors of one process show: their own signs, or these bent by the drill that was asked for."""

    def __init__(self, folder: Path | None, *, count: int) -> None:
        self._folder, self._count = folder, count
        self._stamp, self._drills = 0, dict[int, Drill]()
        self._last_s = dict[int, int]()

    def shows(self, number: int, at: datetime, row: Row | None) -> Iterator[tuple[str, Row | None]]:
        """Each monitor that speaks for this chair now, and what it shows."""
        drill = self._asked().get(number)
        since_s = -1 if drill is None else int((at - drill.begins_at).total_seconds())
        if drill is None or not 0 <= since_s < MOST_S:
            self._last_s.pop(number, None)
            yield key_of(number), row
            return
        playing = Playing(
            emergency=emergency_named(drill.kind),
            key=key_of(number),
            rest=invented.person_of(key_of(number)),
            lasts_s=drill.lasts_s,
        )
        after_s = self._last_s.get(number)
        if after_s is not None and after_s > since_s:  # another drill began
            after_s = None
        yield key_of(number), playing.shown(since_s, row, after_s=after_s)
        beside = playing.beside(since_s, row)
        if beside:
            yield beside_of(number, self._count), beside
        self._last_s[number] = since_s

    def _asked(self) -> Mapping[int, Drill]:
        """What was asked for last; the file is read when it was written anew."""
        try:
            stamp = (self._folder / ORDERS).stat().st_mtime_ns if self._folder else 0
        except OSError:
            stamp = 0
        if stamp != self._stamp and self._folder:
            self._stamp, self._drills = stamp, ordered(self._folder)
        return self._drills


def _told(drill: Drill) -> dict[str, Any]:
    return {"kind": drill.kind, "begins_at": drill.begins_at.isoformat(), "lasts_s": drill.lasts_s}


def _drill(told: Mapping[str, Any]) -> Drill:
    try:
        kind = emergency_named(told["kind"]).id
    except ScriptRefused as refusal:
        raise ValueError(str(refusal)) from refusal
    begins_at = datetime.fromisoformat(told["begins_at"])
    if begins_at.tzinfo is None:
        raise ValueError("A drill begins at an instant with a zone.")
    return Drill(kind=kind, begins_at=begins_at, lasts_s=int(told["lasts_s"]))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(path: Path, told: Mapping[str, Any]) -> None:
    """Whole or not at all: the other process reads while this one writes."""
    beside = path.with_suffix(".new")
    beside.write_text(f"{json.dumps(told)}\n", encoding="utf-8")
    beside.replace(path)
