"""site: `ebbtide simulate` prints what published models predict for a dose. No Django, no database, no record."""

import argparse
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

import numpy as np

from ebbtide.pharmacology.doses.text import (
    DoseUnit,
    TimeUnit,
    WrittenDose,
    WrittenInfusion,
    WrittenTime,
    read_bolus,
    read_infusion,
    read_number,
    read_pause,
    schedule_of,
)
from ebbtide.pharmacology.errors import PharmacologyError, UnreadableDose
from ebbtide.pharmacology.previews import DEFAULT_MODELS
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.simulation import Answer, Asked, even_minutes, simulate
from ebbtide.pharmacology.simulation_bands import SimulatedBands, bands_of
from ebbtide.site.commands.common import CommandRefused, refuse
from ebbtide.site.commands.predicted import Said, write_csv, write_json, write_table

OUTSIDE_MODEL_RANGE = (
    3  # the exit status when no model may show a number; 2 is a question that cannot be read
)
DEFAULT_AGE_Y = 45  # printed with every answer; only one model looks at the age, and only above 60 [design]
DEFAULT_SEED = 1  # printed with every band
FEWEST_PEOPLE = 100  # [design]: 5 of 100 lie beyond each end of a 90 % band
MOST_PEOPLE = 100_000  # [design]: beyond, the band no longer changes and the wait does

Read = TypeVar("Read")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weight-kg", type=above_zero, required=True, help="measured weight")
    parser.add_argument(
        "--age",
        "--age-y",
        type=whole,
        default=DEFAULT_AGE_Y,
        help=f"completed years (default {DEFAULT_AGE_Y})",
    )
    add_doses(parser)
    parser.add_argument(
        "--drug",
        choices=[str(drug) for drug in (Drug.RACEMIC, Drug.S, Drug.R)],
        help="what is given; of a racemate only the S half enters a model of S-ketamine (default: each model's own drug)",
    )
    parser.add_argument(
        "--model",
        nargs="+",
        action="extend",
        help=f"ids as `ebbtide models` lists them (default {' '.join(DEFAULT_MODELS)})",
    )
    parser.add_argument("--crps", action="store_true", help="a course of days for CRPS, which may last 120 h")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--at-min", type=minutes, metavar="MIN,MIN", help="when to look (default every minute)")
    when.add_argument(
        "--until-min", type=above_zero, help="how far to look (default four hours after the end)"
    )
    parser.add_argument(
        "--population",
        type=whole,
        metavar="N",
        help="adds the band that holds 90 of 100 measurements, from N virtual people of this weight and age",
    )
    parser.add_argument("--seed", type=whole, help=f"of the virtual people (default {DEFAULT_SEED})")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything in full figures, for a program")
    form.add_argument("--csv", action="store_true", help="the curves, for a spreadsheet")


def add_doses(parser: argparse.ArgumentParser) -> None:
    """What is given: amounts are ketamine base."""
    parser.add_argument(
        "--infuse",
        action="append",
        type=written(read_infusion),
        default=[],
        metavar="DOSE/TIME[@START]",
        help="35mg/40min, 0.5mg/kg/40min, 24.5mg/h/4h or 0.35mg/kg/h/4h, with @60min or @1h if later; any number of times",
    )
    parser.add_argument(
        "--bolus",
        action="append",
        type=written(read_bolus),
        default=[],
        metavar="DOSE[@START]",
        help="10mg@5min or 0.1mg/kg@5min; it lasts 1 min; any number of times",
    )
    parser.add_argument(
        "--pause",
        action="append",
        type=written(read_pause),
        default=[],
        metavar="LENGTH@START",
        help="20min@30min: all that was due from then on comes later; any number of times",
    )
    parser.add_argument(
        "--dose-mg-per-kg", type=above_zero, help="with --over-min, short for --infuse from the start"
    )
    parser.add_argument("--over-min", type=above_zero, help="duration of that infusion")


def written(read: Callable[[str], Read]) -> Callable[[str], Read]:
    """A reader whose refusal argparse prints as it is."""

    def taken(text: str) -> Read:
        try:
            return read(text)
        except UnreadableDose as refusal:
            raise argparse.ArgumentTypeError(str(refusal)) from refusal

    return taken


def above_zero(text: str) -> Decimal:
    """A number above zero, else argparse says which option was wrong."""
    try:
        value = read_number(text)
    except UnreadableDose as refusal:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero ({refusal})") from refusal
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return value


