"""Published concentrations to compare with, and the guard rails of a plan: each with its sampling site and its drug.

A comparison across sites or drugs is possible and never silent: its sentence names what does not match. Arterial
and venous curves differ up to two-fold during a short infusion (pharmacology facts 1.1, Henthorn 2018 [seen]).
Concentrations ng/mL of free base. No file is opened here. Checked in tests/pharmacology/test_anchors.py.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from ebbtide.pharmacology.errors import MalformedModel, NotComputable
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.models import Drug, Mark, Range, Site
from ebbtide.pharmacology.published.parsing import parse_drug, parse_mark, parse_site
from ebbtide.pharmacology.published.reading import Data
from ebbtide.pharmacology.published.validity import NAMES

ANCHOR_KEYS = ("id", "drug", "site", "meaning", "source", "mark")
SHAPES = ("band", "value", "above")  # each anchor has exactly one
RAIL_KEYS = ("mark", "warn_upper90_total_above", "review_stop_above", "editable_by")


class Place(StrEnum):
    """Where a concentration stands against an anchor."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """A number with what makes it one: where the blood is drawn, of which drug.

    Attributes:
        ng_per_ml: The concentration (ng/mL).
        site: Sampling site of the model or of the measurement.
        drug: Racemic means the total of both mirror forms; S or R that form alone.
        label: Words that must stand beside it, such as those of an exploratory venous link.
    """

    ng_per_ml: float
    site: Site
    drug: Drug
    label: str | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ng_per_ml) and self.ng_per_ml >= 0):
            raise NotComputable(
                f"A concentration of {self.ng_per_ml} ng/mL cannot be compared: it must be a number, zero or more."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A published concentration and what was seen at it.

    Attributes:
        id: Short name.
        drug: What was measured in those people.
        site: Where their blood was drawn.
        at_ng_per_ml: The band; open above for a threshold; the interval or one SD around a value; else the value twice.
        value_ng_per_ml: The single value where the source gives one.
        around: What the ends of ``at_ng_per_ml`` are, in words.
        meaning: What was seen.
        source: Where.
        mark: How it is known.
    """

    id: str
    drug: Drug
    site: Site
    at_ng_per_ml: Range
    value_ng_per_ml: float | None
    around: str
    meaning: str
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Where a concentration stands against an anchor, and the sentence that must be shown with it.

    Attributes:
        place: Below, within or above.
        like_with_like: Whether site and drug are known and the same on both sides.
        sentence: What may be read from it, mismatches named.
    """

    place: Place
    like_with_like: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRails:
    """Limits at which a plan warns or asks for a review; policy of the clinic, editable [design].

    Attributes:
        warn_above_ng_per_ml: Dissociation is likely when the upper end of the 90 % band of the total exceeds it.
        review_above_ng_per_ml: Loss of consciousness is near: the plan stops for a review.
        mark: How the numbers are known.
    """

    warn_above_ng_per_ml: float
    review_above_ng_per_ml: float
    mark: Mark

    def __post_init__(self) -> None:
        if not 0 < self.warn_above_ng_per_ml <= self.review_above_ng_per_ml:
            raise MalformedModel(
                f"The guard rails warn above {self.warn_above_ng_per_ml:g} ng/mL and ask for a review above "
                f"{self.review_above_ng_per_ml:g} ng/mL: both must be above zero, the warning first."
            )


class Rail(StrEnum):
    """What a guard rail says."""

    CLEAR = "clear"
    WARN = "warn"
    REVIEW_STOP = "review_stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The answer of the guard rails, with its sentence; clear is never a promise of safety."""

    rail: Rail
    sentence: str


def parse_anchor(data: Data) -> Anchor:
    """One anchor from its mapping; refused by the name of the anchor and of what is wrong."""
    where = f"Anchor {reading.text_of(data.get('id'), where='The id of an anchor')}"
    reading.check_keys(data, needed=ANCHOR_KEYS, allowed=(*SHAPES, "sd", "ci95"), where=where)
    if sum(shape in data for shape in SHAPES) != 1:
        raise MalformedModel(f"{where} must have exactly one of {', '.join(SHAPES)} (ng/mL).")
    at, value, around = _extent(data, where=where)
    return Anchor(
        id=str(data["id"]),
        drug=parse_drug(data["drug"], where=where),
        site=parse_site(data["site"], where=where),
        at_ng_per_ml=at,
        value_ng_per_ml=value,
        around=around,
        meaning=reading.text_of(data["meaning"], where=f"{where}, meaning"),
        source=reading.text_of(data["source"], where=f"{where}, source"),
        mark=parse_mark(data["mark"], where=where),
    )


def parse_guard_rails(data: Data) -> GuardRails:
    """The guard rails that ship, for a clinic to edit."""
    where = "guard_rails"
    reading.check_keys(data, needed=RAIL_KEYS, where=where)
    warn, review = (reading.number_of(data[key], where=f"{where}, {key}") for key in RAIL_KEYS[1:3])
    return GuardRails(
        warn_above_ng_per_ml=warn,
        review_above_ng_per_ml=review,
        mark=parse_mark(data["mark"], where=where),
    )


