"""The file of limits: every example in it runs, nothing odd in it is read, and no word of it names a drug or a dose."""

import copy
import itertools
import re

import pytest
import yaml

from ebbtide.journey.infusion.checks.limits import (
    LimitsRefused,
    changed,
    default_limits,
    fields_of,
    read_limits,
)
from ebbtide.journey.infusion.freshness import limits as told_limits
from ebbtide.journey.infusion.limits_in_force import with_readable
from tests.journey.infusion.watched import Watched, a_plan

ROWS = {row["id"]: row for row in told_limits()["limits"]}
DATA = "src/ebbtide/journey/infusion/data"


def played(row, example) -> Watched:
    """What an example of the file says, played to its end."""
    signal = row["when"].get("signal") or row["when"].get("any", [{}])[0].get("signal", "sbp")
    readings = example.get("readings", [])
    every_s = max([b[0] - a[0] for a, b in itertools.pairwise(readings)], default=1)
    baseline = {signal: example["baseline"]} if "baseline" in example else {}
    chair = Watched(a_plan(baseline=baseline, intervals={signal: every_s} if readings else {}))
    for at_s, said in readings:
        for name, value in said.items() if isinstance(said, dict) else [(signal, said)]:
            if name == "rass":
                chair.at_s = at_s
                chair.charts(rass=float(value))
            else:
                chair.says(name, float(value), at_s=at_s)
        chair.at_s = at_s
    chair.wait(0)
    return at_the_end(chair, example)


def at_the_end(chair, example):
    from ebbtide.journey.infusion.checks.inputs import Due, TabletHeard, Tick

    now = chair.at_s
    if "age_s" in example:
        chair.says(example["signal"], 120.0, at_s=1000 - example["age_s"])
        now = 1000
    if "overdue_s" in example:
        chair.logs(dues=(Due(what="pressure", words="Blood pressure", due_s=1000 - example["overdue_s"]),))
        now = 1000
    if "events" in example:
        chair.logs(calls_since_s=now if example["events"] else None)
    if "off_over_s" in example:
        chair.logs(off_from_s=700, off_until_s=1000 - example["off_over_s"], off_reason="toilet")
        now = 1000
    if "quiet_s" in example:
        chair.logs(flowing=True).give(TabletHeard(at_s=1000 - example["quiet_s"]))
        now = 1000
    for second in range(int(example.get("no_breath_s", -1)) + 1):
        chair.says("rr", 0.0, at_s=second)
        now = second
    return chair.give(Tick(at_s=now))


@pytest.mark.parametrize("name", ROWS)
def test_its_example_fires(name):
    row = ROWS[name]
    chair = played(row, row["examples"]["fires"])
    assert chair.true().get(name) == row["priority"]


@pytest.mark.parametrize("name", ROWS)
def test_its_other_example_stays_quiet(name):
    row = ROWS[name]
    assert name not in played(row, row["examples"]["clear"]).true()


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ({"priority": "low"}, "the table says"),
        ({"dose": "10 mg"}, "says dose"),
        ({"when": {"signal": "spo3", "op": "lt", "value": 90}}, "no signal"),
        ({"when": {"signal": "spo2", "op": "below", "value": 90}}, "compares by"),
        ({"when": {"signal": "spo2", "op": "lt", "value": 90, "about": 1}}, "compares with"),
        ({"clear": {"event": "somebody_sneezed", "for_s": 0}}, "nobody says"),
        ({"recheck_s": 0}, "time below"),
    ],
)
def test_it_refuses_what_is_odd(where, what):
    told = copy.deepcopy(dict(told_limits()))
    row = next(one for one in told["limits"] if one["id"] == "CHK-SPO2")
    row |= where
    with pytest.raises(LimitsRefused, match=what):
        read_limits(told)


def test_it_refuses_one_that_lacks_something():
    told = copy.deepcopy(dict(told_limits()))
    del told["limits"][0]["do"]
    with pytest.raises(LimitsRefused, match="lacks do"):
        read_limits(told)


def test_it_refuses_a_silence_that_is_too_long():
    with pytest.raises(LimitsRefused, match="120 s"):
        read_limits({**told_limits(), "silence_max_s": 600})


def test_a_changed_limit_keeps_the_room_to_its_end():
    """A limit that a prescriber raised to 94 would otherwise end at 92, below itself."""
    limits = changed(default_limits(), [{"limit": "CHK-SPO2", "field": "value", "value": 94}])
    spo2 = next(one for one in limits.limits if one.id == "CHK-SPO2")
    assert (spo2.when.atoms[0].value, spo2.clear.atoms[0].value) == (94, 96)


@pytest.mark.parametrize("name", ROWS)
def test_every_number_that_may_be_changed_is_changed_and_nothing_else(name):
    for field, value in fields_of(ROWS[name]).items():
        limits = changed(default_limits(), [{"limit": name, "field": field, "value": value + 1}])
        assert limits != default_limits()
    with pytest.raises(LimitsRefused, match="no number"):
        changed(default_limits(), [{"limit": name, "field": "priority", "value": 1}])


def test_every_range_of_a_patient_names_a_number_that_may_be_changed():
    for row in ROWS.values():
        fields = fields_of(row)
        for field, (low, high) in row.get("patient_range", {}).items():
            assert low <= fields[field] <= high


def test_no_limit_names_a_drug_or_a_dose(request):
    """A check says what is true and what a person does about it; how much of what is never a check's to say."""
    told = yaml.safe_load((request.config.rootpath / DATA / "usual-drugs.yaml").read_text(encoding="utf-8"))
    names = {one["drug"] for one in told["drugs"]} | {"ketamine", "propofol", "lorazepam"}
    words = " ".join(f"{one.title} {one.do}" for one in default_limits().limits).lower()
    assert not re.search(r"\d\s*(mg|microgram|µg|ml|units)\b", words.replace("mmhg", ""))
    assert not [name for name in names if name in words]


@pytest.mark.parametrize("limit", default_limits().limits, ids=lambda limit: limit.name)
def test_no_title_names_a_number_that_a_clinic_may_have_changed(limit):
    assert not any(sign.isdigit() for sign in limit.title.replace("CO2", "CO"))


def test_a_change_that_can_no_longer_be_read_takes_no_other_with_it():
    """A prescriber's 94 must not fall back to 90 because an older change names what a new file lacks."""
    mine = {"limit": "CHK-SPO2", "field": "value", "value": 94}
    odd = [
        {"limit": "CHK-GONE", "field": "value", "value": 1},
        {**mine, "field": "gone"},
        {**mine, "value": "x"},
    ]
    assert with_readable([*odd, mine]) == changed(default_limits(), [mine])
    assert with_readable(odd) == default_limits()
