"""The evidence room's instruments: what is asked, how it is scored, when, under which licence and codes. No clock.

Item texts live in `instrument-texts.yaml` and are read by `instrument_texts`; scoring is in `scoring`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ebbtide.evidence.errors import EvidenceError, PackRefused
from ebbtide.evidence.files import PackFile, marks_of, read_packaged

INSTRUMENTS_FILE = "instruments.yaml"
BANDS = ("mild", "moderate", "moderately_severe", "severe")


class InstrumentUnknown(EvidenceError):
    """An instrument was named that the file does not hold."""


class Method(StrEnum):
    """How a score is formed from its items."""

    SINGLE = "single"
    SUM = "sum"
    MEAN = "mean"
    PROFILE = "profile"


class WhenMissing(StrEnum):
    """What becomes of a score when few enough items are blank."""

    NO_SCORE = "no score"
    MEAN_OF_PRESENT = "mean of those present"
    PRORATE = "prorated over the whole"
    PRORATE_CLUSTERS = "prorated within each cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From the lowest to the highest value an item may have, both included."""

    low: int
    high: int

    def holds(self, value: int) -> bool:
        """Whether a value lies inside."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """How many items may be blank, and what is done then."""

    most: int
    then: WhenMissing
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """An item that alone asks for a person, at this value or above, whatever the total says."""

    item: int
    at: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """A provisional diagnosis from counted items in each cluster; never given on blanks."""

    item_counts_at: int
    need: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """LOINC codes; empty where none may be shipped. `items` are in the order of the questionnaire."""

    panel: str = ""
    total: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One questionnaire or scale. `asked_when` is empty when it is asked of everybody."""

    id: str
    name: str
    what: str
    ship: str
    completed_by: str
    stages: frozenset[str]
    items: int
    item_range: Range
    own_ranges: Mapping[int, Range]
    method: Method
    scored: range
    score_range: Range
    higher_is: str
    missing: Missing
    never_impute: frozenset[int]
    alert: AlertRule | None
    clusters: Mapping[str, range]
    provisional: Provisional | None
    bands: Mapping[str, int]
    asked_when: str
    remote_needs_on_call: bool
    codes: Codes
    licence: str
    mark: tuple[str, ...]

    def range_of(self, item: int) -> Range:
        """The range of one item."""
        return self.own_ranges.get(item, self.item_range)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A licensed scale of which the product keeps results alone: no item text, no scoring."""

    id: str
    name: str
    ship: str
    stores: tuple[str, ...]
    licence: str
    mark: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One moment of the follow-up, counted from the end of the course (days)."""

    id: str
    after_days: int
    window_days: int
    ask: tuple[str, ...]
    why: str
    mark: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentPack:
    """The whole file of one version."""

    version: str
    sha256: str
    instruments: Mapping[str, Instrument]
    adapters: Mapping[str, Adapter]
    answer_codes: Mapping[int, str]
    points: tuple[Point, ...]
    baseline_days: int
    diary_until_days: int
    responder_at_days: int

    def instrument(self, instrument_id: str) -> Instrument:
        """The instrument of this id."""
        try:
            return self.instruments[instrument_id]
        except KeyError:
            raise InstrumentUnknown(
                f"There is no instrument {instrument_id!r}. Choose among {', '.join(self.instruments)}."
            ) from None

    def point(self, point_id: str) -> Point | None:
        """The follow-up point of this id, or None for a diary day or a visit."""
        return next((point for point in self.points if point.id == point_id), None)


@lru_cache(maxsize=1)
def load_instruments() -> InstrumentPack:
    """The instruments that ship with the product, read and checked once per process."""
    return build_instruments(read_packaged(INSTRUMENTS_FILE))


def build_instruments(pack: PackFile) -> InstrumentPack:
    """The instruments from their file; refuses a schedule that asks what nobody defines."""
    instruments = {str(row["id"]): _instrument(row) for row in pack.part("instruments")}
    schedule = pack.part("schedule")
    points = tuple(_point(row) for row in schedule["points"])
    # the call on the day after belongs to the stage leaving: it is a conversation, no instrument
    unknown = sorted({name for point in points for name in point.ask} - {*instruments, "safety_call"})
    if unknown:
        raise PackRefused(f"{pack.name}: the schedule asks {', '.join(unknown)}, which nobody defines.")
    return InstrumentPack(
        version=pack.version,
        sha256=pack.sha256,
        instruments=instruments,
        adapters={str(row["id"]): _adapter(row) for row in pack.part("adapters")},
        answer_codes={code: str(name) for code, name in pack.part("answer_codes").items() if code != "mark"},
        points=points,
        baseline_days=int(schedule["baseline"]["daily_nrs_days_min"]),
        diary_until_days=int(schedule["diary"]["nrs_daily_until_days"]),
        responder_at_days=int(pack.part("responder")["at_days"]),
    )


