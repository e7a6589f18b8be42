"""Loading packs: what is refused, and that what ships is what was handed over."""

import copy
import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ebbtide.evidence import files
from ebbtide.evidence.errors import PackRefused
from ebbtide.evidence.files import PackFile, marks_of, read_pack_bytes, read_packaged
from ebbtide.evidence.packs import ADDITIONS_FILE, RULES_FILE, build_pack, load_suitability_pack

HANDED_OVER = Path(__file__).resolve().parents[3] / "shared" / "facts"
CLASSES = frozenset(read_packaged("interactions.yaml").part("classes"))


def test_it_loads_all_rules_and_adopts_none_of_the_proposed() -> None:
    pack = load_suitability_pack()
    assert (len(pack.rules), len(pack.not_adopted)) == (72, 3)
    assert pack.sha256 == hashlib.sha256((files.DATA / RULES_FILE).read_bytes()).hexdigest()
    assert pack.version == "2026.11.28.1"


@pytest.mark.parametrize(
    ("name", "part", "ours"),
    [
        # the list and the rule's own note name vasopressin; the rule left it out, and the ergot drugs (hazard H10)
        (RULES_FILE, "rules", {"SUI-DRG-04"}),
        ("interactions.yaml", "interactions", {"INT-VASOPRESSIN", "INT-ERGOT"}),
        ("protocols.yaml", "", set()),
        ("instruments.yaml", "", set()),
    ],
)
def test_it_ships_the_facts_as_handed_over_but_for_what_is_ours(name: str, part: str, ours: set[str]) -> None:
    if not HANDED_OVER.is_dir():
        pytest.skip("shared/facts is not here")
    if not ours:
        assert (files.DATA / name).read_bytes() == (HANDED_OVER / name).read_bytes()
        return
    here, there = (yaml.safe_load((folder / name).read_bytes()) for folder in (files.DATA, HANDED_OVER))
    rows, theirs = ({row["id"]: row for row in told.pop(part)} for told in (here, there))
    assert {key for key in rows.keys() | theirs.keys() if rows.get(key) != theirs.get(key)} == ours
    assert here.pop("version") > there.pop("version")
    assert here == there


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a: [1", "is not YAML at line 2"),
        (b"\x00", "is not YAML"),
        (b"- 1", "no versioned mapping"),
        (b"format: 1", "no versioned mapping"),
        (b"format: 2\nversion: x", "format 2"),
    ],
)
def test_it_refuses_what_is_no_pack(data: bytes, why: str) -> None:
    with pytest.raises(PackRefused, match=why):
        read_pack_bytes(data, name="rules.yaml")


def test_it_names_a_part_that_is_missing() -> None:
    with pytest.raises(PackRefused, match="no `rules`"):
        read_pack_bytes(b"format: 1\nversion: x", name="rules.yaml").part("rules")


@pytest.mark.parametrize("marks", [None, [], ["guessed"], "guessed"])
def test_it_wants_a_known_mark(marks: object) -> None:
    with pytest.raises(PackRefused, match="marks"):
        marks_of(marks, where="Row")
    assert marks_of("seen", where="Row") == ("seen",)


RAW: dict[str, Any] = yaml.safe_load((files.DATA / RULES_FILE).read_text())
ADDED: dict[str, Any] = yaml.safe_load((files.DATA / ADDITIONS_FILE).read_text())


