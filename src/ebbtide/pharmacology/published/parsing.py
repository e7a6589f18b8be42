"""From the data of one model to a :class:`Model`: a new model is new data and no code. No file is opened here."""

import hashlib
import json
from collections.abc import Set as AbstractSet

from ebbtide.pharmacology.errors import MalformedModel
from ebbtide.pharmacology.people.variability import check_variability
from ebbtide.pharmacology.published import models, reading
from ebbtide.pharmacology.published.models import Drug, Mark, Model, Site
from ebbtide.pharmacology.published.reading import Data

MODEL_KEYS = (
    *(
        "id",
        "source",
        "mark",
        "site",
        "drug",
        "population",
        "volumes_l",
        "clearances_l_h",
        "organ",
        "metabolites",
    ),
    *("allometry", "bsv", "residual", "validity", "offer", "role"),
)
MODEL_EXTRAS = (
    "covariates",
    "absorption",
    "as_published",
)  # the last two are kept in the file and not computed with
METABOLITE_KEYS = ("id", "from", "fraction", "transit", "concentration_factor", "volumes_l", "clearances_l_h")
ORGAN_NUMBERS = ("flow_l_h", "volume_l", "k_elimination_h", "k_to_metabolite_h")
EXPONENTS = ("central_volume", "peripheral_volumes", "elimination", "intercompartmental")
VALIDITY_KEYS = ("age_y", "weight_kg", "max_rate_mg_kg_h", "basis")
RESIDUAL_NUMBERS = ("proportional_sd", "log_sd", "additive_ng_ml")
RESIDUAL_EXTRAS = ("additive_nmol_ml", "status", "note")  # the same additive part in moles, and words


def parse_model(data: Data) -> Model:
    """One model from its mapping; refused by the name of the model and of what is wrong."""
    where = f"Model {reading.text_of(data.get('id'), where='The id of a model')}"
    reading.check_keys(data, needed=MODEL_KEYS, allowed=MODEL_EXTRAS, where=where)
    model = Model(
        id=str(data["id"]),
        source=reading.text_of(data["source"], where=f"{where}, source"),
        mark=parse_mark(data["mark"], where=where),
        site=parse_site(data["site"], where=where),
        drugs=tuple(
            parse_drug(drug, where=where)
            for drug in reading.sequence_of(data["drug"], where=f"{where}, drug")
        ),
        population=_words(reading.mapping_of(data["population"], where=f"{where}, population")),
        body=_body(data, where=where),
        allometry=_allometry(
            reading.mapping_of(data["allometry"], where=f"{where}, allometry"), where=f"{where}, allometry"
        ),
        covariates=_covariates(data, where=where),
        variability=_variability(
            reading.mapping_of(data["bsv"], where=f"{where}, bsv"), where=f"{where}, bsv"
        ),
        residuals=_residuals(
            reading.mapping_of(data["residual"], where=f"{where}, residual"), where=f"{where}, residual"
        ),
        validity=_validity(
            reading.mapping_of(data["validity"], where=f"{where}, validity"), where=f"{where}, validity"
        ),
        offered=reading.flag_of(data["offer"], where=f"{where}, offer"),
        role=reading.text_of(data["role"], where=f"{where}, role"),
        parameter_hash=hash_of(data),
    )
    check_variability(model)
    return model


