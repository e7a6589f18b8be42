"""outcomes: the acts. The only doors through which this stage's record changes."""

from ebbtide.journey.outcomes.actions.alerts import CloseAlert, TakeAlert, close_alert, take_alert
from ebbtide.journey.outcomes.actions.answers import AnswerItem, SubmitCheckIn, answer_item, submit_check_in
from ebbtide.journey.outcomes.actions.invitations import Invite, Remind, invite, remind
from ebbtide.journey.outcomes.actions.scores import (
    RecordScore,
    RecordScores,
    Result,
    record_score,
    record_scores,
)

__all__ = [
    "AnswerItem",
    "CloseAlert",
    "Invite",
    "RecordScore",
    "RecordScores",
    "Remind",
    "Result",
    "SubmitCheckIn",
    "TakeAlert",
    "answer_item",
    "close_alert",
    "invite",
    "record_score",
    "record_scores",
    "remind",
    "submit_check_in",
    "take_alert",
]