def built(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> object:
    raw, added = copy.deepcopy(RAW), copy.deepcopy(ADDED)
    change(raw, added)
    return build_pack(
        PackFile(name="rules", sha256="0", content=raw),
        classes=CLASSES,
        additions=PackFile(name="additions", sha256="0", content=added),
    )


def rule(raw: dict[str, Any], **change: object) -> None:
    raw["rules"][0].update(change)


def leaf(name: str = "age_years", op: str = "ge", **rest: object) -> dict[str, object]:
    return {"input": name, "op": op, **rest}


BROKEN = [
    (lambda raw, _: raw["stages"].pop("series"), "stages"),
    (lambda raw, _: raw.update(rules={"a": 1}), "not a list"),
    (lambda raw, _: raw["rules"].append(raw["rules"][0]), "stand twice"),
    (lambda raw, _: raw["rules"][0].pop("grade"), "missing grade"),
    (lambda raw, _: rule(raw, colour="red"), "not understood: colour"),
    (lambda raw, _: rule(raw, verdict="maybe"), "not one of"),
    (lambda raw, _: rule(raw, verdict="clear"), "verdict that can fire"),
    (lambda raw, _: rule(raw, stage=[]), "a stage"),
    (lambda raw, _: rule(raw, stage=["recovery"]), "not one of"),
    (lambda raw, _: rule(raw, review_by="soon"), "review date"),
    (lambda raw, _: rule(raw, source=[]), "does not declare"),
    (lambda raw, _: rule(raw, source=["X99"]), "X99"),
    (lambda raw, _: rule(raw, message="{shoe_size}"), "shoe_size"),
    (lambda raw, _: rule(raw, mark=["guessed"]), "marks"),
    (lambda raw, _: rule(raw, when=["a"]), "must be a mapping"),
    (lambda raw, _: rule(raw, when={"all": []}), "needs a list"),
    (lambda raw, _: rule(raw, when={"input": "age_years"}), "either"),
    (lambda raw, _: rule(raw, when={"known": "shoe_size"}), "not declared"),
    (lambda raw, _: rule(raw, when={"missing": "weight_kg"}), "not declared"),
    (lambda raw, _: rule(raw, when=leaf(value=1, param="adult_age_years")), "either"),
    (lambda raw, _: rule(raw, when=leaf(op="like", value=1)), "cannot be asked"),
    (lambda raw, _: rule(raw, when=leaf(op="eq", value=1)), "cannot be asked"),
    (lambda raw, _: rule(raw, when=leaf(param="no_such")), "no_such"),
    (lambda raw, _: rule(raw, when=leaf(param="telemedicine_flexibility_ends")), "one kind"),
    (lambda raw, _: rule(raw, when=leaf(value=[1])), "needs one value"),
    (lambda raw, _: rule(raw, when=leaf("route", "in", value="iv")), "needs a list"),
    (lambda raw, _: rule(raw, when=leaf("route", "eq", value="by post")), "cannot be"),
    (lambda raw, _: rule(raw, examples={"fires": {"shoe_size": 1}}), "shoe_size"),
    (lambda raw, _: rule(raw, examples={"fires": {"age_years": "x"}}), "example"),
    (lambda raw, _: raw["parameters"]["ecg_valid_days"].pop("unit"), "default and a unit"),
    (lambda raw, _: raw["parameters"]["ecg_valid_days"].update(default=[1]), "nothing that a rule"),
    (lambda raw, _: raw["inputs"]["age_years"].update(type="colour"), "type 'colour'"),
    (lambda raw, _: raw["inputs"]["route"].pop("values"), "without values"),
    (lambda raw, _: raw["inputs"]["route"].update(values="keys of `nothing`"), "names no list"),
    (lambda raw, _: raw["inputs"]["phq9_total"].update(stale_after_h=24), "hours per stage"),
    (lambda raw, _: raw["reconfirmation"]["renews"].append("shoe_size"), "shoe_size"),
    (lambda raw, _: raw["reconfirmation"]["renews"].append("spo2_room_air_percent"), "both renewed"),
    (lambda _, added: added["concepts"].update(gout={"mark": ["design"]}), "gout"),
    (lambda _, added: added["record"]["weight_kg"].update(feeds="shoe_size"), "feeds shoe_size"),
]


@pytest.mark.parametrize(("change", "why"), BROKEN)
def test_it_refuses_a_malformed_pack(change: Callable[..., object], why: str) -> None:
    with pytest.raises(PackRefused, match=why):
        built(change)


def test_it_reads_the_pack_unchanged() -> None:
    assert built(lambda _raw, _added: None).rules == load_suitability_pack().rules


def test_it_knows_every_review_date() -> None:
    assert all(isinstance(row.review_by, date) for row in load_suitability_pack().rules)
