"""Taking the person out of the rows: no clock, no database, no name.

Three things happen. Every id becomes an HMAC under the clinic's secret key. Every date becomes a count of days from the
start of its course, and the one date that stays is moved by a number of days that only the key knows. And no combination
of age, sex, complaint and language is left that fewer than k people share: it is made coarser step by step, and a person
for whom even the last step does not help is left out and counted.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

K = 11  # people; roles.yaml, scope deidentified: cells of 11 or more
OLDEST_SHOWN_Y = 89  # y; ages over it are one band (Safe Harbor) [recalled]
SHIFT_DAYS = 182  # days; [design] half a year to either side hides the season and the day
ANY = "any"
NOT_RECORDED = "not recorded"
UNDER_18, OLDEST, OLDEST_WIDE = "under 18", "90 or over", "80 or over"

Key = TypeVar("Key", bound=Hashable)


class Cell(NamedTuple):
    """What somebody who knows a person could recognise them by: the four quasi-identifiers."""

    age_band: str
    sex: str
    complaint: str
    language: str


COMPLAINT_GROUPS: Mapping[str, str] = {
    "crps": "neuropathic",
    "neuropathy": "neuropathic",
    "phantom_limb": "neuropathic",
    "back_pain": "musculoskeletal",
    "hip_pain": "musculoskeletal",
    "arthritis": "musculoskeletal",
    "fibromyalgia": "other or several",
    "headache": "other or several",
    "other_pain": "other or several",
    "mood": "other or several",
    "several": "other or several",
}  # [design] coarse groups for small cells only; no judgement of mechanism


def age_band(age_y: int | None) -> str:
    """Ten years wide from 18, everybody over 89 in one band, "not recorded" when it is not."""
    if age_y is None:
        return NOT_RECORDED
    if age_y < 18:
        return UNDER_18
    if age_y > OLDEST_SHOWN_Y:
        return OLDEST
    low = 10 * (age_y // 10)
    return f"{max(low, 18)} to {low + 9}"


def wide_band(band: str) -> str:
    """Twenty years wide; what has no number stays as it is."""
    if band in {OLDEST, "80 to 89"}:
        return OLDEST_WIDE
    low = band.partition(" to ")[0]
    if not low.isdigit():
        return band
    wide_low = 18 if int(low) < 40 else 20 * (int(low) // 20)
    return f"{wide_low} to {39 if wide_low == 18 else wide_low + 19}"


def _no_language(cell: Cell) -> Cell:
    return cell._replace(language=ANY)


def _wide_age(cell: Cell) -> Cell:
    return cell._replace(age_band=wide_band(cell.age_band))


def _complaint_group(cell: Cell) -> Cell:
    return cell._replace(complaint=COMPLAINT_GROUPS.get(cell.complaint, ANY))


def _no_sex(cell: Cell) -> Cell:
    return cell._replace(sex=ANY)


def _no_age(cell: Cell) -> Cell:
    return cell._replace(age_band=ANY)


def _no_complaint(cell: Cell) -> Cell:
    return cell._replace(complaint=ANY)


# in this order: what science needs least is given up first [design]
STEPS: tuple[tuple[str, Callable[[Cell], Cell]], ...] = (
    ("language left out", _no_language),
    ("age in bands of twenty years", _wide_age),
    ("complaint as a group", _complaint_group),
    ("sex left out", _no_sex),
    ("age left out", _no_age),
    ("complaint left out", _no_complaint),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How one person may be shown: the cell, and how many of the steps it took."""

    cell: Cell
    steps: int


def shown_cells(people: Mapping[Key, Cell], *, k: int = K) -> dict[Key, Shown | None]:
    """For each person the finest cell that at least k people share, or ``None``: then nothing of them is shown.

    People whose cell is large enough are settled; the others take the next step together and are counted again, those
    settled before in the same cell included.
    """
    settled: dict[Key, Shown] = {}
    waiting = dict(people)
    for steps in range(len(STEPS) + 1):
        if steps:
            waiting = {who: STEPS[steps - 1][1](cell) for who, cell in waiting.items()}
        counted = Counter([*waiting.values(), *(shown.cell for shown in settled.values())])
        enough = {who for who, cell in waiting.items() if counted[cell] >= k}
        settled |= {who: Shown(cell=waiting.pop(who), steps=steps) for who in enough}
    return {who: settled.get(who) for who in people}


def hidden_counts(counts: Mapping[str, int], *, k: int = K) -> dict[str, int | None]:
    """Counts of people with every cell under k hidden (``None``), and never so few hidden that a total gives them away.

    When the hidden cells together hold fewer than k people, the smallest shown one is hidden too.
    """
    shown: dict[str, int | None] = {name: n if n >= k else None for name, n in counts.items()}
    hidden = sum(n for name, n in counts.items() if shown[name] is None)
    if 0 < hidden < k and (left := [name for name in counts if shown[name] is not None]):
        shown[min(left, key=lambda name: counts[name])] = None
    return shown


def _digest(key: bytes, *parts: str) -> bytes:
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).digest()


def opaque_id(key: bytes, *, purpose: str, of: str) -> str:
    """An id that looks random (16 hexadecimal figures); without the key it cannot be worked out nor led back.

    `purpose` carries the export, so that two exports do not call a person by the same id.
    """
    return _digest(key, "id", purpose, of).hex()[:16]


def shift_days(key: bytes, *, person: str) -> int:
    """By how many days this person's dates are moved: -182 to 182, never 0, the same in every export.

    It is fixed for each person because an offset drawn anew each time would be averaged away.
    """
    number = int.from_bytes(_digest(key, "shift", person)[:8]) % (2 * SHIFT_DAYS)
    return number - SHIFT_DAYS if number < SHIFT_DAYS else number - SHIFT_DAYS + 1


def shifted(day: date, *, key: bytes, person: str) -> date:
    """A day moved by the person's own secret number of days; intervals within a person stay as they are."""
    return day + timedelta(days=shift_days(key, person=person))


def one_complaint(complaints: Sequence[str]) -> str:
    """The complaint of a person: the only one, or "several"."""
    return complaints[0] if len(set(complaints)) == 1 else "several"
