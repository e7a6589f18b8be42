"""`ebbtide drill`: it plays on a chair of a demonstration that is open, and says plainly why it does not elsewhere."""

import fcntl
import json
from datetime import UTC, datetime

import pytest

from ebbtide.ground.database import layout_of
from ebbtide.site.cli import main
from ebbtide.site.commands.drill import LONGEST_MIN
from ebbtide.twin.monitors.drills import announce, ordered

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def a_folder(tmp_path, monkeypatch):
    """A data folder: what it holds, whether it is open, and how many monitors play."""
    monkeypatch.setenv("EBBTIDE_CLOCK", "")
    monkeypatch.setenv("EBBTIDE_CLOCK_ORIGIN", "")
    held = []

    def make(*, kind="demonstration", is_open=True, monitors=2):
        folder = tmp_path / "d"
        folder.mkdir()
        (folder / "kind").write_text(f"{kind}\n")
        told = {"setting": f"{AT.isoformat()}@0.0001", "origin_s": 0.0, "shown_at": AT.isoformat()}
        (folder / "demo-clock.json").write_text(json.dumps(told))
        if monitors:
            announce(folder, monitors)
        if is_open:
            held.append(layout_of(folder).lock.open("w"))
            fcntl.flock(held[-1], fcntl.LOCK_EX)
        return folder

    yield make
    for one in held:
        one.close()


def asked(capsys, *words):
    status = main(["drill", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_it_plays_a_script_on_a_chair_in_the_demonstrations_own_time(a_folder, capsys):
    folder = a_folder()
    status, out, err = asked(capsys, "hypertension", "--chair", 2, "--data", folder)
    assert (status, err) == (0, "")
    drill = ordered(folder)[2]
    assert (drill.kind, drill.lasts_s) == ("hypertension", 600)
    assert drill.begins_at.year == 2026
    assert "on chair 2, from now, for 10 min" in out
    assert "Expect: Pressure is high (medium) within 22 s." in out
    assert "Expect: Pressure is high (high) within 97 s." in out
    assert "ebbtide drill end --chair 2" in out


def test_it_lasts_as_long_as_asked_and_promises_no_more(a_folder, capsys):
    folder = a_folder()
    _, out, _ = asked(capsys, "hypertension", "--chair", 1, "--minutes", 1.5, "--data", folder)
    assert ordered(folder)[1].lasts_s == 90
    assert "(medium)" in out
    assert "(high)" not in out


def test_it_ends_what_is_played_and_says_when_nothing_is(a_folder, capsys):
    folder = a_folder()
    assert asked(capsys, "end", "--chair", 2, "--data", folder)[1] == "No drill is played on chair 2.\n"
    asked(capsys, "apnoea", "--chair", 2, "--data", folder)
    assert "come back within 60 s" in asked(capsys, "end", "--chair", 2, "--data", folder)[1]
    assert ordered(folder)[2].lasts_s <= 1


def test_it_names_the_second_monitor(a_folder, capsys):
    out = asked(capsys, "two-monitors", "--chair", 1, "--data", a_folder())[1]
    assert "The second monitor is SIM-CHAIR-3: put it on the person at chair 1." in out


def test_it_lists_what_there_is(capsys):
    status, out, _ = asked(capsys)
    assert status == 0
    assert [line.partition(":")[0] for line in out.splitlines()[:-1]] == [
        "hypertension",
        "apnoea",
        "vasovagal",
        "probe-off",
        "unplugged",
        "two-monitors",
    ]


@pytest.mark.parametrize(
    ("folder", "words", "sentence"),
    [
        ({}, ["fire", "--chair", "2"], "There is no drill 'fire'. There are: hypertension, apnoea, vasovagal"),
        ({}, ["fire", "--chair", "2"], "two-monitors, and end."),
        ({}, ["apnoea"], "Name the chair with --chair. Chairs with a simulated monitor: 1, 2."),
        ({}, ["apnoea", "--chair", "7"], "Chair 7 has no simulated monitor. Chairs with one: 1, 2."),
        ({}, ["end", "--chair", "7"], "Chair 7 has no simulated monitor."),
        ({}, ["apnoea", "--chair", "2", "--minutes", "0"], f"above 0 and at most {LONGEST_MIN} minutes"),
        ({}, ["apnoea", "--chair", "2", "--minutes", "nan"], f"above 0 and at most {LONGEST_MIN} minutes"),
        ({}, ["apnoea", "--chair", "2", "--minutes", "1e9"], f"above 0 and at most {LONGEST_MIN} minutes"),
        ({"kind": "clinic"}, ["apnoea", "--chair", "2"], "holds a real clinic, and a drill would put invented readings"),
        ({"kind": "clinic", "is_open": False}, ["end", "--chair", "2"], "Drills are played in the demonstration"),
        ({"is_open": False}, ["apnoea", "--chair", "2"], "is closed. Open it with: ebbtide serve --demo"),
        ({"monitors": 0}, ["apnoea", "--chair", "2"], "No simulated monitor plays in this demonstration"),
    ],
)  # fmt: skip
def test_it_refuses_with_one_sentence_and_changes_nothing(a_folder, capsys, folder, words, sentence):
    place = a_folder(**folder)
    status, out, err = asked(capsys, *words, "--data", place)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert ordered(place) == {}


def test_it_refuses_a_folder_without_a_clinic(tmp_path, capsys):
    status, _, err = asked(capsys, "apnoea", "--chair", 2, "--data", tmp_path)
    assert status == 2
    assert "There is no clinic in" in err
