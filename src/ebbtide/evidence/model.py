"""The evidence room's shapes: a suitability pack as frozen values. No clock, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ebbtide.evidence.inputs import InputSpec
from ebbtide.evidence.logic import Condition, Operand


class Stage(StrEnum):
    """The three moments at which rules are evaluated."""

    ASSESSMENT = "assessment"
    DAY_OF_INFUSION = "day_of_infusion"
    SERIES = "series"


class Outcome(StrEnum):
    """What one rule says. The first five are the pack's verdicts."""

    EXCLUDE = "exclude"
    DEFER = "defer"
    CAUTION = "caution"
    INFO = "info"
    NEEDS_DATA = "needs_data"
    CLEAR = "clear"
    NOT_APPLICABLE = "not_applicable"


class IfMissing(StrEnum):
    """What it means that a rule could not be decided."""

    BLOCK = "block"
    ASK = "ask"
    IGNORE = "ignore"


class Override(StrEnum):
    """Who may set a rule's verdict aside, with a written reason."""

    NONE = "none"
    PRESCRIBER = "prescriber"
    DIRECTOR = "director"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number of the pack that a site may set for itself."""

    name: str
    default: Operand
    unit: str
    mark: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A problem that rules speak of, and the codes that stand for it.

    `judgement`: the code alone does not decide; a clinician confirms the concept.
    `happened`: an event that stays in the history when the record calls it resolved.
    `snomed_history`, `icd10cm_history`: codes that say it happened without saying when.
    """

    name: str
    judgement: bool
    happened: bool
    icd10cm: tuple[str, ...]
    snomed: frozenset[str]
    snomed_history: frozenset[str]
    icd10cm_history: tuple[str, ...]
    mark: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One suitability rule, with its words, its source and its first two tests."""

    id: str
    title: str
    stages: frozenset[Stage]
    applies_if: Condition | None
    when: Condition
    verdict: Outcome
    if_missing: IfMissing
    override: Override
    message: str
    grade: str
    source: tuple[str, ...]
    mark: tuple[str, ...]
    mark_note: str
    review_by: date
    fires: Mapping[str, object]
    clear: Mapping[str, object]
    input_names: frozenset[str] = field(default=frozenset())
    parameter_names: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconfirmationPolicy:
    """What a signed "unchanged since yesterday" may renew, and for how long (EVALUATION 6)."""

    statement: str
    signed_by: frozenset[str]
    renews: tuple[str, ...]
    max_gap_h: float
    max_days_without_full_review: int
    never_renews: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugNames:
    """How a drug is named elsewhere: codes by system, and words."""

    codes: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitabilityPack:
    """A whole pack: rules, parameters, vocabulary, codes. `sha256` is of the file's bytes.

    `not_adopted` names the proposed rules, which are kept in the file and never evaluated.
    """

    version: str
    sha256: str
    additions_version: str
    additions_sha256: str
    stages: Mapping[str, str]
    sources: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    inputs: Mapping[str, InputSpec]
    indications: tuple[str, ...]
    concepts: Mapping[str, Concept]
    rules: tuple[Rule, ...]
    not_adopted: tuple[str, ...]
    reconfirmation: ReconfirmationPolicy
    ketamine: DrugNames

    @property
    def defaults(self) -> dict[str, Operand]:
        """The parameters as the pack gives them, before any site setting."""
        return {name: parameter.default for name, parameter in self.parameters.items()}
