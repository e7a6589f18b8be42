"""Pictures of predicted curves as chart.js draws them, and the same as words and a table. Pure: no Django, no clock.

Arterial and venous blood never share a picture: each sampling site has one of its own, all of one height, and every
label names its site. Numbers that a person reads have two significant figures; the ones that are drawn have more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ebbtide.pharmacology import two_figures
from ebbtide.pharmacology.previews import CAPTION, Curve, Preview
from ebbtide.pharmacology.published.models import Site

NAMES = {
    "kamp_2020": "Kamp 2020",
    "simons_2022": "Simons 2022",
    "otto_2021": "Otto 2021",
    "perez_ruixo_2021": "Perez-Ruixo 2021",
    "domino": "Domino 1982",
    "clements_250": "Clements 1981",
}
TONES = {
    "kamp_2020": 1,
    "simons_2022": 2,
    "otto_2021": 3,
    "perez_ruixo_2021": 2,
    "domino": 1,
    "clements_250": 2,
}
WORDS = {
    "time": "Time since the start", "minutes": "min", "hours": "h", "concentration": "Concentration", "unit": "ng/mL",
    "arterial": "arterial", "venous": "venous", "unknown": "site not known",
    "arterial_title": "Blood from an artery", "venous_title": "Blood from a vein",
    "unknown_title": "Sampling site not known",
    "highest": "highest {value} {unit} after {time} {time_unit}, band then {low} to {high} {unit}",
}  # fmt: skip
IN_HOURS_BEYOND_MIN = 360  # min [design]: a longer time axis counts hours
MOST_ROWS = 13  # of a table [design]: what a phone shows without much scrolling
STEPS_MIN = (10, 20, 30, 60, 120, 240, 480, 720, 1440)  # min between the rows of a table
HEADROOM = 1.2  # of the highest band: two labels find room over it

Words = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One model's curve with its band (ng/mL), at times that all lines of one question share (min)."""

    model_id: str
    site: Site
    minutes: Sequence[float]
    middle: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    peak_ng_per_ml: float
    peak_at_min: float

    @property
    def name(self) -> str:
        return NAMES.get(self.model_id, self.model_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture: everything that was drawn at one sampling site."""

    id: str
    site: Site
    title: str
    said: tuple[str, ...]
    picture: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The same numbers for whoever does not see the picture."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What stands under the pictures for one model."""

    name: str
    site: str
    studied: str
    source: str
    mark: str
    cautions: tuple[str, ...]
    band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything that a page of staff shows of several models' answers."""

    panels: tuple[Panel, ...]
    table: Table | None
    notes: tuple[Note, ...]
    cautions: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    caption: str = CAPTION


def line_of(curve: Curve) -> Line:
    """What is drawn of a curve."""
    return Line(
        model_id=curve.model_id,
        site=curve.site,
        minutes=curve.minutes,
        middle=curve.ng_per_ml,
        low=curve.lower_ng_per_ml,
        high=curve.upper_ng_per_ml,
        peak_ng_per_ml=curve.peak_ng_per_ml,
        peak_at_min=curve.peak_at_min,
    )


def shown_of(previews: Sequence[Preview], *, marks: Sequence[Mapping[str, Any]], name: str) -> Shown:
    """The answers of several models to one question.

    Args:
        previews: The answers, curves and refusals alike.
        marks: What is given and when: ``from`` and ``to`` (min), ``words``.
        name: What the pictures' names in the page begin with.
    """
    curves = [shown.curve for shown in previews if shown.curve is not None]
    lines = [line_of(curve) for curve in curves]
    shared = _shared(curves)
    return Shown(
        panels=panels_of(lines, marks=marks, name=name),
        table=table_of(lines) if lines else None,
        notes=tuple(
            Note(
                name=line.name,
                site=WORDS[line.site],
                studied=curve.population,
                source=curve.source,
                mark=curve.mark.replace("_", "-"),
                band=named(curve.band),
                cautions=tuple(said for said in curve.cautions if said not in shared),
            )
            for line, curve in zip(lines, curves, strict=True)
        ),
        cautions=shared,
        refused=tuple(
            (NAMES.get(shown.model_id, shown.model_id), named(shown.advice))
            for shown in previews
            if shown.curve is None
        ),
    )


def named(sentence: str) -> str:
    """A sentence of the pharmacology with the models' names in it instead of their ids."""
    for model_id, name in NAMES.items():
        sentence = sentence.replace(model_id, name)
    return sentence


def _shared(curves: Sequence[Curve]) -> tuple[str, ...]:
    """The cautions that every curve has: they are said once."""
    if not curves:
        return ()
    return tuple(said for said in curves[0].cautions if all(said in curve.cautions for curve in curves))


def panels_of(
    lines: Sequence[Line], *, marks: Sequence[Mapping[str, Any]], name: str, words: Words = WORDS
) -> tuple[Panel, ...]:
    """One picture for each sampling site, in the order of the lines, all with the same height of the axis."""
    sites = dict.fromkeys(line.site for line in lines)
    return tuple(
        _panel(site, [line for line in lines if line.site is site], lines, marks, name, words)
        for site in sites
    )


def _panel(
    site: Site,
    here: Sequence[Line],
    everywhere: Sequence[Line],
    marks: Sequence[Mapping[str, Any]],
    name: str,
    words: Words,
) -> Panel:
    scale, unit = time_scale(everywhere[0].minutes, words)
    said = tuple(f"{label_of(line, words)}: {highest_of(line, words)}" for line in here)
    picture = {
        "words": f"{words[f'{site}_title']}. " + "; ".join(said),
        "x": {
            "label": str(words["time"]),
            "unit": unit,
            "values": [round(minute / scale, 3) for minute in here[0].minutes],
        },
        "y": {
            "label": str(words["concentration"]),
            "unit": str(words["unit"]),
            "most": round(HEADROOM * max(max(line.high) for line in everywhere), 1),
        },
        "series": [
            {
                "name": label_of(line, words),
                "tone": TONES.get(line.model_id, 1),
                "values": _drawn(line.middle),
                "low": _drawn(line.low),
                "high": _drawn(line.high),
            }
            for line in here
        ],
        "marks": [
            {"from": mark["from"] / scale, "to": mark["to"] / scale, "words": mark["words"]} for mark in marks
        ],
    }
    return Panel(
        id=f"{name}-{site}", site=site, title=str(words[f"{site}_title"]), said=said, picture=picture
    )


def label_of(line: Line, words: Words = WORDS) -> str:
    """The name of a curve, its sampling site always in it: "Kamp 2020, arterial"."""
    return f"{line.name}, {words[line.site]}"


def highest_of(line: Line, words: Words = WORDS) -> str:
    """The highest point of a curve in words, with the band there."""
    scale, unit = time_scale(line.minutes, words)
    at = min(range(len(line.minutes)), key=lambda point: abs(line.minutes[point] - line.peak_at_min))
    return str(words["highest"]).format(
        value=two_figures(line.peak_ng_per_ml),
        low=two_figures(line.low[at]),
        high=two_figures(line.high[at]),
        unit=words["unit"],
        time=f"{line.peak_at_min / scale:.{0 if scale == 1 else 1}f}".removesuffix(".0"),
        time_unit=unit,
    )


def table_of(lines: Sequence[Line], *, words: Words = WORDS) -> Table:
    """The curves as rows of two significant figures, each with its band, at even times and at the end."""
    minutes = lines[0].minutes
    scale, unit = time_scale(minutes, words)
    return Table(
        head=(
            f"{words['time']} ({unit})",
            *(f"{label_of(line, words)} ({words['unit']})" for line in lines),
        ),
        rows=tuple(
            (f"{minutes[at] / scale:.3g}", *(_cell(line, at) for line in lines)) for at in row_places(minutes)
        ),
    )


def _cell(line: Line, at: int) -> str:
    return f"{two_figures(line.middle[at])} ({two_figures(line.low[at])}–{two_figures(line.high[at])})"


def row_places(minutes: Sequence[float]) -> list[int]:
    """Which times a table shows: those nearest to every tenth, twentieth ... minute, and the last."""
    last = minutes[-1]
    step = next((step for step in STEPS_MIN if last / step < MOST_ROWS), STEPS_MIN[-1])
    wanted = [*range(0, int(last), step), last]
    return sorted({min(range(len(minutes)), key=lambda at: abs(minutes[at] - minute)) for minute in wanted})


def time_scale(minutes: Sequence[float], words: Words = WORDS) -> tuple[float, str]:
    """How many minutes one unit of the time axis has, and the unit: hours once the axis is long."""
    return (60, str(words["hours"])) if minutes[-1] > IN_HOURS_BEYOND_MIN else (1, str(words["minutes"]))


def _drawn(values: Sequence[float]) -> list[float]:
    return [round(value, 1) for value in values]
