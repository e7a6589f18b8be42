"""The limb that must not carry cuff, line or tape: what a site's words name, and when a reason must be written. No clock.

What cannot be understood is taken for that limb: a nurse then writes why, and nobody guesses.
"""

import re

from ebbtide.journey.infusion.events import Event, Kind
from ebbtide.journey.infusion.rules import Broken

SIDES = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right", "rt": "right"}
ARM = (
    "arm upperarm forearm elbow cubital antecubital wrist hand finger thumb shoulder cephalic basilic radial"
)
LEG = "leg thigh knee shin calf ankle foot toe saphenous"
LIMBS = {**dict.fromkeys(ARM.split(), "arm"), **dict.fromkeys(LEG.split(), "leg")}
# where a cannula stands and a cuff sits, as the forms offer them
SITES = (
    "left hand", "left forearm", "left elbow", "right hand", "right forearm", "right elbow", "left foot", "right foot",
)  # fmt: skip
CUFF_SITES = ("left arm", "right arm", "left leg", "right leg")
# what puts something onto a limb; taking it off and looking at it never asks
ONTO = frozenset({"placed", "attempt_failed"})


def limbs_named(words: str) -> frozenset[str] | None:
    """The limbs that words name, such as "left arm"; None when that cannot be told."""
    found: set[str] = set()
    for part in re.split(r"[,;/+&]|\band\b", words.casefold()):
        tokens = re.findall(r"[a-z]+", part)
        if not tokens:
            continue
        sides = {SIDES[one] for one in tokens if one in SIDES}
        limbs = {LIMBS[whole] for one in tokens if (whole := _one(one)) in LIMBS}
        if "both" in tokens and len(limbs) == 1 and not sides:
            sides = {"left", "right"}
        if len(limbs) != 1 or not sides:
            return None
        found |= {f"{side} {limb}" for side in sides for limb in limbs}
    return frozenset(found) or None


def _one(word: str) -> str:
    return "foot" if word == "feet" else word.removesuffix("s")


def may_be_on(site: str, *, limb_words: str) -> bool:
    """Whether something at this site may lie on a limb that must not carry it."""
    if not limb_words.strip():
        return False
    spared, at = limbs_named(limb_words), limbs_named(site)
    return spared is None or at is None or bool(spared & at)


def broken_by_limb(event: Event, *, limb_words: str) -> Broken | None:
    """A cannula or a cuff on the spared limb needs its reason; an entry without a cuff's site asks nothing."""
    site = site_of(event)
    if site is None or event.withdrawn or event.text("limb_reason").strip():
        return None
    if not may_be_on(site, limb_words=limb_words):
        return None
    what = "cannula" if event.kind is Kind.IV_ACCESS else "cuff"
    where = f'"{site}" may be on it' if site else "no site is named"
    return Broken(
        rule="INF-LIMB",
        sentence=f"{limb_words} must carry no cuff, line or tape, and for this {what} {where}: "
        "choose another limb, or write why this one.",
    )


def site_of(event: Event) -> str | None:
    """Where this entry puts something; None when it puts nothing anywhere, empty when it does not say where."""
    if event.kind is Kind.IV_ACCESS and event.text("done") in ONTO:
        return event.text("site")
    if event.kind is Kind.OBSERVATION:
        return event.text("cuff_site") or None
    return None
