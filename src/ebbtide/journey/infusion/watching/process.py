"""The loop of the checks: notices as hints, the record as truth, a tick every half second, a beat every two."""

import gc
import json
import select
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, connection
from psycopg import sql

from ebbtide.ground import clock
from ebbtide.ground.live.announce import CHANNEL
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.infusion.actions.checks import note_checks_beat, note_watched, tablets_heard
from ebbtide.journey.infusion.actions.samples import SAMPLES
from ebbtide.journey.infusion.vitals import gateway_silent_s
from ebbtide.journey.infusion.watching.agenda import Agenda
from ebbtide.journey.infusion.watching.reading import (
    FORGOTTEN,
    samples_kept,
    samples_since,
    samples_told,
    session_of,
    watched,
)
from ebbtide.journey.infusion.watching.watch import REREAD, Watch, share_of

TICK_S = 0.5
# whose tablets are awake: one small question. What is read a second late would make a well tablet look quiet (hazard H17)
TABLETS_S = 1.0
EVERY_S = {"tablets": TABLETS_S, "list": 5.0, "link": TICK_S, "beat": 2.0}
EVERY_S_OF_EACH = {"tick": TICK_S, "log": 15.0, "read": 30.0}
TIDY_EVERY_S, TIDY_WHOLE_EVERY_S = 30.0, 6 * 3600.0
READ_BACK = timedelta(seconds=60)
MOST_REREAD_A_SECOND = (
    5  # logs that nobody announced: with more than 300 sessions each is read again less often [design]
)
MOST_TICKS_A_SECOND = (
    1000  # with more than 500 sessions, the time of each moves on less often by itself [design]
)
TRY_AGAIN_S, SOON_S = 0.5, 0.2
SLICE_S = 0.002  # what is due waits for a notice and not the other way round

Job = tuple[str, UUID | None]  # what, and of which session

log = structlog.get_logger("checks")


