"""Pharmacokinetic models as data: what a model is made of, with its units. No file is read here, no clock.

Units everywhere: volume L, clearance and flow L/h, rate constant 1/h, time h, amount mg of free base,
concentration ng/mL, age in completed years, weight kg. A missing value is ``None`` and stays missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ebbtide.pharmacology.errors import MalformedModel, NotComputable


class Site(StrEnum):
    """Where the blood was drawn: a concentration means nothing without it."""

    ARTERIAL = "arterial"
    VENOUS = "venous"
    UNKNOWN = "unknown"


class Drug(StrEnum):
    """Which ketamine: the 1:1 mixture, one of its two mirror forms, or not stated by the source."""

    RACEMIC = "racemic"
    S = "S"
    R = "R"
    UNKNOWN = "unknown"


class Mark(StrEnum):
    """How we know a number: read in the paper, read in a transcription, remembered, chosen, computed."""

    SEEN = "seen"
    SECOND_HAND = "second_hand"
    RECALLED = "recalled"
    DESIGN = "design"
    COMPUTED = "computed"


def check_above_zero(name: str, *values: float) -> None:
    """Every value is above zero, else the model is refused by the name of the quantity."""
    for value in values:
        if not value > 0:
            raise MalformedModel(f"{name} is {value}: it must be above zero. Correct the model's data file.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A closed interval, both ends included, in the unit of the field that holds it."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise MalformedModel(f"A range runs from {self.low} to {self.high}: the low end must come first.")

    def holds(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartments:
    """A mammillary system: one centre, and tissues that exchange with the centre alone.

    Attributes:
        central_volume_l: V1, volume of the centre (L).
        peripheral_volumes_l: V2, V3 ..., volumes of the tissues (L).
        elimination_l_per_h: CL, clearance from the centre (L/h); ``None`` when only an organ eliminates.
        intercompartmental_l_per_h: Q2, Q3 ..., in the order of the tissues (L/h).
    """

    central_volume_l: float
    peripheral_volumes_l: tuple[float, ...]
    elimination_l_per_h: float | None
    intercompartmental_l_per_h: tuple[float, ...]

    def __post_init__(self) -> None:
        check_above_zero("A volume (L)", self.central_volume_l, *self.peripheral_volumes_l)
        check_above_zero("An intercompartmental clearance (L/h)", *self.intercompartmental_l_per_h)
        if self.elimination_l_per_h is not None:
            check_above_zero("The elimination clearance (L/h)", self.elimination_l_per_h)
        if len(self.peripheral_volumes_l) != len(self.intercompartmental_l_per_h):
            raise MalformedModel(
                f"{len(self.peripheral_volumes_l)} peripheral volumes stand beside "
                f"{len(self.intercompartmental_l_per_h)} intercompartmental clearances: give one for each tissue."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """A well-stirred organ in exchange with the centre; it eliminates drug and may form a metabolite.

    Attributes:
        name: What the source calls it.
        flow_l_per_h: Qh, exchange flow with the centre (L/h).
        volume_l: Vh (L).
        k_elimination_per_h: kel, elimination without the metabolite (1/h).
        k_to_metabolite_per_h: kmet, elimination that forms the metabolite (1/h).
    """

    name: str
    flow_l_per_h: float
    volume_l: float
    k_elimination_per_h: float
    k_to_metabolite_per_h: float

    def __post_init__(self) -> None:
        check_above_zero(
            f"A parameter of the {self.name}",
            self.flow_l_per_h,
            self.volume_l,
            self.k_elimination_per_h,
            self.k_to_metabolite_per_h,
        )

    @property
    def clearance_l_per_h(self) -> float:
        """Clearance that the organ gives the body, Qh Vh k / (Qh + Vh k) with k = kel + kmet (L/h)."""
        intrinsic_l_per_h = self.volume_l * (self.k_elimination_per_h + self.k_to_metabolite_per_h)
        return self.flow_l_per_h * intrinsic_l_per_h / (self.flow_l_per_h + intrinsic_l_per_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transit:
    """A delay made of equal stages in a row; each drains at stages / mean_time_h (1/h)."""

    stages: int
    mean_time_h: float

    def __post_init__(self) -> None:
        check_above_zero("The number of transit stages", self.stages)
        check_above_zero("The mean transit time (h)", self.mean_time_h)

    @property
    def rate_per_h(self) -> float:
        """Rate at which each stage drains (1/h)."""
        return self.stages / self.mean_time_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Metabolite:
    """A species formed from another, with compartments of its own.

    Attributes:
        id: Name of the species.
        formed_from: ``ketamine``, or ``organ`` where one eliminates it, or the id of an earlier metabolite.
        fraction: Share of the forming flux that becomes this species (0 to 1).
        transit: Delay between the two, or ``None``.
        concentration_factor: ng/mL = factor x 1000 x amount (mg of parent) / central volume (L).
        compartments: Its own disposition.
        time_effect: A change over time that the source reports in words; such a species has no curve here.
    """

    id: str
    formed_from: str
    fraction: float
    transit: Transit | None
    concentration_factor: float
    compartments: Compartments
    time_effect: str | None = None

    def __post_init__(self) -> None:
        check_above_zero(f"The concentration factor of {self.id}", self.concentration_factor)
        if not 0 < self.fraction <= 1:
            raise MalformedModel(
                f"The fraction that forms {self.id} is {self.fraction}: it must be in (0, 1]."
            )
        if self.compartments.elimination_l_per_h is None:
            raise MalformedModel(f"{self.id} has no elimination clearance (L/h): a metabolite needs one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The parameters that drive one curve: parent, organ if any, metabolites, already scaled to a person."""

    compartments: Compartments
    organ: Organ | None
    metabolites: tuple[Metabolite, ...] = ()

    def __post_init__(self) -> None:
        if (self.compartments.elimination_l_per_h is None) == (self.organ is None):
            raise MalformedModel(
                "A model eliminates either from its centre (L/h) or in an organ: give one of the two."
            )
        eliminates = "ketamine" if self.organ is None else "organ"
        sources, taken = {eliminates}, {"ketamine", "organ"}
        for metabolite in self.metabolites:
            if metabolite.formed_from not in sources or metabolite.id in taken:
                raise MalformedModel(
                    f"{metabolite.id} is formed from {metabolite.formed_from}: name each species once, parents first; "
                    f"what eliminates the parent here is called {eliminates}."
                )
            sources.add(metabolite.id)
            taken.add(metabolite.id)

    @property
    def clearance_l_per_h(self) -> float:
        """Clearance of the parent from the whole body (L/h); at a steady rate C = rate / clearance."""
        if self.organ is not None:
            return self.organ.clearance_l_per_h
        return elimination_l_per_h(self.compartments)


