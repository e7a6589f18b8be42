"""Which part of a dose enters a model, when what is given is not what the model describes. Pure rules, in words.

The racemate is half S-ketamine and half R-ketamine by mass. A model of S-ketamine alone can speak about the S half of
a racemic dose and about nothing else; the other way round there is no honest number, because the two halves are not
cleared alike (S about 1.2 L/min and R about 1.06 L/min, Henthorn 2018 [seen]). Checked in
tests/pharmacology/test_entering.py.
"""

from dataclasses import dataclass

from ebbtide.pharmacology.published.models import Drug, Model
from ebbtide.pharmacology.published.validity import NAMES, modelled

S_SHARE_OF_RACEMATE = 0.5  # by mass: a 1:1 mixture of two mirror forms weighs the same on both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """What enters a model.

    Attributes:
        given: What is given to the person.
        modelled: What the curve is a curve of.
        share: Part of the dose that enters (0 to 1).
        words: What must be said about it, or ``None`` when the model describes just what is given.
    """

    given: Drug
    modelled: Drug
    share: float
    words: str | None = None


def entering(model: Model, given: Drug | None) -> Entering | str:
    """What enters a model, or the sentence that says why nothing may.

    Args:
        model: The model that is asked.
        given: What is given; ``None`` for the model's own drug, the first that it names.
    """
    if given is None or given in model.drugs:
        own = given or model.drugs[0]
        return Entering(given=own, modelled=own, share=1.0)
    if given is Drug.RACEMIC and Drug.S in model.drugs:
        return Entering(
            given=given,
            modelled=Drug.S,
            share=S_SHARE_OF_RACEMATE,
            words=f"S-ketamine alone: {model.id} describes {modelled(model)}, so half of the racemic dose enters it. "
            "The R half is not in these numbers, and the two together are more.",
        )
    return (
        f"{model.id} describes {modelled(model)} and cannot speak about {NAMES[given]}: choose another model, or leave "
        "out the drug to see the model's own."
    )
