"""Emergency scripts and what the log says of them. A script is data; no step names an amount of a drug. No Django, no clock."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files

import yaml

from ebbtide.journey.infusion.events import Event, Kind

RECALLED = "recalled"
LONGEST_STEP = 200  # as events.py keeps it
# an amount of a drug; a time (5 min, 20 s) and a pressure are none
AMOUNT = re.compile(
    r"\d\s*(mg|mcg|µg|ug|g|micrograms?|grams?|ml|millilit\w+|units?|iu|mmol|l)(/|\b)", re.IGNORECASE
)
OUTCOMES: Mapping[str, str] = {
    "settled": "It settled; the person stays",
    "prescriber": "The prescriber has taken over",
    "transferred": "Handed over to the emergency service",
    "false_alarm": "It was no emergency",
}
# which severity is offered for the adverse event: our banding, events.py [design]
OFFERED_SEVERITY: Mapping[str, str] = {
    "transferred": "severe",
    "prescriber": "moderate",
    "settled": "moderate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do: its words, whether it is a drug "as ordered", where it comes from and how far that was seen."""

    words: str
    source: str
    marks: tuple[str, ...]
    drug: bool = False

    @property
    def is_recalled(self) -> bool:
        return RECALLED in self.marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One script: how the event is recognised, and its steps in order."""

    id: str
    title: str
    signs: str
    steps: tuple[Step, ...]
    own_words: bool = False  # the clinic's, and not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """All scripts of one version."""

    version_on: date
    scripts: Mapping[str, Script]

    def title(self, script: str) -> str:
        """How a script is called; the name itself when this version has none of it."""
        found = self.scripts.get(script)
        return found.title if found else script.replace("_", " ").capitalize()


@lru_cache(maxsize=1)
def load_scripts() -> Scripts:
    """The scripts that ship with this version."""
    text = (files("ebbtide.journey.infusion") / "data" / "emergency-scripts.yaml").read_text(encoding="utf-8")
    return scripts_from(yaml.safe_load(text))


def scripts_from(told: Mapping[str, object]) -> Scripts:
    """The scripts of a file that was read."""
    rows: Sequence[Mapping[str, object]] = told["scripts"]  # type: ignore[assignment]
    scripts = [_script(row) for row in rows]
    version_on = told["version_on"]
    assert isinstance(version_on, date)  # noqa: S101 - a file of our own, held by a test
    return Scripts(version_on=version_on, scripts={one.id: one for one in scripts})


def _script(row: Mapping[str, object]) -> Script:
    steps: Sequence[Mapping[str, object]] = row["steps"]  # type: ignore[assignment]
    return Script(
        id=str(row["id"]),
        title=str(row["title"]),
        signs=str(row["signs"]),
        steps=tuple(_step(step) for step in steps),
    )


def _step(row: Mapping[str, object]) -> Step:
    marks: Sequence[str] = row["mark"]  # type: ignore[assignment]
    return Step(
        words=str(row["do"]), source=str(row["source"]), marks=tuple(marks), drug=row.get("drug") is True
    )


def own_steps(lines: Sequence[str]) -> list[str]:
    """A clinic's own steps, as they may stand.

    Raises:
        ValueError: a step is too long to be charted, stands twice, or names an amount of a drug.
    """
    for line in lines:
        if len(line) > LONGEST_STEP:
            raise ValueError(
                f"A step has at most {LONGEST_STEP} characters, one has {len(line)}: shorten it."
            )
        if AMOUNT.search(line):
            raise ValueError(
                'A step names no amount of a drug: write "as ordered" and keep amounts in the standing order.'
            )
    if len(set(lines)) < len(lines):
        raise ValueError("A step stands twice: each tap records one step, so word them apart.")
    return list(lines)


def in_own_words(script: Script, lines: Iterable[str]) -> Script:
    """The script with the clinic's own steps in the place of ours."""
    steps = tuple(Step(words=line, source="this clinic", marks=("clinic",)) for line in lines if line)
    return replace(script, steps=steps, own_words=True) if steps else script


# — what the log says —


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """One emergency of a session: which script, from when to when, and which steps were recorded."""

    script: str
    opened: Event
    steps: Mapping[str, Event] = field(default_factory=dict)
    closed: Event | None = None

    @property
    def is_open(self) -> bool:
        return self.closed is None


def emergencies(events: Iterable[Event]) -> tuple[Emergency, ...]:
    """Every emergency of a session from its standing events, oldest first. Total, whatever came in whichever order.

    Opened twice is opened once; a step that no opening stands before opens its script, so that nothing written is lost;
    a closing of what is not open changes nothing.
    """
    found: list[Emergency] = []
    for event in sorted(events, key=lambda one: (one.observed_at, one.id)):
        _take_in(found, event)
    return tuple(found)


def _take_in(found: list[Emergency], event: Event) -> None:
    script, at = event.text("script"), _open_at(found, event.text("script"))
    if event.kind is Kind.EMERGENCY_STEP:
        before = found[at] if at is not None else Emergency(script=script, opened=event)
        with_step = replace(before, steps={event.text("step"): event} | dict(before.steps))
        found[slice(len(found), None) if at is None else slice(at, at + 1)] = [with_step]
    elif event.kind is Kind.EMERGENCY and event.text("state") == "opened" and at is None:
        found.append(Emergency(script=script, opened=event))
    elif event.kind is Kind.EMERGENCY and event.text("state") == "closed" and at is not None:
        found[at] = replace(found[at], closed=event)


def _open_at(found: Sequence[Emergency], script: str) -> int | None:
    open_ones = [n for n, one in enumerate(found) if one.script == script and one.is_open]
    return open_ones[-1] if open_ones else None


def open_ones(events: Iterable[Event]) -> tuple[Emergency, ...]:
    """The emergencies that nobody has closed, the newest first."""
    return tuple(reversed([one for one in emergencies(events) if one.is_open]))


def newest_of(events: Iterable[Event], script: str) -> Emergency | None:
    """The newest emergency of this script: the open one, or the one that was closed last."""
    found = [one for one in emergencies(events) if one.script == script]
    return found[-1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenScript:
    """An emergency that nobody has closed, as a page names it."""

    script: str
    title: str
    opened_at: datetime


def named(found: Iterable[Emergency], scripts: Scripts) -> list[OpenScript]:
    """Emergencies with the titles of their scripts."""
    return [
        OpenScript(script=one.script, title=scripts.title(one.script), opened_at=one.opened.observed_at)
        for one in found
    ]
