"""MLLP frames: split anywhere, with anything between them, and never longer than they may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.doors.hl7v2.framing import Framer, TooLong, framed

BODY = st.binary(max_size=60).map(lambda b: b.replace(b"\x0b", b"").replace(b"\x1c", b""))


@given(st.lists(BODY, max_size=5), BODY, st.lists(st.integers(1, 20), min_size=1, max_size=30))
def test_it_finds_the_same_messages_however_they_are_cut(bodies, between, cuts) -> None:
    stream = between + between.join(framed(body) for body in bodies) + between
    framer, found, place, number = Framer(), [], 0, 0
    while place < len(stream):
        size = cuts[number % len(cuts)]
        found += framer.feed(stream[place : place + size])
        place, number = place + size, number + 1
    assert found == bodies
    assert not framer.is_inside


def test_it_keeps_nothing_of_what_stands_between_frames() -> None:
    framer = Framer(most_bytes=10)
    assert list(framer.feed(b"x" * 10_000)) == []
    assert framer.kept_bytes == 0


def test_it_drops_a_frame_that_was_cut_off_by_the_next() -> None:
    assert list(Framer().feed(b"\x0bMSH|lost" + framed(b"MSH|whole"))) == [b"MSH|whole"]


def test_it_gives_what_was_whole_before_it_refuses_what_is_too_long() -> None:
    framer = Framer(most_bytes=8)
    found = framer.feed(framed(b"short") + b"\x0b" + b"y" * 9)
    assert next(found) == b"short"
    with pytest.raises(TooLong, match="longer than 8 bytes"):
        next(found)
    assert framer.kept_bytes == 0
