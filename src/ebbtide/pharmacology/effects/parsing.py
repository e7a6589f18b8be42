"""From the data of one effect to an :class:`EffectModel`: strictly, refused by name. No file is opened here."""

import math
import re
from collections.abc import Callable, Mapping

from ebbtide.pharmacology.effects import models as effects
from ebbtide.pharmacology.effects.models import Driver, EffectModel, Estimate
from ebbtide.pharmacology.errors import MalformedModel
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.models import Range
from ebbtide.pharmacology.published.parsing import hash_of, parse_mark, parse_site
from ebbtide.pharmacology.published.reading import Data

EFFECT_KEYS = (
    *("id", "source", "mark", "driver", "site", "endpoints", "form"),
    *("parameters", "ke0", "offer", "role"),
)
EFFECT_EXTRAS = ("note", "cautions", "groups", "priors")
C50 = "c50_ng_ml"
C50_EXTRAS = ("c50_ci95_ng_ml", "c50_nmol_ml", "c50_ci95_nmol_ml")  # the last two say the same in moles
OF_LOG_WEIGHT = re.compile(r"([0-9.]+)\*ln\(weight_kg\)\+([0-9.]+)")
LINK_KEYS = (
    *("source", "mark", "half_time_min", "log_residual_range"),
    *("alternative", "offer", "label"),
)


def parse_effect(data: Data) -> EffectModel:
    """One effect model from its mapping; refused by the name of the effect and of what is wrong."""
    where = f"Effect {reading.text_of(data.get('id'), where='The id of an effect')}"
    reading.check_keys(data, needed=EFFECT_KEYS, allowed=EFFECT_EXTRAS, where=where)
    note = data.get("note")
    return EffectModel(
        id=str(data["id"]),
        source=reading.text_of(data["source"], where=f"{where}, source"),
        mark=parse_mark(data["mark"], where=where),
        drivers=_drivers(data["driver"], where=f"{where}, driver"),
        site=parse_site(data["site"], where=where),
        endpoints=_texts(data["endpoints"], where=f"{where}, endpoints"),
        form=_form(data, where=where),
        effect_site=None if data["ke0"] is None else _effect_site(data["ke0"], where=f"{where}, ke0"),
        note=None if note is None else reading.text_of(note, where=f"{where}, note"),
        cautions=_texts(data.get("cautions", []), where=f"{where}, cautions"),
        offered=reading.flag_of(data["offer"], where=f"{where}, offer"),
        role=reading.text_of(data["role"], where=f"{where}, role"),
        parameter_hash=hash_of(data),
    )


def parse_ke0_in_use(data: Data) -> tuple[tuple[effects.Ke0InUse, ...], str]:
    """Every rate constant in use, and the id of the effect whose own is the default."""
    where = "ke0_in_use_per_min"
    default = reading.text_of(data.get("default"), where=f"{where}, default")
    return tuple(
        _in_use(name, value, where=f"{where}, {name}") for name, value in data.items() if name != "default"
    ), default


def parse_engineering(data: Data) -> tuple[effects.EngineeringEffect, ...]:
    """The values of a simulator; refused if somebody turns them into an offer."""
    where = "engineering_pd"
    said = ("source", "mark", "form", "offer")
    reading.check_keys(data, needed=said, allowed=data, where=where)
    if reading.flag_of(data["offer"], where=f"{where}, offer"):
        raise MalformedModel(f"{where} may not be offered: these are engineering values. Set offer to false.")
    return tuple(_engineering(name, data[name], where=where) for name in data if name not in said)


def parse_venous_link(data: Data) -> effects.VenousLink:
    """The exploratory lag between an arterial and a venous curve."""
    where = "venous_link_exploratory"
    reading.check_keys(data, needed=LINK_KEYS, where=where)
    return effects.VenousLink(
        half_time_min=reading.number_of(data["half_time_min"], where=f"{where}, half_time_min"),
        log_residuals=reading.range_of(data["log_residual_range"], where=f"{where}, log_residual_range"),
        label=reading.text_of(data["label"], where=f"{where}, label"),
        source=reading.text_of(data["source"], where=f"{where}, source"),
        mark=parse_mark(data["mark"], where=where),
        alternative=reading.text_of(data["alternative"], where=f"{where}, alternative"),
        offered=reading.flag_of(data["offer"], where=f"{where}, offer"),
    )


