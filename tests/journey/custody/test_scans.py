"""Labels as a keyboard-wedge scanner types them: read by a library, compared with the books, refused in words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.custody.models import Vial
from ebbtide.journey.custody.queries import left_in_vial
from ebbtide.journey.custody.scans import (
    Booked,
    Delivery,
    NotReadable,
    Product,
    Scanned,
    broken_by_delivery,
    broken_by_package,
    broken_by_scan,
    read_label,
)
from tests.builders import NOW
from tests.clocks import stand_at
from tests.journey.custody.presses import at, browser
from tests.journey.custody.safe import Safe, mg

GTIN, OTHER_GTIN = "00361414123458", "00361414123465"
GS = "\x1d"
DAY = date(2027, 12, 31)
WHOLE = Scanned(gtin=GTIN, lot="L-7", expires_on=DAY, serial="S1")


def symbol(*, gtin=GTIN, expires="271231", lot="L-7", serial="S1", gs=GS, mark="]d2"):
    return f"{mark}01{gtin}17{expires}10{lot}" + (f"{gs}21{serial}" if serial else "")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (symbol(), WHOLE),
        (symbol(mark="]C1"), WHOLE),
        (symbol(mark=""), WHOLE),
        (symbol(mark=GS), WHOLE),
        (symbol(gs="|"), WHOLE),
        (symbol(gs="^", mark=""), WHOLE),
        (symbol(gs="~"), WHOLE),
        (f"(01){GTIN}(17)271231(10)L-7(21)S1", WHOLE),
        (f" {symbol(serial='')}\r\n", Scanned(gtin=GTIN, lot="L-7", expires_on=DAY)),
        (f"]d201{GTIN}17270200", Scanned(gtin=GTIN, expires_on=date(2027, 2, 28))),
        ("KET-1-001", Scanned(own="KET-1-001")),
        ("21000123", Scanned(own="21000123")),
        ("01-7", Scanned(own="01-7")),
        ("", Scanned()),
    ],
)
def test_a_label_is_read_as_it_is_typed(typed, read):
    assert read_label(typed) == read


@pytest.mark.parametrize(
    "typed",
    [symbol(gtin="00361414123459"), "]C1junk", f"(01){GTIN}(17)279931", "]d21727123110L", f"01{GTIN}xx"],
)
def test_what_claims_to_be_a_symbol_and_is_none_is_refused(typed):
    with pytest.raises(NotReadable, match="scan it again"):
        read_label(typed)


@pytest.mark.parametrize(
    ("scanned", "rule"),
    [
        (WHOLE, None),
        (Scanned(own="A-1"), None),
        (Scanned(gtin=GTIN), None),
        (Scanned(gtin=GTIN, expires_on=date(2026, 1, 1)), "CUS-SCAN-EXPIRED"),
        (Scanned(gtin=OTHER_GTIN), "CUS-SCAN-PRODUCT"),
        (Scanned(gtin=GTIN, lot="L-8"), "CUS-SCAN-LOT"),
        (Scanned(gtin=GTIN, expires_on=DAY + timedelta(days=1)), "CUS-SCAN-EXPIRY"),
        (Scanned(gtin=GTIN, serial="S2"), "CUS-SCAN-VIAL"),
    ],
)
def test_the_label_in_the_hand_is_the_vial_of_the_books(scanned, rule):
    booked = Booked(gtin=GTIN, serial="S1", lot="L-7", expires_on=DAY)
    found = broken_by_scan(scanned, booked, today=NOW.date())
    assert (found.rule if found else None) == rule


@pytest.mark.parametrize(
    ("scanned", "known", "rule"),
    [
        (Scanned(own="A-1"), None, None),
        (WHOLE, None, None),
        (WHOLE, Product(drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10)), None),
        (
            WHOLE,
            Product(drug="racemate", mg_per_ml=Decimal(100), volume_ml=Decimal(10)),
            "CUS-SCAN-DELIVERY-PRODUCT",
        ),
        (Scanned(gtin=GTIN, lot="L-8"), None, "CUS-SCAN-DELIVERY-LOT"),
        (Scanned(gtin=GTIN, expires_on=date(2028, 1, 1)), None, "CUS-SCAN-DELIVERY-EXPIRY"),
    ],
)
def test_a_delivery_is_booked_as_its_labels_say(scanned, known, rule):
    product = Product(drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10))
    found = broken_by_delivery(scanned, Delivery(product=product, lot="L-7", expires_on=DAY, known=known))
    assert (found.rule if found else None) == rule


def test_a_package_names_no_vial():
    assert broken_by_package([WHOLE]) is None
    assert broken_by_package([WHOLE, Scanned(gtin=GTIN)]).rule == "CUS-LABEL-PACKAGE"


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


@pytest.fixture
def safe(db):
    return Safe()


def test_a_delivery_that_is_scanned_is_known_by_serial_number(safe):
    first = safe.receive((symbol(), symbol(serial="S2")), scan=symbol(serial=""))
    labels = set(Vial.objects.values_list("label", "gtin", "serial"))
    assert labels == {(f"{GTIN}-S1", GTIN, "S1"), (f"{GTIN}-S2", GTIN, "S2")}
    assert left_in_vial(first) == mg(500)
    with pytest.raises(Refused, match="no serial number"):
        safe.receive((symbol(serial=""),))
    with pytest.raises(Refused, match="stands for 50 mg/mL"):
        safe.receive((symbol(serial="S3"),), mg_per_ml=Decimal(100))
    with pytest.raises(Refused, match="in the safe's books already"):
        safe.receive((symbol(),))


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (symbol(lot="L-8"), "lot L-8"),
        (symbol(serial="S2"), "another vial"),
        (symbol(expires="251231"), "expired on 31 Dec 2025"),
        (symbol(gtin=OTHER_GTIN), "another product"),
        (symbol(gtin="00361414123459"), "does not add up"),
    ],
)
def test_it_draws_from_the_vial_in_the_hand_and_no_other(safe, scan, words):
    vial, visit = safe.receive((symbol(),)), safe.visit()
    with pytest.raises(Refused, match=words):
        safe.draw(visit, vial, 10, scan=scan)
    assert safe.draw(visit, vial, 10, scan=symbol()).scanned


def test_every_pair_of_strengths_that_differ_is_refused(safe):
    strengths = [Decimal(10), Decimal(50), Decimal(100)]
    vials = {strength: safe.receive(mg_per_ml=strength) for strength in strengths}
    for ordered in strengths:
        visit = safe.visit(vial_mg_per_ml=ordered)
        for strength, vial in vials.items():
            if strength == ordered:
                safe.draw(visit, vial, 1)
                continue
            with pytest.raises(Refused, match="take another vial"):
                safe.draw(visit, vial, 1)


def test_the_draw_page_takes_a_symbol_and_asks_when_it_names_several(safe):
    safe.receive((symbol(),))
    safe.receive(("A-1", "A-2"), lot="L-9", scan=symbol(lot="L-9", serial=""))
    visit = safe.visit()
    url, client = reverse("custody:draw", args=[visit.pk]), browser(safe.nurse)
    one = client.get(url, {"label": symbol()}).content.decode()
    assert f"{GTIN}-S1" in one
    assert "Left in it" in one
    several = client.get(url, {"label": symbol(lot="L-9", serial="")}).content.decode()
    assert "Which one is in your hand?" in several
    assert "Left in it" not in several
    press = at(safe, "draw", visit, label=symbol(), scanned="on", amount="10", unit="mg")
    assert press.client.post(press.url, press.told).status_code == 302
    assert visit.movements.get().scanned


@pytest.mark.parametrize(
    ("label", "words"),
    [(symbol(lot="L-8"), "lot L-8"), (symbol(expires="251231"), "expired"), ("]C1junk", "could not be read")],
)
def test_the_draw_page_says_what_is_wrong_with_a_symbol(safe, label, words):
    safe.receive((symbol(),))
    url = reverse("custody:draw", args=[safe.visit().pk])
    assert words in browser(safe.nurse).get(url, {"label": label}).content.decode()


def test_a_scan_fills_in_the_delivery(safe):
    safe.receive((symbol(),), supplier="Harbour Wholesale")
    client, url = browser(safe.nurse), reverse("custody:receive")
    shown = client.get(url, {"scan": symbol(lot="L-9", serial="", expires="280131")}).content.decode()
    for value in ("L-9", "2028-01-31", "50", "Harbour Wholesale"):
        assert f'value="{value}' in shown
    assert "fill in the fields by hand" in client.get(url, {"scan": "A-1"}).content.decode()
    press = at(safe, "receive", drug="racemate", mg_per_ml="50", volume_ml="10", lot="L-9", expires_on="2028-01-31",
               supplier="x", labels=f"{symbol(lot='L-9', expires='280131', serial='N1')}\r\n{symbol(lot='L-9', expires='280131', serial='N2')}\r\n")  # fmt: skip
    assert press.client.post(press.url, press.told).status_code == 302
    assert Vial.objects.filter(lot="L-9").count() == 2
