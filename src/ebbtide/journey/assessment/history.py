"""assessment: from facts on record to the inputs of the rules. Pure: no Django, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from ebbtide.evidence.derive import Pressure, confirmed_pressure, latest_values, to_inputs
from ebbtide.evidence.inputs import InputSpec, InputType, Scalar
from ebbtide.evidence.interactions import InteractionPack
from ebbtide.evidence.logic import Operand
from ebbtide.evidence.model import SuitabilityPack
from ebbtide.evidence.readings import InputValue, Member

SYSTOLIC, DIASTOLIC = "systolic_mmHg", "diastolic_mmHg"

# taken with an instrument or counted in a laboratory: assessment.measurement guards them; the rest is history
MEASUREMENTS = frozenset(
    {
        "weight_kg", "height_cm", SYSTOLIC, DIASTOLIC, "spo2_room_air_percent", "pulse_per_min", "pain_nrs",
        "alt_x_uln", "ast_x_uln", "alp_x_uln", "ggt_x_uln", "phq9_total", "phq9_item9", "stop_bang_score",
        "bladder_check_total", "bladder_check_baseline", "pregnancy_test_result", "uds_positive",
    }
)  # fmt: skip

# what a person reads out and somebody writes down line by line; never an input of a rule by itself
LINES = frozenset({"condition", "medicine", "allergy", "procedure"})

WORDS_MAX_CHARS = 240  # what Fact.words holds


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """One fact as it stands now, with its value as the engine reads it.

    `measured_here` says that the clinic's own cuff or scale gave it, so that the rule of the second reading binds it.
    """

    name: str
    value: Scalar
    observed_at: datetime | None
    origin: str
    unit: str = ""
    confirmed: bool = True
    confirmed_at: datetime | None = None
    measured_here: bool = False


def as_stored(value: object) -> bool | int | float | str | None:
    """A value as the record keeps it: dates as ISO 8601, decimals as JSON numbers (exact to 15 digits)."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date():
            return value.isoformat()
    raise TypeError(f"A {type(value).__name__} cannot be kept as the value of a fact.")


def as_read(spec: InputSpec, stored: object) -> Scalar:
    """A value as the engine reads it, from what the record keeps."""
    if spec.type is InputType.DATE:
        return date.fromisoformat(str(stored))
    if spec.type is InputType.INSTANT:
        return datetime.fromisoformat(str(stored))
    assert isinstance(stored, bool | int | float | str)  # noqa: S101  (the record keeps nothing else)
    return stored


def inputs_at(
    facts: Iterable[KnownFact],
    *,
    lists_confirmed_at: Mapping[str, datetime],
    pack: SuitabilityPack,
    interactions: InteractionPack,
    parameters: Mapping[str, Operand],
    as_of: datetime,
) -> dict[str, InputValue]:
    """Every input that the record gives the rules at this moment.

    An item that nobody confirmed counts as present and stays marked; absence counts only where a person confirmed the list.
    """
    known = [fact for fact in facts if fact.name not in LINES and _known_at(fact, as_of)]
    scalars = [fact for fact in known if pack.inputs[fact.name].type is not InputType.SET]
    values = latest_values(map(_input_value, _judged_pressure(scalars, parameters)), as_of=as_of)
    values |= _lists(known, lists_confirmed_at, pack=pack)
    return to_inputs(values, pack=pack, interactions=interactions, as_of=as_of)


def _known_at(fact: KnownFact, as_of: datetime) -> bool:
    return fact.observed_at is None or fact.observed_at <= as_of


def _input_value(fact: KnownFact) -> InputValue:
    return InputValue(
        name=fact.name, value=fact.value, unit=fact.unit or None, observed_at=fact.observed_at, origin=fact.origin,
        confirmed=fact.confirmed, confirmed_at=fact.confirmed_at,
    )  # fmt: skip


def _lists(
    known: Iterable[KnownFact], confirmed_at: Mapping[str, datetime], *, pack: SuitabilityPack
) -> dict[str, InputValue]:
    members: dict[str, list[Member]] = {name: [] for name in confirmed_at}
    for fact in known:
        if pack.inputs[fact.name].type is InputType.SET:
            members.setdefault(fact.name, []).append(
                Member(
                    value=str(fact.value),
                    confirmed=fact.confirmed,
                    observed_at=fact.observed_at,
                    origin=fact.origin,
                )
            )
    return {
        name: InputValue(name=name, value=tuple(items), list_confirmed_at=confirmed_at.get(name))
        for name, items in members.items()
    }


def _judged_pressure(facts: list[KnownFact], parameters: Mapping[str, Operand]) -> list[KnownFact]:
    """The facts, with the blood pressure that rules may use: the last one, or its second reading, or none yet."""
    cuff = [fact for fact in facts if fact.name in {SYSTOLIC, DIASTOLIC}]
    newest = max(cuff, key=lambda fact: fact.observed_at or datetime.min.replace(tzinfo=UTC), default=None)
    if newest is None or not newest.measured_here:
        return facts
    others = [fact for fact in facts if fact not in cuff]
    stands = confirmed_pressure(
        _pressures(fact for fact in cuff if fact.measured_here),
        check_systolic_mmHg=_number(parameters["bp_check_systolic_mmHg"]),
        check_diastolic_mmHg=_number(parameters["bp_check_diastolic_mmHg"]),
    )
    # a first high reading waits for its second: until then the pressure is missing, not high and not normal
    return others if stands is None else others + [fact for fact in cuff if fact.observed_at == stands.at]


def _number(parameter: Operand) -> float:
    assert isinstance(parameter, int | float | Decimal)  # noqa: S101  (the pack's reader checked its kind)
    return float(parameter)


def _pressures(cuff: Iterable[KnownFact]) -> list[Pressure]:
    pairs: dict[datetime, dict[str, int]] = {}
    for fact in cuff:
        # the vocabulary gives a number, and whoever measured here gave the time
        assert isinstance(fact.value, int | float)  # noqa: S101
        assert fact.observed_at is not None  # noqa: S101
        pairs.setdefault(fact.observed_at, {})[fact.name] = round(fact.value)
    return [
        Pressure(systolic_mmHg=pair[SYSTOLIC], diastolic_mmHg=pair[DIASTOLIC], at=at)
        for at, pair in pairs.items()
        if len(pair) == 2
    ]
