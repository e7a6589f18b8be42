"""Rules of the custody: micrograms, balances, what may follow what, who may witness whom. No clock, no database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from uuid import UUID

UG_PER_MG = 1000
MAX_MG = Decimal(100_000)  # mg; more than a clinic's safe holds, so a typing error [design]


class AmountRefused(ValueError):
    """An amount that cannot be booked; the message says why and what to do."""


class Place(StrEnum):
    """Where drug can be; the names of the accounts."""

    SUPPLIER = "supplier"
    SAFE = "safe"
    SESSION = "session"
    GIVEN = "given"
    WASTED = "wasted"
    RETURNED = "returned"
    VARIANCE = "variance"


class Kind(StrEnum):
    """What a movement is."""

    RECEIVE = "receive"
    DRAW = "draw"
    GIVE = "give"
    WASTE = "waste"
    RETURN = "return"
    VARIANCE = "variance"
    TRANSFER = "transfer"
    DESTROY = "destroy"
    VOID = "void"


Way = tuple[Place, Place]

# from where to where each kind may go; a void goes the way of its original, backwards
WAYS: Mapping[Kind, frozenset[Way]] = {
    Kind.RECEIVE: frozenset({(Place.SUPPLIER, Place.SAFE)}),
    Kind.DRAW: frozenset({(Place.SAFE, Place.SESSION)}),
    Kind.GIVE: frozenset({(Place.SESSION, Place.GIVEN)}),
    Kind.WASTE: frozenset({(Place.SESSION, Place.WASTED), (Place.SAFE, Place.WASTED)}),
    Kind.RETURN: frozenset({(Place.SESSION, Place.SAFE), (Place.SAFE, Place.RETURNED)}),
    Kind.VARIANCE: frozenset(
        {
            (Place.SESSION, Place.VARIANCE),
            (Place.VARIANCE, Place.SESSION),
            (Place.SAFE, Place.VARIANCE),
            (Place.VARIANCE, Place.SAFE),
        }
    ),
    # a vial taken out for one visit serves another one of the same day
    Kind.TRANSFER: frozenset({(Place.SESSION, Place.SESSION)}),
    Kind.DESTROY: frozenset({(Place.SAFE, Place.WASTED)}),
}
NEED_TWO = frozenset(
    {Kind.WASTE, Kind.VARIANCE, Kind.DESTROY}
)  # also their voids: what two people signed, two people undo


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that is not kept: its name, and the sentence for the person at the safe."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So much of one vial's drug."""

    vial: UUID
    amount_ug: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBalance:
    """What became of the drug that was drawn for a visit (µg); the seven figures always close."""

    drawn_ug: int = 0
    given_ug: int = 0
    wasted_ug: int = 0
    returned_ug: int = 0
    # above zero: missing; below zero: more was found than was drawn
    variance_ug: int = 0
    # above zero: handed on to another visit; below zero: taken over from one
    handed_on_ug: int = 0

    @property
    def in_hand_ug(self) -> int:
        """Still in the syringe or bag (µg)."""
        gone_ug = self.given_ug + self.wasted_ug + self.returned_ug + self.variance_ug + self.handed_on_ug
        return self.drawn_ug - gone_ug


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """How much of a charted dose the register can take, and what it cannot (µg)."""

    post_ug: int
    short_ug: int


def micrograms(mg: Decimal) -> int:
    """The one border from milligrams to whole micrograms (µg).

    Half-even: a rate integral ends in fractions of a microgram, and rounding always up or always down would drift.
    What was typed by a person has at most three decimals, so nothing typed is ever rounded here.

    Raises:
        AmountRefused: it is no finite number, below zero, or more than any safe holds.
    """
    if not mg.is_finite() or not 0 <= mg <= MAX_MG:
        raise AmountRefused(
            f"An amount lies between 0 and {MAX_MG} mg: read the label and enter the amount again."
        )
    return int((mg * UG_PER_MG).to_integral_value(rounding=ROUND_HALF_EVEN))


def milligrams(amount_ug: int) -> Decimal:
    """Whole micrograms as milligrams, exactly (mg)."""
    return Decimal(amount_ug) / UG_PER_MG


def mg_words(amount_ug: int) -> str:
    """An amount for a sentence: "12.5 mg"."""
    return f"{milligrams(amount_ug).normalize():f} mg"


