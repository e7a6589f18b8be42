"""infusion: the acts. The only doors through which this stage's record changes."""

from ebbtide.journey.infusion.actions.charting import ActOnDose, Chart, NewEntry, act_on_dose, chart
from ebbtide.journey.infusion.actions.comfort import AnswerCall, CallNurse, answer_call, call_nurse
from ebbtide.journey.infusion.actions.devices import (
    AddDevice,
    BindMonitor,
    RetireDevice,
    UnbindMonitor,
    add_device,
    bind_monitor,
    retire_device,
    unbind_monitor,
)
from ebbtide.journey.infusion.actions.emergency import (
    CloseEmergency,
    MakeTransferSheet,
    close_emergency,
    make_transfer_sheet,
)
from ebbtide.journey.infusion.actions.gate import PassGate, ReconfirmHistory, pass_gate, reconfirm_history
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.actions.sessions import OpenSession, open_session
from ebbtide.journey.infusion.actions.switches import SignSwitch, sign_switch

__all__ = [
    "ActOnDose",
    "AddDevice",
    "AnswerCall",
    "BindMonitor",
    "CallNurse",
    "Chart",
    "CloseEmergency",
    "MakeTransferSheet",
    "NewEntry",
    "OpenSession",
    "PassGate",
    "ReconfirmHistory",
    "RetireDevice",
    "SignSwitch",
    "StoreSamples",
    "UnbindMonitor",
    "act_on_dose",
    "add_device",
    "answer_call",
    "bind_monitor",
    "call_nurse",
    "chart",
    "close_emergency",
    "make_transfer_sheet",
    "open_session",
    "pass_gate",
    "reconfirm_history",
    "retire_device",
    "sign_switch",
    "store_samples",
    "unbind_monitor",
]
