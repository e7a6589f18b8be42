"""What somebody wants around them, whether they call, and when a person last looked at them. Pure: no Django, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ebbtide.journey.infusion.events import Event, Kind

# what somebody at the chair writes after looking at the person in it
LOOKED = frozenset({Kind.CHECK_IN, Kind.OBSERVATION, Kind.SCALE, Kind.IV_ACCESS, Kind.PUMP_ACTION})
TOUCH_WORDS: Mapping[str, str] = {
    "welcome": "welcome",
    "ask_first": "ask first",
    "no_touch": "no touch",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comfort:
    """The comfort of one session at one moment; empty words were not told."""

    light: str = ""
    music: str = ""
    touch: str = ""
    stop_word: str = ""
    asked_at: datetime | None = None
    called_at: datetime | None = None
    answered_at: datetime | None = None
    tested_at: datetime | None = None
    looked_at: datetime | None = None

    @property
    def told(self) -> bool:
        """Whether anything was chosen."""
        return any((self.light, self.music, self.touch, self.stop_word))


def comfort_of(events: Iterable[Event]) -> Comfort:
    """The newest choices, the state of the call, and when a person last looked, from the standing events."""
    ordered = sorted(events, key=lambda one: (one.observed_at, one.id))
    cards = [one for one in ordered if one.kind is Kind.COMFORT_CARD]
    calls = [one for one in ordered if one.kind is Kind.COMFORT_CALL]
    card = cards[-1] if cards else None
    told = {} if card is None else {name: card.text(name) for name in ("light", "music", "stop_word")}
    return Comfort(
        **told,
        touch="" if card is None else TOUCH_WORDS.get(card.text("touch"), ""),
        asked_at=card.observed_at if card else None,
        called_at=_open_since(calls),
        answered_at=_last(calls, "answered"),
        tested_at=_last(calls, "tested"),
        looked_at=max(
            (one.observed_at for one in ordered if one.kind in LOOKED or one.text("state") == "answered"),
            default=None,
        ),
    )


def _open_since(calls: list[Event]) -> datetime | None:
    """Since when the call of this moment is open; None: nobody calls."""
    if not calls or calls[-1].text("state") != "open":
        return None
    since = calls[-1]
    for call in reversed(calls):
        if call.text("state") != "open":
            break
        since = call
    return since.observed_at


def _last(calls: Iterable[Event], state: str) -> datetime | None:
    return max((one.observed_at for one in calls if one.text("state") == state), default=None)
