"""infusion: the acts. The only doors through which this stage's record changes."""

from ebbtide.journey.infusion.actions.charting import ActOnDose, Chart, NewEntry, act_on_dose, chart
from ebbtide.journey.infusion.actions.check_limits import (
    ChangeClinicLimit,
    ChangePatientLimit,
    change_clinic_limit,
    change_patient_limit,
)
from ebbtide.journey.infusion.actions.checks import (
    AcknowledgeCheck,
    PinPlan,
    RecordChecks,
    SilenceChecks,
    acknowledge_check,
    pin_plan,
    record_checks,
    silence_checks,
)
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
    "AcknowledgeCheck",
    "ActOnDose",
    "AddDevice",
    "AnswerCall",
    "BindMonitor",
    "CallNurse",
    "ChangeClinicLimit",
    "ChangePatientLimit",
    "Chart",
    "CloseEmergency",
    "MakeTransferSheet",
    "NewEntry",
    "OpenSession",
    "PassGate",
    "PinPlan",
    "ReconfirmHistory",
    "RecordChecks",
    "RetireDevice",
    "SignSwitch",
    "SilenceChecks",
    "StoreSamples",
    "UnbindMonitor",
    "acknowledge_check",
    "act_on_dose",
    "add_device",
    "answer_call",
    "bind_monitor",
    "call_nurse",
    "change_clinic_limit",
    "change_patient_limit",
    "chart",
    "close_emergency",
    "make_transfer_sheet",
    "open_session",
    "pass_gate",
    "pin_plan",
    "reconfirm_history",
    "record_checks",
    "retire_device",
    "sign_switch",
    "silence_checks",
    "store_samples",
    "unbind_monitor",
]
