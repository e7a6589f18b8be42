"""The start gate: what must be true in the hour before drug may flow, each with what to do when it is not. No clock.

An item is never guessed: what nobody recorded has not passed. What a rule allows to be overridden is overridden by a role
that may, with a reason; the items of the chair itself (identity, order, drug, credentials) have no override.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ebbtide.evidence.suitability import Evaluation, Finding
from ebbtide.journey.assessment.rules import REASON_MIN_CHARS, must_be_overridden, who_may_override
from ebbtide.journey.infusion.gate_chair import CHECKS_OFF, at_the_chair, things_ready
from ebbtide.journey.infusion.gate_seen import (
    EQUIPMENT,
    Asked,
    Confirmed,
    Errand,
    Fasting,
    Held,
    Item,
    ListSeen,
    Seen,
    SoundTest,
)
from ebbtide.journey.infusion.rules import Broken

__all__ = [
    "ASKED_TODAY", "CHECKS_OFF", "DAY_WORDS", "EQUIPMENT", "Asked", "Confirmed", "Errand", "Fasting", "Held", "Item",
    "ListSeen", "Seen", "SoundTest", "broken_by_overrides", "errands", "items_of", "passes", "standing_findings",
]  # fmt: skip

LIST_VALID_FOR = timedelta(
    hours=24
)  # suitability-rules.yaml: the lists of the history, day_of_infusion [design]
FASTING_RULE = "SUI-NPO-01"  # its hours are shown as an item of their own
# asked anew on each day, though the rules would let an older answer count: what happened before this check-in does not
ASKED_TODAY = (
    "intends_to_drive",
    "last_solids_at",
    "last_clear_fluid_at",
    "intoxicated_now",
    "psychotic_symptoms_now",
    "mania_or_hypomania_now",
    "acls_clinician_on_site",
)
# how these are asked aloud, where the assessment has no question of its own
DAY_WORDS: Mapping[str, str] = {
    "intends_to_drive": "Does this person mean to drive before tomorrow?",
    "acls_clinician_on_site": "Is a clinician with ACLS in date on site?",
    "last_solids_at": "When was the last solid food?",
    "last_clear_fluid_at": "When was the last clear fluid?",
}


def items_of(seen: Seen) -> tuple[Item, ...]:
    """Every item of the gate, in the order in which a nurse goes through them."""
    return (
        *at_the_chair(seen),
        _order(seen),
        _second_check(seen),
        _consent(seen),
        _assessment(seen),
        *(_list(one, seen.at) for one in seen.lists),
        *_asked(seen),
        _fasting(seen),
        *_rules(seen),
        *things_ready(seen),
    )


def passes(items: Sequence[Item]) -> bool:
    """The gate passes when every item does."""
    return all(item.passed for item in items)


def errands(items: Sequence[Item]) -> list[Errand]:
    """What is open, gathered under why and what to do: ten rules that wait for one list are one errand, not ten."""
    gathered: dict[tuple[str, str], Errand] = {}
    for item in items:
        if not item.passed:
            name = (item.do, item.because)
            gathered.setdefault(name, Errand(*name, [])).open.append(item.words)
    return list(gathered.values())


def standing_findings(evaluation: Evaluation) -> list[Finding]:
    """The rules of the day that stand against a start."""
    return [finding for finding in evaluation.findings if must_be_overridden(finding)]


def broken_by_overrides(
    evaluation: Evaluation, *, overrides: Mapping[str, str], roles: frozenset[str]
) -> Broken | None:
    """An override needs a rule that stands, a role that may, and a reason somebody can understand later."""
    standing = {finding.rule: finding for finding in standing_findings(evaluation)}
    for rule, why in overrides.items():
        finding = standing.get(rule)
        if finding is None:
            return Broken(
                rule="INF-OVERRIDE-NONE",
                sentence=f"{rule} does not stand against this start any more: open the gate again and read it.",
            )
        may = who_may_override(finding.override)
        if not roles & may:
            who = " or ".join(sorted(may)) or "nobody"
            return Broken(
                rule="INF-OVERRIDE-ROLE",
                sentence=f"{rule} is set aside by {who}, not by you: ask them, or put right what it says.",
            )
        if len(why.strip()) < REASON_MIN_CHARS:
            return Broken(
                rule="INF-OVERRIDE-REASON",
                sentence=f"Write why {rule} is set aside, in at least {REASON_MIN_CHARS} characters.",
            )
    return None


def _order(seen: Seen) -> Item:
    return Item(
        key="order",
        words=f"{seen.order_words}, signed, the newest one",
        passed=seen.order_counts,
        do="Have the prescriber sign the newest version of the order, then come back.",
    )


def _second_check(seen: Seen) -> Item:
    return Item(
        key="second_check",
        words=f"Second check of the order: {seen.second_check or 'nobody yet'}",
        passed=bool(seen.second_check),
        do="Ask a second person to enter weight, dose and rate blind, on a screen of their own; then come back.",
    )


def _fasting(seen: Seen) -> Item:
    fasting, why = seen.fasting, seen.overrides.get(FASTING_RULE, "").strip()
    parts = (
        ("solids", fasting.solids_at, fasting.solids_h),
        ("clear fluid", fasting.clear_fluid_at, fasting.clear_fluid_h),
    )
    said = ", ".join(f"{what} {_ago(at, seen.at)} (rule: {hours:g} h)" for what, at, hours in parts)
    long_enough = all(at is not None and seen.at - at >= timedelta(hours=hours) for _, at, hours in parts)
    return Item(
        key="fasting",
        words=f"Fasting: {said}" + (f": set aside, {why}" if why else ""),
        passed=bool(why) or long_enough,
        do="Ask when the person last ate and drank. Too short: wait, move the visit, or ask a director or prescriber to "
        "set it aside with a reason.",
    )


def _ago(at: datetime | None, now: datetime) -> str:
    """For how long nothing was taken: 9 h 5 min ago."""
    if at is None:
        return "not asked"
    minutes = int((now - at).total_seconds() // 60)
    return "after now" if minutes < 0 else f"{minutes // 60} h {minutes % 60} min ago"


def _consent(seen: Seen) -> Item:
    return Item(
        key="consent",
        words=f"Consent: {seen.consent_words}",
        passed=seen.consent_is_current,
        do="Go through the consent with the person and have it signed.",
    )


def _assessment(seen: Seen) -> Item:
    until = seen.assessed_until
    words = "Signed assessment: none" if until is None else f"Signed assessment, valid until {until:%d %b %Y}"
    return Item(
        key="assessment",
        words=words,
        passed=until is not None and seen.assessed_suitable and seen.at <= until,
        do="Ask a prescriber to evaluate and sign the assessment again.",
    )


def _list(one: ListSeen, at: datetime) -> Item:
    age = None if one.confirmed_at is None else at - one.confirmed_at
    return Item(
        key=f"list:{one.name}",
        words=f"{one.words}: asked today",
        passed=age is not None and timedelta(0) <= age <= LIST_VALID_FOR,
        do="Ask whether anything changed: if not, sign “unchanged since yesterday”; if so, go through the list.",
    )


def _asked(seen: Seen) -> list[Item]:
    old = [one for one in seen.asked if one.answered_at is None or one.answered_at < seen.opened_at]
    if not old:
        return [Item(key="asked", words="Questions of the day: all answered since the check-in", passed=True)]
    return [
        Item(
            key=f"asked:{one.name}",
            words=one.words,
            passed=False,
            because="Not asked since the check-in.",
            do="Ask it now and record the answer below.",
        )
        for one in old
    ]


def _rules(seen: Seen) -> list[Item]:
    # the hours of the fasting rule stand above, as an item of their own
    standing = [one for one in standing_findings(seen.evaluation) if one.rule != FASTING_RULE]
    if not standing:
        return [Item(key="rules", words="Rules of the day: none stands against a start", passed=True)]
    return [_rule(finding, seen) for finding in standing]


def _rule(finding: Finding, seen: Seen) -> Item:
    why = seen.overrides.get(finding.rule, "").strip()
    if why:
        words = f"{finding.title}: set aside, {why}"
        return Item(key=f"rule:{finding.rule}", words=words, passed=True)
    who = " or ".join(sorted(who_may_override(finding.override)))
    ways = f"or ask a {who} to set it aside with a reason." if who else "nobody may set it aside."
    first = "Record what is missing" if finding.blocks else "Put it right or move the visit"
    return Item(
        key=f"rule:{finding.rule}",
        words=finding.title,
        passed=False,
        do=f"{first}; {ways}",
        because=finding.message,
    )
