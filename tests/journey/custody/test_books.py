"""The pure books: a way that is none, an amount that is not there, a sum that stays zero, a period that proves."""

from uuid import UUID

import pytest
from tools.bench_chair.__main__ import as_row
from tools.bench_chair.custody import measure
from tools.bench_chair.night import keep

from ebbtide.journey.custody.books import Books, Posted, Statement, statement
from ebbtide.journey.custody.rules import Kind, Place

VIAL, ONE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def row(kind, from_place, to_place, amount_ug=10, **visits):
    return Posted(
        kind=kind, vial=VIAL, amount_ug=amount_ug, from_place=from_place, to_place=to_place, **visits
    )


RECEIVED = row(Kind.RECEIVE, Place.SUPPLIER, Place.SAFE, 100)
DRAWN = row(Kind.DRAW, Place.SAFE, Place.SESSION, 60, to_visit=ONE)


def books(*rows):
    found = Books()
    for one in rows:
        assert found.broken_by(one) is None
        found.post(one)
    return found


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (row(Kind.GIVE, Place.SAFE, Place.GIVEN), "CUS-WAY"),
        (row(Kind.TRANSFER, Place.SESSION, Place.SESSION, from_visit=ONE, to_visit=ONE), "CUS-WAY"),
        (row(Kind.GIVE, Place.SESSION, Place.GIVEN, 61, from_visit=ONE), "CUS-SHORT"),
        (row(Kind.GIVE, Place.SESSION, Place.GIVEN, 1, from_visit=OTHER), "CUS-SHORT"),
        (row(Kind.GIVE, Place.SESSION, Place.GIVEN, 0, from_visit=ONE), "CUS-AMOUNT"),
    ],
)
def test_what_is_not_there_never_moves(wrong, rule):
    assert books(RECEIVED, DRAWN).broken_by(wrong).rule == rule


def test_a_row_and_its_reverse_leave_nothing_behind():
    found = books(RECEIVED, DRAWN, DRAWN.reverse())
    assert (found.holds(Place.SAFE, VIAL), found.holds(Place.SESSION, VIAL, ONE), found.total_ug) == (
        100,
        0,
        0,
    )


def test_a_period_proves_when_its_rows_lead_from_opening_to_closing():
    rows = [RECEIVED, DRAWN, row(Kind.GIVE, Place.SESSION, Place.GIVEN, 25, from_visit=ONE)]
    found = statement(opening_ug=7, rows=rows, closing_ug=82)
    assert found == Statement(
        opening_ug=7, changes_ug={Kind.RECEIVE: 100, Kind.DRAW: 0, Kind.GIVE: -25}, closing_ug=82
    )
    assert found.proves
    assert not statement(opening_ug=7, rows=rows, closing_ug=83).proves


def test_random_steps_never_leave_the_books_open():
    found = measure(5_000)
    assert (found["value"], found["met"], found["runs"]) == (0, True, 5_000)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_million_random_steps_never_leave_the_books_open():
    row = as_row(measure())
    keep(row)
    assert row.met


def test_it_bites(monkeypatch):
    monkeypatch.setattr(Books, "post", _forgetful)
    assert measure(2_000)["value"] > 0


def _forgetful(self, one):
    """A book that forgets where the drug came from."""
    self.held_ug[one.to_place, one.to_visit, one.vial] += one.amount_ug
