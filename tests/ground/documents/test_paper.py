"""Papers are printed from a template and plain data, the same on every machine."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from pypdf import PdfReader

from ebbtide.ground.documents import paper
from ebbtide.ground.documents.paper import PaperMissing, PaperRefused, render_pdf, template_path

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LETTER = """
#import "/ground/documents/paper/house.typ": data, house
#show: house.with(title: data.title, clinic: data.clinic)
Dose: #data.dose mg. #for line in data.lines [ - #line \\ ]
"""


@pytest.fixture
def letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    room = tmp_path / "letters"
    (room / "paper").mkdir(parents=True)
    (room / "paper" / "letter.typ").write_text(LETTER)
    house = tmp_path / "ground" / "documents" / "paper"
    house.mkdir(parents=True)
    (house / "house.typ").write_text((paper.ROOT / "ground/documents/paper/house.typ").read_text())
    config = type("Config", (), {"path": str(room)})()
    monkeypatch.setitem(apps.app_configs, "letters", config)
    monkeypatch.setattr(paper, "ROOT", tmp_path)
    return "letters/letter"


def words_of(pdf: bytes) -> str:
    return PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def data(**changed: Any) -> dict[str, Any]:
    clinic = {"name": "Bay Clinic", "address": "1 Quay", "phone": "+1 555 0100"}
    return {
        "title": "Órden",
        "clinic": clinic,
        "dose": Decimal("40.0"),
        "lines": ["a", date(2026, 11, 23)],
        **changed,
    }


def test_it_prints_the_data_into_the_template(letter: str) -> None:
    words = words_of(render_pdf(letter, data(), at=AT))
    assert "Órden" in words
    assert "Dose: 40.0 mg" in words
    assert "2026-11-23" in words
    assert "Bay Clinic" in words


def test_it_prints_the_same_bytes_for_the_same_data(letter: str) -> None:
    assert render_pdf(letter, data(), at=AT) == render_pdf(f"{letter}.typ", data(), at=AT)


def test_it_never_runs_what_stands_in_the_data(letter: str) -> None:
    words = words_of(render_pdf(letter, data(lines=["#panic(1) *bold* $x$"]), at=AT))
    assert "#panic(1) *bold* $x$" in words


def test_it_uses_the_letters_of_the_pages_and_no_others(letter: str) -> None:
    reader = PdfReader(io.BytesIO(render_pdf(letter, data(), at=AT)))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    names = {str(font.get_object()["/BaseFont"]) for font in fonts.values()}
    assert all("AtkinsonHyperlegibleNext" in name for name in names), names


@pytest.mark.parametrize("name", ["letter", "nowhere/letter", "people/../x", "people/missing", "/x"])
def test_it_refuses_a_paper_that_is_not_there(name: str) -> None:
    with pytest.raises(PaperMissing):
        template_path(name)


def test_it_refuses_data_that_does_not_fit(letter: str) -> None:
    with pytest.raises(PaperRefused, match="cannot be printed"):
        render_pdf(letter, {"title": "x"}, at=AT)
    with pytest.raises(PaperRefused, match="object"):
        render_pdf(letter, data(dose=object()), at=AT)
