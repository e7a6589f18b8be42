"""A suggested dose as a value: the numbers, and beside them the reasons, the caps and the words. It orders nothing."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ebbtide.pharmacology.doses.caps import GuardRails
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.published.library import Band
from ebbtide.pharmacology.published.models import Drug, Model, Site

SIGNED_BY_A_CLINICIAN = (
    "A suggestion with reasons, from a model and not from a measurement; the clinician signs."
)


class Functional(StrEnum):
    """What of a curve is limited."""

    PEAK = "peak"
    EFFECT_SITE_PEAK = "effect_site_peak"
    AREA = "area"


UNITS = {
    Functional.PEAK: "ng/mL",
    Functional.EFFECT_SITE_PEAK: "ng/mL",
    Functional.AREA: "ng h/mL",
}
NAMES = {
    Functional.PEAK: "the highest concentration",
    Functional.EFFECT_SITE_PEAK: "the highest concentration at the effect site",
    Functional.AREA: "the area under the concentration",
}
BLOOD = {
    Site.ARTERIAL: "arterial blood",
    Site.VENOUS: "venous blood",
    Site.UNKNOWN: "blood from a site that the source does not name",
}
MEASURED = {
    Drug.RACEMIC: "total ketamine, S and R together",
    Drug.S: "S-ketamine",
    Drug.R: "R-ketamine",
    Drug.UNKNOWN: "ketamine",
}


class DoseOutcome(StrEnum):
    """What became of a question about a dose."""

    SUGGESTED = "suggested"
    OUTSIDE_MODEL_RANGE = "outside_model_range"
    NOT_POSSIBLE = "not_possible"


class Spread(StrEnum):
    """How the sampled people differ."""

    PUBLISHED = "published"
    DISPLAY_BAND = "display_band"


class LimitedBy(StrEnum):
    """What decided the dose."""

    LIMIT = "limit"
    WINDOW = "window"
    CAP = "cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``share_over`` of people may exceed ``value`` (in the unit of the functional)."""

    value: float
    share_over: float

    def __post_init__(self) -> None:
        if not (self.value > 0 and np.isfinite(self.value)):
            raise NotComputable(f"A limit of {self.value:g} holds nothing: give a number above zero.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From ``low`` to ``high``, both inside (in the unit of the functional)."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What 1 mg does in each of n sampled people.

    Attributes:
        functional: What is limited.
        per_mg: g, by person: the functional after 1 mg in the shape asked about.
        peak_per_mg: The highest concentration in the blood after that 1 mg (ng/mL), for the guard rails.
        seed: The seed the people were drawn with; ``None`` when they were not drawn.
        spread: How they differ: as the model publishes, or by the display band where it publishes nothing.
    """

    functional: Functional
    per_mg: FloatArray
    peak_per_mg: FloatArray
    seed: int | None = None
    spread: Spread = Spread.PUBLISHED

    def __post_init__(self) -> None:
        for numbers in (self.per_mg, self.peak_per_mg):
            if numbers.size == 0 or not np.all(numbers > 0) or not np.all(np.isfinite(numbers)):
                raise NotComputable(
                    "What 1 mg does must be a finite number above zero in every sampled person."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A dose that no suggestion passes (mg), its rule in words, and whether it decided."""

    dose_mg: float
    words: str
    applied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedDose:
    """The numbers of a suggestion.

    Attributes:
        dose_mg: The dose (mg of free base).
        mg_per_kg: The same for each kg.
        from_mg: Lower end: of the 95 % sampling interval of a limit, of the equally good doses of a window (mg).
        to_mg: Upper end; ``None`` when too few people were sampled to say.
        limited_by: What decided.
        share: Of the sampled people over the limit, or inside the window, at this dose.
        median: The functional in the middle person at this dose.
        upper_90_ng_per_ml: Upper end of the 90 % band of the highest concentration in blood.
        wider_dose_mg: What the same limit allows with the total spread of the display band; ``None`` for a window.
    """

    dose_mg: float
    mg_per_kg: float
    from_mg: float
    to_mg: float | None
    limited_by: LimitedBy
    share: float
    median: float
    upper_90_ng_per_ml: float
    wider_dose_mg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One model's answer: numbers exactly when a dose is suggested, and sentences always.

    Attributes:
        outcome: What became of the question.
        advice: One sentence: the standing words of a suggestion, or why there is none.
        model: Which model, with its site, its mark and the hash of its data, all to be stored with the suggestion.
        drug: What is given.
        functional: What was limited.
        people: How many were sampled; none where the question was refused before.
        seed: With which seed.
        dose: The numbers.
        reasons: Why this dose, in sentences, the deciding one first.
        caps: Every cap that was looked at.
        cautions: What must be said beside it.
    """

    outcome: DoseOutcome
    advice: str
    model: Model
    drug: Drug
    functional: Functional
    people: int
    seed: int | None
    dose: SuggestedDose | None = None
    reasons: tuple[str, ...] = ()
    caps: tuple[Cap, ...] = ()
    cautions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.dose is None) == (self.outcome is DoseOutcome.SUGGESTED):
            raise ValueError("A suggestion has a dose exactly when one is suggested.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What every suggestion is held to beside its own rule: guard rails, display band, and caps from elsewhere."""

    rails: GuardRails
    band: Band
    caps: tuple[Cap, ...] = ()


def dissociation_caution(upper_90_ng_per_ml: float, bounds: Bounds) -> tuple[str, ...]:
    """The sentence that belongs beside a dose or plan whose upper end passes the first guard rail, or nothing."""
    warn = bounds.rails.warn_above_ng_per_ml
    if upper_90_ng_per_ml <= warn:
        return ()
    words = (
        f"The upper end of the 90 % band reaches {two_figures(upper_90_ng_per_ml)} ng/mL (the middle of the people times "
        f"{bounds.band.factor:g}, or the sample where that is wider): above {warn:g} ng/mL dissociation is likely."
    )
    return (words,)
