"""leaving: the acts. The only doors through which this stage's record changes."""

from ebbtide.journey.leaving.actions.calling import RecordCall, record_call
from ebbtide.journey.leaving.actions.departing import Discharge, Escort, SendHome, discharge, send_home
from ebbtide.journey.leaving.actions.later import RecordLater, record_later
from ebbtide.journey.leaving.actions.observing import RecordRecovery, Release, Seen, record_recovery, release

__all__ = [
    "Discharge",
    "Escort",
    "RecordCall",
    "RecordLater",
    "RecordRecovery",
    "Release",
    "Seen",
    "SendHome",
    "discharge",
    "record_call",
    "record_later",
    "record_recovery",
    "release",
    "send_home",
]
