"""The how-to for the nurse names buttons: each word in bold stands on a page, exactly so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("src/ebbtide/**/templates/**/*.html"),
    *ROOT.glob("src/ebbtide/site/context.py"),
    *ROOT.glob("src/ebbtide/desks/chart/steps.py"),
]


@pytest.fixture(scope="module")
def said() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("name", ["your-first-infusion", "downtime-kit"])
def test_every_button_of_the_how_to_is_on_a_page(name, said) -> None:
    text = (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\*\*([^*]+)\*\*", text))
    assert named
    assert [
        one
        for one in sorted(named)
        if not re.search(rf"[>}}]{re.escape(one)}[<{{]", said) and f'"{one}"' not in said
    ] == []
