"""One session under protocol checks and a clock of its own: what monitors say, what people do, and what sounds."""

from ebbtide.journey.infusion.checks.channels import BY_HAND, Reading
from ebbtide.journey.infusion.checks.core import State, step
from ebbtide.journey.infusion.checks.inputs import Acknowledge, Bound, Log, Plan, Sample, Silence, Tick
from ebbtide.journey.infusion.checks.limits import default_limits
from ebbtide.journey.infusion.checks.signalling import sounding

MONITOR = "monitor-1"


def a_plan(*, live_on=True, baseline=None, intervals=None, monitors=((MONITOR, 0.0),), limits=None) -> Plan:
    return Plan(
        limits=limits or default_limits(),
        live_on=live_on,
        baseline=baseline or {},
        interval_s=intervals or {},
        monitors=tuple(Bound(device=name, bound_s=at) for name, at in monitors),
    )


class Watched:
    """Drives the pure core second by second."""

    def __init__(self, plan: Plan | None = None):
        self.plan, self.state, self.at_s, self.events = plan or a_plan(), State(), 0.0, []

    def give(self, *inputs):
        for one in inputs:
            self.state, events = step(self.plan, self.state, one)
            self.events += events
        return self

    def says(self, signal="spo2", value=97.0, *, state="value", at_s=None, device=MONITOR):
        at_s = self.at_s if at_s is None else at_s
        return self.give(Sample(at_s=at_s, device=device, signal=signal, value=value, state=state))

    def wait(self, seconds, *, silent=False, **values):
        """Time goes on; each second every named signal says its value, or nothing comes at all."""
        for _ in range(int(seconds)):
            self.at_s += 1
            if not silent:
                for signal, value in (values or {"spo2": 97.0}).items():
                    self.says(signal, value)
            self.give(Tick(at_s=self.at_s))
        return self

    def logs(self, **told):
        return self.give(Log(**told))

    def charts(self, **values):
        typed = (*self.state.known.log.typed, Reading(at_s=self.at_s, rank=BY_HAND, values=values))
        return self.logs(typed=typed)

    def silence(self, for_s=120):
        return self.give(Silence(at_s=self.at_s, for_s=for_s))

    def acknowledge(self, limit):
        key = next(one.key for one in self.state.signals.values() if one.limit == limit)
        return self.give(Acknowledge(at_s=self.at_s, key=key))

    def sounds(self):
        return [one.limit for one in sounding(self.state.signals, self.at_s)]

    def shows(self):
        return {one.limit: str(one.priority) for one in self.state.signals.values()}

    def true(self):
        return {one.limit.id: str(one.priority) for one in self.state.true.values()}

    def told(self, said):
        return [(one.limit, one.at_s) for one in self.events if one.said == said]
