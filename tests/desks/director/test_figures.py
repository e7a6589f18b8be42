"""The words of the director's figures."""

from ebbtide.desks.director.figures import hours_in_words, percent


def test_it_speaks_of_days_after_two() -> None:
    assert [hours_in_words(47.4), hours_in_words(60)] == ["47 h", "2.5 days"]


def test_it_says_a_share_in_whole_per_cent() -> None:
    assert percent(0.666) == "67\N{NO-BREAK SPACE}%"
