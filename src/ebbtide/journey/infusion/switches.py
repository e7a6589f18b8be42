"""The chair's switches: off until the clinic's medical director signs them on, each for itself, with what it means in words.

A switch is a setting of the clinic whose newest row counts only with a director's name under it: anything else is off.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ebbtide.ground.people.models import Clinic, ClinicSetting
from ebbtide.ground.people.queries import newest_setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One switch: its setting, what it does, and the text that is signed. A new text is a new `version`."""

    name: str
    setting: str
    title: str
    version: int
    means: tuple[str, ...]
    means_not: tuple[str, ...]


PREDICTION = Switch(
    name="prediction",
    setting="infusion.prediction_at_chair",
    title="Predicted concentration at the chair",
    version=1,
    means=(
        "Staff who may read a session see, under its picture, what several published models predict for this person.",
        "The models are asked about the charted rate, its pauses and boluses, the ordered weight and the age.",
        "Each model has its 90 % band, and each sampling site a panel of its own.",
        "Where a model does not hold, a sentence stands in its place.",
        "For the next hour they also see what the models predict if it goes on, if half of it ran, and if it stopped.",
    ),
    means_not=(
        "It is a model and no measurement: the concentration of this person is not known.",
        "No concentration is known to predict chronic-pain relief.",
        "It proposes no rate, changes no order and drives no pump. It stands apart from the rate control.",
        "It replaces neither the bedside monitor nor a look at the person. The person never sees it.",
    ),
)
LIMITS = Switch(
    name="limits",
    setting="infusion.limits_on_live_values",
    title="Limits on live values",
    version=1,
    means=(
        "Values that a monitor sends or a person types are compared with the clinic's limits and with this person's own baseline.",
        "What is beyond a limit for long enough is shown and sounded at the chair and on the wall, with what to do first.",
        "Each limit says how long it waits: the disclosed delay stands beside it on the page of limits.",
        "Nobody who answers a high one within a minute means that a second person is called.",
        "Each session keeps the version of the limits that it ran under. A change keeps its author, the old number and the reason.",
    ),
    means_not=(
        "It is a reminder and no monitor, and nobody has cleared it as one: the bedside monitor stays the primary alarm.",
        "It names no drug and no dose, changes no order and drives no pump.",
        "It cannot hear a monitor that is not connected, and it sees a value at most as often as the monitor sends it.",
        "While it is off, the age of data, overdue observations, deep sedation that was charted and the patient's call still show.",
    ),
)
SWITCHES: Mapping[str, Switch] = {PREDICTION.name: PREDICTION, LIMITS.name: LIMITS}


def signed_row(clinic: Clinic, switch: Switch) -> ClinicSetting | None:
    """The newest signature under a switch, on or off; None when nobody has signed it."""
    row = newest_setting(clinic, switch.setting)
    return row if row is not None and row.approved_by is not None else None


def is_on(clinic: Clinic, switch: Switch) -> bool:
    """Whether it is on: only by a director's signature under this version of its text."""
    return counts(switch, newest_setting(clinic, switch.setting))


def counts(switch: Switch, row: ClinicSetting | None) -> bool:
    """Whether this newest row has it on."""
    if row is None or row.approved_by_id is None or not isinstance(row.value, dict):
        return False
    return row.value.get("on") is True and row.value.get("text") == switch.version


def in_words(value: object) -> str:
    """What was signed, as a line of the settings log."""
    on = isinstance(value, dict) and value.get("on") is True
    return "on" if on else "off"
