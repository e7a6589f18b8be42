"""Rows of the slow rounds: each name once, whoever writes it, and a round that failed says so."""

import json
import re

import pytest
from tools.bench.rows import Row, table
from tools.bench_chair import night
from tools.bench_chair.__main__ import as_row


def a_row(name, value):
    return Row(name=name, value=value, unit="entries", goal=0, better="equal", runs=3)


def test_a_name_stands_once_and_the_newest_counts(tmp_path):
    out = tmp_path / "bench" / "nightly.json"
    for name, value in (("b", 1), ("a", 0), ("b", 0)):
        night.keep(a_row(name, value), out)
    assert [(one["name"], one["value"], one["met"]) for one in json.loads(out.read_text())] == [
        ("a", 0, True),
        ("b", 0, True),
    ]


@pytest.mark.parametrize(("fails", "value"), [(False, 0), (True, None)])
def test_a_round_that_failed_is_not_met(monkeypatch, fails, value):
    kept = []
    monkeypatch.setattr(night, "keep", kept.append)

    def round_of():
        with night.none_lost("lost", unit="entries", runs=2):
            assert not fails

    if fails:
        with pytest.raises(AssertionError):
            round_of()
    else:
        round_of()
    assert [(one.value, one.met) for one in kept] == [(value, not fails)]


def test_whether_it_is_met_is_worked_out():
    told = {
        "name": "x",
        "value": 9,
        "unit": "ms",
        "goal": 8,
        "better": "lower",
        "met": True,
        "runs": 1,
        "note": "",
    }
    assert not as_row(told).met


def test_the_table_begins_with_the_pace_of_the_machine():
    first, _, *rows = table([a_row("a", 0), a_row("b", None)]).splitlines()
    assert re.fullmatch(r"This machine now: a million additions in Python take \d+ ms of one core\.", first)
    assert [row.split()[0] for row in rows] == ["a", "b"]
