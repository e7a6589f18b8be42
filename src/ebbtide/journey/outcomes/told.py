"""outcomes: what an alert is about, in the words in which it was asked, told or charted. It reads and decides nothing."""

from dataclasses import dataclass

from ebbtide.evidence.instrument_texts import load_texts
from ebbtide.evidence.instruments import load_instruments
from ebbtide.journey.leaving.calls import CALL_QUESTION, RED_FLAGS, THOUGHTS, told
from ebbtide.journey.leaving.later import LATER_WORDS, LaterKind
from ebbtide.journey.leaving.rules import SUICIDE_QUESTION
from ebbtide.journey.outcomes.models import AlertKind, SafetyAlert


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was said, and how it came."""

    words: str
    how: str


def told_in(row: SafetyAlert) -> Told:
    """The one row behind an alert, in words."""
    if row.recovery:
        return Told(words=f"{SUICIDE_QUESTION} Yes", how="asked at the chair · wording our own")
    if row.call:
        flags = row.call.red_flags
        only = {name: flags.get(name) for name in RED_FLAGS if (name == THOUGHTS) == _thought(row)}
        done = f" Done at once: {row.call.step}" if row.call.step else ""
        return Told(
            words=f"{CALL_QUESTION} {'; '.join(told(only))}.{done}",
            how="told on the telephone · wording our own",
        )
    if row.later_event:
        event = row.later_event
        words = [LATER_WORDS[LaterKind(event.kind)], event.severity, event.what]
        done = f" Done: {event.done}" if event.done else ""
        return Told(words=f"{', '.join(filter(None, words))}.{done}", how="charted after the person had left")
    return Told(
        words=_answer(row), how=f"{'by link' if row.answer_id else 'at the visit'} · wording {_wording(row)}"
    )


def _thought(row: SafetyAlert) -> bool:
    return row.kind == AlertKind.SELF_HARM


def _wording(row: SafetyAlert) -> str:
    return "recalled" if _thought(row) else "our own"


def _answer(row: SafetyAlert) -> str:
    """What was answered, in the words of the question's own sheet."""
    name = row.answer.instrument if row.answer else row.score.instrument  # type: ignore[union-attr]
    rule = load_instruments().instrument(name).alert
    if rule is None:
        return ""
    value = row.answer.value if row.answer else row.score.detail["items"][rule.item - 1]  # type: ignore[union-attr]
    question = load_texts()[name].sheet("en").questions[rule.item - 1]
    words = next(option.words for option in question.options if option.value == value)
    return f"{question.ask}: {words} ({value})"
