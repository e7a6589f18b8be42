"""The twin room: the demonstration's clinic: who works there, its chairs and rooms, its hours, its protocols."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ebbtide.ground.ledger.action import Act
from ebbtide.ground.people.actions import (
    AddResource,
    AddStaff,
    OpenClinic,
    SetSetting,
    add_resource,
    add_staff,
    open_clinic,
    set_setting,
)
from ebbtide.ground.people.models import Clinic, ResourceKind, Staff
from ebbtide.ground.policy import Actor
from ebbtide.ground.policy.actors import of_staff, system
from ebbtide.journey.careplan.actions import ApproveProtocols, approve_protocols
from ebbtide.journey.custody.actions import ReceiveVials, receive_vials
from ebbtide.journey.infusion.actions import AddDevice, SignSwitch, add_device, sign_switch
from ebbtide.journey.infusion.switches import LIMITS, PREDICTION
from ebbtide.twin.accounts import DemoAccount, enrol
from ebbtide.twin.wall import ZONE, Wall

OPENED_AGO = timedelta(days=112)
CHAIRS, ROOMS = 4, 3
WORKING_DAYS = {str(day): ["08:00", "17:00"] for day in range(5)}
VIALS_A_DELIVERY, VIALS_EXPIRE_IN_DAYS = 12, (240, 420)
MIDAZOLAM_EXPIRES_IN_DAYS = 300
START_RATE_MG_PER_KG_H = (
    0.1  # mg/kg/h; the demonstration's director says so, nobody has published it [design]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """One invented member of staff; the licence runs out so many days from now."""

    handle: str
    name: str
    role: str
    licence: str = ""
    licence_days_left: int = 0


STAFF = (
    Hired(handle="desk", name="Tomás Rivera", role="front_desk"),
    Hired(handle="nurse", name="Grace Adu", role="nurse", licence="RN", licence_days_left=410),
    Hired(handle="nurse2", name="Owen Lindqvist", role="nurse", licence="RN", licence_days_left=24),
    Hired(handle="doctor", name="Dr. Miriam Okafor", role="prescriber", licence="MD", licence_days_left=620),
    Hired(handle="doctor2", name="Dr. Samuel Hartley", role="prescriber", licence="MD", licence_days_left=95),
    Hired(handle="director", name="Dr. Ingrid Solano", role="director", licence="MD", licence_days_left=300),
    Hired(handle="auditor", name="Paula Whitfield", role="auditor"),
    Hired(handle="operator", name="Kenji Morales", role="operator"),
    Hired(handle="researcher", name="Dr. Leila Farouk", role="researcher"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The clinic with its people by their handle."""

    clinic: Clinic
    staff: dict[str, Staff]
    wall: Wall
    password: str

    def act(self, who: str, at: datetime, key: str) -> Act:
        """An act of a member of staff, who had just signed in; it happened and was recorded at that time."""
        return by_actor(of_staff(self.staff[who], authenticated_at=at), at, key)


def by_actor(by: Actor, at: datetime, key: str) -> Act:
    return Act(by=by, at=at, recorded_at=at, key=f"twin/{key}")


def open_house(now: datetime, *, password: str) -> tuple[House, list[DemoAccount]]:
    """Open the clinic five weeks ago, with everybody and everything it needs."""
    clinic = Clinic(
        name="Harbour Pain Clinic", time_zone=str(ZONE), phone="+1 312 555 0100",
        email="desk@harbour.example", address="12 Quay Street, Chicago",
    )  # fmt: skip
    wall = Wall(zone=ZoneInfo(clinic.time_zone), now=now)
    at = wall.at(wall.open_day_ago(OPENED_AGO.days), "08:05")
    open_clinic(by_actor(system(clinic), at, "open"), OpenClinic(clinic=clinic))
    house = House(clinic=clinic, staff={}, wall=wall, password=password)
    accounts = [_hire(house, hired, at) for hired in STAFF]
    _furnish(house, at)
    _settle(house, at + timedelta(minutes=20))
    _equip(house, at + timedelta(minutes=40))
    return house, accounts


