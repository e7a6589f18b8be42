"""The one thread that writes: messages that arrive while a transaction is in flight form the next one (group commit)."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from ebbtide.doors.hl7v2.reading import Report
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion.actions.samples import (
    StoreSamples,
    make_months,
    note_beat,
    store_samples,
)
from ebbtide.journey.infusion.arrivals import NewSample
from ebbtide.journey.infusion.freshness import ASKS_AT_LEAST_S
from ebbtide.journey.infusion.vitals import GATEWAY

BEAT_EVERY_S = 2.0
DAY_S = 24 * 3600.0
MOST_AT_ONCE = 200  # messages in one transaction
TRY_AGAIN_AFTER_S = 0.2
MOST_HEARD = 5000

log = structlog.get_logger("hl7v2")


class NotStored(Exception):
    """The rows of this message are not in the record: it is answered AE, and the monitor sends it again."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """One message and whoever waits for its rows to be durable."""

    report: Report
    done: "Future[None]" = field(default_factory=Future)


class Writer:
    """Holds the gateway's only connection to the record. Its beat says that it can write, and not only that it runs."""

    def __init__(self, *, heard_of: Callable[[], int] = lambda: 0) -> None:
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="gateway writer", daemon=True)
        self._heard_of = heard_of
        self._clinic: Clinic | None = None
        self._beat_due_s = 0.0
        self._months_due_s = 0.0
        self._newest: dict[str, datetime] = {}
        self.stored = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, patience_s: float = 3.0) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join(patience_s)

    def hand_over(self, report: Report) -> "Future[None]":
        """Done when the rows are durable; fails with NotStored when they are not."""
        one = Waiting(report)
        self._waiting.put(one)
        return one.done

    def _run(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._gather()
            if batch:
                self._settle(batch)
            if time.monotonic() >= self._beat_due_s:
                self._beat()
        connection.close()

    def _gather(self) -> tuple[list[Waiting], bool]:
        """Everything that waits now; when nothing does, the first that comes before the next beat."""
        batch: list[Waiting] = []
        patience_s = max(0.0, self._beat_due_s - time.monotonic())
        try:
            one = self._waiting.get(timeout=patience_s)
            while one is not None:
                if one.done.set_running_or_notify_cancel():  # its sender is still there
                    batch.append(one)
                if len(batch) >= MOST_AT_ONCE:
                    return batch, False
                one = self._waiting.get_nowait()
        except queue.Empty:
            return batch, False
        return batch, True

    def _settle(self, batch: Sequence[Waiting]) -> None:
        """Store them together; when that fails, each alone, so that one bad message takes no other with it."""
        trouble = self._try(batch)
        if trouble is None:
            for one in batch:
                one.done.set_result(None)
        elif len(batch) == 1 or isinstance(trouble, OperationalError | InterfaceError):
            for one in batch:
                one.done.set_exception(NotStored())
        else:
            for one in batch:
                self._settle([one])

    def _try(self, batch: Sequence[Waiting]) -> Exception | None:
        """What went wrong, if anything. A cut connection is tried once more under the same key, so nothing is doubled."""
        key = f"samples/{new_id()}"
        for last_try in (False, True):
            try:
                self._store(batch, key)
            except (OperationalError, InterfaceError) as cut:
                connection.close()
                if last_try:
                    log.warning("samples_not_stored", error=type(cut).__name__, messages=len(batch))
                    return cut
                time.sleep(TRY_AGAIN_AFTER_S)
            except Exception as error:  # noqa: BLE001 - the outermost loop: whatever it is, the sender is told AE
                log.warning("samples_refused", error=type(error).__name__, messages=len(batch))
                return error
            else:
                self.stored += len(batch)
                return None
        return None

    def _store(self, batch: Sequence[Waiting], key: str) -> None:
        clinic = self._of_this_record()
        samples = tuple(sample for one in batch for sample in one.report.samples)
        store_samples(
            act_now(integration(clinic), key),
            StoreSamples(
                clinic=clinic,
                messages=len(batch),
                samples=samples,
                set_aside=tuple(odd for one in batch for odd in one.report.set_aside),
                notices=tuple(notice for one in batch for notice in one.report.notices),
                came_back=self._came_back(samples),
            ),
        )
        self._hear(samples)

    def _came_back(self, samples: Sequence[NewSample]) -> frozenset[str]:
        """The monitors that were not heard since this process began, or not for long."""
        since = timedelta(seconds=ASKS_AT_LEAST_S)
        return frozenset(
            one.device_key
            for one in samples
            if (newest := self._newest.get(one.device_key)) is None or one.observed_at - newest > since
        )

    def _hear(self, samples: Sequence[NewSample]) -> None:
        if len(self._newest) > MOST_HEARD:
            self._newest.clear()  # asking the record once more is all that it costs
        for one in samples:
            newest = self._newest.get(one.device_key, one.observed_at)
            self._newest[one.device_key] = max(newest, one.observed_at)

    def _of_this_record(self) -> Clinic:
        """The clinic that the monitors belong to: the first of this record."""
        if self._clinic is None:
            self._clinic = Clinic.objects.order_by("id").first()
        if self._clinic is None:
            raise NotStored
        return self._clinic

    def _beat(self) -> None:
        self._beat_due_s = time.monotonic() + BEAT_EVERY_S
        try:
            clinic = self._of_this_record()
            note_beat(GATEWAY, clinic, at=clock.now(), devices=self._heard_of(), messages=self.stored)
            self._make_room()
        except NotStored:
            return  # nobody has opened the clinic yet
        except DatabaseError as error:
            connection.close()
            log.warning("beat_not_written", error=type(error).__name__)
        except InterfaceError:
            connection.close()

    def _make_room(self) -> None:
        """Once a day: the months that readings will fall into next."""
        if time.monotonic() >= self._months_due_s:
            self._months_due_s = time.monotonic() + DAY_S
            make_months(clock.now())
