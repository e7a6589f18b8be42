"""What `ebbtide.pharmacology` offers by name: every one is there, and none is loaded before it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ebbtide.pharmacology as floor


def told_to_the_type_checker() -> dict[str, str]:
    """Each name that the file imports for the type checker alone, and from where."""
    tree = ast.parse(Path(floor.__file__).read_text(encoding="utf-8"))
    return {
        alias.name: node.module.removeprefix("ebbtide.pharmacology.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ebbtide.pharmacology.")
        for alias in node.names
    }


def test_it_finds_every_name_where_the_type_checker_finds_it() -> None:
    assert told_to_the_type_checker() == floor._MODULE_OF
    assert sorted(floor.__all__) == sorted(floor._MODULE_OF) == dir(floor)


@pytest.mark.parametrize("name", floor.__all__)
def test_it_gives_every_name(name: str) -> None:
    assert getattr(floor, name) is not None


def test_it_has_no_other_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'relief'"):
        floor.relief  # noqa: B018


def test_it_loads_nothing_before_it_is_asked() -> None:
    code = "import sys, ebbtide.pharmacology; print('numpy' in sys.modules, 'yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
