"""The effects that ship with the package: effect models, rate constants in use, anchors and guard rails, read once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from ebbtide.pharmacology.effects.anchors import Anchor, GuardRails, parse_anchor, parse_guard_rails
from ebbtide.pharmacology.effects.models import EffectModel, EngineeringEffect, Ke0InUse, VenousLink
from ebbtide.pharmacology.effects.parsing import (
    parse_effect,
    parse_engineering,
    parse_ke0_in_use,
    parse_venous_link,
)
from ebbtide.pharmacology.errors import MalformedModel, UnknownModel
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.library import read_data
from ebbtide.pharmacology.published.reading import Data

Part = TypeVar("Part", EffectModel, Anchor)
PAIR_OF = "sensitivity pair of "


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Every effect by its id, and what stands around them.

    Attributes:
        models: Effect models by id, in the order of the data file.
        default_id: Which of them is shown first and lends its ke0 when asked.
        ke0_in_use: Rate constants that others use: they span sixty-fold, which is why a source stands beside ours.
        engineering: Values of a simulator, never offered.
        venous_link: The exploratory lag from arterial to venous.
        anchors: Published concentrations by id.
        guard_rails: The limits that ship, for a clinic to edit.
        molecular_weights_g_per_mol: By species.
    """

    models: Mapping[str, EffectModel]
    default_id: str
    ke0_in_use: tuple[Ke0InUse, ...]
    engineering: tuple[EngineeringEffect, ...]
    venous_link: VenousLink
    anchors: Mapping[str, Anchor]
    guard_rails: GuardRails
    molecular_weights_g_per_mol: Mapping[str, float]

    def model(self, effect_id: str) -> EffectModel:
        """The effect model with this id."""
        if effect_id not in self.models:
            raise UnknownModel(f"There is no effect {effect_id!r}. There are: {', '.join(self.models)}.")
        return self.models[effect_id]

    def anchor(self, anchor_id: str) -> Anchor:
        """The anchor with this id."""
        if anchor_id not in self.anchors:
            raise UnknownModel(f"There is no anchor {anchor_id!r}. There are: {', '.join(self.anchors)}.")
        return self.anchors[anchor_id]

    @property
    def default(self) -> EffectModel:
        """The effect that is shown first."""
        return self.model(self.default_id)

    @property
    def pair(self) -> tuple[EffectModel, ...]:
        """The default and its sensitivity pair: two published answers that are shown together."""
        beside = f"{PAIR_OF}{self.default_id}"
        return (self.default, *(model for model in self.models.values() if model.role == beside))


@cache
def the_effects() -> Effects:
    """The effects that ship with the package, read once."""
    return parse_effects(read_data())


def parse_effects(data: Data) -> Effects:
    """The effects from the mapping of a data file."""
    models = _by_id(parse_effect(part) for part in _mappings(data, "pd"))
    in_use, default_id = parse_ke0_in_use(_mapping(data, "ke0_in_use_per_min"))
    if default_id not in models:
        raise MalformedModel(f"ke0_in_use_per_min, default is {default_id!r}, and no effect has that id.")
    return Effects(
        models=models,
        default_id=default_id,
        ke0_in_use=in_use,
        engineering=parse_engineering(_mapping(data, "engineering_pd")),
        venous_link=parse_venous_link(_mapping(data, "venous_link_exploratory")),
        anchors=_by_id(parse_anchor(part) for part in _mappings(data, "anchors")),
        guard_rails=parse_guard_rails(_mapping(data, "guard_rails")),
        molecular_weights_g_per_mol=reading.numbers_by_name(
            _mapping(data, "constants").get("molecular_weight"), where="constants, molecular_weight"
        ),
    )


def _mapping(data: Data, key: str) -> Data:
    return reading.mapping_of(data.get(key), where=key)


def _mappings(data: Data, key: str) -> list[Data]:
    return [
        reading.mapping_of(item, where=f"One of {key}")
        for item in reading.sequence_of(data.get(key), where=key)
    ]


def _by_id(parts: Iterable[Part]) -> dict[str, Part]:
    found = list(parts)
    by_id = {part.id: part for part in found}
    if len(by_id) != len(found):
        raise MalformedModel("Two effects or two anchors have the same id: rename one.")
    return by_id
