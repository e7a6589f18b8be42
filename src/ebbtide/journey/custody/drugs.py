"""The controlled drugs of a safe: their names, their schedules, what premedication is. No clock, no database."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One controlled drug as the books name it; every amount of it is micrograms of what its label counts in mg."""

    key: str
    words: str
    # US schedule (21 CFR 1308.13 and 1308.14) [recalled] until the custody officer confirms it
    schedule: str
    # given beside the infusion, drawn without being the order's drug
    beside: bool = False
    also_called: frozenset[str] = frozenset()


DRUGS: Mapping[str, Drug] = {
    drug.key: drug
    for drug in (
        # two drugs that never exchange doses, as the order names them
        Drug(key="racemate", words="Ketamine (racemate)", schedule="III"),
        Drug(key="s_ketamine", words="S-ketamine", schedule="III"),
        Drug(key="midazolam", words="Midazolam", schedule="IV", beside=True, also_called=frozenset({"versed", "dormicum"})),
        Drug(key="lorazepam", words="Lorazepam", schedule="IV", beside=True, also_called=frozenset({"ativan"})),
        Drug(key="diazepam", words="Diazepam", schedule="IV", beside=True, also_called=frozenset({"valium"})),
    )
}  # fmt: skip
BESIDE = tuple(drug.key for drug in DRUGS.values() if drug.beside)


def drug_words(key: str) -> str:
    """The drug as a label says it."""
    return DRUGS[key].words if key in DRUGS else key


def schedule_of(key: str) -> str:
    """The schedule of a drug; empty when the books do not know it."""
    return DRUGS[key].schedule if key in DRUGS else ""


def is_beside(key: str) -> bool:
    """Whether this drug is given beside the infusion, and so need not be the order's."""
    return key in BESIDE


KETAMINE = frozenset(
    {"ketamine", "s-ketamine", "esketamine", "ketalar", "ketanest", "racemate", "s_ketamine"}
)


def _first_word(named: str) -> str:
    return next(iter(named.casefold().replace(",", " ").split()), "")


def is_ketamine(named: str) -> bool:
    """Whether somebody at the chair wrote the infusion's own drug: that is charted by the pump's rate or as a bolus."""
    return _first_word(named) in KETAMINE


def controlled(named: str) -> str:
    """The books' key of a drug as somebody at the chair wrote it; empty when it is none of the controlled ones beside.

    "Midazolam", "midazolam 1 mg/mL" and "Versed" are the same drug: only the first word counts, in any case.
    """
    first = _first_word(named)
    for drug in DRUGS.values():
        if drug.beside and first in {drug.key, *drug.also_called}:
            return drug.key
    return ""
