"""site: `ebbtide dose` suggests a dose with its reasons. It orders nothing. No Django, no database, no record."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import TextIO

import numpy as np

from ebbtide.pharmacology.doses.largest import the_smallest
from ebbtide.pharmacology.doses.suggesting import DoseAsked, suggest
from ebbtide.pharmacology.doses.suggestions import UNITS, DoseOutcome, Functional, Limit, Suggestion, Window
from ebbtide.pharmacology.doses.text import read_duration, read_number
from ebbtide.pharmacology.errors import PharmacologyError, UnreadableDose
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.previews import ENGINE_VERSION
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import constant_infusion
from ebbtide.site.commands.common import CommandRefused, refuse
from ebbtide.site.commands.simulate import (
    DEFAULT_AGE_Y,
    DEFAULT_SEED,
    FEWEST_PEOPLE,
    MOST_PEOPLE,
    OUTSIDE_MODEL_RANGE,
    above_zero,
    whole,
    written,
)

DEFAULT_MODEL = "kamp_2020"
DEFAULT_ALPHA = Decimal("0.05")  # printed with every answer: of 100 people, 5 may pass the limit
DEFAULT_PEOPLE = 2000  # [design]: the quantile is then known to about 1 %


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weight-kg", type=above_zero, required=True, help="measured weight")
    parser.add_argument(
        "--age-y",
        "--age",
        type=whole,
        default=DEFAULT_AGE_Y,
        help=f"completed years (default {DEFAULT_AGE_Y})",
    )
    parser.add_argument(
        "--over", type=written(read_duration), required=True, metavar="TIME", help="how long: 40min or 4h"
    )
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument("--limit-ng-ml", type=above_zero, help="what the highest concentration may not pass")
    limit.add_argument("--limit-ng-h-ml", type=above_zero, help="what the area under the curve may not pass")
    parser.add_argument(
        "--alpha",
        type=share,
        default=DEFAULT_ALPHA,
        help=f"share of people who may pass the limit (default {DEFAULT_ALPHA})",
    )
    parser.add_argument(
        "--window",
        type=window,
        metavar="LOW,HIGH",
        help="ng/mL: the dose that brings most people's highest concentration there; a limit then holds too",
    )
    parser.add_argument(
        "--effect-site", action="store_true", help="limit and window are of the effect site, not of the blood"
    )
    parser.add_argument(
        "--drug",
        choices=[str(drug) for drug in (Drug.RACEMIC, Drug.S, Drug.R)],
        default=str(Drug.RACEMIC),
        help="what is given; limit and window are of it, of a racemate S and R together (default racemic)",
    )
    parser.add_argument(
        "--model",
        nargs="+",
        action="extend",
        help=f"ids as `ebbtide models` lists them; of several the smallest dose counts (default {DEFAULT_MODEL})",
    )
    parser.add_argument("--crps", action="store_true", help="a course of days for CRPS, which may last 120 h")
    parser.add_argument("--pregnant", action="store_true", help="the person is known to be pregnant")
    parser.add_argument(
        "--population",
        type=whole,
        default=DEFAULT_PEOPLE,
        metavar="N",
        help=f"virtual people of this weight and age (default {DEFAULT_PEOPLE})",
    )
    parser.add_argument(
        "--seed", type=whole, default=DEFAULT_SEED, help=f"of the virtual people (default {DEFAULT_SEED})"
    )
    parser.add_argument("--json", action="store_true", help="everything in full figures, for a program")


def share(text: str) -> Decimal:
    """A number above 0 and below 1."""
    value = above_zero(text)
    if not value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share of people: write one below 1, as in 0.05")
    return value


def window(text: str) -> Window:
    """Two numbers with a comma between them, the low one first."""
    try:
        low, high = (float(read_number(part.strip())) for part in text.split(","))
    except (UnreadableDose, ValueError) as refusal:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a window: write its two ends, as in 70,160"
        ) from refusal
    if not 0 < low <= high:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a window: its low end comes first and is above zero"
        )
    return Window(low=low, high=high)


def run(args: argparse.Namespace) -> int:
    try:
        asked = question(args)
        answers = [
            suggest(asked, the_library().model(model_id), np.random.default_rng(args.seed))
            for model_id in dict.fromkeys(args.model or [DEFAULT_MODEL])
        ]
    except (CommandRefused, PharmacologyError) as refusal:
        return refuse(str(refusal))
    answer = the_smallest(answers)
    if args.json:
        write_json(asked, answer, answers, out=sys.stdout)
    elif answer.dose is not None:
        write_words(asked, answer, args, out=sys.stdout)
    else:
        sys.stderr.write(f"{answer.advice}\n")
    return 0 if answer.outcome is DoseOutcome.SUGGESTED else OUTSIDE_MODEL_RANGE


def question(args: argparse.Namespace) -> DoseAsked:
    """What every model is asked.

    Raises:
        CommandRefused: the options do not belong together.
    """
    if not FEWEST_PEOPLE <= args.population <= MOST_PEOPLE:
        raise CommandRefused(
            f"{args.population} virtual people are not enough or too many: ask for {FEWEST_PEOPLE} to {MOST_PEOPLE}."
        )
    if args.limit_ng_h_ml is not None and (args.effect_site or args.window is not None):
        raise CommandRefused(
            "--limit-ng-h-ml is of the area in the blood: it goes with neither --effect-site nor --window."
        )
    value = args.limit_ng_ml or args.limit_ng_h_ml
    limit = None if value is None else Limit(value=float(value), share_over=float(args.alpha))
    rule = args.window or limit
    if rule is None:
        raise CommandRefused("Name a limit or a window: for example --limit-ng-ml 250 or --window 70,160.")
    return DoseAsked(
        shape=constant_infusion(amount_mg=1.0, over_h=float(args.over.minutes) / 60.0),
        weight_kg=float(args.weight_kg),
        age_y=args.age_y,
        drug=Drug(args.drug),
        functional=functional(args),
        rule=rule,
        under=limit if args.window is not None else None,
        people=args.population,
        seed=args.seed,
        pregnant=args.pregnant or None,
        crps_course=args.crps,
    )


def functional(args: argparse.Namespace) -> Functional:
    if args.limit_ng_h_ml is not None:
        return Functional.AREA
    return Functional.EFFECT_SITE_PEAK if args.effect_site else Functional.PEAK


def write_json(asked: DoseAsked, answer: Suggestion, answers: Sequence[Suggestion], *, out: TextIO) -> None:
    """The answer that counts, flat; of several models each under ``models``."""
    said = flat(asked, answer)
    if len(answers) > 1:
        said["models"] = [flat(asked, one) for one in answers]
    json.dump(said, out)
    out.write("\n")


def flat(asked: DoseAsked, answer: Suggestion) -> dict[str, object]:
    """One model's suggestion, or its refusal."""
    model, dose = answer.model, answer.dose
    named: dict[str, object] = {"outcome": answer.outcome, "advice": answer.advice, "model": model.id}
    if dose is None:
        return named
    return named | {
        "site": model.site,
        "drug": answer.drug,
        "dose_mg": dose.dose_mg,
        "dose_mg_per_kg": dose.mg_per_kg,
        "rate_mg_per_h": dose.dose_mg / asked.shape.end_h,
        "over_min": asked.shape.end_h * 60.0,
        "dose_from_mg": dose.from_mg,
        "dose_to_mg": dose.to_mg,
        "dose_with_display_band_mg": dose.wider_dose_mg,
        "limited_by": dose.limited_by,
        "reasons": answer.reasons,
        "caps": [dataclasses.asdict(cap) for cap in answer.caps],
        "functional": answer.functional,
        "unit": UNITS[answer.functional],
        **rules(asked),
        "share": dose.share,
        "share_is": "inside the window" if isinstance(asked.rule, Window) else "over the limit",
        "median": dose.median,
        "upper_90_ng_per_ml": dose.upper_90_ng_per_ml,
        "weight_kg": asked.weight_kg,
        "age_y": asked.age_y,
        "people": answer.people,
        "seed": answer.seed,
        "source": model.source,
        "mark": model.mark,
        "parameter_hash": model.parameter_hash,
        "engine_version": ENGINE_VERSION,
        "cautions": answer.cautions,
    }


