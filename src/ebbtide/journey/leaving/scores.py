"""The two scores of the leaving, each against the person's own baseline. No Django, no clock; missing is never zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ITEM_BEST = 2  # points; items go 0, 1, 2 in both scores [seen]
GO_AT_LEAST = 9  # points of 10, Aldrete and PADSS [seen]
VITALS_CLOSE_PERCENT, VITALS_FAR_PERCENT = 20, 40  # PADSS: within 20 %, 20 to 40 %, over 40 % [seen]
CIRCULATION_CLOSE_PERCENT, CIRCULATION_FAR_PERCENT = (
    20,
    50,
)  # Aldrete: within 20 %, 20 to 50 %, over [recalled]


class ScoreName(StrEnum):
    """The two scores, in the order in which they are asked (Chung [seen])."""

    ALDRETE = "aldrete"
    PADSS = "padss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a score: its name, what 0, 1 and 2 mean, and whether it is compared with the person's own baseline."""

    id: str
    label: str
    means: tuple[str, str, str]
    against_baseline: bool = False
    from_pressure: bool = False


# The items are those of instruments.yaml [seen]; the short words for 0, 1 and 2 are our own [design].
ALDRETE: tuple[Item, ...] = (
    Item(
        id="activity",
        label="Activity",
        means=("moves no limb", "moves two limbs", "moves all four limbs"),
        against_baseline=True,
    ),
    Item(
        id="respiration",
        label="Breathing",
        means=("no breath of their own", "shallow or short of breath", "breathes deeply and coughs"),
    ),
    Item(
        id="circulation",
        label="Circulation",
        means=("pressure more than 50 % off", "20 to 50 % off", "within 20 % of baseline"),
        against_baseline=True,
        from_pressure=True,
    ),
    Item(
        id="consciousness",
        label="Consciousness",
        means=("does not respond", "wakes when called", "fully awake"),
    ),
    Item(
        id="saturation",
        label="Oxygen saturation",
        means=("below 90 % with oxygen", "oxygen needed to stay above 90 %", "above 92 % on room air"),
    ),
)
PADSS: tuple[Item, ...] = (
    Item(
        id="vital_signs",
        label="Vital signs",
        means=("pressure more than 40 % off", "20 to 40 % off", "within 20 % of baseline"),
        from_pressure=True,
    ),
    Item(
        id="gait",
        label="Gait and orientation",
        means=("cannot walk, or is dizzy", "walks with help", "walks steadily, knows place and day"),
        against_baseline=True,
    ),
    Item(
        id="pain",
        label="Pain or nausea",
        means=("severe", "moderate", "none or mild"),
        against_baseline=True,
    ),
    Item(id="bleeding", label="Bleeding at the line", means=("severe", "moderate", "none or little")),
    Item(
        id="intake",
        label="Drinking and passing urine",
        means=("neither", "one of the two", "both"),
    ),
)
ITEMS: Mapping[ScoreName, tuple[Item, ...]] = {ScoreName.ALDRETE: ALDRETE, ScoreName.PADSS: PADSS}
Points = Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """A blood pressure (mmHg)."""

    sbp_mmhg: int
    dbp_mmhg: int

    def __str__(self) -> str:
        return f"{self.sbp_mmhg}/{self.dbp_mmhg} mmHg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A score (points of 10): as the items stand, and compared with the person's own baseline. None while an item is missing."""

    plain: int | None
    compared: int | None
    missing: tuple[str, ...] = ()

    @property
    def goes(self) -> bool:
        """Whether the compared total opens its gate."""
        return self.compared is not None and self.compared >= GO_AT_LEAST


NOTHING = Total(plain=None, compared=None)


def total(name: ScoreName, now: Points, before: Points) -> Total:
    """The plain and the compared total (points of 10) of one score.

    An item that is compared has full points when it is as before the infusion or better: a limb that never moved, a
    gait that was never steady. Where no baseline was taken, the item counts as it stands. One missing item: no score.
    """
    items = ITEMS[name]
    missing = tuple(item.label for item in items if now.get(item.id) is None)
    if missing:
        return Total(plain=None, compared=None, missing=missing)
    return Total(
        plain=sum(_points(item, now) for item in items),
        compared=sum(compared(item, now=now.get(item.id), before=before.get(item.id)) or 0 for item in items),
    )


def compared(item: Item, *, now: int | None, before: int | None) -> int | None:
    """The points (0 to 2) of one item against the person's own baseline; None when it was not scored."""
    if now is None or not item.against_baseline or before is None:
        return now
    return ITEM_BEST if now >= before else now


def _points(item: Item, now: Points) -> int:
    found = now[item.id]
    assert found is not None  # noqa: S101 - for the type checker; `total` has looked for missing items
    return found


def percent_off(now: Pressure, baseline: Pressure) -> int:
    """How far the pressure is from the baseline, the worse of the two numbers, rounded up (%)."""
    pairs = ((now.sbp_mmhg, baseline.sbp_mmhg), (now.dbp_mmhg, baseline.dbp_mmhg))
    return max(-(-abs(value - base) * 100 // base) for value, base in pairs)


def pressure_points(item: Item, now: Pressure | None, baseline: Pressure | None) -> int | None:
    """The points (0 to 2) that a pressure gives; None when it or the baseline was not measured.

    The worse of systolic and diastolic counts [design].
    """
    if now is None or baseline is None:
        return None
    close, far = (
        (CIRCULATION_CLOSE_PERCENT, CIRCULATION_FAR_PERCENT)
        if item.id == "circulation"
        else (VITALS_CLOSE_PERCENT, VITALS_FAR_PERCENT)
    )
    off = percent_off(now, baseline)
    if off <= close:
        return 2
    return 1 if off <= far else 0


def with_pressure(
    name: ScoreName, points: Points, now: Pressure | None, baseline: Pressure | None
) -> dict[str, int | None]:
    """The items of a score, those that follow from the pressure filled in from it: nobody types them."""
    return {
        item.id: pressure_points(item, now, baseline) if item.from_pressure else points.get(item.id)
        for item in ITEMS[name]
    }
