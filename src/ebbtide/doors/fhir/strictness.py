"""The FHIR door's second look: what the library lets through and R4 does not. Pure.

`fhir.resources` takes a status outside its value set, a number that was sent as text, and a null where something is
required. All three are looked for here, in the resources that the intake reads: a status decides whether a fact counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

CODES: Mapping[tuple[str, str], frozenset[str]] = {  # required bindings of R4
    ("Bundle", "type"): frozenset(
        {"document", "message", "transaction", "transaction-response", "batch"}
        | {"batch-response", "history", "searchset", "collection"}
    ),
    ("Patient", "gender"): frozenset({"male", "female", "other", "unknown"}),
    ("Observation", "status"): frozenset(
        {"registered", "preliminary", "final", "amended", "corrected"}
        | {"cancelled", "entered-in-error", "unknown"}
    ),
    ("MedicationRequest", "status"): frozenset(
        {"active", "on-hold", "cancelled", "completed"} | {"entered-in-error", "stopped", "draft", "unknown"}
    ),
    ("MedicationRequest", "intent"): frozenset(
        {"proposal", "plan", "order", "original-order", "reflex-order"}
        | {"filler-order", "instance-order", "option"}
    ),
    ("Procedure", "status"): frozenset(
        {"preparation", "in-progress", "not-done", "on-hold", "stopped"}
        | {"completed", "entered-in-error", "unknown"}
    ),
    ("AllergyIntolerance", "type"): frozenset({"allergy", "intolerance"}),
}
READ = frozenset(
    {"Patient", "Condition", "AllergyIntolerance", "Procedure"}
    | {"Observation", "Medication", "MedicationRequest"}
)
QUANTITIES = frozenset({"valueQuantity", "low", "high"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: where it is and what is wrong, without the value."""

    position: int | None
    type: str
    words: str

    @classmethod
    def of_library(cls, error: Mapping[str, Any], *, position: int | None, type: str) -> Self:  # noqa: A002
        """A fault that the library found, in our words: its own may repeat the value."""
        path = ".".join(str(part) for part in error["loc"]) or "the resource"
        kind = str(error["type"])
        if kind.endswith("missing"):
            words = f"{path} is missing"
        elif kind == "extra_forbidden":
            words = f"{path} is not an element of R4B"
        else:
            words = f"{path} holds what R4B does not allow"
        return cls(position=position, type=type, words=words)

    def __str__(self) -> str:
        if self.position is None:
            return f"{self.type}: {self.words}"
        return f"entry {self.position + 1} ({self.type}): {self.words}"


def faults_missed_by_the_library(
    resource: Mapping[str, Any], kind: str, *, position: int | None
) -> Iterator[Fault]:
    """Codes outside a required value set, and numbers sent as text in an Observation."""
    for (owner, element), allowed in CODES.items():
        if owner == kind and element in resource and resource[element] not in allowed:
            yield Fault(position=position, type=kind, words=f"{element} is not one of R4's codes")
    if kind in READ:
        for path in _nulls(resource, path=""):
            yield Fault(position=position, type=kind, words=f"{path} is null, which R4 does not allow")
    if kind == "Observation":
        for path in _text_numbers(resource, path=""):
            yield Fault(position=position, type=kind, words=f"{path} is a number sent as text")


def _nulls(node: object, *, path: str) -> Iterator[str]:
    """Where a property is null: R4 leaves it out instead. In a list of primitives a null may hold a place."""
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from _nulls(item, path=f"{path}.{place}")
    elif isinstance(node, Mapping):
        for key, value in node.items():
            here = f"{path}.{key}".lstrip(".")
            if value is None:
                yield here
            elif isinstance(value, list | Mapping):
                yield from _nulls(value, path=here)


def _text_numbers(node: object, *, path: str) -> Iterator[str]:
    """Where, in an Observation, a quantity's value is a string."""
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from _text_numbers(item, path=f"{path}.{place}")
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        here = f"{path}.{key}".lstrip(".")
        if key in QUANTITIES and isinstance(value, Mapping) and isinstance(value.get("value"), str):
            yield f"{here}.value"
        elif key == "valueInteger" and isinstance(value, str):
            yield here
        elif key in {"component", "referenceRange"}:
            yield from _text_numbers(value, path=here)
