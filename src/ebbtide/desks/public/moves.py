"""How ketamine moves through the body: two published examples, worked out beforehand by tools/examples.py and kept.

Nothing is computed here, nobody types a number, and neither a model nor an engine is loaded.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from django.utils.translation import gettext_lazy as _

from ebbtide.desks.public.known import Mark, Source, Words
from ebbtide.journey.careplan.pictures import (
    NAMES,
    Line,
    Panel,
    Table,
    label_of,
    panels_of,
    row_places,
    table_of,
    time_scale,
)
from ebbtide.pharmacology import two_figures
from ebbtide.pharmacology.published.models import Site

CAPTION = _("A model, not a measurement; no concentration is known to predict chronic-pain relief.")
WORDS: Mapping[str, Words] = {
    "time": _("Time since the start"), "minutes": "min", "hours": "h", "concentration": _("Concentration"),
    "unit": "ng/mL", "arterial": _("arterial"), "venous": _("venous"), "unknown": _("site not known"),
    "arterial_title": _("Blood from an artery"), "venous_title": _("Blood from a vein"),
    "unknown_title": _("Sampling site not known"),
    "highest": _("highest {value} {unit} after {time} {time_unit}, band then {low} to {high} {unit}"),
}  # fmt: skip
S_HALF = _("They got S-ketamine, one half of the usual mixture: a comparison here, not a prediction.")
WHO: Mapping[str, tuple[Words, ...]] = {
    "kamp_2020": (
        _(
            "14 sets of data put together; ages and weights are not known to us. How much people differ is not published for this model and is borrowed from Simons 2022."
        ),
    ),
    "simons_2022": (
        _("20 healthy people of 19 to 32 years and 53 to 93 kg."),
        S_HALF,
    ),
    "otto_2021": (
        _("48 healthy people, 23 years old on average; the part on ketamine is from 11 healthy men."),
        S_HALF,
    ),
    "perez_ruixo_2021": (
        _(
            "820 people of 18 to 86 years and 39 to 170 kg, 564 of them with a depression that other treatment had not helped."
        ),
        S_HALF,
    ),
}
ASSAYS = (
    ("Shaffer 2014", Source(citation="Shaffer 2014, displacement of MK-801, rat tissue", mark=Mark.SEEN)),
    ("Ebert 1997", Source(citation="Ebert 1997, Ki of each form, rat tissue", mark=Mark.SECOND_HAND)),
)
RECEPTORS_HELD = _("Receptors held")
RECEPTORS_TITLE = _("Receptors held, from the line of {name}")
AT_MOST = _("{name}: at most {low} to {high} %")
MARKS = {"seen": Mark.SEEN, "second_hand": Mark.SECOND_HAND, "recalled": Mark.RECALLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """What is said of an example: its name, where it was given, and what stands under the time axis."""

    id: str
    name: Words
    words: Words
    rate: str
    minutes: int
    source: Source


REGIMENS = (
    Regimen(
        id="forty_minutes",
        name=_("0.5 mg/kg over 40 minutes"),
        words=_(
            "35 mg for 70 kg, at an even rate. 1,034 people with chronic pain got this dose on five days in a row, without a comparison group."
        ),
        rate="52.5 mg/h",
        minutes=40,
        source=Source(citation="Tankha 2025, retrospective, 1,034 people", mark=Mark.SEEN),
    ),
    Regimen(
        id="four_hours",
        name=_("0.35 mg/kg/h over 4 hours"),
        words=_(
            "24.5 mg an hour for 70 kg, 98 mg in all. It is the highest rate of a small trial in CRPS, given here from the first minute on."
        ),
        rate="24.5 mg/h",
        minutes=240,
        source=Source(citation="Schwartzman 2009", mark=Mark.SEEN),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """One model under a picture: who was studied, and where that is published."""

    label: str
    who: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One picture with everything that must stand under it."""

    panel: Panel
    studied: tuple[Studied, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One regimen: what is in the blood at each sampling site, and how much of the receptor is held."""

    regimen: Regimen
    plots: tuple[Plot, ...]
    table: Table
    held: Panel
    held_table: Table


@cache
def kept() -> dict[str, Any]:
    """What tools/examples.py wrote, read once."""
    text = (resources.files("ebbtide.desks.public") / "data" / "moves.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def examples_in(_language: str) -> tuple[Example, ...]:
    """Both examples in the language that is spoken now, put together once for each."""
    return tuple(_example(regimen, kept()["examples"][regimen.id]) for regimen in REGIMENS)


def _example(regimen: Regimen, data: Mapping[str, Any]) -> Example:
    marks = [{"from": 0, "to": regimen.minutes, "words": regimen.rate}]
    lines = [_line(curve, data["minutes"]) for curve in data["curves"]]
    by_model = {curve["model_id"]: curve for curve in data["curves"]}
    plots = [
        Plot(
            panel=panel,
            studied=tuple(
                _studied(line, by_model[line.model_id]) for line in lines if panel.site is line.site
            ),
        )
        for panel in panels_of(lines, marks=marks, name=regimen.id, words=WORDS)
    ]
    return Example(
        regimen=regimen,
        plots=tuple(plots),
        table=table_of(lines, words=WORDS),
        held=_held(regimen, data, marks),
        held_table=_held_table(data),
    )


def _line(curve: Mapping[str, Any], minutes: list[float]) -> Line:
    return Line(
        model_id=curve["model_id"],
        site=Site(curve["site"]),
        minutes=minutes,
        middle=curve["middle"],
        low=curve["low"],
        high=curve["high"],
        peak_ng_per_ml=curve["peak_ng_per_ml"],
        peak_at_min=curve["peak_at_min"],
    )


def _studied(line: Line, curve: Mapping[str, Any]) -> Studied:
    return Studied(
        label=label_of(line, WORDS),
        who=tuple(str(words) for words in WHO[line.model_id]),
        source=Source(citation=curve["source"], mark=MARKS[curve["mark"]]),
    )


def _held(regimen: Regimen, data: Mapping[str, Any], marks: list[dict[str, Any]]) -> Panel:
    """The share of receptors held: a band for each assay and never a line."""
    scale, unit = time_scale(data["minutes"], WORDS)
    said = tuple(
        str(AT_MOST).format(
            name=name, low=two_figures(max(assay["low"])), high=two_figures(max(assay["high"]))
        )
        for name, assay in _assays(data)
    )
    picture = {
        "x": {
            "label": str(WORDS["time"]),
            "unit": unit,
            "values": [round(minute / scale, 3) for minute in data["minutes"]],
        },
        "y": {"label": str(RECEPTORS_HELD), "unit": "%", "most": 100},
        "series": [
            {"name": name, "tone": tone, "low": assay["low"], "high": assay["high"]}
            for tone, (name, assay) in zip((1, 3), _assays(data), strict=True)
        ],
        "marks": [{**mark, "from": mark["from"] / scale, "to": mark["to"] / scale} for mark in marks],
    }
    site, model_id = Site(data["occupancy"]["site"]), data["occupancy"]["model_id"]
    title = str(RECEPTORS_TITLE).format(name=f"{NAMES[model_id]}, {WORDS[site]}")
    return Panel(
        id=f"{regimen.id}-held",
        site=site,
        title=title,
        said=said,
        picture={**picture, "words": f"{title}. " + "; ".join(said)},
    )


def _assays(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    held = data["occupancy"]
    return [
        (f"{name}, {WORDS[held['site']]}", assay)
        for (name, _source), assay in zip(ASSAYS, held["assays"], strict=True)
    ]


def _held_table(data: Mapping[str, Any]) -> Table:
    scale, unit = time_scale(data["minutes"], WORDS)
    assays = _assays(data)
    return Table(
        head=(f"{WORDS['time']} ({unit})", *(f"{name} (%)" for name, _assay in assays)),
        rows=tuple(
            (
                f"{data['minutes'][at] / scale:.3g}",
                *(
                    f"{two_figures(assay['low'][at])}–{two_figures(assay['high'][at])}"
                    for _name, assay in assays
                ),
            )
            for at in row_places(data["minutes"])
        ),
    )
