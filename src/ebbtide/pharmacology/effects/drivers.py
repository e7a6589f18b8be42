"""Which concentration drives an effect, how fast the effect site follows, and what must be said beside it.

Effects follow S-ketamine where their source says so: after the racemate about half of the dose enters as S, and
R-ketamine alone drives nothing. A rate constant that was not obtained is borrowed only when somebody asks for it.
Source: pharmacology facts 1.5, 1.6, 3.1. Checked in tests/pharmacology/test_drivers.py.
"""

import math
from dataclasses import dataclass

from ebbtide.pharmacology.effects.anchors import site_mismatch
from ebbtide.pharmacology.effects.models import MIN_PER_H, Driver, EffectModel, EffectSite, Sigmoid
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Drug, Mark, Model, Range
from ebbtide.pharmacology.published.validity import COUNTERPART, NAMES, modelled

S_OF_THE_RACEMATE = 0.5  # of the dose: the mixture is 1:1; of the concentration slightly less (facts 1.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverShare:
    """How much of the curve that a kinetic model gives for the whole dose drives an effect.

    Attributes:
        share: Factor of that curve, 0 to 1; ``None`` when nothing can be said.
        drug: What the driving concentration is of; racemic means the total of both forms.
        sentences: What was assumed, or why there is no share.
    """

    share: float | None
    drug: Drug
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRate:
    """The rate constant of an effect site, with whose it is.

    Attributes:
        half_time_min: Half-time (min).
        interval_min: Published interval or range (min).
        borrowed_from: Id of the effect that lends it, ``None`` when it is the effect's own.
        sentence: What must be said beside it.
    """

    half_time_min: float
    interval_min: Range | None
    borrowed_from: str | None
    sentence: str

    @property
    def ke0_per_h(self) -> float:
        """Rate constant ke0 = ln 2 / half-time (1/h)."""
        return MIN_PER_H * math.log(2) / self.half_time_min


def driver_share(effect: EffectModel, *, given: Drug, pk_model: Model) -> DriverShare:
    """What drives an effect when ``given`` goes in and the whole dose enters ``pk_model``.

    Kinetics are linear, so half of the dose and half of the curve are the same. An S-ketamine model and the racemate
    stand in for each other as a comparison that says so; R-ketamine and a drug that nobody names have no stand-in.
    """
    if given is Drug.UNKNOWN:
        return _nothing_said("It is not known which ketamine is given: name it first.", given)
    if effect.driven_by_s_alone and given is Drug.R:
        return DriverShare(share=0.0, drug=Drug.S, sentences=(_of_r_alone(effect),))
    if given not in pk_model.drugs and COUNTERPART.get(given) not in pk_model.drugs:
        return _nothing_said(
            f"{pk_model.id} describes {modelled(pk_model)} and cannot speak about {NAMES[given]}: choose another "
            "model.",
            given,
        )
    if effect.driven_by_s_alone:
        return _by_s(effect, given, pk_model)
    return _by_the_total(effect, given, pk_model)


def _nothing_said(sentence: str, given: Drug) -> DriverShare:
    return DriverShare(share=None, drug=given, sentences=(sentence,))


def _of_r_alone(effect: EffectModel) -> str:
    if isinstance(effect.form, Sigmoid) and effect.form.r_effect == 0:
        return f"R-ketamine drives nothing here: {effect.id} found no effect of it."
    return f"R-ketamine drives nothing here: {effect.id} studied S-ketamine, and what R adds is not known."


def _by_s(effect: EffectModel, given: Drug, pk_model: Model) -> DriverShare:
    if given is Drug.S:
        return DriverShare(share=1.0, drug=Drug.S, sentences=_stands_in(given, pk_model))
    said = (
        "Driven by S-ketamine: about half of the racemic dose (slightly less of the concentration) counts in "
        f"{effect.id}"
    )
    how = (
        f", and half of the dose enters {pk_model.id}, which describes {modelled(pk_model)}."
        if Drug.RACEMIC not in pk_model.drugs
        else f", taken as half of the total that {pk_model.id} predicts."
    )
    return DriverShare(share=S_OF_THE_RACEMATE, drug=Drug.S, sentences=(f"{said}{how}",))


def _by_the_total(effect: EffectModel, given: Drug, pk_model: Model) -> DriverShare:
    said = list(_stands_in(given, pk_model))
    if Driver.RACEMIC in effect.drivers and given is not Drug.RACEMIC:
        said.append(f"{effect.id} is about the total after the racemate, and {NAMES[given]} is given.")
    return DriverShare(share=1.0, drug=given, sentences=tuple(said))


def _stands_in(given: Drug, pk_model: Model) -> tuple[str, ...]:
    if given in pk_model.drugs:
        return ()
    return (
        f"A comparison, not a prediction: {NAMES[given]} enters a model of {modelled(pk_model)} with its whole dose.",
    )


def site_rate(effect: EffectModel, *, borrow_from: EffectModel | None = None) -> SiteRate:
    """The rate constant of an effect's site: its own, or another's when it has none and borrowing is asked for.

    Args:
        effect: Whose effect site.
        borrow_from: Whose half-time may stand in when the effect's own was not obtained [design]; an effect that has
            its own keeps it.

    Raises:
        NotComputable: The effect has no effect site, or its half-time was not obtained and nobody lends one.
    """
    if effect.effect_site is None:
        raise NotComputable(f"{effect.id} has no effect site: it is driven by the concentration itself.")
    own = effect.effect_site
    if own.half_time_min is not None:
        sentence = f"Effect site of {effect.id}: half-time {own.half_time_min:g} min{_spread(own)}."
        return SiteRate(
            half_time_min=own.half_time_min,
            interval_min=own.interval_min,
            borrowed_from=None,
            sentence=sentence,
        )
    if borrow_from is None:
        raise NotComputable(
            f"The half-time of the effect site (min) of {effect.id} was not obtained: name the effect to borrow it "
            "from."
        )
    lent = site_rate(borrow_from)
    return SiteRate(
        half_time_min=lent.half_time_min,
        interval_min=lent.interval_min,
        borrowed_from=borrow_from.id,
        sentence=(
            f"The effect site of {effect.id} was not obtained: its half-time of {lent.half_time_min:g} min is borrowed "
            f"from {borrow_from.id} [{Mark.DESIGN}]."
        ),
    )


def _spread(site: EffectSite) -> str:
    return "" if site.interval_min is None else f" ({site.interval_is} {site.interval_min})"


def cautions_of(
    effect: EffectModel, *, given: Drug, pk_model: Model, rate: SiteRate | None = None
) -> tuple[str, ...]:
    """What must be said wherever an effect is shown, the most important first; sites that differ are named."""
    said = [*effect.cautions, *driver_share(effect, given=given, pk_model=pk_model).sentences]
    mismatch = site_mismatch(pk_model.site, effect.site)
    if mismatch is not None:
        said.append(mismatch)
    if rate is not None:
        said.append(rate.sentence)
    gamma = getattr(effect.form, "gamma", None)
    if gamma is not None and gamma.mark is Mark.DESIGN:
        said.append(f"The steepness {gamma.single:g} is our own choice: its source gives none.")
    if effect.note is not None:
        said.append(f"From the source: {effect.note}.")
    said.append(f"Source: {effect.source} [{effect.mark.replace('_', ' ')}].")
    return tuple(said)
