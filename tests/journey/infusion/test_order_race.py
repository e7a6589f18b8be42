"""H7: the order is changed while the nurse acts on it. Whichever comes first, no start stands on an order that was taken back before."""

import json
import os

import pytest
from tools.bench.one_slot import python_on, scratch

MODULE = "tests.journey.infusion.order_race"
RACERS = 2  # processes, each with a person and a chair of its own


def raced(trials, how="race"):
    with scratch(os.environ["DATABASE_URL"]) as url:
        python_on("prepare", url=url, module=MODULE).communicate_or_fail()
        shares = [trials // RACERS] * RACERS
        running = [
            python_on(how, str(n), str(share), url=url, module=MODULE) for n, share in enumerate(shares)
        ]
        told = [json.loads(one.communicate_or_fail()) for one in running]
    return {name: sum((one[name] for one in told), type(told[0][name])()) for name in told[0]}


def check(trials):
    found = raced(trials)
    assert (found["stale"], found["others"]) == (0, [])
    assert found["given"] + found["refused"] == trials
    assert min(found["given"], found["refused"]) > trials // 20, "one of the two always came first: no race"


@pytest.mark.nightly
def test_h07_no_stale_activation():
    check(200)


@pytest.mark.nightly
def test_the_race_would_notice_a_start_that_does_not_wait_for_its_order():
    assert raced(100, "without_the_turn")["stale"] > 0


@pytest.mark.weekly
@pytest.mark.timeout(3600)
def test_h07_no_stale_activation_in_ten_thousand_trials():
    check(10_000)