def millilitres(amount_ug: int, *, mg_per_ml: Decimal) -> Decimal:
    """The volume of an amount at a vial's strength, to a hundredth of a millilitre (mL)."""
    volume_ml = milligrams(amount_ug) / mg_per_ml
    return volume_ml.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def content_ug(*, mg_per_ml: Decimal, volume_ml: Decimal) -> int:
    """What a full vial holds (µg).

    Raises:
        AmountRefused: it is not a whole number of micrograms, or nothing.
    """
    exact_ug = mg_per_ml * volume_ml * UG_PER_MG
    if exact_ug != exact_ug.to_integral_value() or exact_ug <= 0:
        raise AmountRefused(
            f"A vial of {mg_per_ml} mg/mL and {volume_ml} mL is not a whole number of micrograms: read the label again."
        )
    return micrograms(mg_per_ml * volume_ml)


def may_go(kind: Kind, way: Way) -> bool:
    """Whether a movement of this kind may go from the first account to the second."""
    if kind is Kind.VOID:
        return any(way[::-1] in ways for ways in WAYS.values())
    return way in WAYS[kind]


def total_ug(parts: Sequence[Part]) -> int:
    return sum(part.amount_ug for part in parts)


def spread(amount_ug: int, held: Sequence[Part]) -> tuple[Part, ...]:
    """An amount taken from vials in their order, each to its end before the next is touched.

    Raises:
        AmountRefused: together they do not hold it.
    """
    if amount_ug > total_ug(held):
        raise AmountRefused("The vials together hold less than this.")
    taken, left_ug = [], amount_ug
    for part in held:
        take_ug = min(left_ug, part.amount_ug)
        if take_ug > 0:
            taken.append(Part(vial=part.vial, amount_ug=take_ug))
            left_ug -= take_ug
    return tuple(taken)


def to_post(*, charted_ug: int, in_hand_ug: int) -> Posting:
    """What the register takes of a charted dose: never more than was drawn; the rest is a difference that is shown.

    A stop is never refused because nobody drew enough: what was drawn is posted, and the difference is looked for.
    """
    post_ug = max(0, min(charted_ug, in_hand_ug))
    return Posting(post_ug=post_ug, short_ug=max(0, charted_ug - post_ug))


def broken_by_amount(amount_ug: int, *, held_ug: int, where: str) -> Broken | None:
    """An amount is above zero and not more than there is."""
    if amount_ug <= 0:
        return Broken(rule="CUS-AMOUNT", sentence="The amount must be above zero: enter what was moved.")
    if amount_ug > held_ug:
        return Broken(
            rule="CUS-SHORT",
            sentence=f"{mg_words(amount_ug)} is more than the {mg_words(held_ug)} {where}: draw first, or correct the amount.",
        )
    return None


def broken_by_expiry(*, expires_on: date, today: date) -> Broken | None:
    """A vial may be used through its last day."""
    if expires_on >= today:
        return None
    return Broken(
        rule="CUS-EXPIRED",
        sentence=f"This vial expired on {expires_on:%d %b %Y}: take another one and send this one back.",
    )


def broken_by_labels(labels: Sequence[str], *, known: Collection[str]) -> Broken | None:
    """Each vial of a delivery has a label of its own that no other vial of the clinic has."""
    if not labels or not all(labels):
        return Broken(rule="CUS-LABEL", sentence="Each vial needs its own label: scan or write one for each.")
    if len(set(labels)) < len(labels):
        return Broken(
            rule="CUS-LABEL-TWICE",
            sentence="One label was scanned twice: scan each vial of the delivery once.",
        )
    if known:
        return Broken(
            rule="CUS-LABEL-KNOWN",
            sentence=f"{len(known)} of these labels are in the safe's books already: check the delivery for them.",
        )
    return None


def broken_by_vial(
    *, drug: str, mg_per_ml: Decimal, ordered: str, ordered_mg_per_ml: Decimal
) -> Broken | None:
    """What is drawn is what the order says: the two ketamines never exchange doses, and the strength fits the sheet."""
    if drug != ordered:
        return Broken(
            rule="CUS-DRUG",
            sentence="This vial holds another drug than the order: the two never exchange doses. Take the right vial.",
        )
    if mg_per_ml != ordered_mg_per_ml:
        return Broken(
            rule="CUS-STRENGTH",
            sentence=f"The order is prepared from {ordered_mg_per_ml.normalize():f} mg/mL and this vial has "
            f"{mg_per_ml.normalize():f} mg/mL: take another vial, or ask for a new version of the order.",
        )
    return None


