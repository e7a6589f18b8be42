"""What the gate looks at, as plain values: everything true, to be spoilt one thing at a time."""

from datetime import date, timedelta
from typing import Any

from ebbtide.evidence.model import IfMissing, Outcome, Override, Stage
from ebbtide.evidence.suitability import Evaluation, Finding
from ebbtide.journey.infusion.gate import ASKED_TODAY, Asked, Confirmed, Fasting, Held, ListSeen, Seen
from tests.builders import NOW

CONFIRMED = {
    "identifiers": True,
    "escort_name": "Sam Reyes",
    "escort_phone": "312 555 0177",
    "alarms_audible": True,
    "limb": True,
    "no_monitor_reason": "",
    "equipment": ("pump", "monitor", "oxygen", "suction", "airway_kit"),
    "pump_identity": "P-07",
    "call_tested": True,
    "comfort_declined": True,
}


def a_finding(
    rule="SUI-X-01", outcome=Outcome.DEFER, override=Override.PRESCRIBER, if_missing=IfMissing.BLOCK
) -> Finding:
    return Finding(
        rule=rule,
        title=f"Title of {rule}",
        outcome=outcome,
        message="It stands.",
        values=(),
        parameters={},
        grade="design",
        source=("OWN",),
        mark=("design",),
        mark_note="",
        override=override,
        if_missing=if_missing,
        unconfirmed=False,
    )


def an_evaluation(*findings: Finding) -> Evaluation:
    return Evaluation(
        stage=Stage.DAY_OF_INFUSION,
        as_of=NOW,
        verdict=Outcome.CLEAR,
        findings=findings,
        needs_data=(),
        pack_version="t",
        pack_sha256="0" * 64,
    )


def seen(*findings: Finding, confirmed: dict[str, Any] | None = None, **changes: Any) -> Seen:
    made = {
        "at": NOW,
        "today": date(2026, 11, 23),
        "opened_at": NOW - timedelta(minutes=30),
        "confirmed": Confirmed(**{**CONFIRMED, **(confirmed or {})}),
        "limb_words": "LEFT ARM",
        "order_words": "Order, version 2",
        "order_counts": True,
        "second_check": "Dana Cole, 23 Nov 08:40",
        "consent_is_current": True,
        "consent_words": "signed, current",
        "assessed_until": NOW + timedelta(days=3),
        "assessed_suitable": True,
        "lists": [ListSeen(name="problems", words="Problems", confirmed_at=NOW - timedelta(hours=2))],
        "asked": [Asked(name=name, words=name, answered_at=NOW) for name in ASKED_TODAY],
        "evaluation": an_evaluation(*findings),
        "fasting": Fasting(
            solids_at=NOW - timedelta(hours=12),
            clear_fluid_at=NOW - timedelta(hours=5),
            solids_h=6,
            clear_fluid_h=2,
        ),
        "ordered_ug": 35_000,
        "in_hand_ug": 35_000,
        "credentials": [
            Held(kind="RN licence", expires_on=date(2026, 11, 23)),
            Held(kind="ACLS", expires_on=date(2027, 1, 1)),
        ],
        "monitor": "Monitor 1",
        "call_tested_at": None,
        "comfort_card_at": None,
        "roles": frozenset({"nurse"}),
    }
    return Seen(**{**made, **changes})
