"""A drawn level: what must be written beside a concentration before a model may be compared with it, in sentences."""

import math
from dataclasses import dataclass

from ebbtide.pharmacology.published.models import Drug, Model, Site
from ebbtide.pharmacology.published.validity import MIN_PER_H, NAMES, Question
from ebbtide.pharmacology.schedule import Schedule

BOTH_FORMS = 1.0  # an assay that does not tell the forms apart sees all that was given, whichever form it was
ONE_OF_TWO = 0.5  # of a racemate is S, and of a racemate is R, handled alike as far as the model knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A measured concentration of ketamine; ``None`` is not recorded, and such a level is refused, never filled in.

    Attributes:
        ng_per_ml: Free base (ng/mL).
        at_h: Since the start of the schedule that was given (h).
        site: Where the blood was drawn.
        assay: How it was measured, in words: method and laboratory.
        isomer: What the assay measures: S and R together (racemic), or one of them.
    """

    ng_per_ml: float | None
    at_h: float | None
    site: Site | None
    assay: str | None
    isomer: Drug | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparable:
    """A level that may be compared with a model: its value, when, and the share of the dose that the assay sees."""

    ng_per_ml: float
    at_h: float
    share_seen: float
    cautions: tuple[str, ...]


def comparable(level: Level, question: Question) -> Comparable | str:
    """The level as a model may use it, or the first sentence that speaks against it.

    Args:
        level: As it was recorded.
        question: The model, and in ``schedule`` what was given.
    """
    if (
        level.ng_per_ml is None
        or level.at_h is None
        or level.isomer is None
        or not level.site
        or not level.assay
    ):
        return _missing(level)
    refusal = (
        _no_number(level.ng_per_ml)
        or _too_early(level.at_h, question.schedule)
        or _other_site(level, question.model)
    )
    if refusal is not None:
        return refusal
    share = SHARES.get((question.drug, level.isomer))
    if share is None:
        return (
            f"The assay measures {NAMES[level.isomer]} and {NAMES[question.drug]} was given: the two cannot be compared. "
            "Use an assay of what was given."
        )
    return Comparable(
        ng_per_ml=level.ng_per_ml, at_h=level.at_h, share_seen=share, cautions=_said(level, question, share)
    )


# what share of what was given an assay sees: by what was given and what the assay measures; a missing pair is refused
SHARES = {
    (Drug.RACEMIC, Drug.RACEMIC): BOTH_FORMS,
    (Drug.RACEMIC, Drug.S): ONE_OF_TWO,
    (Drug.RACEMIC, Drug.R): ONE_OF_TWO,
    (Drug.S, Drug.RACEMIC): BOTH_FORMS,
    (Drug.S, Drug.S): BOTH_FORMS,
    (Drug.R, Drug.RACEMIC): BOTH_FORMS,
    (Drug.R, Drug.R): BOTH_FORMS,
}


def _missing(level: Level) -> str:
    """The sentence for the first thing that is not recorded."""
    needed = (
        (level.ng_per_ml, "The value of the level (ng/mL)", "enter it"),
        (level.at_h, "When the level was drawn (h since the start)", "enter the time"),
        (level.site, "The sampling site of the level", "say whether the blood was arterial or venous"),
        (level.assay or None, "The assay of the level", "name the method and the laboratory"),
        (level.isomer, "What the assay measures", "say whether S and R together, S or R"),
    )
    return next(
        (
            f"{what} is not recorded: {do}; a level is not used without it."
            for value, what, do in needed
            if value is None
        )
    )


def _no_number(ng_per_ml: float) -> str | None:
    if math.isfinite(ng_per_ml) and ng_per_ml > 0:
        return None
    return (
        f"A level of {ng_per_ml:g} ng/mL cannot be used: a value below the assay's limit says only that it is below. "
        "Enter a measured value above zero."
    )


def _too_early(at_h: float, schedule: Schedule) -> str | None:
    first_h = min(schedule.edges_h)
    if math.isfinite(at_h) and at_h > first_h:
        return None
    return (
        f"The level was drawn at {at_h * MIN_PER_H:.4g} min and the first drug was given at "
        f"{first_h * MIN_PER_H:.4g} min: check the times."
    )


def _other_site(level: Level, model: Model) -> str | None:
    if level.site is model.site or Site.UNKNOWN in (level.site, model.site):
        return None
    return (
        f"The level is {level.site} and {model.id} describes {model.site} blood: during an infusion the two differ by up "
        f"to a factor of two. Choose a model of {level.site} blood."
    )


def _said(level: Level, question: Question, share: float) -> tuple[str, ...]:
    said = []
    if Site.UNKNOWN in (level.site, question.model.site):
        said.append(
            f"The sampling site of the level is {level.site} and that of {question.model.id} is {question.model.site}: "
            "they may not be comparable."
        )
    if share != BOTH_FORMS:
        said.append(
            "The assay measures one form of a racemate: half of the dose is taken to be that form, handled like the "
            "whole."
        )
    return tuple(said)
