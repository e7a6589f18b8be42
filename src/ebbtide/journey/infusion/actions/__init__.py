"""infusion: the acts. The only doors through which this stage's record changes."""

from ebbtide.journey.infusion.actions.charting import ActOnDose, Chart, NewEntry, act_on_dose, chart
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
from ebbtide.journey.infusion.actions.gate import PassGate, ReconfirmHistory, pass_gate, reconfirm_history
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.actions.sessions import OpenSession, open_session

__all__ = [
    "ActOnDose",
    "AddDevice",
    "BindMonitor",
    "Chart",
    "NewEntry",
    "OpenSession",
    "PassGate",
    "ReconfirmHistory",
    "RetireDevice",
    "StoreSamples",
    "UnbindMonitor",
    "act_on_dose",
    "add_device",
    "bind_monitor",
    "chart",
    "open_session",
    "pass_gate",
    "reconfirm_history",
    "retire_device",
    "store_samples",
    "unbind_monitor",
]
