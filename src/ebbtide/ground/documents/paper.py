"""The documents room: printed papers. A typst template of a stage and plain data become one PDF, made on this machine."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import typst
from django.apps import apps

from ebbtide.ground import clock

ROOT = Path(__file__).resolve().parents[2]  # the package: what a template may import, and nothing outside it
FONTS = (
    Path(__file__).resolve().parent / "fonts"
)  # the pages' own letters, as TTF because typst reads no woff2


class PaperMissing(LookupError):
    """No installed room has a template of this name."""


class PaperRefused(ValueError):
    """A template and its data do not fit together."""


def render_pdf(template: str, data: Mapping[str, Any], *, at: datetime | None = None) -> bytes:
    """The paper `template` filled with `data`: the bytes of a PDF.

    The template is `<room>/paper/NAME.typ`, called `room/NAME` by the room's label ("careplan/order"). It begins
    with `#import "/ground/documents/paper/house.typ": data, house` and reads `data.…`. Decimals, dates and ids
    arrive as text; anything that is printed with a unit or a wall-clock time is worded by the caller.

    Args:
        template: room label and name, with or without `.typ`.
        data: plain values, lists, mappings and dataclasses.
        at: the instant the PDF says it was made; now unless given.
    """
    path = template_path(template)
    made_at = at or clock.now()
    try:
        return typst.compile(
            str(path),
            root=str(ROOT),
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(_plain(data), ensure_ascii=False)},
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise PaperRefused(
            f"The paper {template} cannot be printed: {error.message}. Its template is {path.name}."
        ) from None


def template_path(template: str) -> Path:
    """The file of a template.

    Raises:
        PaperMissing: the name is not room/NAME, the room is not installed, or it has no such paper.
    """
    label, _, name = template.removesuffix(".typ").partition("/")
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        raise PaperMissing(f"The paper {template!r} is not named room/NAME, for example careplan/order.")
    config = apps.app_configs.get(label)
    path = Path(config.path) / "paper" / f"{name}.typ" if config else None
    if path is None or not path.is_file():
        raise PaperMissing(
            f"There is no paper {name!r} in the room {label!r}: put it into its folder paper/{name}.typ."
        )
    return path


@lru_cache(maxsize=1)
def _fonts() -> Any:
    # never the machine's own fonts: the same paper must look the same on every machine
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str() | Decimal() | UUID():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _plain(asdict(value))
    raise PaperRefused(f"A {type(value).__name__} cannot be printed: word it as text first.")
