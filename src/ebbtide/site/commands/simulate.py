"""site: `ebbtide simulate` prints what published models predict for one infusion. No Django, no database, no record."""

import argparse
import csv
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from typing import TextIO

from ebbtide.pharmacology import (
    Curve,
    Drug,
    Outcome,
    Person,
    Preview,
    UnknownModel,
    constant_infusion,
    preview,
    two_figures,
)
from ebbtide.pharmacology.preview import DEFAULT_MODELS

REFUSED = 2
DEFAULT_AGE_Y = 45  # printed with every answer; only one model looks at the age, and only above 60 [design]
TABLE_ROWS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weight-kg", type=above_zero, required=True, help="measured weight")
    parser.add_argument("--dose-mg-per-kg", type=above_zero, required=True, help="dose of ketamine base")
    parser.add_argument("--over-min", type=above_zero, required=True, help="duration of the infusion")
    parser.add_argument(
        "--age", "--age-y", type=int, default=DEFAULT_AGE_Y, help=f"completed years (default {DEFAULT_AGE_Y})"
    )
    parser.add_argument(
        "--drug",
        type=Drug,
        choices=[Drug.RACEMIC, Drug.S, Drug.R],
        default=Drug.RACEMIC,
        help="default racemic",
    )
    parser.add_argument(
        "--model", nargs="+", default=list(DEFAULT_MODELS), help=f"default {' '.join(DEFAULT_MODELS)}"
    )
    parser.add_argument(
        "--until-min", type=above_zero, help="how far to look (default four hours after the end)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything, for a program")
    form.add_argument("--csv", action="store_true", help="the curves, for a spreadsheet")


def run(args: argparse.Namespace) -> int:
    try:
        answers = ask(args)
    except UnknownModel as refusal:
        sys.stderr.write(f"{refusal}\n")
        return REFUSED
    curves = [answer.curve for answer in answers if answer.curve is not None]
    if args.json:
        write_json(args, answers, out=sys.stdout)
    elif args.csv:
        write_csv(curves, out=sys.stdout)
    elif curves:
        write_table(args, curves, out=sys.stdout)
    refusals = dict.fromkeys(answer.advice for answer in answers if answer.outcome is not Outcome.PREDICTED)
    sys.stderr.writelines(f"{advice}\n" for advice in (refusals if curves else list(refusals)[:1]))
    return 0 if curves else REFUSED


def ask(args: argparse.Namespace) -> list[Preview]:
    dose_mg = args.dose_mg_per_kg * args.weight_kg
    return preview(
        schedule=constant_infusion(amount_mg=dose_mg, over_h=args.over_min / 60.0),
        person=Person(age_y=args.age, weight_kg=args.weight_kg),
        drug=args.drug,
        model_ids=args.model,
        until_min=args.until_min,
    )


def above_zero(text: str) -> float:
    """A finite number above zero, else argparse says which option was wrong."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return value


def write_json(args: argparse.Namespace, answers: Sequence[Preview], *, out: TextIO) -> None:
    asked = {
        "drug": args.drug,
        "unit": "ng/mL",
        "weight_kg": args.weight_kg,
        "age_y": args.age,
        "dose_mg": args.dose_mg_per_kg * args.weight_kg,
        "over_min": args.over_min,
    }
    json.dump(asked | {"models": [dataclasses.asdict(answer) for answer in answers]}, out, indent=1)
    out.write("\n")


def write_csv(curves: Sequence[Curve], *, out: TextIO) -> None:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["model", "site", "minute", "ng_per_ml", "lower_ng_per_ml", "upper_ng_per_ml"])
    for curve in curves:
        points = zip(
            curve.minutes, curve.ng_per_ml, curve.lower_ng_per_ml, curve.upper_ng_per_ml, strict=True
        )
        rows.writerows(
            [curve.model_id, curve.site, *(f"{number:.6g}" for number in point)] for point in points
        )


def write_table(args: argparse.Namespace, curves: Sequence[Curve], *, out: TextIO) -> None:
    dose_mg = args.dose_mg_per_kg * args.weight_kg
    out.write(
        f"{args.drug} ketamine, {dose_mg:g} mg ({args.dose_mg_per_kg:g} mg/kg) over {args.over_min:g} min; "
        f"{args.weight_kg:g} kg, {args.age} years\n\n"
    )
    out.write(f"{'min':>6}" + "".join(f"{heading(curve):>26}" for curve in curves) + "\n")
    for place in rows_to_show(curves[0].minutes, args.over_min):
        cells = "".join(f"{cell(curve, place):>26}" for curve in curves)
        out.write(f"{curves[0].minutes[place]:>6.0f}{cells}\n")
    out.write("\nng/mL of free base; in brackets the band.\n")
    for curve in curves:
        out.writelines(f"{line}\n" for line in words(curve))
    out.write(f"\n{curves[0].band}.\n{curves[0].caption}\n")


def heading(curve: Curve) -> str:
    return f"{curve.model_id}, {curve.site}"


def cell(curve: Curve, place: int) -> str:
    band = f"({two_figures(curve.lower_ng_per_ml[place])}-{two_figures(curve.upper_ng_per_ml[place])})"
    return f"{two_figures(curve.ng_per_ml[place])} {band:>12}"


def rows_to_show(minutes: Sequence[float], over_min: float) -> list[int]:
    """About twelve rows, evenly, with the end of the infusion and the last minute among them."""
    step = max(1, math.ceil(len(minutes) / TABLE_ROWS / 5)) * 5
    return [
        place
        for place, minute in enumerate(minutes)
        if place % step == 0 or place == len(minutes) - 1 or math.isclose(minute, over_min)
    ]


def words(curve: Curve) -> list[str]:
    peak = f"peak {two_figures(curve.peak_ng_per_ml)} ng/mL at {curve.peak_at_min:.0f} min"
    mark = curve.mark.replace("_", "-")
    return [
        "",
        f"{curve.model_id}: {curve.site} blood; {peak}. {curve.source} ({mark}).",
        f"  Studied: {curve.population}.",
        *(f"  {caution}" for caution in curve.cautions),
    ]
