"""Rules of the assessment: weight entered safely, a decision that may be signed, a consent that counts. No clock, no database."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from ebbtide.evidence.model import Outcome, Override
from ebbtide.evidence.suitability import Evaluation, Finding

KG_PER_LB = Decimal("0.45359237")  # kg; exact, international pound of 1959
WEIGHT_STEP_KG = Decimal("0.1")  # what a clinic scale shows
WEIGHT_CHANGE_PERCENT = 10  # %; hazards.yaml H3 [design]
BMI_PLAUSIBLE = (
    Decimal(12),
    Decimal(70),
)  # kg/m2; hazards.yaml H3 asks for plausibility, the bounds are design
REASON_MIN_CHARS = 10  # [design] a reason is a sentence, not a tick
ASSESSMENT_VALID_DAYS = 30  # d; default of the setting assessment_valid_days [design]
CONSENT_VALID_DAYS = 183  # d; default of the setting consent_valid_days [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something may not be done: the rule's name and a sentence that says what to do next."""

    rule: str
    sentence: str


# — weight —


def weight_in_kg(*, value: Decimal, unit: str) -> Decimal:
    """A body weight (kg), from kg or lb, rounded half to even to 0.1 kg as a scale shows it."""
    kg = {"kg": value, "lb": value * KG_PER_LB}[unit]
    return kg.quantize(WEIGHT_STEP_KG, rounding=ROUND_HALF_EVEN)


def change_percent(*, before_kg: Decimal, now_kg: Decimal) -> Decimal:
    """How much a weight differs from the one before (percent of the one before, signed)."""
    return ((now_kg - before_kg) / before_kg * 100).quantize(Decimal("0.1"))


def weight_challenge(
    *, now_kg: Decimal, before_kg: Decimal | None, height_cm: Decimal | None
) -> Problem | None:
    """Why this weight must be measured again before it counts; None when it is plausible."""
    if (
        before_kg is not None
        and abs(change_percent(before_kg=before_kg, now_kg=now_kg)) > WEIGHT_CHANGE_PERCENT
    ):
        change = change_percent(before_kg=before_kg, now_kg=now_kg)
        return Problem(
            rule="WEIGHT-CHANGE",
            sentence=f"{now_kg} kg differs from the last weight, {before_kg} kg, by {change:+} %. Check the unit and measure "
            "again; if it is true, tick “I have measured again”.",
        )
    if height_cm is not None:
        bmi = (now_kg / (height_cm / 100) ** 2).quantize(Decimal("0.1"))
        if not BMI_PLAUSIBLE[0] <= bmi <= BMI_PLAUSIBLE[1]:
            return Problem(
                rule="WEIGHT-BMI",
                sentence=f"{now_kg} kg at {height_cm} cm is a body mass index of {bmi} kg/m2. Check both numbers and their units; "
                "if they are true, tick “I have measured again”.",
            )
    return None


# — signing —


def must_be_overridden(finding: Finding) -> bool:
    """Whether this finding stands against a treatment until somebody sets it aside in writing."""
    return finding.outcome in {Outcome.EXCLUDE, Outcome.DEFER} or finding.blocks


def who_may_override(override: Override) -> frozenset[str]:
    """The roles that may set a rule aside; none for a rule that nobody may."""
    return {
        Override.NONE: frozenset[str](),
        Override.PRESCRIBER: frozenset({"prescriber", "director"}),
        Override.DIRECTOR: frozenset({"director"}),
    }[override]


def check_signing(
    evaluation: Evaluation,
    *,
    suitable: bool,
    reason: str,
    overrides: Mapping[str, str],
    roles: frozenset[str],
) -> Problem | None:
    """Why this decision may not be signed on this evaluation; None when it may."""
    standing = {finding.rule: finding for finding in evaluation.findings if must_be_overridden(finding)}
    for rule, why in overrides.items():
        if problem := _check_override(rule, why, standing=standing, roles=roles):
            return problem
    if not suitable:
        return (
            None if _is_reason(reason) else _no_reason("EVAL-REASON", "Write why, and what must change first")
        )
    if left := [rule for rule in standing if rule not in overrides]:
        return Problem(
            rule="EVAL-STANDS",
            sentence=f"{_named(left)} against treatment. Record what is missing, override with a reason where your role allows "
            "it, or decide “not now”.",
        )
    return _check_plan(evaluation, reason)


def _check_override(
    rule: str, why: str, *, standing: Mapping[str, Finding], roles: frozenset[str]
) -> Problem | None:
    finding = standing.get(rule)
    if finding is None:
        return Problem(
            rule="EVAL-OVERRIDE",
            sentence=f"{rule} needs no override now. Open the page again and decide anew.",
        )
    allowed = who_may_override(finding.override)
    if not allowed:
        return Problem(
            rule="EVAL-OVERRIDE", sentence=f"Nobody may override {rule}. What it asks for must be done first."
        )
    if not allowed & roles:
        return Problem(
            rule="EVAL-OVERRIDE",
            sentence=f"{rule} may be overridden by a medical director only. Ask one to sign this assessment.",
        )
    return None if _is_reason(why) else _no_reason("EVAL-OVERRIDE", f"Write the reason for overriding {rule}")


def _check_plan(evaluation: Evaluation, reason: str) -> Problem | None:
    """A caution may proceed with a recorded plan (the pack's own words)."""
    cautions = [finding.rule for finding in evaluation.findings if finding.outcome is Outcome.CAUTION]
    if not cautions or _is_reason(reason):
        return None
    return _no_reason(
        "EVAL-PLAN",
        f"{len(cautions)} caution{'s' * (len(cautions) != 1)} may proceed with a written plan: write it",
    )


def _is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN_CHARS


def _no_reason(rule: str, what: str) -> Problem:
    return Problem(rule=rule, sentence=f"{what} (at least {REASON_MIN_CHARS} characters).")


def _named(rules: Sequence[str]) -> str:
    return f"{', '.join(rules)} {'stands' if len(rules) == 1 else 'stand'}"


# — consent —


class ConsentState(StrEnum):
    """Whether a consent counts today, and if not, why."""

    NONE = "none"
    CURRENT = "current"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    OLD_TEXT = "old_text"


def consent_state(*, expires_on: date, today: date, withdrawn: bool, text_is_current: bool) -> ConsentState:
    """Whether a signed consent counts on this day; it counts on its last day."""
    if withdrawn:
        return ConsentState.WITHDRAWN
    if today > expires_on:
        return ConsentState.EXPIRED
    return ConsentState.CURRENT if text_is_current else ConsentState.OLD_TEXT


def check_signature(
    *, sections: Sequence[str], understood: Sequence[str], signed_name: str, family_name: str
) -> Problem | None:
    """Why these entries are no consent; None when they are. A blank form never becomes one."""
    missing = [section for section in sections if section not in set(understood)]
    if missing:
        return Problem(
            rule="CONSENT-SECTIONS",
            sentence=f"{len(missing)} of {len(sections)} parts are not ticked yet. Read each part and tick it, or ask about it first.",
        )
    if not _letters(signed_name):
        return Problem(rule="CONSENT-UNSIGNED", sentence="The consent is not signed: type the full name.")
    if _letters(family_name) not in _letters(signed_name):
        return Problem(
            rule="CONSENT-NAME",
            sentence="The name that signs is not the name in this record. Check that this is the right person.",
        )
    return None


def _letters(name: str) -> str:
    """The letters of a name in lower case, without accents, spaces and hyphens."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalpha())
