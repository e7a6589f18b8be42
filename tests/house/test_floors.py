"""The house: folders, contracts and installed apps tell the same story, and no key points uphill."""

import configparser
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey

SRC = Path(__file__).resolve().parents[2] / "src" / "ebbtide"
FLOORS = ["site", "twin", "desks", "doors", "journey", "ground", "evidence", "pharmacology"]
STAGES = [
    "access",
    "assessment",
    "careplan",
    "course",
    "custody",
    "infusion",
    "leaving",
    "outcomes",
    "registry",
]
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(SRC.parents[1] / ".importlinter")


def layers(name: str) -> list[str]:
    return CONTRACTS[f"importlinter:contract:{name}"]["layers"].split()


def folders(path: Path) -> set[str]:
    return {p.name for p in path.iterdir() if (p / "__init__.py").is_file()}


def test_it_has_the_eight_floors_and_no_drawer() -> None:
    assert folders(SRC) == set(FLOORS)
    assert layers("floors") == FLOORS


def test_it_sorts_the_stages_in_the_patients_order() -> None:
    assert sorted(folders(SRC / "journey")) == STAGES
    assert layers("journey") == STAGES[::-1]


def test_it_installs_the_stages_in_the_patients_order() -> None:
    installed = [a.rsplit(".", 1)[1] for a in settings.INSTALLED_APPS if a.startswith("ebbtide.journey.")]
    assert installed == [stage for stage in STAGES if stage in installed]


def floor_and_stage(module: str) -> tuple[int, int]:
    parts = module.split(".")
    floor = FLOORS.index(parts[1])
    stage = STAGES.index(parts[2]) if parts[1] == "journey" else -1
    return floor, stage


def our_keys() -> list[tuple[str, str, str]]:
    return [
        (model._meta.label, field.name, field.related_model._meta.app_config.name)
        for model in apps.get_models()
        if model.__module__.startswith("ebbtide.")
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model.__module__.startswith("ebbtide.")
    ]


@pytest.mark.parametrize(("model", "field", "target"), our_keys())
def test_it_has_no_key_that_points_uphill(model, field, target) -> None:
    """A ForeignKey written as a string is invisible to import-linter; this closes the hole."""
    floor, stage = floor_and_stage(apps.get_model(model)._meta.app_config.name)
    target_floor, target_stage = floor_and_stage(target)
    assert target_floor >= floor, f"{model}.{field} points up to {target}"
    if floor == target_floor and stage >= 0:
        assert target_stage <= stage, f"{model}.{field} points to the later stage {target}"


def test_it_names_migrations_by_hand_and_keeps_them_in_one_line() -> None:
    for folder in SRC.glob("*/*/migrations"):
        names = sorted(p.stem for p in folder.glob("0*.py"))
        assert not [n for n in names if "auto" in n or n.endswith("_initial")]
        if names:
            assert (folder / "max_migration.txt").read_text().strip() == names[-1]


def test_it_keeps_every_file_short() -> None:
    long = {
        str(p.relative_to(SRC)): n
        for p in SRC.rglob("*.py")
        if "migrations" not in p.parts and (n := len(p.read_text().splitlines())) > 400
    }
    assert not long


def test_it_declares_a_policy_path_on_every_model_that_can_be_seen() -> None:
    from ebbtide.ground.people.paths import models_without_path

    internal = {"Shape", "Receipt", "Reading", "Batch", "Seal"}
    ours = (
        m
        for m in apps.get_models()
        if m.__module__.startswith("ebbtide.") and not m.__name__.endswith("Event")
    )
    assert set(models_without_path(ours)) <= internal


LOCKED = re.compile(r"(\w+)\.objects\.select_for_update")


def test_nobody_locks_a_row_that_only_grows() -> None:
    """The application may not update such a row, so PostgreSQL refuses to lock it for it; tests run as the owner and would not see it."""
    growing = {
        model.__name__
        for model in apps.get_models()
        if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", []))
    }
    assert "Session" in growing
    locked = {
        f"{path.relative_to(SRC)}: {name}"
        for path in SRC.rglob("*.py")
        for name in LOCKED.findall(path.read_text(encoding="utf-8"))
        if name in growing
    }
    assert locked == set(), f"use one_at_a_time of ground/ledger/turns.py: {locked}"
