"""A clinic with a safe, two nurses and a prescriber, and one infusion visit of today: the custody's tests stand on it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from uuid import uuid4

from ebbtide.ground.people.models import Resource
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.custody.actions import (
    CloseVariance,
    DestroyVials,
    DrawDose,
    GiveDose,
    HandOn,
    PostVariance,
    ReceiveVials,
    ReturnRest,
    VoidMovement,
    WasteRest,
    close_variance,
    destroy_vials,
    draw_dose,
    give_dose,
    hand_on,
    post_variance,
    receive_vials,
    return_rest,
    void_movement,
    waste_rest,
)
from ebbtide.journey.custody.models import Vial
from tests.builders import (
    NOW,
    a_chair,
    a_clinic,
    a_nurse_place,
    a_patient,
    a_signed_order,
    a_staff,
    an_act,
    an_actor,
    an_assignment,
    an_episode,
)

EXPIRES = date(2027, 12, 31)
_labels = count(1)


def mg(amount) -> int:
    return int(Decimal(str(amount)) * 1000)


class Safe:
    """One clinic, its people, and the shortest way to each act of the custody."""

    def __init__(self):
        self.clinic = a_clinic()
        self.nurse, self.second = (a_staff("nurse", clinic=self.clinic) for _ in range(2))
        self.doctor = a_staff("prescriber", clinic=self.clinic)
        self.director = a_staff("director", clinic=self.clinic)
        self.by = an_actor(self.nurse)
        self.chair: Resource = a_chair(self.clinic)
        self.place = a_nurse_place(self.nurse)

    def visit(self, *, starts_at=NOW, status="booked", **order) -> Visit:
        signed = a_signed_order(an_episode(a_patient(clinic=self.clinic)), by=self.doctor, **order)
        series = Series.objects.create(
            episode=signed.episode, order=signed, booked_by=self.nurse, booked_at=NOW
        )
        an_assignment(self.nurse, signed.episode.patient, from_at=NOW.replace(year=2020))
        return Visit.objects.create(
            series=series,
            number=1,
            chair=self.chair,
            nurse_place=self.place,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            status=status,
        )

    def receive(self, labels=("",), *, by=None, **fields) -> Vial:
        named = tuple(label or f"VIAL-{next(_labels):04d}" for label in labels)
        told = {
            "clinic": self.clinic, "drug": "racemate", "mg_per_ml": Decimal(50), "volume_ml": Decimal(10),
            "lot": "L-7", "expires_on": EXPIRES, "labels": named, "supplier": "Harbour Wholesale",
        }  # fmt: skip
        return receive_vials(an_act(by or self.by), ReceiveVials(**{**told, **fields}))

    def draw(self, visit, vial, amount_mg, *, by=None, at=NOW, drug="", scan=""):
        command = DrawDose(visit=visit, vial=vial, amount_ug=mg(amount_mg), drug=drug, scan=scan)
        return draw_dose(replace(an_act(by or self.by), at=at), command)

    def give(self, visit, amount_mg, *, by=None, entry_id=None, drug=""):
        act = an_act(by or self.by).nested("register")
        command = GiveDose(visit=visit, amount_ug=mg(amount_mg), entry_id=entry_id or uuid4(), drug=drug)
        return give_dose(act, command)

    def hand_on(self, visit, other, vial, amount_mg, *, reason="the first person did not come"):
        command = HandOn(visit=visit, to_visit=other, vial=vial, amount_ug=mg(amount_mg), reason=reason)
        return hand_on(an_act(self.by), command)

    def destroy(self, *vials, by=None, witness=None, **fields):
        told = {"method": "Rendered unusable in a denaturing kit", "place": "Medicines room", **fields}
        command = DestroyVials(
            clinic=self.clinic, vials=vials, witness=witness or an_actor(self.second), **told
        )
        return destroy_vials(an_act(by or self.by), command)

    def close(self, row, *, by=None, second=None, finding="A spill at the pump", reported=False):
        command = CloseVariance(
            variance=row, finding=finding, reported=reported, second=second or an_actor(self.second)
        )
        return close_variance(an_act(by or an_actor(self.director)), command)

    def waste(self, visit, amount_mg, *, by=None, witness=None, reason="rest of the bag", drug=""):
        command = WasteRest(
            visit=visit,
            amount_ug=mg(amount_mg),
            reason=reason,
            drug=drug,
            witness=witness or an_actor(self.second),
        )
        return waste_rest(an_act(by or self.by), command)

    def give_back(self, visit, vial, amount_mg, *, reason="not needed"):
        command = ReturnRest(visit=visit, vial=vial, amount_ug=mg(amount_mg), reason=reason)
        return return_rest(an_act(self.by), command)

    def void(self, movement, *, witness=None, reason="typing error"):
        command = VoidMovement(movement=movement, reason=reason, witness=witness)
        return void_movement(an_act(self.by), command)

    def variance(self, amount_mg, *, by=None, **fields):
        told = {
            "amount_ug": mg(amount_mg), "searched": "Counted twice, chair and bin searched", "owner": self.doctor,
            "due_on": (NOW + timedelta(days=7)).date(), "to_report": None, "second": an_actor(self.second),
        }  # fmt: skip
        return post_variance(an_act(by or self.by), PostVariance(**{**told, **fields}))

    def midazolam(self, **fields) -> Vial:
        """A small vial of premedication: 2 mL of 1 mg/mL."""
        return self.receive(drug="midazolam", mg_per_ml=Decimal(1), volume_ml=Decimal(2), **fields)
