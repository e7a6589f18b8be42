"""How simulated monitors say things: what `data/habits.yaml` lists, read strictly. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
USUAL_SIGNS = "|^~\\&"
LINE_ENDS = {"cr": "\r", "lf": "\n", "crlf": "\r\n"}
NO_RESULT = "X"  # OBX-11 of a line without a result


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The unit in which a habit sends some signs, and the way to it: value x scale + shift."""

    signals: frozenset[str]
    unit: str
    scale: float
    shift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One way of saying it; the words of each field stand in the file."""

    id: str = "plain"
    words: str = ""
    no_value: float | None = None
    status: str = "R"
    signs: str = USUAL_SIGNS
    line_end: str = "\r"
    time_in_group_alone: bool = False
    clock_s: float = 0.0
    copies: int = 1
    late_s: float = 0.0
    late_every: int = 1
    codes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    units: tuple[Unit, ...] = ()

    def is_late(self, number: int) -> bool:
        """Whether this message waits."""
        return self.late_s > 0 and number % self.late_every == 0


PLAIN = Habit()


@lru_cache(maxsize=1)
def the_habits() -> Mapping[str, Habit]:
    """Every habit by its id, in the order of the file."""
    text = (files("ebbtide.twin.monitors") / "data" / "habits.yaml").read_text(encoding="utf-8")
    told: Mapping[str, Any] = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    return {row["id"]: _habit({**told["defaults"], **row}, told) for row in told["habits"]}


def habit_named(name: str) -> Habit:
    """The habit with this id.

    Raises:
        ValueError: there is none; the message lists what there is.
    """
    if name not in the_habits():
        raise ValueError(f"There is no habit {name!r}. There are: {', '.join(the_habits())}.")
    return the_habits()[name]


def _habit(row: Mapping[str, Any], told: Mapping[str, Any]) -> Habit:
    known = {*told["defaults"], "id", "words"}
    if odd := row.keys() - known:
        raise ValueError(f"The habit {row['id']} says {', '.join(sorted(odd))}: correct habits.yaml.")
    own = {one.name for one in fields(Habit)} - {"no_value", "line_end", "codes", "units"}
    return Habit(
        **{name: value for name, value in row.items() if name in own},
        no_value=None if row["no_value"] == NO_RESULT else float(row["no_value"]),
        line_end=LINE_ENDS[row["line_end"]],
        time_in_group_alone=row["time_in"] == "obr",
        codes={signal: (code, unit) for signal, (code, unit) in told["codes"][row["codes"]].items()},
        units=tuple(
            _unit(told["units"][row[name]]) for name in ("degrees", "pressure") if row[name] in told["units"]
        ),
    )


def _unit(row: Mapping[str, Any]) -> Unit:
    return Unit(
        signals=frozenset(row["signals"]),
        unit=row["unit"],
        scale=float(row["scale"]),
        shift=float(row["shift"]),
    )
