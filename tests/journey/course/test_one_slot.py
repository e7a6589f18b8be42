"""T4: one slot, many processes, one winner. The whole round runs at night; a small one always."""

import json
import os

import pytest
from tools.bench.one_slot import one_slot, python_on, scratch


def check(attempts):
    found = one_slot(os.environ["DATABASE_URL"], attempts=attempts, processes=8)
    assert (found["winners"], found["refusals"]) == (1, attempts - 1)
    assert (found["deadlocks"], found["others"]) == (0, 0)
    return found


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_10_000_attempts_have_one_winner_and_9_999_clear_refusals():
    check(10_000)


def test_four_people_who_book_the_same_chairs_at_once_get_one_series():
    with scratch(os.environ["DATABASE_URL"]) as url:
        found = json.loads(python_on(url=url, module="tests.journey.course.at_once").communicate_or_fail())
    assert found == {"told": ["SLOT-TAKEN"] * 3 + ["booked"], "visits": 5}
