"""What the library knows of virtual people: the cohort they are like, their bodies, and what lies between models.

Read from ``virtual_people`` of the data file by :func:`parse_virtual_people`; no file is opened here.
"""

from dataclasses import dataclass

from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.models import Mark, Range, check_above_zero
from ebbtide.pharmacology.published.parsing import parse_mark
from ebbtide.pharmacology.published.reading import Data

PARTS = ("reference_cohort", "us_adults", "bodies", "between_model", "display_band")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A mean and a standard deviation in one unit."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        check_above_zero("A mean or a standard deviation", self.mean, self.sd)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCohort:
    """People in a published trial of chronic pain: age (y), weight (kg), share of women (0 to 1)."""

    source: str
    mark: Mark
    age_y: Spread
    weight_kg: Spread
    female: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The mean weight (kg) and height (cm) of one sex."""

    weight_kg: float
    height_cm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralAdults:
    """Adults at large, by sex, with one standard deviation of weight (kg) within each."""

    mark: Mark
    male: Build
    female: Build
    weight_sd_kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """What no source here gives and we chose, so that height, weight and sex belong together [design].

    Attributes:
        mark: How these numbers are known.
        height_sd_cm: Standard deviation of height within a sex (cm).
        log_weight_height_correlation: Of the logarithm of weight with height, within a sex (-1 to 1).
        bmi_kg_per_m2: Bodies outside are drawn again.
        us_adults_female: Share of women among adults at large (0 to 1).
    """

    mark: Mark
    height_sd_cm: float
    log_weight_height_correlation: float
    bmi_kg_per_m2: Range
    us_adults_female: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenModels:
    """What lies between models: which to draw from, how weight scales clearance, how slow the effect site is [design].

    Attributes:
        mark: How these numbers are known.
        draw_from: Ids of the models, equally likely.
        clearance_exponent: Uniform range of the exponent of weight.
        ke0_half_median_min: Median half-time of the effect site (min).
        ke0_half_log_sd: Standard deviation of its logarithm.
    """

    mark: Mark
    draw_from: tuple[str, ...]
    clearance_exponent: Range
    ke0_half_median_min: float
    ke0_half_log_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualPeople:
    """Everything that populations are drawn from."""

    cohort: ReferenceCohort
    us_adults: GeneralAdults
    bodies: Bodies
    between_models: BetweenModels


def parse_virtual_people(data: Data) -> VirtualPeople:
    """The virtual people of a data file; refused by the name of what is missing, extra or impossible."""
    reading.check_keys(data, needed=PARTS, where="virtual_people")
    return VirtualPeople(
        cohort=_cohort(_part(data, "reference_cohort")),
        us_adults=_us_adults(_part(data, "us_adults")),
        bodies=_bodies(_part(data, "bodies")),
        between_models=_between_models(_part(data, "between_model")),
    )


def _part(data: Data, key: str) -> Data:
    return reading.mapping_of(data[key], where=f"virtual_people, {key}")


def _cohort(data: Data) -> ReferenceCohort:
    where = "virtual_people, reference_cohort"
    reading.check_keys(data, needed=("source", "mark", "age_y", "weight_kg", "female"), where=where)
    return ReferenceCohort(
        source=reading.text_of(data["source"], where=where),
        mark=parse_mark(data["mark"], where=where),
        age_y=_spread(data["age_y"], where=f"{where}, age_y"),
        weight_kg=_spread(data["weight_kg"], where=f"{where}, weight_kg"),
        female=reading.share_of(data["female"], where=f"{where}, female"),
    )


def _spread(value: object, *, where: str) -> Spread:
    numbers = reading.numbers_by_name(value, where=where)
    reading.check_keys(numbers, needed=("mean", "sd"), where=where)
    return Spread(mean=numbers["mean"], sd=numbers["sd"])


def _us_adults(data: Data) -> GeneralAdults:
    where = "virtual_people, us_adults"
    reading.check_keys(data, needed=("mark", "male", "female", "weight_sd_kg"), where=where)
    return GeneralAdults(
        mark=parse_mark(data["mark"], where=where),
        male=_build(data["male"], where=f"{where}, male"),
        female=_build(data["female"], where=f"{where}, female"),
        weight_sd_kg=reading.number_of(data["weight_sd_kg"], where=where),
    )


def _build(value: object, *, where: str) -> Build:
    numbers = reading.numbers_by_name(value, where=where)
    reading.check_keys(numbers, needed=("weight_kg", "height_cm"), where=where)
    check_above_zero(f"{where}: a weight (kg) or height (cm)", *numbers.values())
    return Build(weight_kg=numbers["weight_kg"], height_cm=numbers["height_cm"])


def _bodies(data: Data) -> Bodies:
    where = "virtual_people, bodies"
    needed = ("mark", "height_sd_cm", "log_weight_height_correlation", "bmi_kg_m2", "us_adults_female")
    reading.check_keys(data, needed=needed, allowed=("note",), where=where)
    return Bodies(
        mark=parse_mark(data["mark"], where=where),
        height_sd_cm=reading.number_of(data["height_sd_cm"], where=where),
        log_weight_height_correlation=reading.share_of(
            data["log_weight_height_correlation"], where=f"{where}, log_weight_height_correlation"
        ),
        bmi_kg_per_m2=reading.range_of(data["bmi_kg_m2"], where=where),
        us_adults_female=reading.share_of(data["us_adults_female"], where=f"{where}, us_adults_female"),
    )


def _between_models(data: Data) -> BetweenModels:
    where = "virtual_people, between_model"
    reading.check_keys(data, needed=("mark", "draw_from", "clearance_exponent", "ke0_half_min"), where=where)
    exponent = reading.mapping_of(data["clearance_exponent"], where=f"{where}, clearance_exponent")
    reading.check_keys(exponent, needed=("uniform",), where=f"{where}, clearance_exponent")
    half = reading.mapping_of(data["ke0_half_min"], where=f"{where}, ke0_half_min")
    reading.check_keys(half, needed=("lognormal",), where=f"{where}, ke0_half_min")
    numbers = reading.numbers_by_name(half["lognormal"], where=f"{where}, ke0_half_min")
    reading.check_keys(numbers, needed=("median", "sd"), where=f"{where}, ke0_half_min")
    return BetweenModels(
        mark=parse_mark(data["mark"], where=where),
        draw_from=tuple(
            reading.text_of(item, where=f"{where}, draw_from")
            for item in reading.sequence_of(data["draw_from"], where=f"{where}, draw_from")
        ),
        clearance_exponent=reading.range_of(exponent["uniform"], where=f"{where}, clearance_exponent"),
        ke0_half_median_min=numbers["median"],
        ke0_half_log_sd=numbers["sd"],
    )
