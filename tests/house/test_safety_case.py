"""The safety case names tests that run and hazards that are there, and calls nothing shown that is not."""

import pytest
from tools.manual.hazards import evidence, hazard_log
from tools.manual.safety_case import missing, safety_case, the_case

CLAIMS = the_case()["claims"]
HAZARDS = {one["id"]: one for one in hazard_log()}
OF_THE_MONITOR = {"H12", "H13", "H14", "H15", "H16", "H17", "H34"}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one["id"])
def test_every_claim_has_an_argument_a_hazard_and_tests_that_run(claim):
    assert claim["argument"].strip()
    assert claim["answers"]
    assert set(claim["answers"]) <= set(HAZARDS)
    assert claim["evidence"]
    for name in claim["evidence"]:
        found = evidence(name)
        assert found.exists, f"{claim['id']} names {name}, which is not there"
        assert found.counts, f"{claim['id']} names {name}, which does not count"


def test_every_hazard_of_the_monitor_is_answered_by_a_claim():
    assert {name for claim in CLAIMS for name in claim["answers"]} >= OF_THE_MONITOR


def test_no_claim_is_named_twice():
    assert [one["id"] for one in CLAIMS] == [f"C{number}" for number in range(1, len(CLAIMS) + 1)]


def test_a_claim_is_shown_only_while_its_hazards_are_controlled():
    controlled = next(name for name, one in HAZARDS.items() if one["status"] == "controlled")
    opened = next(name for name, one in HAZARDS.items() if one["status"] == "open")
    assert missing({"answers": [controlled]}) == []
    assert missing({"answers": [controlled, opened]}) != []
    assert missing({"answers": [controlled], "open": "nobody looked"}) == ["nobody looked"]


def test_the_page_says_what_is_not_yet_shown():
    told = safety_case().partition("### C8")[2]
    assert "Not yet shown" in told
    assert HAZARDS["H17"]["open"] in told
