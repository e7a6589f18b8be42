"""The page of figures: each says what measures it, nothing is typed, and what was not measured is not dressed up as met."""

import json
from pathlib import Path

from tools import reliability as publishing
from tools.manual import reliability

ROOT = Path(__file__).resolve().parents[2]
FIGURES = [figure for group in reliability.groups() for figure in group["figures"]]


def test_each_figure_stands_once_and_names_a_command_or_a_test_that_exists():
    names = [one["name"] for one in FIGURES]
    assert len(names) == len(set(names))
    commands = (ROOT / "Makefile").read_text(encoding="utf-8")
    for one in FIGURES:
        by = one["measured_by"]
        assert (
            f"\n{by.removeprefix('make ')}:" in commands if by.startswith("make ") else (ROOT / by).is_file()
        ), by


def test_what_was_not_measured_says_so_and_what_failed_is_not_met(tmp_path, monkeypatch):
    name = FIGURES[0]["name"]
    monkeypatch.setattr(reliability, "MEASURED", tmp_path / "measured.json")
    assert "yes" not in reliability.reliability()
    for value, told in (
        (None, "the round failed | no"),
        (9.5, "9.5 ms (3 runs) | yes"),
        (10.5, "10.5 ms (3 runs) | no"),
    ):
        rows = {name: {"value": value, "runs": 3, "note": ""}}
        reliability.MEASURED.write_text(
            json.dumps({"on": "2026-11-28", "machine": "two cores", "rows": rows})
        )
        page = reliability.reliability()
        assert f"| at most 10 ms | {told} |" in page
        assert page.count("not measured") == len(FIGURES) - 1


def test_it_publishes_only_what_a_benchmark_left_and_the_page_names(tmp_path, monkeypatch):
    name = FIGURES[0]["name"]
    rows = [
        {"name": one, "value": 1.0, "runs": 2, "note": "", "unit": "", "goal": 1} for one in (name, "another")
    ]
    (tmp_path / "monitor.json").write_text(json.dumps(rows))
    for module in (reliability, publishing):
        monkeypatch.setattr(module, "MEASURED", tmp_path / "out" / "measured.txt")
    (tmp_path / "out").mkdir()
    publishing.main([str(tmp_path)])
    assert list(reliability.measured()["rows"]) == [name]
