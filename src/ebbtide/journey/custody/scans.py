"""What a scanner typed: a GS1 element string, read by biip, or a label of the clinic's own. No clock, no database.

A keyboard-wedge scanner types the symbol's text and presses Enter. Where it may not type the group separator that ends
a field of changing length, it is set to type one of STAND_INS, none of which occurs in a GS1 field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ebbtide.journey.custody.rules import Broken

if TYPE_CHECKING:
    from biip.gs1_messages import GS1Message

GROUP_SEPARATOR = "\x1d"
STAND_INS = ("|", "^", "~", "\u241d")  # none is in the GS1 character set 82
LONGEST = 200  # characters; a GS1 symbol of a vial holds far fewer
GTIN, LOT, EXPIRY, SERIAL = "01", "10", "17", "21"
UNREADABLE = (
    "This label could not be read: scan it again, or type the number that the clinic wrote on the vial."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a label says of its vial. A label of the clinic's own has `own` alone; None and "" are not on the label."""

    own: str = ""
    gtin: str = ""
    lot: str = ""
    expires_on: date | None = None
    serial: str = ""

    @property
    def is_gs1(self) -> bool:
        return bool(self.gtin)

    @property
    def identity(self) -> str:
        """What makes this vial this one: its serial number, or the clinic's own label; empty for a package's label."""
        return f"{self.gtin}-{self.serial}" if self.gtin and self.serial else self.own


class NotReadable(ValueError):
    """It looks like a GS1 label and is none: the sentence says what to do."""


def read_label(typed: str) -> Scanned:
    """Read one scan.

    Only a symbology mark ("]d2"), printed brackets ("(01)…") or a whole GTIN field at the front make it a GS1 label, so
    that the clinic's own "21-000123" is never taken for a serial number.

    Raises:
        NotReadable: it claims to be GS1 and does not parse, or its check digit is wrong.
    """
    text = typed.strip(" \t\r\n")
    if not _claims_gs1(text):
        return Scanned(own=text)
    for stand_in in STAND_INS:
        text = text.replace(stand_in, GROUP_SEPARATOR)
    return _from_message(_message(text.strip(GROUP_SEPARATOR)))


def _claims_gs1(text: str) -> bool:
    bare = text.lstrip(GROUP_SEPARATOR)
    return bare.startswith(("]d2", "]C1", "]Q3", "(01)")) or (
        bare.startswith(GTIN) and len(bare) > 16 and bare[:16].isdecimal()
    )


def _message(text: str) -> "GS1Message":
    # loaded with the first label: its tables of prefixes would be a tenth of every process's start
    from biip import ParseConfig, ParseError, parse
    from biip.gs1_messages import GS1Message

    config = ParseConfig(separator_chars=(GROUP_SEPARATOR,))
    try:
        found = (
            GS1Message.parse_hri(text, config=config)
            if text.startswith("(")
            else parse(text, config=config).gs1_message
        )
    except ParseError as error:
        raise NotReadable(UNREADABLE) from error
    if found is None:
        raise NotReadable(UNREADABLE)
    return found


def _from_message(message: "GS1Message") -> Scanned:
    found: Mapping[str, str] = {one.ai.ai: one.value for one in message.element_strings}
    gtin = message.element_strings.get(ai=GTIN)
    expiry = message.element_strings.get(ai=EXPIRY)
    if gtin is None or gtin.gtin is None:
        raise NotReadable(
            "The product number on this label does not add up: scan it again, or type the clinic's own number."
        )
    return Scanned(
        gtin=gtin.gtin.as_gtin_14(),
        lot=found.get(LOT, ""),
        expires_on=expiry.date if expiry else None,
        serial=found.get(SERIAL, ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What the books say of the vial that was taken."""

    gtin: str
    serial: str
    lot: str
    expires_on: date


def broken_by_scan(scanned: Scanned, booked: Booked, *, today: date) -> Broken | None:
    """The label in the hand and the vial in the books are one: else nothing is drawn from it."""
    if not scanned.is_gs1:
        return None
    if scanned.expires_on is not None and scanned.expires_on < today:
        return Broken(
            rule="CUS-SCAN-EXPIRED",
            sentence=f"The label in your hand says it expired on {scanned.expires_on:%d %b %Y}: take another vial.",
        )
    if booked.gtin and scanned.gtin != booked.gtin:
        return Broken(
            rule="CUS-SCAN-PRODUCT",
            sentence="The label in your hand is of another product, with another drug or strength, than the vial in the "
            "books: put it back and take the right vial.",
        )
    return _broken_by_this_vial(scanned, booked)


def _broken_by_this_vial(scanned: Scanned, booked: Booked) -> Broken | None:
    if scanned.lot and scanned.lot != booked.lot:
        return Broken(
            rule="CUS-SCAN-LOT",
            sentence=f"The label in your hand says lot {scanned.lot}, the books say lot {booked.lot}: take the vial "
            "of the books, or scan the other one.",
        )
    if scanned.expires_on is not None and scanned.expires_on != booked.expires_on:
        return Broken(
            rule="CUS-SCAN-EXPIRY",
            sentence=f"The label in your hand expires on {scanned.expires_on:%d %b %Y}, the vial in the books on "
            f"{booked.expires_on:%d %b %Y}: do not use it, and tell the custody officer.",
        )
    if scanned.serial and booked.serial and scanned.serial != booked.serial:
        return Broken(
            rule="CUS-SCAN-VIAL",
            sentence="The label in your hand is another vial's: take the vial of the books, or scan the other one.",
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What one product number stands for in this clinic's books."""

    drug: str
    mg_per_ml: Decimal
    volume_ml: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What was typed of a delivery, and what the books know of its product number; None: it is new here."""

    product: Product
    lot: str
    expires_on: date
    known: Product | None = None


def broken_by_delivery(scanned: Scanned, delivery: Delivery) -> Broken | None:
    """A delivery is booked as its labels say: drug, strength, size, lot and expiry."""
    if not scanned.is_gs1:
        return None
    if delivery.known is not None and delivery.known != delivery.product:
        return Broken(
            rule="CUS-SCAN-DELIVERY-PRODUCT",
            sentence=f"This product number stands for {delivery.known.mg_per_ml.normalize():f} mg/mL in vials of "
            f"{delivery.known.volume_ml.normalize():f} mL in the books, and you entered another drug, strength or size: read the label again.",
        )
    if scanned.lot and scanned.lot != delivery.lot:
        return Broken(
            rule="CUS-SCAN-DELIVERY-LOT",
            sentence=f"A scanned label says lot {scanned.lot} and you entered lot {delivery.lot}: receive each lot by itself.",
        )
    if scanned.expires_on is not None and scanned.expires_on != delivery.expires_on:
        return Broken(
            rule="CUS-SCAN-DELIVERY-EXPIRY",
            sentence=f"A scanned label expires on {scanned.expires_on:%d %b %Y} and you entered "
            f"{delivery.expires_on:%d %b %Y}: correct the day, or receive these vials by themselves.",
        )
    return None


def broken_by_package(labels: Sequence[Scanned]) -> Broken | None:
    """Each vial is named by what is on it alone; a package's symbol is the same on all of its vials."""
    if all(label.identity for label in labels):
        return None
    return Broken(
        rule="CUS-LABEL-PACKAGE",
        sentence="A scanned symbol has no serial number, so it does not name one vial: write a number on each vial and "
        "enter that, or print a label.",
    )
