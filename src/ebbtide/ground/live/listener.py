"""The live room: one LISTEN connection per web process, and its messages handed to every open page of the process."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from django.db import connection
from psycopg import sql

from ebbtide.ground.live.announce import CHANNEL

REREAD = "reread"  # something may have been missed: read the state again
MOST_WAITING = 100  # messages that a slow page may leave lying before it is told to read again
PAUSE_S = (0.2, 0.5, 1.0, 2.0, 5.0)  # before each new try to reach the database
ALIVE_EVERY_S = 15.0
# at most so many events with values for each page, however many monitors speak on it: what comes sooner waits, and of each
# signal the newest is told; one may come early, so that after a late one the next is not late too
VALUES_EVERY_S = 0.1

Values = dict[str, dict[str, Any]]  # by topic, then by the name of each value: the newest of each

log = structlog.get_logger("live")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One notice of the database: its topic, and the values of a topic that carries some."""

    topic: str
    values: Mapping[str, Any] | None = None


class Subscription:
    """One open page: the topics it asked for, and what it has not been told yet."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(maxsize=MOST_WAITING)
        self._values: Values = {}
        self._timer: asyncio.TimerHandle | None = None
        self._used_until_s = float("-inf")

    def tell(self, topic: str | None) -> None:
        """Leave a message; when too many lie there, they become one: read everything again."""
        try:
            self._waiting.put_nowait(topic)
        except asyncio.QueueFull:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self.close()
            self._waiting.put_nowait(REREAD)

    def tell_values(self, topic: str, values: Mapping[str, Any]) -> None:
        """Leave values over those that lie there; the page hears them together, once its second has come."""
        self._values.setdefault(topic, {}).update(values)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            due_s = max(loop.time(), self._used_until_s - VALUES_EVERY_S)
            self._timer = loop.call_at(due_s, self.tell, None)

    async def next(self) -> str | Values:
        """The next topic that changed, or REREAD; or the newest values of the topics that carry them."""
        topic = await self._waiting.get()
        if topic is not None:
            return topic
        values = self._values
        self._used_until_s = max(self._used_until_s, asyncio.get_running_loop().time()) + VALUES_EVERY_S
        self.close()
        return values

    def close(self) -> None:
        """Forget the values that wait: they were told, or the page reads everything again."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self._values = {}


class Listener:
    """Holds the one connection while at least one page is open; reconnects, and says so to the pages."""

    def __init__(self, conninfo: dict[str, Any]) -> None:
        self._conninfo = conninfo
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    @contextlib.asynccontextmanager
    async def subscribed(self, topics: frozenset[str]) -> AsyncIterator[Subscription]:
        """A subscription for as long as the page is open."""
        made = Subscription(topics)
        self._subscriptions.add(made)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="live listener")
        try:
            yield made
        finally:
            self._subscriptions.discard(made)
            made.close()
            if not self._subscriptions:
                await self.close()

    async def close(self) -> None:
        """Let go of the connection."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        tries, had_a_gap = 0, False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **self._conninfo, autocommit=True
                ) as listening:
                    await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self.connected.set()
                    if had_a_gap:
                        self._tell_all(REREAD)
                    tries = 0
                    await self._hand_on(listening)
            except (psycopg.Error, OSError) as error:
                log.warning("live_connection_lost", error=type(error).__name__)
            finally:
                self.connected.clear()
            had_a_gap = True
            await asyncio.sleep(PAUSE_S[min(tries, len(PAUSE_S) - 1)])
            tries += 1

    async def _hand_on(self, listening: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notice in listening.notifies(timeout=ALIVE_EVERY_S):
                self._tell(_said_in(notice.payload))
            await listening.execute("SELECT 1")  # a connection that died in silence is found out

    def _tell(self, said: Said | None) -> None:
        if said is None:
            return
        for subscription in self._subscriptions:
            if said.topic not in subscription.topics:
                continue
            if said.values is None:
                subscription.tell(said.topic)
            else:
                subscription.tell_values(said.topic, said.values)

    def _tell_all(self, topic: str) -> None:
        for subscription in self._subscriptions:
            subscription.tell(topic)


def _said_in(payload: str) -> Said | None:
    try:
        told = json.loads(payload)
        topic, values = told["topic"], told.get("values")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(topic, str):
        return None
    return Said(topic=topic, values=values if isinstance(values, dict) else None)


_listeners: dict[asyncio.AbstractEventLoop, Listener] = {}


def listener() -> Listener:
    """The listener of this process (of this event loop, of which a web process has one)."""
    loop = asyncio.get_running_loop()
    for other in [known for known in _listeners if known.is_closed()]:
        del _listeners[other]
    if loop not in _listeners:
        _listeners[loop] = Listener(_own_connection())
    return _listeners[loop]


def _own_connection() -> dict[str, Any]:
    """Where the pages' database is: a connection of its own, because a stream must not hold one of the pool."""
    params = dict(connection.get_connection_params())
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        params.pop(name, None)
    return params
