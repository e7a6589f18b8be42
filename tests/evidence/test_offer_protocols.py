"""The archive of protocols: exact numbers, what may be offered, and in which order."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from ebbtide.evidence.errors import PackRefused
from ebbtide.evidence.files import PackFile, read_packaged
from ebbtide.evidence.protocols import ProtocolUnknown, build_protocols, load_protocols

PACK = load_protocols()


def test_it_offers_the_templates_first_and_in_order() -> None:
    offers = PACK.offered()
    assert [offer.template.id if offer.template else None for offer in offers[:4]] == [
        "TPL-CHR-5X40",
        "TPL-CRPS-10DAY",
        "TPL-MOOD-6X3W",
        None,
    ]
    assert len({offer.protocol.id for offer in offers}) == len(offers)


def test_it_never_offers_what_is_marked_do_not_offer() -> None:
    for setting in ("outpatient", "inpatient"):
        for offer in PACK.offered(setting):
            assert offer.protocol.setting == setting
            assert not offer.protocol.do_not_offer.in_setting(setting)
    assert "CRPS-100H-REPEAT" not in {offer.protocol.id for offer in PACK.offered("inpatient")}
    assert "CRPS-100H-INPATIENT" in {offer.protocol.id for offer in PACK.offered("inpatient")}


def test_it_keeps_numbers_as_printed_and_unknown_ones_unknown() -> None:
    ten_days = PACK.protocol("CRPS-10DAY-OUTPATIENT")
    assert ten_days.rate_mg_per_kg_h is not None
    assert (ten_days.rate_mg_per_kg_h.start, ten_days.rate_mg_per_kg_h.maximum) == (None, Decimal("0.35"))
    assert ten_days.caps.rate_mg_per_h == Decimal(25)
    assert PACK.protocol("CRPS-4DAY-ESCALATING").duration_min is None
    steps = PACK.protocol("NEU-ESCALATING-3DAY").rate_mg_per_kg_h
    assert steps is not None
    assert steps.steps == (Decimal("0.2"), Decimal("0.4"), Decimal("0.6"))
    assert (steps.start, steps.maximum) == (Decimal("0.2"), Decimal("0.6"))


def test_it_gives_the_limits() -> None:
    assert PACK.limits["LIM-BOLUS"].number("max_mg_per_kg") == Decimal("0.35")
    assert PACK.limits["LIM-FIRST"].level == "caution"
    assert PACK.limits["LIM-RATE"].level is None


def test_it_narrows_by_template() -> None:
    capped = PACK.templates[1]
    assert capped.hard_cap_rate_mg_per_h == Decimal(25)
    assert capped.director_sets == ("rate_mg_per_kg_h.start",)
    assert PACK.templates[2].span_days_max == 21
    assert "crps_1" in PACK.notes[0].show_for


def test_it_refuses_a_protocol_it_does_not_hold() -> None:
    with pytest.raises(ProtocolUnknown, match="CURE-ALL"):
        PACK.protocol("CURE-ALL")


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("templates", {"protocol": "CURE-ALL"}),
        ("protocols", {"setting": "home"}),
        ("protocols", {"drug": "arketamine"}),
    ],
)
def test_it_refuses_a_malformed_archive(part: str, change: dict[str, Any]) -> None:
    content = copy.deepcopy(dict(read_packaged("protocols.yaml").content))
    content[part][0].update(change)
    with pytest.raises(PackRefused, match="check"):
        build_protocols(PackFile(name="protocols.yaml", sha256="0", content=content))