def hash_of(data: object) -> str:
    """SHA-256 of the data in one canonical writing: changes when any number or word of a model changes."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


def parse_mark(value: object, *, where: str) -> Mark:
    """The mark of a number: how it is known."""
    return Mark(_one_of(value, set(Mark), where=f"{where}, mark"))


def parse_site(value: object, *, where: str) -> Site:
    """The sampling site; a model without one cannot be loaded."""
    return Site(_one_of(value, set(Site), where=f"{where}, site"))


def parse_drug(value: object, *, where: str) -> Drug:
    """What was given."""
    return Drug(_one_of(value, set(Drug), where=f"{where}, drug"))


def _one_of(value: object, choices: AbstractSet[str], *, where: str) -> str:
    word = reading.text_of(value, where=where)
    if word not in choices:
        raise MalformedModel(f"{where} is {word!r}: use one of {', '.join(sorted(choices))}.")
    return word


def _words(data: Data) -> dict[str, str]:
    """The population as printable words: lists of two are ranges."""
    return {
        key: " to ".join(f"{end:g}" for end in value) if isinstance(value, list) else str(value)
        for key, value in data.items()
    }


def _compartments(data: Data, *, where: str) -> models.Compartments:
    volumes = reading.mapping_of(data["volumes_l"], where=f"{where}, volumes_l")
    clearances = reading.mapping_of(data["clearances_l_h"], where=f"{where}, clearances_l_h")
    reading.check_keys(volumes, needed=("central", "peripheral"), where=f"{where}, volumes_l")
    reading.check_keys(
        clearances, needed=("elimination", "intercompartmental"), where=f"{where}, clearances_l_h"
    )
    return models.Compartments(
        central_volume_l=reading.number_of(volumes["central"], where=f"{where}, central volume"),
        peripheral_volumes_l=reading.numbers_of(volumes["peripheral"], where=f"{where}, peripheral volumes"),
        elimination_l_per_h=reading.maybe_number(clearances, "elimination", where=where),
        intercompartmental_l_per_h=reading.numbers_of(
            clearances["intercompartmental"], where=f"{where}, intercompartmental clearances"
        ),
    )


def _body(data: Data, *, where: str) -> models.Body:
    metabolites = reading.sequence_of(data["metabolites"], where=f"{where}, metabolites")
    return models.Body(
        compartments=_compartments(data, where=where),
        organ=None
        if data["organ"] is None
        else _organ(reading.mapping_of(data["organ"], where=f"{where}, organ"), where=where),
        metabolites=tuple(
            _metabolite(reading.mapping_of(item, where=f"{where}, a metabolite"), where=where)
            for item in metabolites
        ),
    )


def _organ(data: Data, *, where: str) -> models.Organ:
    where = f"{where}, organ"
    reading.check_keys(data, needed=("name", *ORGAN_NUMBERS), allowed=("derived_clearance_l_h",), where=where)
    flow, volume, elimination, forming = (reading.number_of(data[key], where=where) for key in ORGAN_NUMBERS)
    return models.Organ(
        name=reading.text_of(data["name"], where=where),
        flow_l_per_h=flow,
        volume_l=volume,
        k_elimination_per_h=elimination,
        k_to_metabolite_per_h=forming,
    )


def _metabolite(data: Data, *, where: str) -> models.Metabolite:
    reading.check_keys(data, needed=METABOLITE_KEYS, allowed=("time_effect",), where=f"{where}, metabolite")
    name = reading.text_of(data["id"], where=f"{where}, id of a metabolite")
    where = f"{where}, {name}"
    effect = data.get("time_effect")
    return models.Metabolite(
        id=name,
        formed_from=reading.text_of(data["from"], where=f"{where}, from"),
        fraction=reading.number_of(data["fraction"], where=f"{where}, fraction"),
        transit=None if data["transit"] is None else _transit(data["transit"], where=f"{where}, transit"),
        concentration_factor=reading.number_of(
            data["concentration_factor"], where=f"{where}, concentration_factor"
        ),
        compartments=_compartments(data, where=where),
        time_effect=None if effect is None else reading.text_of(effect, where=f"{where}, time_effect"),
    )


def _transit(value: object, *, where: str) -> models.Transit:
    data = reading.mapping_of(value, where=where)
    reading.check_keys(data, needed=("n", "mtt_h"), where=where)
    return models.Transit(
        stages=int(reading.number_of(data["n"], where=where)),
        mean_time_h=reading.number_of(data["mtt_h"], where=where),
    )


def _allometry(data: Data, *, where: str) -> models.Allometry:
    reading.check_keys(data, needed=("reference_weight_kg", *EXPONENTS, "status"), where=where)
    central, peripheral, elimination, exchange = (
        reading.maybe_number(data, key, where=where) for key in EXPONENTS
    )
    return models.Allometry(
        reference_weight_kg=reading.number_of(data["reference_weight_kg"], where=where),
        central_volume=central,
        peripheral_volumes=peripheral,
        elimination=elimination,
        intercompartmental=exchange,
        status=reading.text_of(data["status"], where=where),
    )


def _covariates(data: Data, *, where: str) -> models.Covariates:
    if "covariates" not in data:
        return models.Covariates()
    where = f"{where}, covariates"
    found = reading.mapping_of(data["covariates"], where=where)
    reading.check_keys(
        found, needed=("organ_flow_per_year_over_60_l_h",), allowed=("asian", "weight", "sex"), where=where
    )
    slope = reading.number_of(found["organ_flow_per_year_over_60_l_h"], where=where)
    return models.Covariates(organ_flow_per_year_over_60_l_per_h=slope)


def _variability(data: Data, *, where: str) -> models.Variability:
    needed, allowed = ("log_variance", "covariance", "status"), ("cv", "shared")
    reading.check_keys(data, needed=needed, allowed=allowed, where=where)
    shared = reading.mapping_of(data.get("shared", {}), where=f"{where}, shared")
    return models.Variability(
        log_variance=reading.numbers_by_name(data["log_variance"], where=where),
        covariances=tuple(
            _covariance(reading.mapping_of(item, where=f"{where}, a covariance"), where=where)
            for item in reading.sequence_of(data["covariance"], where=f"{where}, covariance")
        ),
        shared={name: reading.text_of(of, where=f"{where}, shared, {name}") for name, of in shared.items()},
        status=reading.text_of(data["status"], where=where),
    )


def _covariance(data: Data, *, where: str) -> models.Covariance:
    where = f"{where}, a covariance"
    reading.check_keys(data, needed=("between", "value"), where=where)
    names = [reading.text_of(item, where=where) for item in reading.sequence_of(data["between"], where=where)]
    if len(names) != 2:
        raise MalformedModel(f"{where} stands between {len(names)} parameters: name two.")
    return models.Covariance(
        between=(names[0], names[1]), value=reading.number_of(data["value"], where=where)
    )


def _residuals(data: Data, *, where: str) -> tuple[models.Residual, ...]:
    return tuple(
        _residual(species, reading.mapping_of(data[species], where=f"{where}, {species}"), where=where)
        for species in data
    )


def _residual(species: str, data: Data, *, where: str) -> models.Residual:
    where = f"{where}, {species}"
    reading.check_keys(data, needed=(), allowed=(*RESIDUAL_NUMBERS, *RESIDUAL_EXTRAS), where=where)
    proportional, log_sd, additive = (
        reading.maybe_number(data, key, where=where) for key in RESIDUAL_NUMBERS
    )
    return models.Residual(
        species=species, proportional_sd=proportional, log_sd=log_sd, additive_ng_per_ml=additive
    )


def _validity(data: Data, *, where: str) -> models.Validity:
    reading.check_keys(data, needed=(), allowed=VALIDITY_KEYS, where=where)
    basis = data.get("basis")
    return models.Validity(
        age_y=reading.maybe_range(data, "age_y", where=where),
        weight_kg=reading.maybe_range(data, "weight_kg", where=where),
        max_rate_mg_per_kg_h=reading.maybe_number(data, "max_rate_mg_kg_h", where=where),
        basis=None if basis is None else reading.text_of(basis, where=where),
    )
