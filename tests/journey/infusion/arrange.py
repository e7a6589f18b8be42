"""A chair, a nurse and a person whose visit is today: from the check-in to a running infusion in as few words as possible."""

from datetime import date, timedelta
from decimal import Decimal

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.careplan.dosing import figures
from ebbtide.journey.careplan.models import DoubleCheck
from ebbtide.journey.careplan.specs import spec_of
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.custody.actions import DrawDose, ReceiveVials, draw_dose, receive_vials
from ebbtide.journey.infusion.actions import (
    ActOnDose,
    Chart,
    NewEntry,
    OpenSession,
    act_on_dose,
    chart,
    open_session,
)
from ebbtide.journey.infusion.models import StartGate
from ebbtide.journey.infusion.queries import state_of
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

MINUTE = timedelta(minutes=1)
RATE = "52.5"  # mg/h: 35 mg over 40 min, the order of the builders
LOADING = [
    {"kind": "bolus", "value": "10", "minutes": 5, "stop_if": None},
    {"kind": "rate", "value": "30", "minutes": 30, "stop_if": None},
]


def after(minutes: float):
    return NOW + timedelta(minutes=minutes)


def a_checked_order(episode=None, **fields):
    order = a_signed_order(episode, **fields)
    shown = figures(spec_of(order))
    DoubleCheck.objects.create(
        order=order,
        weight_kg=order.weight_kg,
        dose_mg=shown.mg,
        rate_ml_per_h=shown.first_rate.ml_per_h,
        agrees=True,
        differences=[],
        checked_by=a_staff("nurse", clinic=order.episode.patient.clinic),
        checked_at=NOW,
    )
    return order


def a_visit(order, chair, place, *, starts_at=NOW, number=1):
    series, _ = Series.objects.get_or_create(
        order=order, defaults={"episode": order.episode, "booked_by": order.written_by, "booked_at": NOW}
    )
    return Visit.objects.create(
        series=series,
        number=number,
        chair=chair,
        nurse_place=place,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=100),
    )


class Chairside:
    """One clinic, one chair, one nurse, one person, one visit today."""

    def __init__(self, *, clinic=None, chair="Chair 1", **order):
        self.clinic = clinic or a_clinic()
        self.chair = a_chair(self.clinic, chair)
        self.staff = a_staff("nurse", clinic=self.clinic)
        self.nurse = an_actor(self.staff)
        self.place = a_nurse_place(self.staff)
        self.patient = a_patient(clinic=self.clinic)
        self.episode = an_episode(self.patient)
        an_assignment(self.staff, self.patient)
        self.order = a_checked_order(self.episode, **order)
        self.visit = a_visit(self.order, self.chair, self.place)
        self.session = None

    def act(self, minutes=0.0, *, by=None, key=""):
        return an_act(by or self.nurse, at=after(minutes), key=key)

    def opened(self, minutes=0.0):
        self.session = open_session(self.act(minutes), OpenSession(visit=self.visit, chair=self.chair))
        return self

    def gated(self, minutes=0.0, *, passed=True, order=None):
        """The newest gate, as if somebody had gone through it."""
        StartGate.objects.create(
            session=self.session,
            order=order or self.order,
            passed=passed,
            items=[],
            verdict="clear",
            findings=[],
            pack_version="t",
            pack_sha256="0" * 64,
            signed_by=self.staff,
            signed_at=after(minutes),
        )
        return self

    def drawn(self, mg=50):
        """The dose lies in the syringe."""
        act = an_act(an_actor(self.staff))
        label = f"L{new_id()}"
        vial = receive_vials(
            act,
            ReceiveVials(
                clinic=self.clinic,
                drug="racemate",
                mg_per_ml=Decimal(50),
                volume_ml=Decimal(10),
                lot="A1",
                expires_on=date(2027, 12, 31),
                labels=(label,),
                supplier="Harbour Supply",
            ),
        )
        draw_dose(an_act(self.nurse), DrawDose(visit=self.visit, vial=vial, amount_ug=mg * 1000))
        return self

    def ready(self):
        return self.opened().drawn().gated()

    def running(self, rate=RATE):
        self.ready().dose("start", 0, rate_mg_per_h=rate)
        return self

    def entry(
        self, kind, minutes=0.0, *, number=None, replaces=None, withdrawn=False, tablet="", n=None, **body
    ):
        return NewEntry(
            id=number or new_id(),
            kind=kind,
            body=body,
            observed_at=after(minutes),
            replaces=replaces.id if replaces else None,
            withdrawn=withdrawn,
            tablet=tablet,
            tablet_number=n,
        )

    def chart(self, kind, minutes=0.0, *, now=None, by=None, key="", **more):
        act = self.act(minutes if now is None else now, by=by, key=key)
        return chart(act, Chart(session=self.session, entry=self.entry(kind, minutes, **more)))

    def dose(self, kind, minutes=0.0, *, now=None, by=None, key="", **more):
        act = self.act(minutes if now is None else now, by=by, key=key)
        return act_on_dose(act, ActOnDose(session=self.session, entry=self.entry(kind, minutes, **more)))

    def state(self):
        return state_of(self.session)
