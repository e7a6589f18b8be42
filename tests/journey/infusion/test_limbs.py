"""The limb that must not carry cuff, line or tape is challenged, also when the words cannot be understood."""

import pytest

from ebbtide.journey.infusion.limbs import CUFF_SITES, SITES, broken_by_limb, limbs_named
from tests.journey.infusion.events import an_event


@pytest.mark.parametrize(
    ("words", "limbs"),
    [
        ("LEFT ARM", {"left arm"}), ("left hand", {"left arm"}), ("Right forearms", {"right arm"}),
        ("L antecubital", {"left arm"}), ("LEFT ARM, RIGHT LEG", {"left arm", "right leg"}),
        ("both arms", {"left arm", "right arm"}), ("left foot and right foot", {"left leg", "right leg"}),
        ("both feet", {"left leg", "right leg"}),
        ("arm", None), ("left", None), ("neck", None), ("", None), ("left arm or leg", None), ("both", None),
    ],
)  # fmt: skip
def test_it_reads_a_limb_or_says_that_it_cannot(words, limbs):
    assert limbs_named(words) == (None if limbs is None else frozenset(limbs))


def test_it_understands_every_site_that_the_forms_offer():
    assert all(limbs_named(site) for site in (*SITES, *CUFF_SITES))


@pytest.mark.parametrize(
    ("spared", "site", "refused"),
    [
        ("LEFT ARM", "left hand", True), ("LEFT ARM", "right hand", False), ("LEFT ARM", "left foot", False),
        ("LEFT ARM, RIGHT LEG", "right foot", True), ("", "left hand", False), ("LEFT ARM", "port", True),
        ("the bad side", "right hand", True), ("LEFT ARM", "hand", True),
    ],
)  # fmt: skip
def test_it_refuses_a_cannula_on_the_spared_limb_without_a_reason(spared, site, refused):
    for done in ("placed", "attempt_failed"):
        broken = broken_by_limb(an_event("iv_access", done=done, site=site), limb_words=spared)
        assert (broken is not None and broken.rule == "INF-LIMB") is refused
    reasoned = an_event("iv_access", done="placed", site=site, limb_reason="no other vein, agreed with her")
    assert broken_by_limb(reasoned, limb_words=spared) is None


def test_it_refuses_a_cuff_on_the_spared_limb_and_asks_nothing_of_the_rest():
    def cuff(**body):
        return an_event("observation", sbp_mmHg="120", dbp_mmHg="80", **body)

    on_it = broken_by_limb(cuff(cuff_site="left arm"), limb_words="LEFT ARM")
    assert on_it is not None
    assert on_it.sentence == (
        'LEFT ARM must carry no cuff, line or tape, and for this cuff "left arm" may be on it: '
        "choose another limb, or write why this one."
    )
    for harmless in (
        cuff(), cuff(cuff_site="right arm"), cuff(cuff_site="left arm", limb_reason="stump on the other side"),
        an_event("iv_access", done="removed", site="left hand"), an_event("iv_access", done="patent", site="left hand"),
        an_event("note", text="left arm"),
    ):  # fmt: skip
        assert broken_by_limb(harmless, limb_words="LEFT ARM") is None


def test_it_asks_where_a_failed_attempt_was_when_a_limb_is_spared():
    nowhere = broken_by_limb(an_event("iv_access", done="attempt_failed"), limb_words="LEFT ARM")
    assert nowhere is not None
    assert "no site is named" in nowhere.sentence


def test_it_lets_a_withdrawal_through():
    gone = an_event("iv_access", withdrawn=True)
    assert broken_by_limb(gone, limb_words="LEFT ARM") is None
