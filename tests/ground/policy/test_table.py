"""The table of rights: malformed is refused, deny is the default, nobody deletes."""

import copy

import pytest
import yaml

from ebbtide.ground.policy.table import PolicyTableRefused, table, table_from

RAW = {
    "default": "deny",
    "version": "1",
    "roles": [{"id": "nurse", "label": "Nurse"}],
    "actions": [{"id": "read", "means": "see it"}],
    "scopes": [{"id": "whole"}, {"id": "minimum"}],
    "conditions": [{"id": "step_up", "means": "again"}],
    "resources": [
        {
            "id": "a.b",
            "stage": "a",
            "basis": "design",
            "grants": [{"role": "nurse", "do": ["read"], "scope": ["whole"]}],
        }
    ],
}


def changed(**change):
    raw = copy.deepcopy(RAW)
    raw.update(change)
    return raw


def with_grant(**grant):
    raw = copy.deepcopy(RAW)
    raw["resources"][0]["grants"][0].update(grant)
    return raw


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (changed(default="allow"), "default: deny"),
        (with_grant(role="king"), "king"),
        (with_grant(do=["delete"]), "delete"),
        (with_grant(scope=["galaxy"]), "galaxy"),
        (with_grant(scope=["minimum"]), "names no rows"),
        (changed(resources=[{**RAW["resources"][0], "shows": ["everything"]}]), "not a view"),
        (with_grant(when=["sometimes"]), "sometimes"),
        (changed(resources=RAW["resources"] * 2), "stands twice"),
    ],
)
def test_it_refuses_a_malformed_table(raw, words) -> None:
    with pytest.raises(PolicyTableRefused, match=words):
        table_from(raw)


def test_it_grants_what_is_written_and_nothing_else() -> None:
    found = table_from(yaml.safe_load(yaml.safe_dump(RAW)))
    assert len(found.grants_for(roles=frozenset({"nurse"}), action="read", resource="a.b")) == 1
    assert found.grants_for(roles=frozenset({"front_desk"}), action="read", resource="a.b") == ()


def test_it_refuses_a_resource_that_nobody_wrote_down() -> None:
    with pytest.raises(PolicyTableRefused, match="not in roles.yaml"):
        table().grants_for(roles=frozenset({"nurse"}), action="read", resource="nowhere.thing")


@pytest.mark.parametrize(
    ("role", "resource"),
    [
        ("researcher", "assessment.suitability"),
        ("researcher", "assessment.consent"),
        ("auditor", "access.consult_request"),
        ("director", "assessment.therapy_note"),
        ("director", "access.message"),
    ],
)
def test_it_opens_no_identified_row_through_a_view_of_another_kind(role, resource) -> None:
    assert table().lines_for(roles=frozenset({role}), action="read", resource=resource)
    assert not table().grants_for(roles=frozenset({role}), action="read", resource=resource)


def test_it_has_no_delete() -> None:
    assert "delete" not in table().actions


def test_it_marks_every_addition_design() -> None:
    ours = {
        "access.evaluation_visit",
        "assessment.import",
        "assessment.measurement",
        "course.series",
        "infusion.device",
        "infusion.start_gate",
        "infusion.comfort_call",
        "outcomes.invitation",
        "ground.setting",
        "ground.clinic",
    }
    assert {table().resources[name].basis for name in ours} == {"design"}


def test_it_gives_the_operator_no_clinical_content() -> None:
    clinical = [r for r in table().resources.values() if r.stage != "ground"]
    assert {r.id for r in clinical for g in r.grants if g.role == "operator"} <= {"infusion.device"}


@pytest.mark.parametrize("role", ["prescriber", "director", "researcher", "auditor"])
def test_it_opens_the_data_set_that_is_itself_the_view(role) -> None:
    found = table().grants_for(roles=frozenset({role}), action="read", resource="registry.dataset")
    assert [("aggregate" in g.when) for g in found] == [role == "prescriber"]
