"""Reading one mapping of a data file strictly: what is missing, extra or of the wrong kind is refused by its name."""

from collections.abc import Iterable, Mapping, Sequence

from ebbtide.pharmacology.errors import MalformedModel
from ebbtide.pharmacology.published.models import Range

Data = Mapping[str, object]

UNKNOWN = "unknown"  # looked for and not obtained: stays missing


def mapping_of(value: object, *, where: str) -> Data:
    """The value as a mapping with text keys."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise MalformedModel(f"{where} must be a mapping of names to values.")
    return value


def sequence_of(value: object, *, where: str) -> Sequence[object]:
    """The value as a list."""
    if not isinstance(value, list):
        raise MalformedModel(f"{where} must be a list.")
    return value


def number_of(value: object, *, where: str) -> float:
    """The value as a number; truth values and text are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedModel(f"{where} must be a number, not {type(value).__name__}.")
    return float(value)


def share_of(value: object, *, where: str) -> float:
    """The value as a share of a whole, from 0 to 1."""
    share = number_of(value, where=where)
    if not 0 <= share <= 1:
        raise MalformedModel(f"{where} is {share:g}: a share lies between 0 and 1.")
    return share


def text_of(value: object, *, where: str) -> str:
    """The value as text that says something."""
    if not isinstance(value, str) or not value:
        raise MalformedModel(f"{where} must be a text.")
    return value


def flag_of(value: object, *, where: str) -> bool:
    """The value as yes or no."""
    if not isinstance(value, bool):
        raise MalformedModel(f"{where} must be true or false.")
    return value


def numbers_of(value: object, *, where: str) -> tuple[float, ...]:
    """The value as a list of numbers."""
    return tuple(number_of(item, where=where) for item in sequence_of(value, where=where))


def range_of(value: object, *, where: str) -> Range:
    """The value as a range, two numbers, the low end first."""
    ends = numbers_of(value, where=where)
    if len(ends) != 2:
        raise MalformedModel(f"{where} must have two ends, the low one first.")
    return Range(low=ends[0], high=ends[1])


def maybe_number(data: Data, key: str, *, where: str) -> float | None:
    """The number under a key; ``None`` when the key is absent or its value is ``unknown``."""
    value = data.get(key)
    return None if value is None or value == UNKNOWN else number_of(value, where=f"{where}, {key}")


def maybe_range(data: Data, key: str, *, where: str) -> Range | None:
    """The range under a key; ``None`` when the key is absent or its value is ``unknown``."""
    value = data.get(key)
    return None if value is None or value == UNKNOWN else range_of(value, where=f"{where}, {key}")


def numbers_by_name(value: object, *, where: str) -> dict[str, float]:
    """A mapping of names to numbers."""
    return {
        key: number_of(item, where=f"{where}, {key}") for key, item in mapping_of(value, where=where).items()
    }


def check_keys(data: Data, *, needed: Iterable[str], allowed: Iterable[str] = (), where: str) -> None:
    """Every needed key is there, and none that the schema does not know."""
    needed, known = set(needed), {*needed, *allowed}
    if missing := sorted(needed - set(data)):
        raise MalformedModel(
            f"{where} lacks {', '.join(missing)}: add it, or write unknown where the schema allows."
        )
    if extra := sorted(set(data) - known):
        raise MalformedModel(
            f"{where} has {', '.join(extra)}, which the schema does not know: remove or rename it."
        )
