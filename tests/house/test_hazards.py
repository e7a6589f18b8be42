"""The hazard log names tests that exist, and calls nothing controlled that is not."""

import pytest
from tools.manual.hazards import STATES, evidence, hazard_log

HAZARDS = hazard_log()


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda one: one["id"])
def test_every_evidence_is_a_test_that_runs(hazard):
    for name in hazard.get("evidence", ()):
        found = evidence(name)
        assert found.exists, f"{hazard['id']} names {name}, which is not there"
        assert found.counts, (
            f"{hazard['id']} names {name}, which is skipped, expected to fail, or run by nobody"
        )


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda one: one["id"])
def test_controlled_has_evidence_and_open_says_what_is_missing(hazard):
    assert hazard["status"] in STATES
    is_open = bool(hazard.get("open", "").strip())
    assert (hazard["status"] == "open") == is_open
    assert is_open or hazard.get("evidence")


def test_no_hazard_is_named_twice_and_none_was_lost():
    ids = [one["id"] for one in HAZARDS]
    assert ids == [f"H{number}" for number in range(1, 36)]


def test_it_tells_a_test_that_is_not_there_or_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.manual.hazards.HOME", tmp_path)
    (tmp_path / "t.py").write_text(
        "import pytest\n"
        "@pytest.mark.xfail\ndef test_a(): ...\n"
        "@pytest.mark.nightly\ndef test_b(): ...\n"
        "def test_c(): ...\n",
        encoding="utf-8",
    )
    told = {name: evidence(f"t.py::{name}") for name in ("test_a", "test_b", "test_c", "test_d")}
    assert [told[name].exists for name in told] == [True, True, True, False]
    assert [told[name].counts for name in told] == [False, True, True, False]
    assert told["test_b"].by_night
    assert not evidence("gone.py").exists
    assert not evidence("t.py").by_night
