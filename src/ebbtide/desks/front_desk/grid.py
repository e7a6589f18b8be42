"""The day as rows × quarters of an hour: what stands in which cell. No clock, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUARTER = timedelta(minutes=15)


class CellKind(StrEnum):
    VISIT = "visit"
    FREE = "free"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A visit on a row: what it is called on the page, its state in words, and where a click leads."""

    row: int
    starts_at: datetime
    ends_at: datetime
    name: str
    words: str
    state: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    kind: CellKind
    span: int  # quarters of an hour
    starts_at: datetime
    visit: Placed | None = None
    hour: bool = False  # a full hour begins here


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    kind: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    starts_at: datetime
    span: int


def frame(
    opened: tuple[datetime, datetime] | None, placed: Sequence[Placed]
) -> tuple[datetime, datetime] | None:
    """From the first to the last full hour that the day shows, None when nothing is open and nothing stands."""
    starts = [*([opened[0]] if opened else []), *(p.starts_at for p in placed)]
    ends = [*([opened[1]] if opened else []), *(p.ends_at for p in placed)]
    if not starts:
        return None
    last = max(ends)
    floor = last.replace(minute=0, second=0, microsecond=0)
    ceiling = floor if floor == last else floor + timedelta(hours=1)
    return min(starts).replace(minute=0, second=0, microsecond=0), ceiling


def hours(shown: tuple[datetime, datetime]) -> list[Hour]:
    """The heads of the columns, one for each hour."""
    count = int((shown[1] - shown[0]) / timedelta(hours=1))
    return [Hour(starts_at=shown[0] + timedelta(hours=n), span=4) for n in range(count)]


def cells(
    shown: tuple[datetime, datetime], opened: tuple[datetime, datetime] | None, placed: Sequence[Placed]
) -> list[Cell]:
    """One row's cells from left to right; they fill the frame exactly, and no two visits share a quarter."""
    made: list[Cell] = []
    at = shown[0]
    for visit in sorted(placed, key=lambda p: p.starts_at):
        start = max(at, _quarter_before(visit.starts_at))
        end = max(start + QUARTER, _quarter_after(visit.ends_at))
        made += _empty(at, start, opened)
        made.append(
            Cell(kind=CellKind.VISIT, span=_quarters(start, end), starts_at=visit.starts_at, visit=visit)
        )
        at = end
    return [*made, *_empty(at, shown[1], opened)]


def _empty(start: datetime, end: datetime, opened: tuple[datetime, datetime] | None) -> list[Cell]:
    """Free and closed time between two visits, cut at each full hour so that the eye can count."""
    made: list[Cell] = []
    while start < end:
        stop = min(end, _next_hour(start))
        if opened and start < opened[0] < stop:
            stop = opened[0]
        if opened and start < opened[1] < stop:
            stop = opened[1]
        is_open = opened is not None and opened[0] <= start and stop <= opened[1]
        made.append(
            Cell(
                kind=CellKind.FREE if is_open else CellKind.CLOSED,
                span=_quarters(start, stop),
                starts_at=start,
                hour=start.minute == 0,
            )
        )
        start = stop
    return made


def _next_hour(at: datetime) -> datetime:
    return at.replace(minute=0) + timedelta(hours=1)


def _quarter_before(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def _quarter_after(at: datetime) -> datetime:
    floor = _quarter_before(at)
    return floor if floor == at else floor + QUARTER


def _quarters(start: datetime, end: datetime) -> int:
    return max(1, round((end - start) / QUARTER))
