"""Interactions: by class and by route, because the size of an effect depends on the route."""

import copy
from typing import Any

import pytest

from ebbtide.evidence.errors import PackRefused
from ebbtide.evidence.files import PackFile, read_packaged
from ebbtide.evidence.interactions import build_interactions, load_interactions
from tests.evidence.builders import pack


def test_it_tells_the_vein_from_the_mouth() -> None:
    found = load_interactions()
    assert [row.id for row in found.for_class("cyp_inducer", route="iv")] == ["INT-INDUCER-IV"]
    assert [row.id for row in found.for_class("cyp_inducer", route="oral")] == ["INT-INDUCER-ORAL"]
    assert {row.id for row in found.for_class("benzodiazepine", route="iv")} == {
        "INT-BZD-SEDATION",
        "INT-BZD-EFFICACY",
    }


def test_it_names_only_rules_that_exist() -> None:
    rules = {rule.id for rule in pack().rules}
    assert {row.rule for row in load_interactions().interactions if row.rule} <= rules


def test_it_knows_an_ingredient_under_both_names() -> None:
    names = load_interactions().classes["sympathomimetic"].ingredients
    assert {"adrenaline", "epinephrine"} <= set(names)


def changed(**more: Any) -> PackFile:
    content = copy.deepcopy(dict(read_packaged("interactions.yaml").content))
    content["interactions"][0].update(more)
    return PackFile(name="interactions.yaml", sha256="0", content=content)


def test_it_refuses_a_class_that_is_not_defined() -> None:
    with pytest.raises(PackRefused, match="gout_drug"):
        build_interactions(changed(**{"class": "gout_drug"}), added_ingredients={})
    with pytest.raises(PackRefused, match="gout_drug"):
        build_interactions(changed(), added_ingredients={"gout_drug": {"ingredients": ["colchicine"]}})
