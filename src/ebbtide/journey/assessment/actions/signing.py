"""assessment: the act of signing: every rule is asked again, and the decision must fit what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from ebbtide.evidence.model import Stage
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.queries import setting
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions.turns import one_at_a_time, refuse, topics
from ebbtide.journey.assessment.findings import as_plain, needs_as_plain, outcomes_digest
from ebbtide.journey.assessment.models import Decision, Evaluation
from ebbtide.journey.assessment.queries import evaluate, standing_of
from ebbtide.journey.assessment.rules import ASSESSMENT_VALID_DAYS, check_signing


@dataclass(frozen=True, slots=True, kw_only=True)
class SignEvaluation:
    """A clinician's decision on what the rules say now. `seen` is the digest of what the page showed, where there was one."""

    episode: Episode
    decision: str
    reason: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    stage: str = Stage.ASSESSMENT
    seen: str = ""


@action("assessment.suitability", "sign", about=lambda command: command.episode)
def sign_evaluation(act: Act, command: SignEvaluation) -> Done[Evaluation]:
    """Evaluate every rule again at the moment of signing, check the decision against it, and keep both."""
    patient = command.episode.patient
    if patient.deceased_on is not None:
        raise Refused(
            "EVAL-DECEASED",
            f"This person died on {patient.deceased_on:%d %b %Y}. No treatment is assessed or ordered.",
        )
    one_at_a_time(patient)
    found = evaluate(standing_of(command.episode, as_of=act.at), stage=command.stage)
    findings = [as_plain(finding) for finding in found.findings]
    if command.seen and command.seen != outcomes_digest(findings):
        raise Refused(
            "EVAL-CHANGED",
            "What the rules say has changed since you opened this page. Read it again, then sign.",
        )
    decision = Decision(command.decision)
    overrides = {rule: why.strip() for rule, why in command.overrides.items()}
    refuse(
        check_signing(
            found,
            suitable=decision is Decision.SUITABLE,
            reason=command.reason,
            overrides=overrides,
            roles=act.by.roles,
        )
    )
    valid_days = setting(patient.clinic, "assessment_valid_days", ASSESSMENT_VALID_DAYS)
    row = Evaluation.objects.create(
        episode=command.episode, stage=found.stage.value, as_of=act.at, pack_version=found.pack_version,
        pack_sha256=found.pack_sha256, verdict=found.verdict.value, findings=findings, needs_data=needs_as_plain(found),
        overrides=overrides, decision=decision, reason=command.reason.strip(), signed_by_id=_signer(act),
        signed_at=act.at, valid_until=act.at + timedelta(days=valid_days),
    )  # fmt: skip
    return Done(value=row, announce=topics(patient))


def _signer(act: Act) -> UUID:
    if act.by.staff_id is None:
        raise Refused("EVAL-STAFF", "Only a member of staff signs an assessment. Sign in as yourself.")
    return act.by.staff_id
