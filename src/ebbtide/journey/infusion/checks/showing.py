"""What the screens show of the checks: plain values that a page can draw and count on by itself. Pure."""

from collections.abc import Mapping
from typing import Any

from ebbtide.journey.infusion.checks.signalling import Signal, Signals, leads, weight
from ebbtide.journey.infusion.freshness import signals as known_signals

WORDS: Mapping[str, str] = {
    "rass": "RASS",
    "monitor": "Monitor",
    "off_monitor": "Off the monitor",
    "call": "",
    "tablet": "",
    "apnoea": "Breathing",
}


def shown(signals: Signals) -> list[dict[str, Any]]:
    """The signals of one session, heaviest first: of each bundle one, with the others under it. Times are s since 1970."""
    found = []
    for lead in sorted(leads(signals).values(), key=weight):
        others = [one for one in signals.values() if one.bundle == lead.bundle and one.key != lead.key]
        found.append({**_one(lead), "under": [_words(one) for one in sorted(others, key=weight)]})
    return found


def _one(one: Signal) -> dict[str, Any]:
    signal = known_signals().get(one.subject)
    value = None if one.value is None else round(one.value, signal.decimals if signal else 0)
    return {
        "key": one.key,
        "limit": one.limit,
        "priority": str(one.priority),
        "title": one.title,
        "do": one.do,
        "of": _label(one.subject),
        "word": one.word,
        "value": value,
        "unit": signal.unit if signal and value is not None else "",
        "since_s": one.began_s,
        "raised_s": one.raised_s,
        "taken_s": one.acknowledged_s,
        "silenced_until_s": None if one.heard else one.silenced_until_s,
        "always_heard": one.heard,
        "second_person": one.escalated_s is not None and one.acknowledged_s is None,
        "over": one.ended_s is not None,
    }


def _label(subject: str) -> str:
    """The signal's name for people; an observation has its own in the word that comes with it."""
    signal = known_signals().get(subject)
    return signal.label if signal else WORDS.get(subject, "")


def _words(one: Signal) -> str:
    label = _label(one.subject) or one.word
    return f"{one.title} ({label})" if label else one.title
