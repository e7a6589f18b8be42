"""Which part of a dose enters a model: its own drug whole, the S half of a racemate, and otherwise a sentence."""

import pytest

from ebbtide.pharmacology.doses.entering import Entering, entering
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug

R, S, RACEMIC = Drug.R, Drug.S, Drug.RACEMIC


@pytest.mark.parametrize(
    ("model_id", "given", "of", "modelled", "share"),
    [
        ("kamp_2020", None, RACEMIC, RACEMIC, 1.0),
        ("kamp_2020", RACEMIC, RACEMIC, RACEMIC, 1.0),
        ("kamp_2020", S, S, S, 1.0),
        ("kamp_2020", R, R, R, 1.0),
        ("simons_2022", None, S, S, 1.0),
        ("simons_2022", S, S, S, 1.0),
        ("simons_2022", RACEMIC, RACEMIC, S, 0.5),
        ("otto_2021", RACEMIC, RACEMIC, S, 0.5),
        ("perez_ruixo_2021", RACEMIC, RACEMIC, S, 0.5),
        ("domino", None, RACEMIC, RACEMIC, 1.0),
        ("clements_250", RACEMIC, RACEMIC, RACEMIC, 1.0),
    ],
)
def test_it_says_what_enters(model_id, given, of, modelled, share):
    found = entering(the_library().model(model_id), given)
    assert isinstance(found, Entering)
    assert (found.given, found.modelled, found.share) == (of, modelled, share)
    assert (found.words is None) == (share == 1.0)


def test_it_says_that_it_is_s_alone():
    found = entering(the_library().model("otto_2021"), RACEMIC)
    assert found.words.startswith(
        "S-ketamine alone: otto_2021 describes S-ketamine, so half of the racemic dose"
    )


@pytest.mark.parametrize(
    ("model_id", "given", "sentence"),
    [
        (
            "domino",
            S,
            "domino describes racemic ketamine and cannot speak about S-ketamine: choose another model",
        ),
        ("clements_250", R, "clements_250 describes racemic ketamine and cannot speak about R-ketamine"),
        ("simons_2022", R, "simons_2022 describes S-ketamine and cannot speak about R-ketamine"),
        ("hijazi_2003", RACEMIC, "describes a ketamine that its source does not name and cannot speak about"),
    ],
)
def test_it_lets_nothing_in_that_the_model_cannot_speak_about(model_id, given, sentence):
    assert sentence in entering(the_library().model(model_id), given)