class Checks:
    """Every watched session of this record. One that fails fails alone, and its screens say that nobody watches it."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        self._watches: dict[UUID, Watch] = {}
        self._heard: dict[UUID, datetime] = {}
        self._silent = False
        self._agenda: Agenda[Job] = Agenda()
        for what in EVERY_S:
            self.ask(what, in_s=0.0)
        self.failures = 0

    @property
    def watched(self) -> int:
        """How many sessions are watched."""
        return len(self._watches)

    def ask(self, what: str, name: UUID | None = None, *, in_s: float = SOON_S) -> None:
        """This is done in a moment, or earlier where it is due earlier; what is asked several times is done once."""
        self._agenda.put((what, name), time.monotonic() + in_s)

    # — notices —

    def told(self, payload: str) -> None:
        """One notice of the record: values of a session, or that something changed."""
        kind, name, values = _said_in(payload)
        if kind in {"session", "chairs"}:
            self._told_of_people(name)
        elif name not in self._watches:
            return
        elif kind == "vitals" and values:
            self._of(name, lambda watch, at: watch.hear(samples_told(values, at), at))
        elif kind in {"vitals", SAMPLES}:  # more than a notice carries
            self.ask("read", name)
        elif kind == "checks":
            self._of(name, lambda watch, at: watch.refresh(at))

    def _told_of_people(self, patient: UUID | None) -> None:
        """Somebody was checked in, or left, or something stands in their log."""
        self.ask("list")
        for name, watch in self._watches.items():
            if watch.patient_id == patient:
                self.ask("reread", name)

    def _of(self, name: UUID, do: Callable[[Watch, datetime], None]) -> None:
        """Do this for one session; whatever goes wrong there, the others are watched."""
        watch = self._watches.get(name)
        if watch is None:
            return
        try:
            do(watch, self._now())
        except (psycopg.OperationalError, InterfaceError, DatabaseError):
            raise
        except Exception as error:  # noqa: BLE001 - the outermost loop: one session must not silence the others
            self._failed(name, error)

    def _failed(self, name: UUID, error: Exception) -> None:
        self.failures += 1
        self._watches.pop(name, None)  # opened anew from the record when the list is read next
        log.warning("checks_of_a_session_failed", error=type(error).__name__, failures=self.failures)

    # — turns —

    def turn(self, *, most_s: float = float("inf")) -> float:
        """Do what is due, at most for about so long; how long nothing is due after it (s)."""
        begun_s = time.monotonic()
        while (job := self._agenda.take(time.monotonic())) is not None:
            self._do(*job)
            if time.monotonic() - begun_s >= most_s:
                break
        return max(0.0, self._agenda.next_s() - time.monotonic())

    def _do(self, what: str, name: UUID | None) -> None:
        if name is None:
            self._agenda.put((what, None), time.monotonic() + EVERY_S[what])
            {"tablets": self._tablets, "list": self._list, "link": self._link, "beat": self._beat}[what]()
        elif what == "open":
            self._open(name)
        elif name in self._watches:
            self._do_for(what, name)

    def _do_for(self, what: str, name: UUID) -> None:
        every_s = EVERY_S_OF_EACH.get(what)
        if what == "tick":
            every_s = max(TICK_S, len(self._watches) / MOST_TICKS_A_SECOND)
            if (rested_s := self._watches[name].rested_s()) < every_s:
                self.ask(what, name, in_s=every_s - rested_s)  # its time moved on with a reading
                return
        if every_s is not None:
            self.ask(what, name, in_s=every_s)
        if what == "read":
            self._read(name)
        elif what == "tick":
            self._of(name, lambda watch, at: watch.take((), at))
        elif what == "log":
            reread = max(REREAD, timedelta(seconds=len(self._watches) / MOST_REREAD_A_SECOND))
            self._of(name, lambda watch, at: watch.look(at, reread=reread))
        else:
            self._of(name, lambda watch, at: watch.refresh(at))

    def _tablets(self) -> None:
        """Whose tablets are awake."""
        self._heard = tablets_heard(self._now() - FORGOTTEN)
        for name, heard_at in self._heard.items():
            if name in self._watches:
                self._watches[name].tablet_heard(heard_at)

    def _list(self) -> None:
        """Who is watched now."""
        there = set(watched(self._now()))
        for name in self._watches.keys() - there:
            del self._watches[name]
        for name in there - self._watches.keys():
            self.ask("open", name, in_s=0.0)

    def _open(self, name: UUID) -> None:
        session = session_of(name)
        if session is None or name in self._watches:
            return
        try:
            self._watches[name] = Watch(session, self._now(), tablet_heard_at=self._heard.get(name))
        except (psycopg.OperationalError, InterfaceError, DatabaseError):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(name, error)
            return
        for (
            what,
            every_s,
        ) in EVERY_S_OF_EACH.items():  # those of many sessions are spread over the time between two
            self.ask(what, name, in_s=every_s * share_of(name))

    def _read(self, name: UUID) -> None:
        """What the notices left out: several readings in one batch, a notice that was lost, what came late.

        Mostly nothing was, and to count is a tenth of reading.
        """
        since = self._now() - READ_BACK
        if self._watches[name].heard_since(since) == samples_kept(name, since):
            return
        found = samples_since([name], since).get(name, [])
        self._of(name, lambda watch, at: watch.hear(found, at))

    def _link(self) -> None:
        silent = gateway_silent_s(self._now()) is not None
        went, self._silent = silent and not self._silent, silent
        if went:
            for name in list(self._watches):
                self._of(name, lambda watch, at: watch.link_lost(at))

    def _beat(self) -> None:
        at = self._now()
        note_watched(list(self._watches), at=at)
        for clinic in Clinic.objects.order_by("id")[:1]:
            note_checks_beat(clinic, at=at, sessions=len(self._watches))


def _said_in(payload: str) -> tuple[str, UUID | None, dict[str, Any] | None]:
    try:
        told = json.loads(payload)
        kind, _, rest = told["topic"].partition(":")
        return kind, UUID(rest.partition(":")[0]), told.get("values")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", None, None


class Tidy:
    """The collector, when we say so: by itself it would look through everything in the middle of a condition.

    A look takes as long as there are objects that no earlier look left out, and every reading makes new ones of a session:
    a third of a second with 1,000 sessions. What a look can find are rings of objects that hold each other, and watching makes
    none. So it looks when as much was made as is left out, as after many sessions began, and through everything when nobody is
    watched and every few hours: a session that was watched and is over would stay in memory.
    """

    def __init__(
        self,
        *,
        every_s: float = TIDY_EVERY_S,
        whole_every_s: float = TIDY_WHOLE_EVERY_S,
        most_new: int | None = None,
    ) -> None:
        self._every_s, self._whole_every_s = every_s, whole_every_s
        self._most_new = gc.get_freeze_count() if most_new is None else most_new
        self._due_s = time.monotonic() + every_s
        self._whole_due_s = time.monotonic() + whole_every_s

    def between(self, *, nobody_watched: bool) -> None:
        """Called between two turns."""
        now_s = time.monotonic()
        whole = now_s >= self._whole_due_s or (nobody_watched and now_s >= self._due_s)
        if not whole and gc.get_count()[0] <= self._most_new:
            return
        self._due_s = now_s + self._every_s
        if whole:
            self._whole_due_s = now_s + self._whole_every_s
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._most_new = gc.get_freeze_count()


def keep_watching(enough: Callable[[], bool], *, tidy: Tidy | None = None) -> None:
    """Until told to stop. A cut connection begins again from the record, and nothing that was committed is lost."""
    while not enough():
        try:
            _watch_until_cut(enough, tidy)
        except (psycopg.Error, DatabaseError, InterfaceError, OSError) as cut:
            log.warning("checks_cut_off", error=type(cut).__name__)
            connection.close()
            time.sleep(TRY_AGAIN_S)
    connection.close()


def _watch_until_cut(enough: Callable[[], bool], tidy: Tidy | None) -> None:
    params = dict(connection.get_connection_params())
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        params.pop(name, None)
    with psycopg.connect(**params, autocommit=True) as listening:
        listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        checks = Checks()
        while not enough():
            wait_s = checks.turn(most_s=SLICE_S)
            for payload in _notices(listening, wait_s):
                checks.told(payload)
            if tidy is not None:
                tidy.between(nobody_watched=checks.watched == 0)


def _notices(listening: "psycopg.Connection[Any]", wait_s: float) -> Iterable[str]:
    """What others told until something is due; at least what lies there."""
    # the driver itself waits in whole milliseconds, and spins through what is left of one
    if not select.select([listening], [], [], max(wait_s, 0.0))[0]:
        return []
    told = list(listening.notifies(timeout=0.001, stop_after=1))
    held = connection.connection
    ours = None if held is None else held.info.backend_pid
    return [notice.payload for notice in told if notice.pid != ours]
