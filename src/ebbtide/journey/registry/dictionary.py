"""The data dictionary, as data: each column with type, unit, meaning and source. No clock, no database.

A missing value is an empty field (CSV) or a null (Parquet), in every column, and is never 0: the dictionary says when.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ebbtide.evidence.instruments import load_instruments
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Model

VERSION = "1"  # raised whenever a column is added, renamed or means something else
MISSING = "empty: not recorded"
TRACKED = ("NRS11", "PEG", "PGIC", "PHQ9", "GAD7", "PCL5")
BASELINED = ("PEG", "PHQ9", "GAD7", "PCL5")
BASELINE_MAX_AGE_DAYS = 60  # days before the first infusion [design]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "integer"
    NUMBER = "number"
    DAY = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the data set."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    source: str
    missing: str = MISSING


def _column(name: str, kind: Kind, unit: str, meaning: str, source: str, missing: str = MISSING) -> Column:
    return Column(name=name, kind=kind, unit=unit, meaning=meaning, source=source, missing=missing)


T, W, N, D = Kind.TEXT, Kind.WHOLE, Kind.NUMBER, Kind.DAY
NEVER = "never empty"
DEIDENTIFIED = "de-identification"
LOG, ORDER = "infusion log", "order"

WHO = (
    _column("row_id", T, "", "This infusion, by an id made for this export alone.", DEIDENTIFIED, NEVER),
    _column("person_id", T, "", "Its person, likewise: the same person has the same id within one export.", DEIDENTIFIED, NEVER),
    _column("course_id", T, "", "Its course (one booked series), likewise.", DEIDENTIFIED, NEVER),
    _column(
        "age_band", T, "years", "Age at the person's first infusion in these rows, in bands; over 89 one band; \"any\" where it was left out.",
        DEIDENTIFIED, "the words \"not recorded\"",
    ),
    _column("sex", T, "", "As recorded; \"any\" where it was left out.", "patient", "the word \"unknown\""),
    _column(
        "complaint", T, "", "What the course is for: the clinic's word, a group, \"several\" for a person with more than one, or \"any\".",
        "episode", NEVER,
    ),
    _column("language", T, "", "Language of the person's letters; \"any\" where it was left out.", "patient", NEVER),
    _column("generalised_steps", W, "steps", "How many steps of making coarser this person needed (0 to 6).", DEIDENTIFIED, NEVER),
)  # fmt: skip
WHEN = (
    _column(
        "course_started_on_shifted", D, "", "Day of the course's first infusion, moved by the person's secret number of days (-182 to 182). "
        "Intervals within a person are true; season and calendar are not.", DEIDENTIFIED, NEVER,
    ),
    _column("course_number", W, "", "Which of the person's courses in these rows.", "course", NEVER),
    _column("infusion_day", W, "days", "Days since the course's first infusion (0 is that day).", LOG, NEVER),
    _column("infusion_number", W, "", "Which visit of the series.", "course", NEVER),
    _column("infusions_ordered", W, "", "How many infusions the order asks for.", ORDER, NEVER),
    _column("protocol", T, "", "Key of the protocol the order was written from.", ORDER, NEVER),
)  # fmt: skip
EXPOSURE = (
    _column("drug", T, "", "racemate or s_ketamine; every mg is base.", ORDER, NEVER),
    _column("dose_mg", N, "mg", "What was given by the charted rates and boluses.", LOG, NEVER),
    _column("dose_mg_per_kg", N, "mg/kg", "The same by the weight that the order stands on.", "infusion log, order"),
    _column("infused_h", N, "h", "For how long drug flowed, pauses left out.", LOG, NEVER),
    _column("course_mg_so_far", N, "mg", "Given in this course up to and with this infusion.", LOG, NEVER),
    _column("exposure_version", W, "", "Which version of the exposure: above 1 when the log was corrected.", "exposure", NEVER),
    _column("engine_version", T, "", "Version of the arithmetic behind the predicted figures.", "exposure", NEVER),
)  # fmt: skip
HARM = (
    _column("adverse_events", W, "events", "Adverse events that stand in the log of this infusion, and those charted after the person had left; 0 means that none was charted.", LOG, NEVER),
    _column("severe_events", W, "events", "Those of them charted as severe.", LOG, NEVER),
)  # fmt: skip
TRAJECTORY = (
    _column(
        "nrs_mean_before", N, "0 to 10", "Mean pain of the 7 days before the course's first infusion.", "scores, NRS-11",
        "empty: fewer than 4 of the 7 days answered",
    ),
    _column(
        "nrs_mean_day_21", N, "0 to 10", "Mean pain of the 7 days to day 21 after the course.", "scores, NRS-11",
        "empty: fewer than 4 of the 7 days answered, or not due yet",
    ),
    _column(
        "response", T, "", "responder, not a responder, not judged, not yet: 7-day mean down at least 30 % and 2 points and PGIC at most 2 "
        "at day 21 [design].", "scores", "empty: the course is not over",
    ),
    _column(
        "relief_lasted_days", W, "days", "Days from the end of the course until mean pain was back to 80 % of the baseline for 7 days, or "
        "until last seen.", "scores, NRS-11", "empty: not judged",
    ),
    _column("relief_returned", W, "0 or 1", "1: pain came back then. 0: it had not when last seen (censored).", "scores, NRS-11", "empty: not judged"),
)  # fmt: skip


def _of_model(model: Model) -> tuple[Column, ...]:
    what = f"{model.source}; sampling site {model.site.value}; parameters {model.parameter_hash[:12]}"
    missing = "empty: the model does not cover this person or infusion"
    return (
        _column(
            f"{model.id}_reading", T, "", "predicted; comparison (the racemate through a model of S-ketamine, or the reverse, with the whole "
            "dose); or outside_model_range.", what, "empty: the exposure is older than this model",
        ),
        _column(
            f"{model.id}_peak_ng_per_ml", N, "ng/mL", f"Predicted peak ({model.site.value}); a model, not a measurement.", what, missing
        ),
        _column(
            f"{model.id}_auc_ng_h_per_ml", N, "ng·h/mL", f"Predicted area ({model.site.value}) from the start to 4 h after the last of the drug.",
            what, missing,
        ),
    )  # fmt: skip


MODEL_KEYS = ("reading", "peak_ng_per_ml", "auc_ng_h_per_ml")


@lru_cache(maxsize=1)
def model_columns() -> tuple[tuple[str, str, str], ...]:
    """Column, model and key of everything that is predicted."""
    return tuple(
        (f"{model.id}_{key}", model.id, key) for model in the_library().offered for key in MODEL_KEYS
    )


def point_name(point: str) -> str:
    """FU-D21 is d21."""
    return point.removeprefix("FU-").lower()


def score_column(instrument: str, point: str) -> str:
    """The column of one instrument at one point of the schedule."""
    return f"{instrument.lower()}_{point_name(point)}"


def baseline_column(instrument: str) -> str:
    """The column of an instrument before the course."""
    return f"{instrument.lower()}_before"


@lru_cache(maxsize=1)
def points() -> tuple[tuple[str, str, int, int], ...]:
    """Instrument, point, day and window of every score that has a column."""
    return tuple(
        (name, point.id, point.after_days, point.window_days)
        for name in TRACKED
        for point in load_instruments().points
        if name in point.ask
    )


def _scores() -> list[Column]:
    pack = load_instruments()

    def unit(name: str) -> str:
        span = pack.instrument(name).score_range
        return f"{span.low} to {span.high}"

    before = [
        _column(
            baseline_column(name), N, unit(name), f"{name}: newest score of the {BASELINE_MAX_AGE_DAYS} days before the first infusion.",
            f"scores, {name}",
        )
        for name in BASELINED
    ]  # fmt: skip
    after = [
        _column(
            score_column(name, point), N, unit(name), f"{name} at day {day} after the course (to {window} days late), before the next course.",
            f"scores, {name}",
        )
        for name, point, day, window in points()
    ]  # fmt: skip
    return [*before, *after]


@lru_cache(maxsize=1)
def dictionary() -> tuple[Column, ...]:
    """Every column of the data set, in its order."""
    models = [column for model in the_library().offered for column in _of_model(model)]
    return (*WHO, *WHEN, *EXPOSURE, *models, *HARM, *TRAJECTORY, *_scores())
