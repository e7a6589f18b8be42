"""assessment: the acts. The only doors through which this stage's record changes."""

from ebbtide.journey.assessment.actions.consents import (
    SignConsent,
    WithdrawConsent,
    sign_consent,
    withdraw_consent,
)
from ebbtide.journey.assessment.actions.facts import (
    ConfirmFacts,
    ConfirmList,
    NewFact,
    RecordFacts,
    confirm_facts,
    confirm_list,
    record_facts,
)
from ebbtide.journey.assessment.actions.files import Draft, ImportFacts, import_facts
from ebbtide.journey.assessment.actions.signing import SignEvaluation, sign_evaluation

__all__ = [
    "ConfirmFacts",
    "ConfirmList",
    "Draft",
    "ImportFacts",
    "NewFact",
    "RecordFacts",
    "SignConsent",
    "SignEvaluation",
    "WithdrawConsent",
    "confirm_facts",
    "confirm_list",
    "import_facts",
    "record_facts",
    "sign_consent",
    "sign_evaluation",
    "withdraw_consent",
]