def _range(row: Mapping[str, Any]) -> Range:
    return Range(low=int(row["min"]), high=int(row["max"]))


def _instrument(row: Mapping[str, Any]) -> Instrument:
    where = f"Instrument {row['id']}"
    items, score = int(row["items"]), row["score"]
    clusters = {
        name: range(span[0], span[1] + 1) for name, span in row.get("clusters", {}).items() if name != "mark"
    }
    method = Method(score["method"])
    first, last = score.get("of_items", [1, items])
    red_flag = row.get("red_flag_item")
    return Instrument(
        id=str(row["id"]),
        name=str(row["name"]),
        what=str(row["what"]),
        ship=str(row["ship"]),
        completed_by=str(row["completed_by"]),
        stages=frozenset(row["stage"]),
        items=items,
        item_range=_range(row["item_range"]),
        own_ranges={int(red_flag["item"]): _range(red_flag["range"])} if red_flag else {},
        method=method,
        scored=range(first, last + 1),
        score_range=_range(score),
        higher_is=str(score["higher_is"]),
        missing=_missing(row["missing"], method=method, clusters=bool(clusters), where=where),
        never_impute=frozenset(row.get("never_impute", [])),
        alert=_alert(row),
        clusters=clusters,
        provisional=_provisional(row.get("provisional_diagnosis")),
        bands=_bands(row["cutoffs"]),
        asked_when=str(row.get("asked_when", "")),
        remote_needs_on_call="remote" in row,
        codes=_codes(row["codes"]["loinc"]),
        licence=str(row["licence"]["status"]),
        mark=marks_of(row["licence"]["mark"], where=where),
    )


def _missing(row: Mapping[str, Any], *, method: Method, clusters: bool, where: str) -> Missing:
    """The rule in force, from the method; the file's own sentence must say the same."""
    most, rule = int(row["max_missing"]), str(row["rule"])
    then, word = _then(method, most=most, clusters=clusters)
    if word not in rule:
        raise PackRefused(f"{where}: {most} blanks are allowed, and the rule says {rule!r}, not {word!r}.")
    return Missing(most=most, then=then, rule=rule)


def _then(method: Method, *, most: int, clusters: bool) -> tuple[WhenMissing, str]:
    if most == 0:
        return WhenMissing.NO_SCORE, "no score"
    if method is Method.MEAN:
        return WhenMissing.MEAN_OF_PRESENT, "flagged partial"
    if clusters:
        return WhenMissing.PRORATE_CLUSTERS, "within each cluster"
    return WhenMissing.PRORATE, "flagged prorated"


def _alert(row: Mapping[str, Any]) -> AlertRule | None:
    if "alert" in row:
        alert = row["alert"]
        return AlertRule(item=int(alert["item"]), at=int(alert["at"]), rule=str(alert["rule"]))
    if "red_flag_item" in row:
        flag = row["red_flag_item"]
        return AlertRule(item=int(flag["item"]), at=int(flag["range"]["max"]), rule=str(flag["rule"]))
    return None


def _provisional(row: Mapping[str, Any] | None) -> Provisional | None:
    if row is None:
        return None
    return Provisional(item_counts_at=int(row["item_counts_at"]), need=row["need"])


def _bands(cutoffs: Mapping[str, Any]) -> dict[str, int]:
    """The lowest score of each severity that has a name."""
    found = {name: cutoffs[name] for name in BANDS if name in cutoffs}
    return {name: int(at[0] if isinstance(at, list) else at) for name, at in found.items()}


def _codes(loinc: Mapping[str, Any] | None) -> Codes:
    if loinc is None or "items" not in loinc:
        return Codes()
    return Codes(
        panel=str(loinc["panel"]),
        total=str(loinc.get("total") or loinc["mean"]),
        items=tuple(str(code) for code in loinc["items"]),
    )


def _adapter(row: Mapping[str, Any]) -> Adapter:
    return Adapter(
        id=str(row["id"]),
        name=str(row["name"]),
        ship=str(row["ship"]),
        stores=tuple(row["stores"]),
        licence=str(row["licence"]),
        mark=marks_of(row["mark"], where=f"Adapter {row['id']}"),
    )


def _point(row: Mapping[str, Any]) -> Point:
    return Point(
        id=str(row["id"]),
        after_days=int(row["after_days"]),
        window_days=int(row.get("window_days", 0)),
        ask=tuple(row["ask"]),
        why=str(row.get("why", "")),
        mark=marks_of(row["mark"], where=f"Point {row['id']}"),
    )
