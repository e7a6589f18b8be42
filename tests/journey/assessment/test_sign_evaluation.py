"""Signing an assessment: evaluated again at that moment; the decision fits what the rules say, or is refused in words."""

from datetime import date, timedelta

import pytest

from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.actions import SetSetting, set_setting
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.actions import SignEvaluation, sign_evaluation
from ebbtide.journey.assessment.findings import as_plain, outcomes_digest
from ebbtide.journey.assessment.models import Decision, Evaluation
from ebbtide.journey.assessment.queries import current_evaluation, evaluate, standing_of
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor, an_episode
from tests.journey.assessment.made import make_healthy, record

pytestmark = pytest.mark.django_db
WHY = "Seen by cardiology, letter on file."


def sign(episode, by, decision=Decision.SUITABLE, *, reason="Plan as written in the letter.", at=NOW, **more):
    return sign_evaluation(
        an_act(by, at=at), SignEvaluation(episode=episode, decision=decision, reason=reason, **more)
    )


@pytest.fixture
def healthy():
    episode, by = an_episode(), an_actor()
    make_healthy(episode.patient, by)
    return episode, by


def test_it_keeps_one_finding_per_rule_with_pack_and_values(healthy):
    episode, by = healthy
    row = sign(episode, by)
    pack = load_suitability_pack()
    assert [finding["rule"] for finding in row.findings] == [rule.id for rule in pack.rules]
    assert (row.pack_sha256, row.signed_by_id) == (pack.sha256, by.staff_id)
    assert row.verdict in {"clear", "info", "caution"}
    pressure = next(f for f in row.findings if f["rule"] == "SUI-CV-02")
    assert {"systolic_mmHg", "diastolic_mmHg"} == {value["name"] for value in pressure["values"]}
    assert pressure["parameters"]["bp_hold_systolic_mmHg"] == 160


def test_it_is_valid_for_thirty_days_or_as_the_clinic_decided(healthy):
    episode, by = healthy
    row = sign(episode, by)
    assert current_evaluation(episode, at=NOW + timedelta(days=30)) == row
    assert current_evaluation(episode, at=NOW + timedelta(days=30, seconds=1)) is None
    clinic = episode.patient.clinic
    set_setting(
        an_act(an_actor("director", clinic=clinic)),
        SetSetting(clinic=clinic, name="assessment_valid_days", value=14, reason="policy A-2"),
    )
    assert sign(episode, by).valid_until == NOW + timedelta(days=14)


def test_it_refuses_suitable_while_something_is_missing():
    with pytest.raises(Refused) as refused:
        sign(an_episode(), an_actor())
    assert refused.value.rule == "EVAL-STANDS"
    assert not Evaluation.objects.exists()


def test_it_refuses_suitable_against_a_deferral_and_takes_a_prescribers_override_with_its_reason(healthy):
    episode, by = healthy
    record(episode.patient, by, systolic_mmHg=168, diastolic_mmHg=98)
    with pytest.raises(Refused, match="SUI-CV-02 stands"):
        sign(episode, by)
    with pytest.raises(Refused, match="reason"):
        sign(episode, by, overrides={"SUI-CV-02": "ok"})
    row = sign(episode, by, overrides={"SUI-CV-02": WHY})
    assert (row.verdict, row.overrides) == ("defer", {"SUI-CV-02": WHY})


def test_it_lets_only_a_director_override_what_the_pack_gives_to_directors(healthy):
    episode, by = healthy
    record(episode.patient, by, problems="unstable_angina")
    with pytest.raises(Refused, match="medical director"):
        sign(episode, by, overrides={"SUI-CV-01": WHY})
    both = an_actor(a_staff(roles=["prescriber", "director"]))
    assert sign(episode, both, overrides={"SUI-CV-01": WHY}).overrides


def test_it_lets_nobody_override_what_nobody_may(healthy):
    episode, _ = healthy
    both = an_actor(a_staff(roles=["prescriber", "director"]))
    record(episode.patient, both, order_setting="home_unsupervised")
    standing = [
        f
        for f in evaluate(standing_of(episode, as_of=NOW)).findings
        if f.outcome in {"exclude", "defer"} and f.override == "none"
    ]
    assert standing
    with pytest.raises(Refused, match="Nobody may override"):
        sign(episode, both, overrides={standing[0].rule: WHY})


def test_it_refuses_an_override_that_nothing_asks_for(healthy):
    episode, by = healthy
    with pytest.raises(Refused, match="needs no override"):
        sign(episode, by, overrides={"SUI-CV-02": WHY})


@pytest.mark.parametrize("decision", [Decision.NOT_NOW, Decision.NOT_SUITABLE])
def test_it_takes_a_no_with_a_reason_whatever_is_missing(decision):
    episode, by = an_episode(), an_actor()
    with pytest.raises(Refused, match="Write why"):
        sign(episode, by, decision, reason=" ")
    assert sign(episode, by, decision, reason="Wants to try physiotherapy first.").decision == decision


def test_it_asks_for_a_plan_where_the_rules_say_caution(healthy):
    episode, by = healthy
    record(episode.patient, by, primary_indication="fibromyalgia", osa_severity="severe")
    cautions = [f for f in evaluate(standing_of(episode, as_of=NOW)).findings if f.outcome == "caution"]
    assert cautions
    with pytest.raises(Refused, match="written plan"):
        sign(episode, by, reason="")


def test_it_refuses_when_the_rules_changed_their_mind_since_the_page_was_opened(healthy):
    episode, by = healthy
    seen = outcomes_digest([as_plain(f) for f in evaluate(standing_of(episode, as_of=NOW)).findings])
    record(episode.patient, by, systolic_mmHg=190, diastolic_mmHg=98)
    with pytest.raises(Refused) as refused:
        sign(episode, by, seen=seen)
    assert refused.value.rule == "EVAL-CHANGED"


def test_it_refuses_for_somebody_who_died_in_words():
    episode = an_episode(a_patient(deceased_on=date(2026, 10, 2)))
    with pytest.raises(Refused, match="died on 02 Oct 2026"):
        sign(episode, an_actor(), Decision.NOT_SUITABLE)


def test_it_is_for_prescribers_alone():
    for role in ("nurse", "front_desk", "director"):
        with pytest.raises(Denied):
            sign(an_episode(), an_actor(role), Decision.NOT_NOW)


def test_it_uses_the_clinics_own_threshold(healthy):
    episode, by = healthy
    clinic = episode.patient.clinic
    set_setting(
        an_act(an_actor("director", clinic=clinic)),
        SetSetting(clinic=clinic, name="parameter.bp_hold_systolic_mmHg", value=120, reason="stricter here"),
    )
    with pytest.raises(Refused, match="SUI-CV-02"):
        sign(episode, by)
