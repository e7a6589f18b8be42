"""The limits of the protocol checks: what `data/check-limits.yaml` says, read strictly. Pure; a file that is odd is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ebbtide.journey.infusion.freshness import limits as told_limits


class LimitsRefused(ValueError):
    """The file of limits cannot be used; the message says which limit and what is wrong with it."""


class Priority(StrEnum):
    """Harm and onset together, the heaviest first (the grammar of IEC 60601-1-8; no conformity is claimed)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


ORDER: Mapping[Priority, int] = {one: place for place, one in enumerate(Priority)}


class Kind(StrEnum):
    """What a limit looks at."""

    VALUE = "value"
    STALE = "stale"
    LOST = "lost"
    OVERDUE = "overdue"
    CALL = "call"
    OFF = "off"
    TABLET = "tablet"


class How(StrEnum):
    """What a value is compared with: a number, the person's own baseline, or the reading before."""

    VALUE = "value"
    PCT = "pct"
    DELTA = "delta"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One comparison of one signal."""

    signal: str
    op: str
    value: float
    how: How = How.VALUE
    within_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """Comparisons joined by `any` or `all`; one alone is both."""

    atoms: tuple[Atom, ...]
    every: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """A second reading decides: what shows until then, when it may come, and when nobody waits for it any more (s)."""

    first: Priority
    soonest_s: float
    unconfirmed_after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit, whole."""

    id: str
    title: str
    kind: Kind
    always_on: bool
    priority: Priority
    harm: str
    onset: str
    persistence_s: float
    delay_s: float
    recheck_s: float
    do: str
    part: str = ""
    when: Test | None = None
    clear: Test | None = None
    clear_for_s: float = 0.0
    threshold_s: float = 0.0
    rises_to: Priority | None = None
    rises_at_s: float = 0.0
    confirm: Confirm | None = None
    always_heard: bool = False
    heard_when: Atom | None = None

    @property
    def name(self) -> str:
        """The limit and its part, as a key of states."""
        return f"{self.id}/{self.part}" if self.part else self.id

    @property
    def disclosed_s(self) -> float:
        """The disclosed delay (s): how long a person waits at most for the signal, from the first value beyond."""
        return self.persistence_s + self.delay_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The whole file in one version."""

    version: str
    off_words: str
    start_gate_words: str
    silence_max_s: float
    second_person_after_s: float
    limits: tuple[Limit, ...]


MUST = frozenset({
    "id", "title", "always_on", "when", "priority", "harm", "onset", "persistence_s", "delay_s", "recheck_s", "clear", "do",
    "examples",
})  # fmt: skip
MAY = frozenset({
    "rises_to", "confirm", "patient_range", "why", "why_always_on", "why_here", "floor",
})  # fmt: skip
OPS = frozenset({"lt", "le", "ge", "gt"})
TIMED: Mapping[str, Kind] = {
    "overdue_s": Kind.OVERDUE,
    "off_monitor_over_s": Kind.OFF,
    "quiet_s": Kind.TABLET,
}
AGES: Mapping[str, Kind] = {"stale_s": Kind.STALE, "lost_s": Kind.LOST}
# what a monitor or a person may say; a word that is not here would be a limit that never acts
EVENTS = frozenset({
    "value_received", "observation_charted", "call_answered_at_chair", "breath_seen", "back_on_monitor", "tablet_heard",
})  # fmt: skip
APNOEA = (
    "apnoea"  # the signal under which a monitor's own apnoea alarm comes: 1 while it lasts, 0 when it ended
)


@lru_cache(maxsize=1)
def default_limits() -> Limits:
    """The limits as Ebbtide ships them."""
    return read_limits(told_limits())


def read_limits(told: Mapping[str, Any]) -> Limits:
    """The limits that this document says.

    Raises:
        LimitsRefused: a limit lacks something, has a word too much, or a priority that is not the table's.
    """
    _need(told.get("format") == 1, "The file has another format than 1")
    signals = {row["id"] for row in told["signals"]} | {APNOEA}
    reader = _Reader(signals, told["priorities"], float(told["second_reading_soonest"]))
    found = [limit for row in told["limits"] for limit in reader.read(row)]
    names = [limit.name for limit in found]
    _need(len(set(names)) == len(names), "Two limits have one name")
    silence_s = float(told["silence_max_s"])
    _need(0 < silence_s <= 120, "A silence lasts at most 120 s")
    return Limits(
        version=str(told["version"]),
        off_words=told["off_words"],
        start_gate_words=told["start_gate_when_off"],
        silence_max_s=silence_s,
        second_person_after_s=float(told["second_person_after_s"]),
        limits=tuple(found),
    )


def _need(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - a sentence: need this, otherwise that
    if not is_so:
        raise LimitsRefused(f"{otherwise}: correct check-limits.yaml.")


class _Reader:
    """Reads one limit after the other under the vocabulary of the file."""

    def __init__(self, signals: set[str], table: Mapping[str, Any], soonest: float) -> None:
        self._signals, self._table, self._soonest = signals, table, soonest

    def read(self, row: Mapping[str, Any]) -> list[Limit]:
        name = str(row.get("id", "?"))
        _need(not MUST - row.keys(), f"{name} lacks {', '.join(sorted(MUST - row.keys()))}")
        _need(not row.keys() - MUST - MAY, f"{name} says {', '.join(sorted(row.keys() - MUST - MAY))}")
        told = self._shared(name, row)
        when, clear = row["when"], row["clear"]
        if _is_breath(when):
            return self._breath(told, when, float(clear["for_s"]))
        told |= self._what(name, when) | self._cleared(name, clear)
        if told["kind"] is Kind.VALUE:
            _need(told.get("clear") is not None, f"{name} never ends")
        return [Limit(**told)]

    def _shared(self, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
        priority = Priority(row["priority"])
        by_table = self._table[row["harm"]][row["onset"]]
        _need(priority == by_table, f"{name} is {priority}, and the table says {by_table}")
        told: dict[str, Any] = {one: row[one] for one in ("id", "title", "always_on", "do", "harm", "onset")}
        told |= {one: float(row[one]) for one in ("persistence_s", "delay_s", "recheck_s")}
        _need(
            min(told["persistence_s"], told["delay_s"]) >= 0 < told["recheck_s"], f"{name} has a time below 0"
        )
        if rises := row.get("rises_to"):
            told |= {
                "rises_to": Priority(rises["priority"]),
                "rises_at_s": float(next(iter(rises["when"].values()))),
            }
        if confirm := row.get("confirm"):
            told["confirm"] = Confirm(
                first=Priority(confirm["first_priority"]),
                soonest_s=self._soonest * float(confirm["repeat_after_s"]),
                unconfirmed_after_s=float(confirm["unconfirmed_after_s"]),
            )
        floor = row.get("floor")
        told["always_heard"] = floor == "always"
        told["heard_when"] = self._atom(name, floor) if isinstance(floor, Mapping) else None
        return {**told, "priority": priority}

    def _what(self, name: str, when: Mapping[str, Any]) -> dict[str, Any]:
        if "age" in when:
            return {"kind": AGES[when["age"]]}
        if when.get("event") == "comfort_call":
            return {"kind": Kind.CALL}
        for word, kind in TIMED.items():
            if word in when:
                return {"kind": kind, "threshold_s": float(when[word])}
        return {"kind": Kind.VALUE, "when": self._test(name, when)}

    def _cleared(self, name: str, clear: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"clear_for_s": float(clear["for_s"])}
        if "event" in clear:
            _need(clear["event"] in EVENTS, f"{name} ends by {clear['event']}, which nobody says")
            return told
        return {**told, "clear": self._test(name, {k: v for k, v in clear.items() if k != "for_s"})}

    def _test(self, name: str, told: Mapping[str, Any]) -> Test:
        for word, every in (("any", False), ("all", True)):
            if word in told:
                return Test(atoms=tuple(self._atom(name, one) for one in told[word]), every=every)
        return Test(atoms=(self._atom(name, told),))

    def _atom(self, name: str, told: Mapping[str, Any]) -> Atom:
        known = {"signal", "op", "value", "relative", "since", "within_s"}
        _need(told.keys() <= known, f"{name} compares with {', '.join(sorted(told.keys() - known))}")
        _need(
            told.get("signal") in self._signals, f"{name} looks at {told.get('signal')}, which is no signal"
        )
        _need(told.get("op") in OPS, f"{name} compares by {told.get('op')}")
        how = How.PREVIOUS if "since" in told else How(told.get("relative", "value"))
        return Atom(
            signal=told["signal"],
            op=told["op"],
            value=float(told["value"]),
            how=how,
            within_s=float(told.get("within_s", 0)),
        )

    def _breath(self, told: dict[str, Any], when: Mapping[str, Any], clear_for_s: float) -> list[Limit]:
        """No breath: the rate was nothing for so long, or the monitor's own alarm says so. Two parts of one limit."""
        breath = Test(
            atoms=(Atom(signal="rr", op="ge", value=1.0), Atom(signal=APNOEA, op="le", value=0.0)),
            every=False,
        )
        shared = {**told, "kind": Kind.VALUE, "clear": breath, "clear_for_s": clear_for_s}
        for_s = next(float(one["no_breath_s"]) for one in when["any"] if "no_breath_s" in one)
        silent = Test(atoms=(Atom(signal="rr", op="le", value=0.0),))
        alarm = Test(atoms=(Atom(signal=APNOEA, op="ge", value=1.0),))
        return [
            Limit(**{**shared, "part": "rate", "when": silent, "persistence_s": for_s}),
            Limit(**{**shared, "part": "monitor", "when": alarm}),
        ]