def _extent(data: Data, *, where: str) -> tuple[Range, float | None, str]:
    if "band" in data:
        return reading.range_of(data["band"], where=f"{where}, band"), None, "band"
    if "above" in data:
        low = reading.number_of(data["above"], where=f"{where}, above")
        return Range(low=low, high=math.inf), None, "threshold"
    value = reading.number_of(data["value"], where=f"{where}, value")
    if (interval := reading.maybe_range(data, "ci95", where=where)) is not None:
        return interval, value, "95 % interval"
    if (spread := reading.maybe_number(data, "sd", where=where)) is not None:
        return Range(low=value - spread, high=value + spread), value, "band of one standard deviation"
    return Range(low=value, high=value), value, "one value without an interval"


def compare(concentration: Concentration, anchor: Anchor) -> Comparison:
    """Where a concentration stands against an anchor; what does not match is named in the sentence, never left out."""
    mismatches = [words for words in (_sites(concentration, anchor), _drugs(concentration, anchor)) if words]
    place = _where(concentration, anchor)
    said = (
        f"{_written(concentration)} is {place.value} {_extent_words(anchor)} "
        f"({_called(anchor.drug)}, {_drawn(anchor.site)}): {anchor.meaning} [{anchor.source}; {_marked(anchor.mark)}]."
    )
    return Comparison(place=place, like_with_like=not mismatches, sentence=" ".join([said, *mismatches]))


def _marked(mark: Mark) -> str:
    return mark.replace("_", " ")


def _written(concentration: Concentration) -> str:
    site = _drawn(concentration.site) if concentration.label is None else concentration.label
    return f"{two_figures(concentration.ng_per_ml)} ng/mL of {_called(concentration.drug)} ({site})"


def _where(concentration: Concentration, anchor: Anchor) -> Place:
    if concentration.ng_per_ml < anchor.at_ng_per_ml.low:
        return Place.BELOW
    return Place.WITHIN if anchor.at_ng_per_ml.holds(concentration.ng_per_ml) else Place.ABOVE


def _extent_words(anchor: Anchor) -> str:
    ends = anchor.at_ng_per_ml
    if math.isinf(ends.high):
        return f"the range above {ends.low:g} ng/mL"
    if anchor.value_ng_per_ml is None:
        return f"{ends} ng/mL"
    if ends.low < ends.high:
        return f"the {anchor.around} {ends} around {anchor.value_ng_per_ml:g} ng/mL"
    return f"{anchor.value_ng_per_ml:g} ng/mL ({anchor.around})"


def _sites(concentration: Concentration, anchor: Anchor) -> str | None:
    return site_mismatch(concentration.site, anchor.site)


def site_mismatch(predicted: Site, published: Site) -> str | None:
    """The sentence about two sampling sites that do not match, or are not known; ``None`` when they are the same."""
    if Site.UNKNOWN in (predicted, published):
        return (
            "Sampling sites cannot be matched: one of them is not known, and arterial and venous differ up to "
            "two-fold."
        )
    if predicted is published:
        return None
    return (
        f"Sampling sites differ: {predicted} against {published}; during a short infusion the two differ up to "
        "two-fold."
    )


def _drugs(concentration: Concentration, anchor: Anchor) -> str | None:
    if Drug.UNKNOWN in (concentration.drug, anchor.drug):
        return "Drugs cannot be matched: one of them is not known."
    if concentration.drug is anchor.drug:
        return None
    return (
        f"Drugs differ: {_called(concentration.drug)} against {_called(anchor.drug)}; after the racemate about half of "
        "the total is S-ketamine."
    )


def _called(drug: Drug) -> str:
    return NAMES[drug]


def _drawn(site: Site) -> str:
    return "site not known" if site is Site.UNKNOWN else site.value


def guard(upper: Concentration, *, rails: GuardRails) -> Guarded:
    """What the guard rails say about the upper end of the 90 % band of the total (a limit itself is clear).

    Args:
        upper: Highest upper end of the band over the plan, with its site and drug.
        rails: The clinic's limits; those that ship are ``the_effects().guard_rails``.
    """
    rail, words = _railed(upper.ng_per_ml, rails)
    said = [f"The upper end of the 90 % band reaches {_written(upper)}: {words}."]
    if upper.drug is not Drug.RACEMIC:
        said.append(
            "The limits were set for the total after the racemate, of which about half is S-ketamine: S-ketamine alone "
            "reaches the same effect at about half of that total (Olofsen 2022)."
            if upper.drug is Drug.S
            else "The limits were set for the total after the racemate, and may not fit this drug."
        )
    return Guarded(rail=rail, sentence=" ".join(said))


def _railed(upper_ng_per_ml: float, rails: GuardRails) -> tuple[Rail, str]:
    policy = f"clinic policy, {_marked(rails.mark)}"
    if upper_ng_per_ml > rails.review_above_ng_per_ml:
        return Rail.REVIEW_STOP, (
            f"above {rails.review_above_ng_per_ml:g} ng/mL loss of consciousness is near, stop for a review ({policy})"
        )
    if upper_ng_per_ml > rails.warn_above_ng_per_ml:
        return (
            Rail.WARN,
            f"above {rails.warn_above_ng_per_ml:g} ng/mL dissociation is likely ({policy})",
        )
    return Rail.CLEAR, f"not above {rails.warn_above_ng_per_ml:g} ng/mL, which promises nothing ({policy})"
