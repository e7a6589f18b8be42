"""The words of the validation page that do not change with the numbers, and how a number is written there."""

from ebbtide.pharmacology import Mark

MARKS = {
    Mark.SEEN: "seen (read in the paper's own abstract or table)",
    Mark.SECOND_HAND: "second-hand (read in a transcription, a review or off a figure)",
    Mark.RECALLED: "recalled (from memory, not yet confirmed)",
    Mark.DESIGN: "design (our own choice)",
    Mark.COMPUTED: "computed (by us)",
}

OPENING = """\
This page holds Ebbtide's pharmacology against what others have published, and says where it fails. It is written for \
clinicians, who may stop after the first table, and for pharmacometricians, who should not.

Two things first. A predicted concentration is a model's number and not a measurement; and no concentration is known \
to predict the relief of chronic pain. Nothing on this page changes that. \
[How ketamine moves](../explanation/how-ketamine-moves.md) explains the words."""

CANNOT = """\
- **It cannot prove that a curve is right for one person.** Every curve that anybody could read off a figure is of a \
group. No public set of concentrations of single people was found.
- **It cannot prove independence.** The digitised curves come from the group whose data may also stand behind \
`kamp_2020`, and it is open whether the line in the figure is an observed mean or a model's.
- **It cannot prove anything about venous blood at the end of a short infusion.** Arterial and venous models differ \
there by a factor of up to two, and the venous data that would decide it are held back (T7) or not public.
- **It cannot prove that concentration means relief.** The one model of long-lasting relief fits one regimen in one \
diagnosis; a study in the same diagnosis found that levels did not explain the response (Goldberg 2011, seen).
- **It says nothing of children, pregnancy, liver disease, strong inducers or inhibitors, or critical illness.** \
The models refuse there, and nobody has tried them."""

GLOSSARY = """\
- **MDPE, MDAPE**: median of the prediction errors, and of their sizes; error = (model - observed) / observed. The \
first is bias, the second imprecision. **GMR**: geometric mean of model over observed. **Within two-fold**: share of \
points at which the model is between half and twice the observation.
- **Peak**: an error "of the peak" is divided by the highest value of its own curve.
- **Verdicts**: *passed*, within the tolerance that was written down before; *known failure*, outside it, known, kept \
and shown; *failed*, outside it and new; *information only*, shown and not judged; *held for acceptance*, the data \
are kept from those who write the code; *data absent*, nothing was compared.
- **Marks**: {marks}."""

CREDIT = """\
The points were read off Figure 1 of Kamp J and others, Br J Anaesth 2020;125:750-761 (doi 10.1016/j.bja.2020.06.067), \
arterial plasma, by Anand Srinivasan and co-authors (repository indand21/ketamine_therapeutic_window, MIT licence, \
copyright 2026). The licence covers the numbers; the figure belongs to the paper. Time zero is left out, because the \
digitised value there is an artefact, and so are zeros of norketamine. Rates are read as mg of free base, which the \
source does not say."""

HEAD_TO_HEAD = """\
The whole dose enters each model as it is, in 70 kg. A model of venous blood is *expected* to read low here: the \
curves are arterial, and the table shows by how much. It is no ranking of models for a clinic that draws from a vein. \
Norketamine is compared mole for mole; three models have it. For `otto_2021` and `perez_ruixo_2021`, whose sources do \
not correct for molecular weight, reading their numbers as mass of norketamine instead would give {otto} and {perez} \
as the median size of the error."""

COMMON_DOSE = """\
The same dose in every offered model: 0.5 mg/kg over 40 min in 70 kg. At the end of the infusion the six lie \
between {end} ng/mL, the arterial ones above the venous ones; forty minutes later between {later} ng/mL, and the site \
no longer sorts them. The diamond is the venous level quoted most for this dose (Zarate \
2006, second-hand). A level without its sampling site means nothing."""

ORACLES = """\
These tests ask one question only: are the equations solved correctly? They say nothing of people. The equations were \
written a second time from the data file, without a line of the library, and solved by two programs of SciPy for \
random people (45 to 130 kg, 18 to 75 years) of all offered models under random schedules: up to four rates with and \
without pauses, boluses at once or over a minute, edges on no grid. Species: ketamine, every metabolite, and for the \
engines for many people an effect site. The compiled engine for many people is a program of its own. The error is the worst of all curves. It is given as a power of ten that holds \
on any processor; `make validation` prints the digits."""


SMALLEST_POWER = -11


COVERAGE = """\
A 90 % band should hold nine in ten measurements. Bands were drawn from {band} virtual adults with chronic pain, and \
{fresh} measurements of other virtual people were laid over them: 0.5 mg/kg over 40 min, twelve times in four hours. \
The share inside should be 88 to 92 %. This proves the arithmetic of the bands and no more, because the fresh people \
come from the same model; whether real people lie inside, nothing public can tell. The spread of `kamp_2020` is \
borrowed from `simons_2022`, because its own was not obtained; `domino` and `clements_250` have none and no row. The \
mixture draws from the models above it."""


def number(value: float) -> str:
    """A number with three figures, whole above a hundred; what is next to nothing as a power of ten above it."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"below {rung(value)}" if abs(value) < 1e-6 else f"{value:.3g}"


def rung(value: float) -> str:
    """A power of ten at least twice the value, never below 1e-11: another processor's last bits stay below it."""
    power = SMALLEST_POWER
    while 10.0**power < 2 * abs(value):
        power += 1
    return f"1e{power}"


def sentence(words: str) -> str:
    """The words with a capital first letter, as they stand at the start of a line; a model's id keeps its own."""
    return words if "_" in words.split(maxsplit=1)[0] else words[0].upper() + words[1:]
