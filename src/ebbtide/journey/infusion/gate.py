"""The start gate: what must be true in the hour before drug may flow, each with what to do when it is not. No clock.

An item is never guessed: what nobody recorded has not passed. What a rule allows to be overridden is overridden by a role
that may, with a reason; the items of the chair itself (identity, order, drug, credentials) have no override.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ebbtide.evidence.suitability import Evaluation, Finding
from ebbtide.journey.assessment.rules import REASON_MIN_CHARS, must_be_overridden, who_may_override
from ebbtide.journey.infusion.rules import Broken, mg_words

LIST_VALID_FOR = timedelta(
    hours=24
)  # suitability-rules.yaml: the lists of the history, day_of_infusion [design]
NEEDED_CREDENTIALS = ("licence", "ACLS")  # clinical.md 6: expiry gates the infusion screen [design]
CERTIFICATES = frozenset({"acls", "bls", "pals", "moderate sedation", "sedation", "dea"})
# asked anew on each day, though the rules would let an older answer count: what happened before this check-in does not
ASKED_TODAY = (
    "intends_to_drive",
    "last_solids_at",
    "last_clear_fluid_at",
    "intoxicated_now",
    "psychotic_symptoms_now",
    "mania_or_hypomania_now",
    "acls_clinician_on_site",
    "monitor_ready",
    "airway_kit_ready",
)
# how these are asked aloud, where the assessment has no question of its own
DAY_WORDS: Mapping[str, str] = {
    "intends_to_drive": "Does this person mean to drive before tomorrow?",
    "acls_clinician_on_site": "Is a clinician with ACLS in date on site?",
    "monitor_ready": "Is the monitor at this chair ready?",
    "airway_kit_ready": "Is the airway kit at this chair complete?",
    "last_solids_at": "When was the last solid food?",
    "last_clear_fluid_at": "When was the last clear fluid?",
}
CHECKS_OFF = "CHECKS OFF, bedside monitor only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of the gate: what it is, whether it is true, and when it is not, why and what to do."""

    key: str
    words: str
    passed: bool
    do: str = ""
    because: str = ""


class Errand(NamedTuple):
    """Everything open that has one reason and one remedy."""

    do: str
    because: str
    open: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSeen:
    """A list of the history, and when somebody last stood behind it."""

    name: str
    words: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of the day, and when it was answered last."""

    name: str
    words: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A licence or certificate of the person who starts."""

    kind: str
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the nurse confirms with this signature, having done it at the chair."""

    identifiers: bool = False
    escort_name: str = ""
    escort_phone: str = ""
    alarms_audible: bool = False
    limb: bool = False
    no_monitor_reason: str = ""

    def plain(self) -> dict[str, bool | str]:
        """As the record keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything the gate looks at, read once at one moment."""

    at: datetime
    today: date
    opened_at: datetime
    confirmed: Confirmed
    limb_words: str
    order_words: str
    order_counts: bool
    consent_is_current: bool
    consent_words: str
    assessed_until: datetime | None
    assessed_suitable: bool
    lists: Sequence[ListSeen]
    asked: Sequence[Asked]
    evaluation: Evaluation
    ordered_ug: int
    in_hand_ug: int
    credentials: Sequence[Held]
    monitor: str
    roles: frozenset[str]
    overrides: Mapping[str, str] = field(default_factory=dict)


def items_of(seen: Seen) -> tuple[Item, ...]:
    """Every item of the gate, in the order in which a nurse goes through them."""
    return (
        _identity(seen),
        *_limb(seen),
        _order(seen),
        _consent(seen),
        _assessment(seen),
        *(_list(one, seen.at) for one in seen.lists),
        *_asked(seen),
        *_rules(seen),
        _escort(seen),
        _drug(seen),
        *_credentials(seen),
        _monitor(seen),
        _alarms(seen),
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


def _identity(seen: Seen) -> Item:
    return Item(
        key="identity",
        words="Two identifiers read aloud at the chair: name and date of birth",
        passed=seen.confirmed.identifiers,
        do="Ask for full name and date of birth, compare both with this page, then tick it.",
    )


def _limb(seen: Seen) -> list[Item]:
    if not seen.limb_words:
        return []
    return [
        Item(
            key="limb",
            words=f"{seen.limb_words}: no cuff, line or tape",
            passed=seen.confirmed.limb,
            do="Look where cuff, line and tape are, move them if they are on it, then tick it.",
        )
    ]


def _order(seen: Seen) -> Item:
    return Item(
        key="order",
        words=f"{seen.order_words}, signed and checked by a second person",
        passed=seen.order_counts,
        do="Have the newest version signed and checked blind by a second person, then come back.",
    )


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
    standing = standing_findings(seen.evaluation)
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


def _escort(seen: Seen) -> Item:
    named = bool(seen.confirmed.escort_name.strip() and seen.confirmed.escort_phone.strip())
    return Item(
        key="escort",
        words="Escort named, with a telephone number",
        passed=named,
        do="Ask who takes the person home and write down name and telephone number.",
    )


def _drug(seen: Seen) -> Item:
    return Item(
        key="drug",
        words=f"Drug in hand {mg_words(seen.in_hand_ug)}, ordered {mg_words(seen.ordered_ug)}",
        passed=seen.in_hand_ug >= seen.ordered_ug,
        do=f"Draw {mg_words(max(0, seen.ordered_ug - seen.in_hand_ug))} for this visit from the safe.",
    )


def _credentials(seen: Seen) -> list[Item]:
    return [_credential(needed, seen) for needed in NEEDED_CREDENTIALS]


def _credential(needed: str, seen: Seen) -> Item:
    held = [one.expires_on for one in seen.credentials if _is(one.kind, needed)]
    until = max(held, default=None)
    words = "not recorded" if until is None else f"until {until:%d %b %Y}"
    return Item(
        key=f"credential:{needed.lower()}",
        words=f"Your {needed}: {words}",
        passed=until is not None and seen.today <= until,
        do="Somebody whose licence and ACLS are in date must start; the director enters a renewed one.",
    )


def _is(kind: str, needed: str) -> bool:
    """Whether a credential of this kind is the needed one: every professional licence is a licence."""
    plain = kind.strip().casefold()
    return needed.casefold() in plain if needed == "ACLS" else plain not in CERTIFICATES


def _monitor(seen: Seen) -> Item:
    reason = seen.confirmed.no_monitor_reason.strip()
    words = f"Monitor on this person: {seen.monitor or 'none'}" + (f", {reason}" if reason else "")
    return Item(
        key="monitor",
        words=words,
        passed=bool(seen.monitor or reason),
        do="Put a monitor on this chair and person, or write why values are charted by hand.",
    )


def _alarms(seen: Seen) -> Item:
    return Item(
        key="alarms",
        words=f"{CHECKS_OFF}: it is on, its limits are set for this person, its alarms can be heard",
        passed=seen.confirmed.alarms_audible,
        do="Set the limits at the bedside monitor and sound an alarm: at the chair and where you will be. Then tick it.",
    )
