"""The evidence room's interactions: drug classes and what each does with ketamine, by route. No clock, no I/O of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ebbtide.evidence.errors import PackRefused
from ebbtide.evidence.files import PackFile, marks_of, read_packaged
from ebbtide.evidence.packs import ADDITIONS_FILE, INTERACTIONS_FILE

ANY_ROUTE = "any"
# A medicine counts once: these two are also listed as opioids (note on cns_depressant_class_count).
COUNTED_AS_OPIOID = frozenset({"buprenorphine", "methadone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationClass:
    """A class of medicines: whether it sedates, its ingredients by every name, and its ATC codes."""

    name: str
    sedating: bool
    ingredients: tuple[str, ...]
    atc: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """What one class does with ketamine by one group of routes."""

    id: str
    medication_class: str
    routes: frozenset[str]
    effect: str
    severity: str
    action: str
    advice: str
    rule: str | None
    source: str
    mark: tuple[str, ...]
    mark_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionPack:
    """The classes and interactions of one version."""

    version: str
    sha256: str
    classes: Mapping[str, MedicationClass]
    interactions: tuple[Interaction, ...]

    @property
    def sedating(self) -> frozenset[str]:
        """The names of the classes that sedate."""
        return frozenset(name for name, row in self.classes.items() if row.sedating)

    def for_class(self, name: str, *, route: str) -> tuple[Interaction, ...]:
        """The interactions of a class by this route: the size of an effect depends on the route."""
        return tuple(
            row
            for row in self.interactions
            if row.medication_class == name and (ANY_ROUTE in row.routes or route in row.routes)
        )


@lru_cache(maxsize=1)
def load_interactions() -> InteractionPack:
    """The interactions that ship with the product, read and checked once per process."""
    additions = read_packaged(ADDITIONS_FILE)
    return build_interactions(
        read_packaged(INTERACTIONS_FILE), added_ingredients=additions.content.get("ingredients", {})
    )


def build_interactions(pack: PackFile, *, added_ingredients: Mapping[str, Any]) -> InteractionPack:
    """The pack from its file; refuses a row that names an unknown class."""
    classes = {
        name: MedicationClass(
            name=name,
            sedating=bool(row["sedating"]),
            ingredients=_names(
                [*row["ingredients"], *added_ingredients.get(name, {}).get("ingredients", [])]
            ),
            atc=tuple(str(code) for code in row["atc"]),
        )
        for name, row in pack.part("classes").items()
    }
    rows = [_interaction(row) for row in pack.part("interactions")]
    unknown = sorted({row.medication_class for row in rows} | set(added_ingredients))
    unknown = [name for name in unknown if name not in classes]
    if unknown:
        raise PackRefused(f"{pack.name} speaks of classes it does not define: {', '.join(unknown)}.")
    return InteractionPack(
        version=pack.version, sha256=pack.sha256, classes=classes, interactions=tuple(rows)
    )


def _names(ingredients: list[str]) -> tuple[str, ...]:
    """Each ingredient under both its names: "adrenaline/epinephrine" is two."""
    return tuple(name.strip().lower() for ingredient in ingredients for name in ingredient.split("/"))


def _interaction(row: Mapping[str, Any]) -> Interaction:
    return Interaction(
        id=str(row["id"]),
        medication_class=str(row["class"]),
        routes=frozenset(row["route"]),
        effect=str(row["effect"]),
        severity=str(row["severity"]),
        action=str(row["action"]),
        advice=str(row["do"]),
        rule=row["rule"],
        source=str(row["source"]),
        mark=marks_of(row["mark"], where=f"Interaction {row['id']}"),
        mark_note=str(row.get("mark_note", "")),
    )


def sedating_class_count(classes: frozenset[str], *, pack: InteractionPack) -> int:
    """How many distinct sedating classes are taken; methadone and buprenorphine count as opioid only (count)."""
    sedating = classes & pack.sedating
    opioid = {"opioid"} if sedating & COUNTED_AS_OPIOID else set()
    return len((sedating - COUNTED_AS_OPIOID) | opioid)
