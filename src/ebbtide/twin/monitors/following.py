"""Whom the simulated monitors are on, as the demonstration's record says: what flows there moves what they show.

A thread beside the monitors reads the record every few seconds: the monitor's open binding, the session's log, the person's
own values before the start. Where it cannot, the monitors go on and show somebody at rest: a demonstration without its
database still has monitors. Reads only.
"""

import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ebbtide.ground import clock
from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.invented import Person
from ebbtide.twin.monitors.patients import Course, Given, course_of

if TYPE_CHECKING:
    from ebbtide.journey.infusion.models import Session

EVERY_S = 5.0
AHEAD_S = 60  # so far the running rate is taken to go on, should the next reading be late
ADULT_Y = 45  # where no date of birth is recorded [design]
BEFORE = ("hr", "sbp", "dbp", "spo2", "rr")  # what the person brings from before the start

log = structlog.get_logger("monitors")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnMonitor:
    """The person a monitor is on: their own signs, and what flows since when."""

    person: Person
    course: Course
    start_at: datetime

    def now(self, at: datetime) -> Person:
        """Where the signs lie at this moment, without noise."""
        return self.course.moves(self.person, math.floor((at - self.start_at).total_seconds()))


class Followed:
    """Everybody on one of these monitors, read again and again while the thread runs."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = tuple(keys)
        self._people: Mapping[str, OnMonitor] = {}
        self._failed = False

    def person(self, key: str, at: datetime) -> Person | None:
        """Where the signs of the person on this monitor lie now; None when nothing flowed, or nobody is on it."""
        one = self._people.get(key)
        return None if one is None else one.now(at)

    def start(self) -> None:
        """Read from now on, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="who is on the monitors", daemon=True).start()

    def _run(self) -> None:
        import django

        django.setup()
        from ebbtide.ground.database.alone import hold_one_connection

        hold_one_connection()  # one thread reads
        while True:
            self._read()
            time.sleep(EVERY_S)

    def _read(self) -> None:
        from django.db import connection

        try:
            self._people = people_at(clock.now(), self._keys)
            self._failed = False
        except Exception as error:  # noqa: BLE001 - the outermost loop: whatever it is, the monitors go on
            if not self._failed:
                log.warning("people_not_read", error=type(error).__name__)
            self._failed = True
            connection.close()


def people_at(at: datetime, keys: Sequence[str]) -> dict[str, OnMonitor]:
    """Whoever has a running or past infusion and one of these simulated monitors on, by the monitor's key."""
    from ebbtide.journey.infusion.models import Binding

    open_ones = Binding.objects.filter(until_at__isnull=True, device__simulated=True, device__key__in=keys)
    found: dict[str, OnMonitor] = {}
    for binding in open_ones.select_related(*Binding.opened_with):
        one = _on_monitor(binding.device.key, binding.session, at)
        if one is not None:
            found[binding.device.key] = one
    return found


def _on_monitor(key: str, session: "Session", at: datetime) -> OnMonitor | None:
    from ebbtide.journey.careplan.queries import age_years
    from ebbtide.journey.infusion.queries import baseline_of, schedule_from, state_of

    state = state_of(session, at)
    if state.started_at is None:
        return None
    since_s = math.floor((at - state.started_at).total_seconds())
    born = session.visit.series.episode.patient.birth_date
    course = course_of(
        Given(
            weight_kg=float(session.order.weight_kg),
            age_y=age_years(born, at=at) or ADULT_Y,
            schedule=schedule_from(state, start=state.started_at, stop=at + timedelta(seconds=AHEAD_S)),
            lasts_s=since_s + AHEAD_S,
            from_s=max(0, since_s),
        )
    )
    before = {name: one.value for name, one in baseline_of(session).items() if name in BEFORE}
    return OnMonitor(
        person=replace(invented.person_of(key), **before), course=course, start_at=state.started_at
    )