def _is_breath(when: Mapping[str, Any]) -> bool:
    return any("no_breath_s" in one for one in when.get("any", ()))


# — what a clinic or a prescriber may change —


def changed(limits: Limits, changes: Sequence[Mapping[str, Any]]) -> Limits:
    """The limits with these changes, each `{limit, field, value}`; the file's own check runs again on all of them."""
    told = dict(told_limits())
    rows = {row["id"]: dict(row) for row in told["limits"]}
    for one in changes:
        rows[one["limit"]] = with_change(rows[one["limit"]], one["field"], float(one["value"]))
    return read_limits({**told, "limits": list(rows.values()), "version": limits.version})


def fields_of(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a limit that may be changed, by name: its thresholds and its times."""
    found = {
        name: float(row[name]) for name in ("persistence_s", "recheck_s") if row[name] or name == "recheck_s"
    }
    when = row["when"]
    atoms = when.get("any", [when])
    for atom in atoms:
        if "no_breath_s" in atom:
            found["no_breath_s"] = float(atom["no_breath_s"])
        elif "value" in atom:
            found[field_name(atom, atoms)] = float(atom["value"])
    return found


def field_name(atom: Mapping[str, Any], atoms: Sequence[Mapping[str, Any]]) -> str:
    """The name of a comparison's number: `value`, where there is one; of two, the signal's name, or low and high of one signal."""
    if len(atoms) == 1:
        return "value"
    if len({one.get("signal") for one in atoms}) > 1:
        return str(atom["signal"])
    return "low" if atom["op"] in {"lt", "le"} else "high"


def with_change(row: Mapping[str, Any], field: str, value: float) -> dict[str, Any]:
    """The limit with one number changed.

    Raises:
        LimitsRefused: this limit has no such number.
    """
    _need(field in fields_of(row), f"{row['id']} has no number {field}")
    if field in {"persistence_s", "recheck_s"}:
        return {**row, field: value}
    return {**row, "when": _when_with(row["when"], field, value), "clear": _clear_with(row, field, value)}


def _when_with(when: Mapping[str, Any], field: str, value: float) -> dict[str, Any]:
    if "any" not in when:
        return {**when, "value": value}
    atoms = [dict(one) for one in when["any"]]
    for one in atoms:
        if field == "no_breath_s" and "no_breath_s" in one:
            one["no_breath_s"] = value
        elif "value" in one and field_name(one, atoms) == field:
            one["value"] = value
    return {**when, "any": atoms}


def _clear_with(row: Mapping[str, Any], field: str, value: float) -> dict[str, Any]:
    """Where the condition ends moves with where it begins: the room between both stays."""
    clear, when = row["clear"], row["when"]
    atoms = when.get("any", [when])
    moved = next((one for one in atoms if "value" in one and field_name(one, atoms) == field), None)
    if moved is None:
        return dict(clear)
    by = value - float(moved["value"])

    def shifted(one: Mapping[str, Any]) -> dict[str, Any]:
        ends_it = one.get("signal") == moved["signal"] and _is_upward(one["op"]) != _is_upward(moved["op"])
        return {**one, "value": float(one["value"]) + by} if ends_it else dict(one)

    if "all" in clear:
        return {**clear, "all": [shifted(one) for one in clear["all"]]}
    return shifted(clear)


def _is_upward(op: str) -> bool:
    return op in {"ge", "gt"}
