"""`ebbtide assess`: exit codes, the shape of its JSON, the words for a person, on made and on real bundles."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.site.commands import assess
from tests.doors.fhir.builders import (
    Resource,
    a_bundle,
    a_condition,
    a_patient,
    a_prescription,
    an_observation,
    as_bytes,
    real_bundles,
)

DAY = "2026-11-23"


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    assess.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def bundle_file(tmp_path: Path) -> Any:
    def write(content: object) -> str:
        path = tmp_path / "bundle.json"
        path.write_bytes(content if isinstance(content, bytes) else as_bytes(content))
        return str(path)

    return write


def answered(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert assess.run(parsed(*words, "--json")) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def by_rule(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["rule"]: finding for finding in answer["findings"]}


def test_it_answers_in_the_promised_shape(bundle_file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    resources = [a_condition("4557003", "Unstable angina"), an_observation("8480-6", 128.5, "mm[Hg]")]
    answer = answered(capsys, bundle_file(a_bundle(*resources)), "--as-of", DAY)
    assert (answer["stage"], answer["as_of"], answer["verdict"], answer["exclusion"]) == (
        "assessment",
        DAY,
        "exclude",
        None,
    )
    pack = load_suitability_pack()
    assert answer["pack"] == {"version": pack.version, "sha256": pack.sha256}
    assert [finding["rule"] for finding in answer["findings"]] == [rule.id for rule in pack.rules]
    finding = by_rule(answer)["SUI-CV-01"]
    assert finding["outcome"] == "exclude"
    assert finding["values"] == [
        {
            "name": "problems",
            "value": ["unstable_angina"],
            "unit": None,
            "date": None,
            "origin": "imported from Condition/c1, unconfirmed",
        }
    ]
    assert {"title", "message", "grade", "source", "mark"} <= set(finding)
    pressure = by_rule(answer)["SUI-CV-02"]["values"][0]
    assert (pressure["value"], pressure["unit"], pressure["date"]) == (
        128.5,
        "mmHg",
        "2026-11-20T09:00:00+00:00",
    )
    needs = {need["input"]: need for need in answer["needs_data"]}
    assert needs["diastolic_mmHg"]["rules"] == ["SUI-CV-02"]
    assert needs["diastolic_mmHg"]["if_missing"] == "block"


def test_it_asks_for_data_when_nothing_is_confirmed(
    bundle_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = answered(capsys, bundle_file(a_bundle()), "--as-of", DAY)
    assert answer["verdict"] == "needs_data"
    assert by_rule(answer)["SUI-CV-01"]["outcome"] == "needs_data"
    assert by_rule(answer)["SUI-LOG-01"]["outcome"] == "not_applicable"
    assert by_rule(answer)["SUI-AGE-01"]["outcome"] == "clear"


@pytest.mark.parametrize("stage", ["assessment", "day_of_infusion", "series"])
def test_it_gives_every_rule_at_every_stage(
    stage: str, bundle_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = answered(capsys, bundle_file(a_bundle(a_prescription())), "--stage", stage, "--as-of", DAY)
    assert (answer["stage"], len(answer["findings"])) == (stage, 72)


def test_it_judges_as_of_the_day_asked(bundle_file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = bundle_file(a_bundle(a_condition("22298006", "MI", onsetDateTime="2026-06-01")))
    outcome = {
        day: by_rule(answered(capsys, path, "--as-of", day))["SUI-CV-05"]["outcome"]
        for day in ("2026-05-31", "2026-06-01", "2026-12-01", "2026-12-02")
    }
    assert outcome == {
        "2026-05-31": "needs_data",
        "2026-06-01": "exclude",
        "2026-12-01": "exclude",
        "2026-12-02": "clear",
    }


def test_it_takes_an_instant_too(bundle_file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = bundle_file(a_bundle())
    assert answered(capsys, path, "--as-of", "2026-11-23T12:00")["as_of"] == "2026-11-23T12:00:00+00:00"
    assert answered(capsys, path, "--as-of", "2026-11-23T12:00+01:00")["as_of"] == "2026-11-23T12:00:00+01:00"


def test_it_judges_today_by_the_clock(
    bundle_file: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("EBBTIDE_CLOCK", "2026-03-04T12:00:00+00:00@1")
    assert answered(capsys, bundle_file(a_bundle()))["as_of"] == "2026-03-04"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"deceasedDateTime": "2020-02-03"}, "died on 2020-02-03"),
        ({"deceasedBoolean": True}, "has died (no date is recorded)"),
    ],
)
def test_it_excludes_the_dead_in_words(
    how: Resource, words: str, bundle_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bundle_file(a_bundle(patient=a_patient(**how)))
    answer = answered(capsys, path, "--as-of", DAY)
    assert (answer["verdict"], len(answer["findings"])) == ("exclude", 72)
    assert words in answer["exclusion"]
    assert assess.run(parsed(path, "--as-of", DAY)) == 0
    assert words in capsys.readouterr().out


def test_it_lists_what_is_unmapped_and_what_needs_judgement(
    bundle_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = a_condition("84114007", "Heart failure", id="c2")
    path = bundle_file(a_bundle(a_condition("82423001", "Chronic pain"), failing))
    answer = answered(capsys, path, "--as-of", DAY)
    assert answer["unmapped"] == [
        {"system": "http://snomed.info/sct", "code": "82423001", "text": "Chronic pain", "count": 1}
    ]
    assert [row["concept"] for row in answer["to_judge"]] == ["decompensated_heart_failure"]


def test_it_prints_a_calm_table(bundle_file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    resources = [a_condition("4557003", "Unstable angina"), a_condition("82423001", "Chronic pain", id="c2")]
    path = bundle_file(a_bundle(*resources, patient=a_patient(birthDate="1950-01-01")))
    assert assess.run(parsed(path, "--as-of", DAY)) == 0
    out = capsys.readouterr().out
    for words in (
        "Suitability at stage “assessment”, as of 2026-11-23",
        "SUI-CV-01  Poorly controlled cardiovascular disease [resting on something unconfirmed]",
        "SUI-AGE-02",
        "MISSING — blocks",
        "1 × Chronic pain (82423001)",
        "72 rules:",
        "A clinician decides and signs.",
    ):
        assert words in out
    assert "Quillfeather" not in out


REFUSED = [
    (b"no json", "not JSON"),
    (a_patient(), "not a FHIR bundle"),
    (a_bundle(an_observation("1", status="finished")), "fails R4B validation"),
    (a_bundle(patient=a_condition()), "no Patient"),
    (a_bundle(a_patient(id="p2")), "2 Patients"),
]


@pytest.mark.parametrize(("content", "why"), REFUSED)
def test_it_refuses_in_one_clear_line(
    content: object, why: str, bundle_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assess.run(parsed(bundle_file(content), "--json")) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert why in printed.err
    assert "Quillfeather" not in printed.err


def test_it_refuses_a_file_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assess.run(parsed(str(tmp_path / "gone.json"))) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert assess.run(parsed(str(tmp_path))) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_it_refuses_a_day_that_is_none(bundle_file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert assess.run(parsed(bundle_file(a_bundle()), "--as-of", "yesterday")) == 2
    assert "write a date" in capsys.readouterr().err


def test_it_assesses_every_real_bundle(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = {}
    for path in real_bundles():
        answer = answered(capsys, str(path), "--as-of", DAY)
        assert len(answer["findings"]) == 72
        verdicts[path.name.split("_")[0]] = answer["verdict"]
    assert verdicts == {"Bradly": "needs_data", "Chet": "exclude", "Jacki": "needs_data"}


def test_it_excludes_for_the_heart_attack_in_its_own_year(capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = [path for path in real_bundles() if path.name.startswith("Chet")]
    finding = by_rule(answered(capsys, str(path), "--as-of", "1968-12-01"))["SUI-CV-05"]
    assert (finding["outcome"], finding["unconfirmed"]) == ("exclude", True)
    assert "51 days ago" in finding["message"]


def test_it_starts_no_django(bundle_file: Any) -> None:
    script = (
        "import argparse, sys; from ebbtide.site.commands import assess; p = argparse.ArgumentParser();"
        "assess.add_arguments(p); code = assess.run(p.parse_args());"
        "sys.exit(code or any(name.partition('.')[0] == 'django' for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, bundle_file(a_bundle()), "--json"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
