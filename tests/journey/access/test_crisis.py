"""Words of self-harm are found in English and Spanish, however they are typed; ordinary pain is not."""

import pytest

from ebbtide.journey.access.crisis import speaks_of_self_harm


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "some days I think of SUICIDE",
        "I\u2019d rather kill myself",
        "I am not suicidal, but tired",
        "everyone would be better off without me",
        "I don\u2019t want to wake up",
        "I cut  myself",
        "self-harm in the past",
        "No quiero vivir así",
        "pienso en quitarme la vida",
        "quiero   morirme",
        "me hago daño",
        "there is no reason to live",
    ],
)
def test_it_hears_them(text):
    assert speaks_of_self_harm("", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The pain is killing me slowly at work",
        "I died of laughter",
        "Burning in my hand since the accident",
        "my mother died last year",
        "Cut my hand in 2019",
        "el dolor me mata por la noche",
    ],
)
def test_it_leaves_ordinary_words_alone(text):
    assert not speaks_of_self_harm(text)