def elimination_l_per_h(compartments: Compartments) -> float:
    """Elimination clearance of the centre (L/h); refuses compartments that have none."""
    if compartments.elimination_l_per_h is None:
        raise NotComputable(
            "This centre eliminates nothing by itself: ask its organ for the clearance (L/h)."
        )
    return compartments.elimination_l_per_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Allometry:
    """Exponents b of P = P_ref (W / W_ref)^b; ``None`` where the source does not give one."""

    reference_weight_kg: float
    central_volume: float | None
    peripheral_volumes: float | None
    elimination: float | None
    intercompartmental: float | None
    status: str

    def __post_init__(self) -> None:
        check_above_zero("The reference weight (kg)", self.reference_weight_kg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariates:
    """Effects of the person beyond weight. Race effects are shown by the source and never automated here."""

    organ_flow_per_year_over_60_l_per_h: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariance:
    """Covariance of the deviates of two parameters (log units squared)."""

    between: tuple[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Variability:
    """Between-subject variability as the source prints it, of the deviates eta in P = P_typical exp(eta).

    Attributes:
        log_variance: Variance of eta by parameter, as :func:`ebbtide.pharmacology.engine.cohort.parameters_of` names them.
        covariances: Those the source prints; a pair that is not named has none.
        shared: A parameter that takes the deviate of another, by name.
        status: How this is known, in words.
    """

    log_variance: Mapping[str, float]
    covariances: tuple[Covariance, ...]
    shared: Mapping[str, str]
    status: str

    @property
    def published(self) -> bool:
        """Whether any spread between people is known at all."""
        return bool(self.log_variance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Unexplained spread of single measurements of one species; what the source does not print is ``None``."""

    species: str
    proportional_sd: float | None = None
    log_sd: float | None = None
    additive_ng_per_ml: float | None = None

    @property
    def known(self) -> bool:
        """Whether the source prints any part of it."""
        return (self.proportional_sd, self.log_sd, self.additive_ng_per_ml) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Where a model may speak; ``None`` where the source gives no limit."""

    age_y: Range | None
    weight_kg: Range | None
    max_rate_mg_per_kg_h: float | None
    basis: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One published model with all it needs to be quoted honestly.

    Attributes:
        id: Short name used in the code and on the screen.
        source: Author, year, journal, table.
        mark: How its numbers are known.
        site: Sampling site of the observations behind it.
        drugs: What was given to the people behind it.
        population: Who they were, in the words of the data file.
        body: Parameters at the reference weight.
        allometry: Weight scaling.
        covariates: Other effects of the person.
        variability: Between-subject spread.
        residuals: Residual spread by species.
        validity: Where it may be used.
        offered: Whether a preview may show it.
        role: What it is for.
        parameter_hash: SHA-256 of the data it was read from: stored with every preview.
    """

    id: str
    source: str
    mark: Mark
    site: Site
    drugs: tuple[Drug, ...]
    population: Mapping[str, str]
    body: Body
    allometry: Allometry
    covariates: Covariates
    variability: Variability
    residuals: tuple[Residual, ...]
    validity: Validity
    offered: bool
    role: str
    parameter_hash: str
