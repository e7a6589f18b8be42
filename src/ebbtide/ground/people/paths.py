"""How a row finds the clinic, the patient and the author it belongs to: what the policy's scopes follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPath:
    """Django look-ups from a model to its clinic, patient and author (`episode__patient_id`), `None` where it has none."""

    clinic: str | None = None
    patient: str | None = None
    author: str | None = None


def follow(row: Any, path: str | None) -> UUID | None:
    """The id at the end of a look-up path, walked on an instance."""
    if path is None:
        return None
    value: Any = row
    for step in path.split("__"):
        value = getattr(value, step, None)
        if value is None:
            return None
    return value if isinstance(value, UUID) else value.pk


def models_without_path(models: Iterator[type]) -> list[str]:
    """Names of models that can be seen and declare no path; an empty list is what the test asserts."""
    return [
        model.__name__ for model in models if not isinstance(getattr(model, "policy_path", None), PolicyPath)
    ]
