"""site: what `ebbtide simulate` found, as JSON for a program, CSV for a spreadsheet and a table for a person."""

import csv
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.previews import CAPTION, ENGINE_VERSION, population_words
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.published.validity import MIN_PER_H
from ebbtide.pharmacology.simulation import KETAMINE, Answer, Asked, Simulation
from ebbtide.pharmacology.simulation_bands import SimulatedBands

UNIT = "ng/mL"
TABLE_ROWS = 12
COLUMN = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One question, and what each model answered.

    Attributes:
        asked: The question.
        answers: One for each model, in the order asked.
        written: The doses as they were typed: infuse, bolus, pause.
        bands: By model id, its band, where virtual people were asked for.
        seed: The seed they come from.
        every_row: Whether a table shows every time, because each was asked for.
    """

    asked: Asked
    answers: Sequence[Answer]
    written: Mapping[str, Sequence[str]]
    bands: Mapping[str, SimulatedBands]
    seed: int
    every_row: bool

    @property
    def predicted(self) -> list[tuple[Answer, Simulation]]:
        """The answers that have numbers, each with them."""
        return [(answer, answer.simulation) for answer in self.answers if answer.simulation is not None]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be said about the answers side by side."""
        modelled = dict.fromkeys(found.entering.modelled for _, found in self.predicted)
        if self.asked.given is not None or len(modelled) < 2:
            return ()
        sentence = (
            f"No drug was named, so each model takes the dose as its own ({' and '.join(modelled)}): these are not "
            "predictions of one syringe. Name what is given with --drug."
        )
        return (sentence,)


def write_json(said: Said, *, out: TextIO) -> None:
    """One object: flat for one model, else a list of them under ``models``."""
    found = [flat(answer, said) for answer in said.answers]
    if len(found) == 1:
        answer: Mapping[str, object] = found[0]
    elif said.predicted:
        answer = {"unit": UNIT, **person(said), "warnings": list(said.warnings), "models": found}
    else:
        refused = said.answers[0]
        answer = {"outcome": refused.outcome, "advice": refused.advice, "models": found}
    json.dump(answer, out)
    out.write("\n")


def flat(answer: Answer, said: Said) -> dict[str, object]:
    """One model's answer, curves aligned with ``times_min``, or its refusal."""
    model, found = answer.model, answer.simulation
    beginning = {"model": model.id, "outcome": answer.outcome}
    if found is None:
        return {**beginning, "advice": answer.advice}
    return {
        **beginning,
        "site": model.site,
        "drug": found.entering.modelled,
        "given": found.entering.given,
        "unit": UNIT,
        "times_min": found.times_min,
        **found.ng_per_ml,
        **(bands_in_full(answer, said) or {"display_band": band()}),
        "peak_ng_per_ml": found.peak.ng_per_ml,
        "peak_at_min": found.peak.at_h * MIN_PER_H,
        **person(said),
        "entered_mg": said.asked.schedule.total_mg * found.entering.share,
        "source": model.source,
        "mark": model.mark,
        "studied": population_words(model),
        "parameter_hash": model.parameter_hash,
        "engine_version": ENGINE_VERSION,
        "caption": CAPTION,
        "warnings": [*found.warnings, *said.warnings],
        "cautions": found.cautions,
    }


def bands_in_full(answer: Answer, said: Said) -> dict[str, object]:
    """The band of ketamine, those of every species, and what is in them; nothing where none was asked for."""
    found = said.bands.get(answer.model.id)
    if found is None:
        return {}
    by_species = {name: dataclasses.asdict(band) for name, band in found.by_species.items()}
    return {
        "bands": by_species[KETAMINE],
        "bands_by_species": by_species,
        "bands_hold": found.holds,
        "people": found.people,
        "seed": said.seed,
    }


def person(said: Said) -> dict[str, object]:
    """Who was asked about, and what is given."""
    asked = said.asked
    return {
        "weight_kg": asked.weight_kg,
        "age_y": asked.age_y,
        "dose_mg": asked.schedule.total_mg,
        "schedule": said.written,
    }