def _texts(value: object, *, where: str) -> tuple[str, ...]:
    return tuple(reading.text_of(item, where=where) for item in reading.sequence_of(value, where=where))


def _drivers(value: object, *, where: str) -> tuple[Driver, ...]:
    names = _texts(value if isinstance(value, list) else [value], where=where)
    if strange := [name for name in names if name not in set(Driver)]:
        raise MalformedModel(f"{where} is {strange[0]!r}: use one of {', '.join(sorted(Driver))}.")
    return tuple(Driver(name) for name in names)


def _effect_site(value: object, *, where: str) -> effects.EffectSite:
    data = reading.mapping_of(value, where=where)
    reading.check_keys(
        data, needed=("half_time_min",), allowed=("ci95_min", "range_min", "per_min"), where=where
    )
    half_time_min = reading.maybe_number(data, "half_time_min", where=where)
    _check_rate(data, half_time_min, where=where)
    spread = reading.maybe_range(data, "range_min", where=where)
    if spread is not None:
        return effects.EffectSite(
            half_time_min=half_time_min, interval_min=spread, interval_is="range over endpoints"
        )
    return effects.EffectSite(
        half_time_min=half_time_min, interval_min=reading.maybe_range(data, "ci95_min", where=where)
    )


def _check_rate(data: Data, half_time_min: float | None, *, where: str) -> None:
    """The rate that stands beside a half-time is ln 2 over it, as far as it is printed."""
    per_min = reading.maybe_number(data, "per_min", where=where)
    if per_min is None:
        return
    if half_time_min is None or not math.isclose(per_min * half_time_min, math.log(2), rel_tol=1e-3):
        raise MalformedModel(
            f"{where} says {per_min} per min beside a half-time of {half_time_min} min: one of them is wrong."
        )


def _form(data: Data, *, where: str) -> effects.Form:
    name = reading.text_of(data["form"], where=f"{where}, form")
    if name not in _FORMS:
        raise MalformedModel(f"{where}, form is {name!r}: use one of {', '.join(_FORMS)}.")
    parameters = reading.mapping_of(data["parameters"], where=f"{where}, parameters")
    return _FORMS[name](parameters, data, f"{where}, parameters")


def _sigmoid(parameters: Data, data: Data, where: str) -> effects.Sigmoid:
    groups = _groups(data, where=where)
    needed = [f"{prefix}{C50}" for prefix in groups]
    allowed = [f"{prefix}{key}" for prefix in groups for key in C50_EXTRAS]
    reading.check_keys(
        parameters,
        needed=(*needed, "gamma"),
        allowed=(*allowed, "r_effect", "metabolite_effect"),
        where=where,
    )
    return effects.Sigmoid(
        groups=tuple(
            effects.SigmoidGroup(endpoints=names, c50_ng_per_ml=_c50(parameters, prefix, where=where))
            for prefix, names in groups.items()
        ),
        gamma=_marked(parameters["gamma"], where=f"{where}, gamma"),
        r_effect=reading.maybe_number(parameters, "r_effect", where=where),
        metabolite_effect=reading.maybe_number(parameters, "metabolite_effect", where=where),
    )


def _groups(data: Data, *, where: str) -> dict[str, tuple[str, ...]]:
    """Which endpoints share a C50, by what its key begins with; all of them where no groups are given."""
    endpoints = _texts(data["endpoints"], where=f"{where}, endpoints")
    if "groups" not in data:
        return {"": endpoints}
    found = reading.mapping_of(data["groups"], where=f"{where}, groups")
    groups = {f"{name}_": _texts(names, where=f"{where}, groups") for name, names in found.items()}
    filed = sorted(name for names in groups.values() for name in names)
    if filed != sorted(endpoints):
        raise MalformedModel(f"{where}, groups must hold every endpoint once: {', '.join(endpoints)}.")
    return groups


