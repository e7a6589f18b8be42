"""Two screens at one safe: the same milligram is never taken twice, through the actions or past them."""

import json
import os

from tools.bench.one_slot import python_on, scratch


def test_four_people_at_one_vial_take_no_more_than_it_holds():
    with scratch(os.environ["DATABASE_URL"]) as url:
        found = json.loads(python_on(url=url, module="tests.journey.custody.at_once").communicate_or_fail())
    assert found == {
        "drawn": ["CUS-SHORT", "CUS-SHORT", "done", "done"],
        "left_first_mg": 100,
        # rows written straight into the table: the trigger alone holds them apart
        "past_the_actions": ["done", "done", "movement_never_below_zero", "movement_never_below_zero"],
        "left_second_mg": 100,
        "given": ["CUS-SHORT", "done", "done", "done"],
        "in_hand": 0,
    }