def band() -> dict[str, object]:
    """The band that a table draws when no virtual people were asked for."""
    shown = the_library().band
    return {
        "level": shown.level,
        "divide_and_multiply_by": shown.factor,
        "mark": shown.mark,
        "words": str(shown),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One species of one model, with the ends of its band at each time where it has one."""

    answer: Answer
    found: Simulation
    species: str
    ends: tuple[Sequence[float], ...]

    @property
    def curve(self) -> Sequence[float]:
        return self.found.ng_per_ml[self.species]

    @property
    def named(self) -> str:
        """The species with its mirror form: racemic ketamine, S-norketamine."""
        drug = self.found.entering.modelled
        return f"{drug}-{self.species}" if drug in {Drug.S, Drug.R} else f"{drug} {self.species}"


def columns_of(said: Said) -> list[Column]:
    """Every species of every model that answered."""
    return [
        Column(answer=answer, found=found, species=species, ends=ends_of(said, answer, species))
        for answer, found in said.predicted
        for species in found.ng_per_ml
    ]


def ends_of(said: Said, answer: Answer, species: str) -> tuple[Sequence[float], ...]:
    """Lower and upper end of the band that was asked for, else of the display band, which is one of ketamine alone."""
    if answer.model.id in said.bands:
        band = said.bands[answer.model.id].by_species[species]
        return band.p05, band.p95
    if answer.simulation is None or species != KETAMINE:
        return ()
    factor, curve = the_library().band.factor, answer.simulation.ng_per_ml[species]
    return [value / factor for value in curve], [value * factor for value in curve]


def write_csv(said: Said, *, out: TextIO) -> None:
    """One row for each model, species and time."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(
        ["model", "site", "drug", "species", "minute", "ng_per_ml", "lower_ng_per_ml", "upper_ng_per_ml"]
    )
    for column in columns_of(said):
        model, found = column.answer.model, column.found
        beginning = [model.id, model.site, found.entering.modelled, column.species]
        for place, minute in enumerate(found.times_min):
            numbers = (minute, column.curve[place], *(end[place] for end in column.ends))
            cells = [f"{number:.6g}" for number in numbers] + [""] * (4 - len(numbers))
            rows.writerow([*beginning, *cells])


def write_table(said: Said, *, out: TextIO) -> None:
    """About twelve rows, or the rows that were asked for, and under them all that must be said."""
    asked = said.asked
    dose_mg = asked.schedule.total_mg
    out.write(
        f"{dose_mg:g} mg of ketamine base ({dose_mg / asked.weight_kg:.3g} mg/kg): {doses(said.written)}; "
        f"{asked.weight_kg:g} kg, {asked.age_y} years\n\n"
    )
    one = len(said.predicted) == 1
    columns = [column for column in columns_of(said) if one or column.species == KETAMINE]
    write_row(out, "min", [f"{column.answer.model.id}, {column.answer.model.site}" for column in columns])
    write_row(out, "", [column.named for column in columns])
    for place in rows_to_show(said):
        write_row(out, f"{asked.times_min[place]:g}", [cell(column, place) for column in columns])
    out.write(f"\n{UNIT} of free base; in brackets the band.\n")
    out.writelines(f"{line}\n" for line in said.warnings)
    for answer, found in said.predicted:
        out.writelines(f"{line}\n" for line in words(answer, found, said))
    if not said.bands:
        out.write(f"\n{the_library().band}.")
    out.write(f"\n{CAPTION}\n")


def write_row(out: TextIO, first: str, cells: Sequence[str]) -> None:
    out.write(f"{first:>6}" + "".join(f"{one:>{COLUMN}}" for one in cells) + "\n")


def doses(written: Mapping[str, Sequence[str]]) -> str:
    """What is given, as it was typed."""
    said = [*written["infuse"], *(f"bolus {one}" for one in written["bolus"])]
    return ", ".join([*said, *(f"pause {one}" for one in written["pause"])])


def cell(column: Column, place: int) -> str:
    ends = [two_figures(end[place]) for end in column.ends]
    between = f"({'-'.join(ends)})" if ends else ""
    return f"{two_figures(column.curve[place])} {between:>12}"


def rows_to_show(said: Said) -> list[int]:
    """Every time that was asked for, else about twelve, evenly, with the edges of the dose and the last among them."""
    times_min = said.asked.times_min
    if said.every_row:
        return list(range(len(times_min)))
    step = max(1, math.ceil(len(times_min) / TABLE_ROWS / 5)) * 5
    edges_min = [edge * MIN_PER_H for edge in said.asked.schedule.edges_h]
    return [
        place
        for place, minute in enumerate(times_min)
        if place % step == 0
        or place == len(times_min) - 1
        or any(math.isclose(minute, edge, abs_tol=1e-6) for edge in edges_min)
    ]


def words(answer: Answer, found: Simulation, said: Said) -> list[str]:
    model, peak = answer.model, found.peak
    highest = f"peak {two_figures(peak.ng_per_ml)} ng/mL at {peak.at_h * MIN_PER_H:.0f} min"
    sentences = (*found.warnings, *band_words(answer, said), *found.cautions)
    return [
        "",
        f"{model.id}: {model.site} blood; {highest}. {model.source} ({model.mark.replace('_', '-')}).",
        f"  Studied: {population_words(model)}.",
        *(f"  {sentence}" for sentence in sentences),
    ]


def band_words(answer: Answer, said: Said) -> tuple[str, ...]:
    """Who makes the band that was asked for, and what is in it."""
    found = said.bands.get(answer.model.id)
    if found is None:
        return ()
    who = (f"Band: {found.people} virtual {found.words}, seed {said.seed}.",) if found.people else ()
    return (*who, *found.holds)