def broken_by_witness(*, by: UUID, witness: UUID, drew: Collection[UUID]) -> Broken | None:
    """Who wastes has a witness who is somebody else, and who has not drawn the drug."""
    if witness == by:
        return Broken(
            rule="CUS-WITNESS-SELF",
            sentence="Nobody witnesses their own act: ask a second nurse or a prescriber to sign in here.",
        )
    if witness in drew:
        return Broken(
            rule="CUS-WITNESS-DREW",
            sentence="Whoever drew this drug is never the only witness of its waste: ask another nurse or a prescriber.",
        )
    return None


def broken_by_second(*, by: UUID, second: UUID, touched: Collection[UUID], alone: bool) -> Broken | None:
    """A variance is posted by two; the second has not handled that drug that day, unless nobody else is here."""
    if second == by:
        return Broken(
            rule="CUS-SECOND-SELF",
            sentence="A difference is posted by two people: ask somebody else to sign in here.",
        )
    if second in touched and not alone:
        return Broken(
            rule="CUS-SECOND-TOUCHED",
            sentence="The second person has drawn, given or wasted this drug today: ask somebody who has not, "
            "or say that nobody else is in the clinic.",
        )
    return None


def broken_by_text(text: str, *, what: str) -> Broken | None:
    """Why, what was searched, what was found: never empty."""
    if text.strip():
        return None
    return Broken(rule="CUS-WORDS", sentence=f"{what}: whoever reads the register later must know.")


def broken_by_void(kind: Kind, *, voided: bool) -> Broken | None:
    """A row is voided once; a void stands; a dose is corrected where it was charted."""
    if kind is Kind.VOID or voided:
        return Broken(
            rule="CUS-VOID-TWICE",
            sentence="This row is voided already, or is itself a void: book what really happened as a new row.",
        )
    if kind is Kind.GIVE:
        return Broken(
            rule="CUS-VOID-DOSE",
            sentence="A dose is written by the infusion log: correct the entry there, and the register follows.",
        )
    return None


def broken_by_hand_on(*, same_visit: bool, same_drug: bool, other_is_open: bool) -> Broken | None:
    """A vial goes from one visit to another one of today that is still booked and orders the same drug and strength."""
    if same_visit or not other_is_open:
        return Broken(
            rule="CUS-HAND-ON",
            sentence="A vial is handed on to another visit of today that is still booked: choose that one.",
        )
    if not same_drug:
        return Broken(
            rule="CUS-HAND-ON-DRUG",
            sentence="The other visit orders another drug or strength: return this vial to the safe instead.",
        )
    return None


def broken_by_undrawn(*, short_ug: int, words: str, may_wait: bool) -> Broken | None:
    """A controlled drug given beside the infusion was drawn for the visit first.

    What already happened is never lost: an entry that arrives late, or is made in an emergency, is charted and the
    register shows it as not drawn until somebody draws it [design] until the medical director sets it.
    """
    if short_ug <= 0 or may_wait:
        return None
    return Broken(
        rule="CUS-UNDRAWN",
        sentence=f"{mg_words(short_ug)} of {words} is charted that nobody drew for this visit: draw it first, then "
        "record it. In an emergency, open the emergency and record it there at once.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount as a page shows it: mg, mL at its vial's strength, and whole µg, always together."""

    ug: int
    mg_per_ml: Decimal

    @property
    def mg(self) -> Decimal:
        return milligrams(self.ug)

    @property
    def ug_words(self) -> str:
        """Whole micrograms in groups of three: "35,500"."""
        return f"{self.ug:,}"

    @property
    def ml(self) -> Decimal:
        return millilitres(self.ug, mg_per_ml=self.mg_per_ml)


class VialState(StrEnum):
    """What everybody may see of a vial, also before a count."""

    SEALED = "sealed"
    OPENED = "opened"
    EMPTY = "empty"
    EXPIRED = "expired"


def vial_state(*, left_ug: int, content_ug: int, expires_on: date, today: date) -> VialState:
    """What a vial in the safe looks like."""
    if left_ug <= 0:
        return VialState.EMPTY
    if expires_on < today:
        return VialState.EXPIRED
    return VialState.SEALED if left_ug == content_ug else VialState.OPENED
