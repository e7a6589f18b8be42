"""Caps: the highest rate that policy and model allow, and the guard rails of a plan. Each says itself in a sentence.

The numbers are our own choice [design] and stand in the data file under ``policy_validity`` and ``guard_rails``.
"""

from dataclasses import dataclass
from functools import cache

from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.library import read_data
from ebbtide.pharmacology.published.models import Mark
from ebbtide.pharmacology.published.parsing import parse_mark
from ebbtide.pharmacology.published.reading import Data
from ebbtide.pharmacology.published.validity import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCap:
    """The highest sum of infusions in this person (mg/h), and its rule in words."""

    mg_per_h: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRails:
    """What a plan is warned of, by the upper end of the 90 % band of the total concentration (ng/mL).

    Attributes:
        warn_above_ng_per_ml: Dissociation is likely above this.
        stop_above_ng_per_ml: No dose is suggested above this: loss of consciousness begins to be possible.
        mark: How these numbers are known.
    """

    warn_above_ng_per_ml: float
    stop_above_ng_per_ml: float
    mark: Mark


def rate_caps_of(question: Question) -> tuple[RateCap, ...]:
    """The caps on the rate of infusions in this person, the one for each kg first; a bolus is not a rate."""
    policy, own = question.policy, question.model.validity.max_rate_mg_per_kg_h
    allowed = policy.max_rate_mg_per_kg_h if own is None else min(own, policy.max_rate_mg_per_kg_h)
    return (
        RateCap(
            mg_per_h=allowed * question.weight_kg,
            words=f"the cap of {allowed:g} mg/kg/h, {allowed * question.weight_kg:.4g} mg/h at "
            f"{question.weight_kg:g} kg",
        ),
        RateCap(mg_per_h=policy.max_rate_mg_per_h, words=f"the cap of {policy.max_rate_mg_per_h:g} mg/h"),
    )


def lowest_of(caps: tuple[RateCap, ...]) -> RateCap:
    """The cap that holds first."""
    return min(caps, key=lambda cap: cap.mg_per_h)


@cache
def the_guard_rails() -> GuardRails:
    """The guard rails that ship with the package, read once."""
    return parse_guard_rails(read_data())


def parse_guard_rails(data: Data) -> GuardRails:
    """Guard rails from the mapping of a data file."""
    where = "guard_rails"
    found = reading.mapping_of(data.get(where), where=where)
    numbers = ("warn_upper90_total_above", "review_stop_above")
    reading.check_keys(found, needed=("mark", *numbers), allowed=("editable_by",), where=where)
    warn, stop = (reading.number_of(found[key], where=f"{where}, {key}") for key in numbers)
    return GuardRails(
        warn_above_ng_per_ml=warn, stop_above_ng_per_ml=stop, mark=parse_mark(found["mark"], where=where)
    )