def _c50(parameters: Data, prefix: str, *, where: str) -> Estimate:
    """A number with its interval when there is one, or a range alone."""
    value = parameters[f"{prefix}{C50}"]
    if isinstance(value, list):
        return Estimate(value=None, interval=reading.range_of(value, where=f"{where}, {prefix}{C50}"))
    return Estimate(
        value=reading.number_of(value, where=f"{where}, {prefix}{C50}"),
        interval=reading.maybe_range(parameters, f"{prefix}c50_ci95_ng_ml", where=where),
    )


def _marked(value: object, *, where: str) -> Estimate:
    data = reading.mapping_of(value, where=where)
    reading.check_keys(data, needed=("value", "mark"), where=where)
    return Estimate(
        value=reading.number_of(data["value"], where=where), mark=parse_mark(data["mark"], where=where)
    )


def _additive(parameters: Data, _: Data, where: str) -> effects.AdditiveLinear:
    reading.check_keys(parameters, needed=("cm_per_ng_ml",), where=where)
    slopes = reading.numbers_by_name(parameters["cm_per_ng_ml"], where=f"{where}, cm_per_ng_ml")
    return effects.AdditiveLinear(cm_per_ng_per_ml=slopes)


def _slow(parameters: Data, data: Data, where: str) -> effects.SlowState:
    numbers = ("c50_ng_ml", "half_time_d", "p_response", "p_placebo")
    errors = ("c50_se", "half_time_se_d", "p_response_se", "p_placebo_se")
    reading.check_keys(
        parameters,
        needed=(*numbers, "gamma"),
        allowed=(*errors, "c50_ci95", "half_time_ci95_d"),
        where=where,
    )
    c50, half_time_d, response, placebo = (
        reading.number_of(parameters[key], where=f"{where}, {key}") for key in numbers
    )
    return effects.SlowState(
        c50_ng_per_ml=Estimate(value=c50, interval=reading.maybe_range(parameters, "c50_ci95", where=where)),
        half_time_d=Estimate(
            value=half_time_d, interval=reading.maybe_range(parameters, "half_time_ci95_d", where=where)
        ),
        response_probability=_with_error(response, parameters, "p_response_se", where=where),
        placebo_probability=_with_error(placebo, parameters, "p_placebo_se", where=where),
        gamma=_marked(parameters["gamma"], where=f"{where}, gamma"),
        priors=_priors(reading.mapping_of(data.get("priors"), where=f"{where}, priors"), where=where),
    )


def _with_error(value: float, parameters: Data, key: str, *, where: str) -> Estimate:
    """A value and one standard error to either side."""
    error = reading.number_of(parameters.get(key), where=f"{where}, {key}")
    return Estimate(value=value, interval=Range(low=value - error, high=value + error))


def _priors(data: Data, *, where: str) -> dict[str, effects.Prior]:
    parse_mark(data.get("mark"), where=f"{where}, priors")
    return {
        name: _prior(reading.mapping_of(value, where=f"{where}, priors, {name}"), where=f"{where}, {name}")
        for name, value in data.items()
        if name != "mark"
    }


def _prior(data: Data, *, where: str) -> effects.Prior:
    """A mean on the scale of the prior, or the value whose logarithm is that mean."""
    if "mean_of" in data:
        reading.check_keys(data, needed=("mean_of", "sd"), where=where)
        mean = math.log(reading.number_of(data["mean_of"], where=where))
    else:
        reading.check_keys(data, needed=("mean", "sd"), where=where)
        mean = reading.number_of(data["mean"], where=where)
    return effects.Prior(mean=mean, sd=reading.number_of(data["sd"], where=where))


def _without_slope(parameters: Data, _: Data, where: str) -> effects.LinearWithoutSlope:
    reading.check_keys(parameters, needed=("linear_range_ng_ml", "correlation", "slope"), where=where)
    if parameters["slope"] != reading.UNKNOWN:
        raise MalformedModel(f"{where}, slope is given: write it as an additive_linear effect.")
    return effects.LinearWithoutSlope(
        linear_ng_per_ml=reading.range_of(parameters["linear_range_ng_ml"], where=where),
        correlation=reading.range_of(parameters["correlation"], where=where),
    )