def whole(text: str) -> int:
    """A whole number, zero or more."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, zero or more")
    return int(text)


def minutes(text: str) -> tuple[float, ...]:
    """Times in minutes, parted by commas."""
    try:
        return tuple(float(read_number(part.strip())) for part in text.split(","))
    except UnreadableDose as refusal:
        raise argparse.ArgumentTypeError(
            f"{refusal}: write minutes parted by commas, as in 10,20,40"
        ) from refusal


def run(args: argparse.Namespace) -> int:
    try:
        said = ask(args)
    except (CommandRefused, PharmacologyError) as refusal:
        return refuse(str(refusal))
    if args.json:
        write_json(said, out=sys.stdout)
    elif args.csv and said.predicted:
        write_csv(said, out=sys.stdout)
    elif said.predicted:
        write_table(said, out=sys.stdout)
    if not args.json:
        sys.stderr.writelines(f"{advice}\n" for advice in refusals(said.answers))
    return 0 if said.predicted else OUTSIDE_MODEL_RANGE


def refusals(answers: Sequence[Answer]) -> list[str]:
    """What was refused; where everything was, the first sentence stands for all."""
    sentences = list(dict.fromkeys(answer.advice for answer in answers if answer.simulation is None))
    return sentences if any(answer.simulation for answer in answers) else sentences[:1]


def ask(args: argparse.Namespace) -> Said:
    infusions = [*short_form(args), *args.infuse]
    if not infusions and not args.bolus:
        raise CommandRefused(
            "Nothing is given: name a dose, for example --infuse 35mg/40min, --infuse 0.5mg/kg/40min or --bolus 10mg@5min."
        )
    check_people(args)
    schedule = schedule_of(
        infusions=infusions, boluses=args.bolus, pauses=args.pause, weight_kg=float(args.weight_kg)
    )
    asked = Asked(
        schedule=schedule,
        weight_kg=float(args.weight_kg),
        age_y=args.age,
        times_min=args.at_min or even_minutes(schedule, until_min=args.until_min and float(args.until_min)),
        given=Drug(args.drug) if args.drug else None,
        crps_course=args.crps,
    )
    answers = simulate(asked, args.model or DEFAULT_MODELS)
    return Said(
        asked=asked,
        answers=answers,
        bands=banded(asked, answers, args),
        seed=seed_of(args),
        written={
            "infuse": [str(one) for one in infusions],
            "bolus": [str(one) for one in args.bolus],
            "pause": [str(one) for one in args.pause],
        },
        every_row=args.at_min is not None,
    )


def short_form(args: argparse.Namespace) -> list[WrittenInfusion]:
    """The infusion that --dose-mg-per-kg and --over-min say together."""
    if (args.dose_mg_per_kg is None) != (args.over_min is None):
        raise CommandRefused(
            "--dose-mg-per-kg and --over-min belong together: name both, or write --infuse instead."
        )
    if args.over_min is None:
        return []
    return [
        WrittenInfusion(
            dose=WrittenDose(value=args.dose_mg_per_kg, unit=DoseUnit.MG_PER_KG),
            duration=WrittenTime(value=args.over_min, unit=TimeUnit.MINUTE),
        )
    ]


def check_people(args: argparse.Namespace) -> None:
    if args.population is None and args.seed is not None:
        raise CommandRefused(
            "--seed is the seed of virtual people: name their number too, as in --population 1000."
        )
    if args.population is not None and not FEWEST_PEOPLE <= args.population <= MOST_PEOPLE:
        raise CommandRefused(
            f"{args.population} virtual people make no 90 % band here: ask for {FEWEST_PEOPLE} to {MOST_PEOPLE}."
        )


def banded(asked: Asked, answers: Sequence[Answer], args: argparse.Namespace) -> dict[str, SimulatedBands]:
    """By model, the band that was asked for; each model meets the same seed."""
    if args.population is None:
        return {}
    return {
        answer.model.id: bands_of(
            asked,
            answer.model,
            answer.simulation,
            people=args.population,
            rng=np.random.default_rng(seed_of(args)),
        )
        for answer in answers
        if answer.simulation is not None
    }


def seed_of(args: argparse.Namespace) -> int:
    return DEFAULT_SEED if args.seed is None else int(args.seed)
