"""The start gate, at the chair: who sits there, what stands there, who starts, and whether help can be called. No clock."""

from collections.abc import Mapping
from datetime import timedelta

from ebbtide.journey.infusion.gate_seen import EQUIPMENT, Held, Item, Seen
from ebbtide.journey.infusion.rules import mg_words

NEEDED_CREDENTIALS = ("licence", "ACLS")  # clinical.md 6: expiry gates the infusion screen [design]
CERTIFICATES = frozenset({"acls", "bls", "pals", "moderate sedation", "sedation", "dea"})
CHECKS_OFF = "CHECKS OFF, bedside monitor only"
BESIDE = "Bedside monitor, the primary alarm"  # what is asked while limits on live values are on
LOOK_AT: Mapping[str, str] = {
    "pump": "Look at the pump: charged, line fitted, its number read; write the number down, then tick it.",
    "monitor": "Switch the monitor on and see a trace; bring another one if there is none, then tick it.",
    "oxygen": "Open the oxygen and feel it flow at the mask; change an empty cylinder, then tick it.",
    "suction": "Switch the suction on and feel it pull; change it if it does not, then tick it.",
    "airway_kit": "Open the airway kit and go through its list; fill what is missing, then tick it.",
}


def at_the_chair(seen: Seen) -> tuple[Item, ...]:
    """What only somebody beside the chair can confirm, in the order in which it is done."""
    return (_identity(seen), *_limb(seen))


def things_ready(seen: Seen) -> tuple[Item, ...]:
    """The way home, the drug, who starts, the equipment, the alarms and the call button."""
    return (
        _escort(seen),
        _drug(seen),
        *_credentials(seen),
        *(_equipment(name, seen) for name in EQUIPMENT),
        _monitor(seen),
        _alarms(seen),
        _call(seen),
        _comfort(seen),
        *_sound(seen),
    )


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
    held = [one.expires_on for one in seen.credentials if _is(one, needed)]
    until = max(held, default=None)
    words = "not recorded" if until is None else f"until {until:%d %b %Y}"
    return Item(
        key=f"credential:{needed.lower()}",
        words=f"Your {needed}: {words}",
        passed=until is not None and seen.today <= until,
        do="Somebody whose licence and ACLS are in date must start; the director enters a renewed one.",
    )


def _is(held: Held, needed: str) -> bool:
    """Whether this credential is the needed one: every professional licence is a licence."""
    plain = held.kind.strip().casefold()
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
        words=f"{CHECKS_OFF if seen.checks_off else BESIDE}: it is on, its limits are set for this person, its alarms can be heard",
        passed=seen.confirmed.alarms_audible,
        do="Set the limits at the bedside monitor and sound an alarm: at the chair and where you will be. Then tick it.",
    )


def _equipment(name: str, seen: Seen) -> Item:
    """One piece: looked at and ready; a pump also says which one it is."""
    words, ready = EQUIPMENT[name], name in seen.confirmed.equipment
    if name == "pump":
        number = seen.confirmed.pump_identity.strip()
        words, ready = f"{words}, number {number or 'not recorded'}", ready and bool(number)
    return Item(key=f"equipment:{name}", words=f"{words}: looked at, ready", passed=ready, do=LOOK_AT[name])


def _call(seen: Seen) -> Item:
    tested = seen.call_tested_at
    return Item(
        key="call",
        words="Call button: tested by the person in the chair",
        passed=seen.confirmed.call_tested or (tested is not None and tested - seen.opened_at >= timedelta(0)),
        do="Open the card at the chair, have the person press the button, see the call on your screen, then record the test.",
    )


def _comfort(seen: Seen) -> Item:
    return Item(
        key="comfort",
        words="Comfort card: light, music, touch and stop word asked",
        passed=seen.comfort_card_at is not None or seen.confirmed.comfort_declined,
        do="Ask what this person wants around them and record the card, or tick that they want nothing written.",
    )


def _sound(seen: Seen) -> list[Item]:
    """A tablet that was tried and stayed silent keeps the gate shut; what nobody has tried yet is offered on the page."""
    if seen.sound is None:
        return []
    return [
        Item(
            key="sound",
            words="Sound of the tablet: heard" if seen.sound.heard else "Sound of the tablet: not heard",
            passed=seen.sound.heard,
            do="Turn the tablet up and play the test sound again, or play it on the tablet that will chart.",
        )
    ]