def _occupancy(parameters: Data, _: Data, where: str) -> effects.Occupancy:
    reading.check_keys(
        parameters, needed=("ic50_unbound_nm", "ci95_nm", "ki_ebert_um", "fraction_unbound"), where=where
    )
    halves = reading.numbers_by_name(parameters["ic50_unbound_nm"], where=f"{where}, ic50_unbound_nm")
    intervals = reading.mapping_of(parameters["ci95_nm"], where=f"{where}, ci95_nm")
    reading.check_keys(intervals, needed=halves, where=f"{where}, ci95_nm")
    other = reading.mapping_of(parameters["ki_ebert_um"], where=f"{where}, ki_ebert_um")
    return effects.Occupancy(
        ic50_nm={
            name: Estimate(value=value, interval=reading.range_of(intervals[name], where=f"{where}, ci95_nm"))
            for name, value in halves.items()
        },
        ki_nm={
            name: 1000.0 * reading.number_of(value, where=f"{where}, ki_ebert_um, {name}")
            for name, value in other.items()
            if name != "mark"
        },
        ki_mark=parse_mark(other.get("mark"), where=f"{where}, ki_ebert_um"),
        unbound=_unbound(parameters["fraction_unbound"], where=f"{where}, fraction_unbound"),
    )


def _unbound(value: object, *, where: str) -> tuple[effects.Unbound, ...]:
    """The shares by mirror form under one mark, and the others, each with a mark of its own."""
    data = reading.mapping_of(value, where=where)
    reading.check_keys(data, needed=("S", "R", "mark", "alternatives"), where=where)
    found = [(data[form], data["mark"]) for form in ("S", "R")]
    others = data["alternatives"]
    if not isinstance(others, Mapping):  # its keys are the numbers themselves
        raise MalformedModel(f"{where}, alternatives must be a mapping of shares to marks.")
    return tuple(
        effects.Unbound(share=reading.number_of(share, where=where), mark=parse_mark(mark, where=where))
        for share, mark in [*found, *others.items()]
    )


def _emax(parameters: Data, _: Data, where: str) -> effects.Emax:
    reading.check_keys(parameters, needed=("emax_percent", "ec50_ng_ml"), where=where)
    return effects.Emax(
        emax_percent=reading.number_of(parameters["emax_percent"], where=where),
        ec50_ng_per_ml=reading.number_of(parameters["ec50_ng_ml"], where=where),
    )


_FORMS: Mapping[str, Callable[[Data, Data, str], effects.Form]] = {
    "sigmoid": _sigmoid,
    "additive_linear": _additive,
    "slow_state": _slow,
    "linear": _without_slope,
    "competitive_occupancy": _occupancy,
    "emax": _emax,
}


def _in_use(name: str, value: object, *, where: str) -> effects.Ke0InUse:
    if isinstance(value, str):
        found = OF_LOG_WEIGHT.fullmatch(value)
        if found is None:
            raise MalformedModel(f"{where} is {value!r}: write a number, two ends, or a*ln(weight_kg)+b.")
        slope, intercept = (float(part) for part in found.groups())
        return effects.Ke0InUse(id=name, per_min=effects.OfLogWeight(slope=slope, intercept=intercept))
    if isinstance(value, list):
        return effects.Ke0InUse(id=name, per_min=reading.range_of(value, where=where))
    rate = reading.number_of(value, where=where)
    return effects.Ke0InUse(id=name, per_min=Range(low=rate, high=rate))


def _engineering(name: str, value: object, *, where: str) -> effects.EngineeringEffect:
    pair = reading.numbers_of(value, where=f"{where}, {name}")
    if len(pair) != 2:
        raise MalformedModel(f"{where}, {name} must be [Emax, EC50 in ng/mL].")
    return effects.EngineeringEffect(id=name, emax=pair[0], ec50_ng_per_ml=pair[1])
