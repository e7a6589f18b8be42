"""Texts that a clinician may start from when the answer is "not here". Honest and short; every one names what to do now."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    key: str
    reason: str
    next_step: str


NOT_HERE: Sequence[Suggestion] = (
    Suggestion(
        key="primary_care",
        reason="The pain is new or has not been examined yet. It needs a diagnosis before an infusion is thought of.",
        next_step="See your family doctor for an examination. If a pain clinic is advised, send us the letter and ask again.",
    ),
    Suggestion(
        key="first_line",
        reason="Treatments with better evidence for this condition have not been tried yet.",
        next_step="Ask your doctor about physiotherapy and the first medicines for this condition. Ask us again if they do not help enough.",
    ),
    Suggestion(
        key="weak_evidence",
        reason="For this condition we do not know that a ketamine infusion helps, and it has risks.",
        next_step="Talk with your doctor about a multidisciplinary pain programme. We can give the names of programmes near you: call us.",
    ),
    Suggestion(
        key="mental_health",
        reason="The main burden is low mood or trauma. This clinic treats pain and does not replace psychiatric care.",
        next_step="Ask your doctor for a psychiatric evaluation. In a crisis call or text 988 at any hour.",
    ),
    Suggestion(
        key="not_safe_here",
        reason="Something you told us makes an infusion in this clinic unsafe.",
        next_step="Talk with the doctor who treats that illness first. We will explain it to you by telephone.",
    ),
    Suggestion(
        key="another_service",
        reason="What you ask for is not offered in this clinic.",
        next_step="Call us: we name a clinic that offers it.",
    ),
)