def rules(asked: DoseAsked) -> dict[str, object]:
    """Limit, its share, and window; ``None`` for what was not asked."""
    limit = asked.rule if isinstance(asked.rule, Limit) else asked.under
    ends = dataclasses.astuple(asked.rule) if isinstance(asked.rule, Window) else None
    return {
        "limit": limit and limit.value,
        "alpha": limit and limit.share_over,
        "window": ends,
    }


def write_words(asked: DoseAsked, answer: Suggestion, args: argparse.Namespace, *, out: TextIO) -> None:
    """The suggestion as a person reads it; a dose with three figures, a concentration with two."""
    dose = answer.dose
    assert dose is not None  # noqa: S101  only a suggestion is written in words
    out.write(
        f"{asked.drug} ketamine: {dose.dose_mg:.3g} mg over {args.over} ({dose.mg_per_kg:.2g} mg/kg, "
        f"{dose.dose_mg / asked.shape.end_h:.3g} mg/h); {asked.weight_kg:g} kg, {asked.age_y} years\n"
    )
    out.write(f"{answer.advice}\n\nWhy:\n")
    out.writelines(f"- {reason}\n" for reason in answer.reasons)
    out.write("\nCaps:\n")
    out.writelines(f"- {'HOLDS: ' if cap.applied else ''}{cap.words}\n" for cap in answer.caps)
    out.write("\nBeside it:\n")
    out.writelines(f"- {caution}\n" for caution in answer.cautions)
    mark = answer.model.mark.replace("_", "-")
    out.write(
        f"\n{answer.model.id}, {answer.model.site} blood; {answer.people} virtual people, seed {answer.seed}; in the middle "
        f"{two_figures(dose.median)} {UNITS[answer.functional]}. {answer.model.source} ({mark}).\n"
    )
