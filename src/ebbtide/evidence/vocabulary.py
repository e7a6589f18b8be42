"""The evidence room's vocabulary: which facts exist, and what each may hold. No clock, no I/O of its own."""

from collections.abc import Iterable, Mapping

from ebbtide.evidence.errors import InputUnknown
from ebbtide.evidence.inputs import InputSpec, InputType
from ebbtide.evidence.packs import load_suitability_pack


def vocabulary() -> Mapping[str, InputSpec]:
    """Every name a fact may carry: the inputs of the rules, then the facts that only the record keeps."""
    return load_suitability_pack().inputs


def input_spec(name: str) -> InputSpec:
    """The line of the vocabulary for this name."""
    try:
        return vocabulary()[name]
    except KeyError:
        raise InputUnknown(
            f"{name!r} is not in the vocabulary of facts. Use a name that the rule pack declares."
        ) from None


def check_value(name: str, value: object, *, unit: str | None = None) -> None:
    """Refuse an undeclared name, another unit, or a value outside type, choices or range.

    A set is given as one member (a word) or as several (a list, tuple or set of words).
    """
    spec = input_spec(name)
    spec.check_unit(unit)
    if spec.type is InputType.SET and isinstance(value, Iterable) and not isinstance(value, str):
        for member in value:
            spec.check(member)
        return
    spec.check(value)
