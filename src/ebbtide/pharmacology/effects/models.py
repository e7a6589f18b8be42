"""Effect models as data: what drives an effect, where the blood behind it was drawn, and how it grows. No file is read.

Concentrations ng/mL of free base unless a name says nmol/L, half-times min or d, effects in the unit that the name
says. A missing value is ``None`` and stays missing: nothing here is ever borrowed without being asked for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ebbtide.pharmacology.errors import NotComputable, UnknownModel
from ebbtide.pharmacology.published.models import Mark, Range, Site, check_above_zero

MIN_PER_H = 60.0


class Driver(StrEnum):
    """What an effect follows: one mirror form, the total of both, or a species whatever its form."""

    S = "S"
    RACEMIC = "racemic"
    KETAMINE = "ketamine"
    NORKETAMINE = "norketamine"
    S_KETAMINE = "S_ketamine"
    S_NORKETAMINE = "S_norketamine"


S_ALONE = frozenset({Driver.S, Driver.S_KETAMINE, Driver.S_NORKETAMINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A published number, the interval around it, or both; only an interval where the source gives no single value.

    Attributes:
        value: The number, ``None`` where the source gives a range alone.
        interval: 95 % confidence interval, or the range over endpoints where there is no value.
        mark: How the number is known where that differs from its model.
    """

    value: float | None
    interval: Range | None = None
    mark: Mark | None = None

    @property
    def single(self) -> float:
        """The value; refuses an estimate that is a range alone."""
        if self.value is None:
            raise NotComputable(
                f"The source gives a range alone ({self.interval}): show both ends and no middle."
            )
        return self.value

    @property
    def ends(self) -> Range:
        """The interval, or the value twice where none is published."""
        return self.interval if self.interval is not None else Range(low=self.single, high=self.single)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSite:
    """How fast the effect site follows the blood.

    Attributes:
        half_time_min: ln 2 / ke0 (min); ``None`` where it was not obtained.
        interval_min: What is published around it (min).
        interval_is: ``95 % interval`` or ``range``.
    """

    half_time_min: float | None
    interval_min: Range | None = None
    interval_is: str = "95 % interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidGroup:
    """Endpoints that share one concentration for half of the maximum, C50 (ng/mL)."""

    endpoints: tuple[str, ...]
    c50_ng_per_ml: Estimate

    def __post_init__(self) -> None:
        check_above_zero("A C50 (ng/mL)", self.c50_ng_per_ml.ends.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid:
    """E = C^gamma / (C50^gamma + C^gamma) of the maximum.

    Attributes:
        groups: C50 by group of endpoints.
        gamma: Steepness.
        r_effect: What R-ketamine adds, 0 where the source found none; ``None`` where R was not given.
        metabolite_effect: The same for the metabolites.
    """

    groups: tuple[SigmoidGroup, ...]
    gamma: Estimate
    r_effect: float | None
    metabolite_effect: float | None

    def c50_of(self, endpoint: str) -> Estimate:
        """C50 of an endpoint (ng/mL)."""
        for group in self.groups:
            if endpoint in group.endpoints:
                return group.c50_ng_per_ml
        known = ", ".join(name for group in self.groups for name in group.endpoints)
        raise UnknownModel(f"There is no endpoint {endpoint!r} in this effect model. It has: {known}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditiveLinear:
    """E = sum of slope x concentration: slopes by species (cm of a 10-cm scale for each ng/mL)."""

    cm_per_ng_per_ml: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowState:
    """A state of days that follows the concentration, and a relief that grows with the state to a ceiling.

    Attributes:
        c50_ng_per_ml: State for half of the relief (ng/mL).
        half_time_d: Half-time of rise and fall (d).
        response_probability: Share of people who respond, with its standard error as the interval.
        placebo_probability: The same on placebo.
        gamma: Steepness.
        priors: Mean and spread of each parameter on its own scale, our own choice [design].
    """

    c50_ng_per_ml: Estimate
    half_time_d: Estimate
    response_probability: Estimate
    placebo_probability: Estimate
    gamma: Estimate
    priors: Mapping[str, "Prior"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A normal prior on a log or logit scale: its centre on that scale, and its spread."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearWithoutSlope:
    """A line that was seen between two concentrations (ng/mL), without a published slope: no number comes from it."""

    linear_ng_per_ml: Range
    correlation: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbound:
    """A share of the drug that no protein holds, 0 to 1, and how it is known."""

    share: float
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """Competition for one receptor, as two assays see it.

    Attributes:
        ic50_nm: Unbound concentration that displaces half, by species (nmol/L).
        ki_nm: The other assay, by species and mirror form (nmol/L).
        ki_mark: How the other assay is known.
        unbound: Every share of unbound drug in use.
    """

    ic50_nm: Mapping[str, Estimate]
    ki_nm: Mapping[str, float]
    ki_mark: Mark
    unbound: tuple[Unbound, ...]

    @property
    def unbound_shares(self) -> Range:
        """The lowest and the highest share of unbound drug in use."""
        shares = [part.share for part in self.unbound]
        return Range(low=min(shares), high=max(shares))


@dataclass(frozen=True, slots=True, kw_only=True)
class Emax:
    """E = emax_percent C / (ec50 + C), in percent of the value before the drug."""

    emax_percent: float
    ec50_ng_per_ml: float

    def __post_init__(self) -> None:
        check_above_zero("An EC50 (ng/mL)", self.ec50_ng_per_ml)


Form = Sigmoid | AdditiveLinear | SlowState | LinearWithoutSlope | Occupancy | Emax


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectModel:
    """One effect with all it needs to be quoted honestly.

    Attributes:
        id: Short name used in the code and on the screen.
        source: Author, year, who was studied.
        mark: How its numbers are known.
        drivers: What the effect follows.
        site: Sampling site of the concentrations behind it.
        endpoints: What was measured.
        form: How the effect grows, with its parameters.
        effect_site: Its delay behind the blood; ``None`` where the form has none.
        note: What the source adds, in words.
        cautions: What must be said wherever the effect is shown.
        offered: Whether a page may show it as an effect.
        role: What it is for.
        parameter_hash: SHA-256 of the data it was read from.
    """

    id: str
    source: str
    mark: Mark
    drivers: tuple[Driver, ...]
    site: Site
    endpoints: tuple[str, ...]
    form: Form
    effect_site: EffectSite | None
    note: str | None
    cautions: tuple[str, ...]
    offered: bool
    role: str
    parameter_hash: str

    @property
    def driven_by_s_alone(self) -> bool:
        """Whether only S-ketamine (and what is formed from it) counts."""
        return set(self.drivers) <= S_ALONE


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLogWeight:
    """A rate constant that grows with weight: slope ln(weight in kg) + intercept (1/min)."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ke0InUse:
    """A rate constant of the effect site that somebody uses, shown to say how far they lie apart.

    Attributes:
        id: Who uses it.
        per_min: One value as a range of no width, a range, or a line over the logarithm of weight (1/min).
    """

    id: str
    per_min: Range | OfLogWeight

    def per_min_at(self, weight_kg: float) -> Range:
        """The rate constant in a person of this weight (1/min)."""
        if isinstance(self.per_min, Range):
            return self.per_min
        value = self.per_min.slope * math.log(weight_kg) + self.per_min.intercept
        return Range(low=value, high=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineeringEffect:
    """A value that a simulator uses: share of change at most (below zero: a fall) and EC50 (ng/mL). Never offered."""

    id: str
    emax: float
    ec50_ng_per_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VenousLink:
    """One lag that turns an arterial curve into a venous-equivalent one; exploratory, from eight points.

    Attributes:
        half_time_min: Of the lag (min).
        log_residuals: Lowest and highest ln(observed/predicted) of the fit.
        label: The words that stand beside any number from it.
        source: What it was fitted to.
        mark: How it is known.
        alternative: What else was tried, in words.
        offered: Whether a page may show it.
    """

    half_time_min: float
    log_residuals: Range
    label: str
    source: str
    mark: Mark
    alternative: str
    offered: bool

    @property
    def rate_per_h(self) -> float:
        """Rate of the lag, ln 2 / half-time (1/h)."""
        return MIN_PER_H * math.log(2) / self.half_time_min
