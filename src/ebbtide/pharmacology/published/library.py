"""The library of models, with the limits and the band of every preview: the only file here that opens another.

The data lie in ``data/pharmacology.yaml`` inside the package, with marks and sources beside the numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from ebbtide.pharmacology.errors import MalformedModel, UnknownModel
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.models import Mark, Model, Range, Site
from ebbtide.pharmacology.published.parsing import hash_of, parse_mark, parse_model, parse_site
from ebbtide.pharmacology.published.population_data import VirtualPeople, parse_virtual_people
from ebbtide.pharmacology.published.reading import Data

SCHEMA_VERSION = 1
DATA_FILE = "pharmacology.yaml"
POLICY_KEYS = (
    "age_y",
    "age_y_with_warning",
    "weight_kg",
    "weight_kg_extended",
    "max_rate_mg_kg_h",
    "max_rate_mg_h",
    "duration_h",
    "bolus_min_duration_min",
    "max_bmi_kg_m2",
    "outside",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The outer limits of any preview, our own choice [design]; a model's own range may be narrower.

    Attributes:
        age_y: Ages shown without further words (completed years).
        age_y_with_warning: By model id, ages shown with a warning.
        weight_kg: Weights shown (kg).
        weight_kg_extended: By model id, weights shown beyond that (kg).
        max_rate_mg_per_kg_h: Highest sum of infusions (mg/kg/h).
        max_rate_mg_per_h: Highest sum of infusions (mg/h).
        duration_h: Length of infusing (h).
        max_duration_crps_h: Longest with the flag for a CRPS course (h).
        bolus_min_duration_min: A bolus faster than this is not modelled: mixing (min).
        max_bmi_kg_per_m2: Highest body-mass index shown (kg/m2).
        mark: How these numbers are known.
    """

    age_y: Range
    age_y_with_warning: Mapping[str, Range]
    weight_kg: Range
    weight_kg_extended: Mapping[str, Range]
    max_rate_mg_per_kg_h: float
    max_rate_mg_per_h: float
    duration_h: Range
    max_duration_crps_h: float
    bolus_min_duration_min: float
    max_bmi_kg_per_m2: float
    mark: Mark = Mark.DESIGN


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What stands in where a source prints no spread: our own estimate [design].

    Attributes:
        level: Share of people between the ends of the band (0 to 1).
        total_log_sd: Standard deviation of the logarithm of one measurement, everything together.
        factor: What the median is divided and multiplied by.
        residual_log_sd: By sampling site, that part of it which lies in the measurement; none at a site not stated.
        mark: How these numbers are known.
    """

    level: float
    total_log_sd: float
    factor: float
    residual_log_sd: Mapping[Site, float]
    mark: Mark

    def __str__(self) -> str:
        return (
            f"{self.level:.0%} band: divided and multiplied by {self.factor:g} (total log-SD {self.total_log_sd:g}; "
            f"{self.mark}, not measured in this clinic)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Every model by its id, the limits of a preview, the band, the virtual people, and the hash of the data file."""

    models: Mapping[str, Model]
    policy: Policy
    band: Band
    people: VirtualPeople
    data_hash: str

    def model(self, model_id: str) -> Model:
        """The model with this id."""
        if model_id not in self.models:
            raise UnknownModel(
                f"There is no model {model_id!r}. The library holds: {', '.join(self.models)}."
            )
        return self.models[model_id]

    @property
    def offered(self) -> tuple[Model, ...]:
        """The models that a preview may show, in the order of the data file."""
        return tuple(model for model in self.models.values() if model.offered)


@cache
def the_library() -> Library:
    """The library that ships with the package, read once."""
    return parse_library(read_data())


def read_data() -> Data:
    """The package's own data file as it stands, golden values and targets included."""
    text = (resources.files("ebbtide.pharmacology") / "data" / DATA_FILE).read_text(encoding="utf-8")
    loader = getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )  # the C reader where the wheel has it: ten times quicker
    return reading.mapping_of(yaml.load(text, Loader=loader), where=DATA_FILE)  # noqa: S506  a safe loader either way


def parse_library(data: Data) -> Library:
    """A library from the mapping of a data file."""
    schema = reading.mapping_of(data.get("schema"), where="schema")
    if schema.get("version") != SCHEMA_VERSION:
        raise MalformedModel(
            f"The data file has schema {schema.get('version')!r}: this code reads {SCHEMA_VERSION}."
        )
    found = [
        parse_model(reading.mapping_of(item, where="A model"))
        for item in reading.sequence_of(data.get("models"), where="models")
    ]
    by_id = {model.id: model for model in found}
    if len(by_id) != len(found):
        raise MalformedModel("Two models have the same id: rename one.")
    people = reading.mapping_of(data.get("virtual_people"), where="virtual_people")
    return Library(
        models=by_id,
        policy=_policy(reading.mapping_of(data.get("policy_validity"), where="policy_validity")),
        band=_band(people),
        people=parse_virtual_people(people),
        data_hash=hash_of(data),
    )


def _policy(data: Data) -> Policy:
    where = "policy_validity"
    reading.check_keys(data, needed=POLICY_KEYS, where=where)
    duration = reading.numbers_by_name(data["duration_h"], where=f"{where}, duration_h")
    reading.check_keys(duration, needed=("min", "max", "max_with_crps_flag"), where=f"{where}, duration_h")
    return Policy(
        age_y=reading.range_of(data["age_y"], where=where),
        age_y_with_warning=_ranges(data["age_y_with_warning"], where=where),
        weight_kg=reading.range_of(data["weight_kg"], where=where),
        weight_kg_extended=_ranges(data["weight_kg_extended"], where=where),
        max_rate_mg_per_kg_h=reading.number_of(data["max_rate_mg_kg_h"], where=where),
        max_rate_mg_per_h=reading.number_of(data["max_rate_mg_h"], where=where),
        duration_h=Range(low=duration["min"], high=duration["max"]),
        max_duration_crps_h=duration["max_with_crps_flag"],
        bolus_min_duration_min=reading.number_of(data["bolus_min_duration_min"], where=where),
        max_bmi_kg_per_m2=reading.number_of(data["max_bmi_kg_m2"], where=where),
    )


def _ranges(value: object, *, where: str) -> dict[str, Range]:
    return {
        key: reading.range_of(item, where=where)
        for key, item in reading.mapping_of(value, where=where).items()
    }


def _band(people: Data) -> Band:
    where = "virtual_people, display_band"
    data = reading.mapping_of(people.get("display_band"), where=where)
    reading.check_keys(data, needed=("mark", "level", "total_log_sd", "factor", "residual_sd"), where=where)
    residual = reading.numbers_by_name(data["residual_sd"], where=f"{where}, residual_sd")
    return Band(
        level=reading.number_of(data["level"], where=where),
        total_log_sd=reading.number_of(data["total_log_sd"], where=where),
        factor=reading.number_of(data["factor"], where=where),
        residual_log_sd={parse_site(site, where=where): sd for site, sd in residual.items()},
        mark=parse_mark(data["mark"], where=where),
    )
