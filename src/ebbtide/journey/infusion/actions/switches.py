"""infusion: a switch of the chair is signed on or off, by the medical director and nobody else."""

from dataclasses import dataclass

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.actions import SetSetting, set_setting
from ebbtide.ground.people.models import Clinic, ClinicSetting
from ebbtide.journey.infusion.actions.turns import staff_of
from ebbtide.journey.infusion.switches import SWITCHES, is_on


@dataclass(frozen=True, slots=True, kw_only=True)
class SignSwitch:
    """On or off, with the reason, and that the text was read: `read` is needed to sign on."""

    clinic: Clinic
    switch: str
    on: bool
    reason: str
    read: bool = False


@action("infusion.switch", "sign", about=lambda command: command.clinic)
def sign_switch(act: Act, command: SignSwitch) -> Done[ClinicSetting]:
    """From now on the switch is as it was signed; what stood before stays in the record."""
    switch = SWITCHES.get(command.switch)
    if switch is None:
        raise Refused("INF-SWITCH", "There is no switch of this name: open the page of switches again.")
    if command.on and not command.read:
        raise Refused(
            "INF-SWITCH-READ",
            "A switch is signed on under its text: read what it means and what not, and say so.",
        )
    if command.on == is_on(command.clinic, switch):
        raise Refused(
            "INF-SWITCH-SAME", f"It is {'on' if command.on else 'off'} already: nothing was changed."
        )
    signed = SetSetting(
        clinic=command.clinic,
        name=switch.setting,
        value={"on": command.on, "text": switch.version},
        reason=command.reason,
        approved_by=staff_of(act),
    )
    row = set_setting(act.nested("setting"), signed)
    return Done(value=row, announce=[f"chairs:{command.clinic.pk}"])
