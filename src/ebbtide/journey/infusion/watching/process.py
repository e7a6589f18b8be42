"""The loop of the checks: notices as hints, the record as truth, a tick every second, a beat every two."""

import json
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
from ebbtide.journey.infusion.vitals import gateway_silent_s
from ebbtide.journey.infusion.watching.reading import (
    FORGOTTEN,
    samples_since,
    samples_told,
    watched,
)
from ebbtide.journey.infusion.watching.watch import Watch

TICK_S, BEAT_S, READ_S, REFRESH_S, LATE_S = 0.5, 2.0, 5.0, 5.0, 30.0
# whose tablets are awake: one small question. What is read a second late would make a well tablet look quiet (hazard H17)
TABLETS_S = 1.0
REREAD_S = 15.0  # a session whose log was not announced is read again all the same
READ_BACK, LATE_BACK = timedelta(seconds=8), timedelta(seconds=60)
TRY_AGAIN_S, SOON_S = 0.5, 0.2

log = structlog.get_logger("checks")


class Checks:
    """Every watched session of this record. One that fails fails alone, and its screens say that nobody watches it."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        self._watches: dict[UUID, Watch] = {}
        self._stale: set[UUID] = set()
        self._read_s: dict[UUID, float] = {}
        self._heard: dict[UUID, datetime] = {}
        self._silent = False
        self._due_s = dict.fromkeys(("tablets", "tick", "beat", "read", "refresh", "late"), 0.0)
        self.failures = 0

    # — notices —

    def told(self, payload: str) -> None:
        """One notice of the record: values of a session, or that something changed."""
        kind, name, values = _said_in(payload)
        if kind == "vitals" and name in self._watches:
            self._of(name, lambda watch, at: watch.hear(samples_told(values or {}, at), at))
        elif kind == "checks" and name in self._watches:
            self._of(name, lambda watch, at: watch.refresh(at))
        elif kind == "session":
            self._stale |= {one for one, watch in self._watches.items() if watch.patient_id == name}
            self._soon()
        elif kind == "chairs":
            self._soon()  # somebody was checked in, or left

    def _soon(self) -> None:
        """The list of sessions is read in a moment: what comes together is read together."""
        self._due_s["refresh"] = min(self._due_s["refresh"], time.monotonic() + SOON_S)

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
            self.failures += 1
            self._watches.pop(name, None)  # opened anew from the record at the next turn
            log.warning("checks_of_a_session_failed", error=type(error).__name__, failures=self.failures)

    # — turns —

    def turn(self) -> float:
        """Do what is due; how long nothing is due after it (s)."""
        for name, every_s, do in (
            ("tablets", TABLETS_S, self._tablets),
            ("refresh", REFRESH_S, self._refresh),
            ("read", READ_S, lambda: self._read(READ_BACK)),
            ("late", LATE_S, lambda: self._read(LATE_BACK)),
            ("tick", TICK_S, self._tick),
            ("beat", BEAT_S, self._beat),
        ):
            if time.monotonic() >= self._due_s[name]:
                self._due_s[name] = time.monotonic() + every_s
                do()
        return max(0.0, min(self._due_s.values()) - time.monotonic())

    def _tablets(self) -> None:
        """Whose tablets are awake."""
        self._heard = tablets_heard(self._now() - FORGOTTEN)
        for name, heard_at in self._heard.items():
            if name in self._watches:
                self._watches[name].tablet_heard(heard_at)

    def _refresh(self) -> None:
        """Who is watched now, and what their logs say."""
        at = self._now()
        there = {session.pk: session for session in watched(at)}
        for name in self._watches.keys() - there.keys():
            del self._watches[name]
        stale, self._stale = self._stale, set()
        for name, session in there.items():
            if name not in self._watches:
                self._open(name, session, at)
            elif name in stale or time.monotonic() - self._read_s.get(name, 0.0) >= REREAD_S:
                self._read_s[name] = time.monotonic()
                self._of(name, lambda watch, at: watch.refresh(at))

    def _open(self, name: UUID, session: Any, at: datetime) -> None:
        try:
            self._watches[name] = Watch(session, at, tablet_heard_at=self._heard.get(name))
        except (psycopg.OperationalError, InterfaceError, DatabaseError):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self.failures += 1
            log.warning("checks_of_a_session_failed", error=type(error).__name__, failures=self.failures)

    def _read(self, back: timedelta) -> None:
        """What the notices left out: several readings in one batch, a notice that was lost, what came late."""
        if not self._watches:
            return
        for name, samples in samples_since(list(self._watches), self._now() - back).items():
            self._of(name, lambda watch, at, samples=samples: watch.hear(samples, at))  # type: ignore[misc]

    def _tick(self) -> None:
        silent = gateway_silent_s(self._now()) is not None
        went = silent and not self._silent
        self._silent = silent
        for name in list(self._watches):
            self._of(name, lambda watch, at: watch.link_lost(at) if went else watch.take((), at))

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


def keep_watching(enough: Callable[[], bool]) -> None:
    """Until told to stop. A cut connection begins again from the record, and nothing that was committed is lost."""
    while not enough():
        try:
            _watch_until_cut(enough)
        except (psycopg.Error, DatabaseError, InterfaceError, OSError) as cut:
            log.warning("checks_cut_off", error=type(cut).__name__)
            connection.close()
            time.sleep(TRY_AGAIN_S)
    connection.close()


def _watch_until_cut(enough: Callable[[], bool]) -> None:
    params = dict(connection.get_connection_params())
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        params.pop(name, None)
    with psycopg.connect(**params, autocommit=True) as listening:
        listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        checks = Checks()
        while not enough():
            wait_s = checks.turn()
            for payload in _notices(listening, wait_s):
                checks.told(payload)


def _notices(listening: "psycopg.Connection[Any]", wait_s: float) -> Iterable[str]:
    """What was told until something is due; at least what lies there."""
    return [notice.payload for notice in listening.notifies(timeout=max(wait_s, 0.001), stop_after=1)]
