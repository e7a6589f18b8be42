"""A session with monitors on it, and what they say, in few words."""

from datetime import datetime, timedelta

from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.arrivals import NewSample
from ebbtide.journey.infusion.freshness import signals
from ebbtide.journey.infusion.models import Binding, Device, Session
from tests.builders import NOW, an_act, an_assignment
from tests.journey.course.arrange import House


class Chair:
    """One clinic with one session under way, its nurse, and as many monitors as are asked for."""

    def __init__(self, *, monitors=1):
        self.house = House()
        self.clinic = self.house.clinic
        self.nurse = self.house.nurses[0]
        series = self.house.book()
        self.visit = series.visits.order_by("starts_at").first()
        self.patient = series.episode.patient
        an_assignment(self.nurse, self.patient)
        self.session = Session.objects.create(
            visit=self.visit,
            order=series.order,
            chair=self.house.chairs[0],
            opened_by=self.nurse,
            opened_at=NOW,
        )
        self.devices = [a_device(self.clinic, f"SIM-CHAIR-{n + 1}") for n in range(monitors)]
        for number, device in enumerate(self.devices):
            self.bind(device, at=NOW - timedelta(seconds=60 - number))

    def bind(self, device, *, at=NOW, session=None):
        return Binding.objects.create(
            device=device,
            session=session or self.session,
            chair=self.house.chairs[0],
            from_at=at,
            bound_by=self.nurse,
        )

    def store(self, *samples, set_aside=(), at=NOW, key=""):
        command = StoreSamples(
            clinic=self.clinic, messages=1, samples=tuple(samples), set_aside=tuple(set_aside)
        )
        return store_samples(an_act(integration(self.clinic), key=key, at=at), command)


def a_device(clinic, key="SIM-CHAIR-1", **fields) -> Device:
    made = {"name": f"Monitor {key[-1]}", "added_by": "test", "added_at": NOW}
    return Device.objects.create(clinic=clinic, key=key, **{**made, **fields})


def a_sample(
    signal="spo2", value: float | None = 97.0, *, at: datetime = NOW, key="SIM-CHAIR-1", state=""
) -> NewSample:
    return NewSample(
        device_key=key,
        signal=signal,
        observed_at=at,
        value=value,
        unit=signals()[signal].unit,
        state=state or ("no_data" if value is None else "value"),
        received_at=at,
    )