def _hire(house: House, hired: Hired, at: datetime) -> DemoAccount:
    expires_on = house.wall.today + timedelta(days=hired.licence_days_left)
    credentials: tuple[tuple[str, str, date], ...] = ()
    if hired.licence:
        credentials = (
            (hired.licence, f"{hired.licence}-DEMO-{len(house.staff) + 1:03d}", expires_on),
            ("ACLS", f"ACLS-DEMO-{len(house.staff) + 1:03d}", expires_on + timedelta(days=60)),
        )
    email = f"{hired.handle}@harbour.example"
    staff = add_staff(
        by_actor(system(house.clinic), at, f"hire/{hired.handle}"),
        AddStaff(
            clinic=house.clinic, email=email, name=hired.name, roles=(hired.role,), password=house.password,
            credentials=credentials,
        ),
    )  # fmt: skip
    house.staff[hired.handle] = staff
    return DemoAccount(
        role=hired.role,
        name=hired.name,
        email=email,
        password=house.password,
        totp_secret=enrol(staff.account),
    )


def _furnish(house: House, at: datetime) -> None:
    wanted = [(ResourceKind.CHAIR, f"Chair {n + 1}") for n in range(CHAIRS)]
    wanted += [(ResourceKind.ROOM, f"Room {'ABC'[n]}") for n in range(ROOMS)]
    for kind, name in wanted:
        add_resource(
            by_actor(system(house.clinic), at, f"furnish/{name}"),
            AddResource(clinic=house.clinic, kind=kind, name=name),
        )


def _equip(house: House, at: datetime) -> None:
    """A monitor for each chair, and a delivery of vials."""
    for number in range(1, CHAIRS + 1):
        monitor = AddDevice(
            clinic=house.clinic, key=f"SIM-CHAIR-{number}", name=f"Monitor of chair {number}", simulated=True
        )
        add_device(house.act("operator", at, f"device/{number}"), monitor)
    for delivery, drug_left_days in enumerate(VIALS_EXPIRE_IN_DAYS, start=1):
        labels = tuple(f"KET-{delivery}-{number:03d}" for number in range(1, VIALS_A_DELIVERY + 1))
        vials = ReceiveVials(
            clinic=house.clinic, drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10),
            lot=f"DEMO{delivery}", expires_on=house.wall.today + timedelta(days=drug_left_days), labels=labels,
            supplier="Lakeshore Pharmacy Supply",
        )  # fmt: skip
        receive_vials(house.act("nurse", at, f"vials/{delivery}"), vials)
    # premedication, drawn beside the infusion in the same books
    calming = ReceiveVials(
        clinic=house.clinic, drug="midazolam", mg_per_ml=Decimal(1), volume_ml=Decimal(5), lot="DEMO-M1",
        expires_on=house.wall.today + timedelta(days=MIDAZOLAM_EXPIRES_IN_DAYS), labels=("MID-1-001", "MID-1-002"),
        supplier="Lakeshore Pharmacy Supply",
    )  # fmt: skip
    receive_vials(house.act("nurse", at, "vials/midazolam"), calming)


def _settle(house: House, at: datetime) -> None:
    """What the medical director sets and signs."""
    director = house.staff["director"]
    for name, value, reason in (
        ("course.opening_hours", WORKING_DAYS, "The hours of the house; a nurse is here for all of them."),
        (
            "protocol.TPL-CRPS-10DAY.rate_mg_per_kg_h.start",
            START_RATE_MG_PER_KG_H,
            "Not published. Ours for this demonstration: a low start, raised twice, never above the cap.",
        ),
        (
            "outcomes.on_call",
            {
                "name": "Dr. Miriam Okafor",
                "phone": "+1 312 555 0101",
                "from": "07:00",
                "to": "21:00",
                "days": "every_day",
            },
            "Somebody answers for the last question of the PHQ-9 on every day of the week.",
        ),
    ):
        command = SetSetting(clinic=house.clinic, name=name, value=value, reason=reason, approved_by=director)
        set_setting(house.act("director", at, f"set/{name}"), command)
    for switch in (PREDICTION, LIMITS):
        signed = SignSwitch(
            clinic=house.clinic, switch=switch.name, on=True, read=True,
            reason="On in this demonstration, so that it can be seen; off in every new clinic.",
        )  # fmt: skip
        sign_switch(house.act("director", at, f"switch/{switch.name}"), signed)
    approve_protocols(
        house.act("director", at, "protocols"), ApproveProtocols(clinic=house.clinic, approved_by=director)
    )
