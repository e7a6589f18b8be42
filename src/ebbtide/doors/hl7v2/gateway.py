"""The monitors' door: MLLP on a port of its own. A message is answered AA once its rows are durable, and not before."""

import asyncio
import contextlib
import hashlib
import ipaddress
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ebbtide.doors.hl7v2.answers import INTERNAL, SEGMENTS, Code, Header, Trouble, answer, trouble
from ebbtide.doors.hl7v2.framing import Framer, TooLong, framed
from ebbtide.doors.hl7v2.reading import NotUnderstood, Report, read
from ebbtide.doors.hl7v2.tls import HANDSHAKE_WITHIN_S, reason_of
from ebbtide.doors.hl7v2.writer import NotStored, Writer

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

READ_BYTES = 16 * 1024
MOST_DEVICES = 2000
CLOSE_WITHIN_S = 2.0
LARGE_BYTES = 8 * 1024  # read in a thread, so that no other monitor waits for it
log = structlog.get_logger("hl7v2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sender, and all of them together, may take [design]."""

    connections: int = 1200
    kept_bytes: int = 16 * 1024 * 1024
    frame_within_s: float = 10.0
    idle_s: float = 1000.0  # a cuff alone speaks every 15 min
    answer_within_s: float = 10.0


@dataclass(slots=True)
class Told:
    """What the gateway has seen since it started; numbers only. The writer's thread reads it."""

    messages: int = 0
    refused: int = 0
    devices: dict[str, float] = field(default_factory=dict)

    def heard(self, key: str) -> None:
        self.devices[key] = time.monotonic()
        if len(self.devices) > MOST_DEVICES:
            self.devices.clear()

    def devices_now(self, *, within_s: float = 60.0) -> int:
        """How many devices have spoken within this time."""
        since_s = time.monotonic() - within_s
        return sum(at_s >= since_s for at_s in list(self.devices.values()))


class Resent:
    """The arrival of messages seen a moment ago: one that comes again keeps the time of its first arrival.

    A reading without a time of its own takes that of its arrival; sent twice, it would otherwise be two readings.
    """

    MOST, WITHIN = 4096, timedelta(seconds=60)

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, datetime] = OrderedDict()

    def first_at(self, message: bytes, at: datetime) -> datetime:
        """When this very message came first, within the last minute; now, when it is new."""
        head = message.split(b"|", 10)
        # without a time and a control id of its own, the same bytes may be a second reading
        if len(head) < 11 or not head[6].strip() or not head[9].strip():
            return at
        name = hashlib.sha256(message).digest()
        first = self._seen.get(name)
        if first is not None and at - first <= self.WITHIN:
            return first
        self._seen[name] = at
        while len(self._seen) > self.MOST:
            self._seen.popitem(last=False)
        return at


class Gateway:
    """Listens, reads, hands over to the writer, and answers. One message of a connection after the other."""

    def __init__(
        self,
        writer: Writer,
        *,
        now: Callable[[], datetime],
        allow: Sequence[Network] = (),
        limits: Limits | None = None,
        told: Told | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._writer = writer
        self._tls = tls
        self._now = now
        self._allow = tuple(allow)
        self._limits = limits or Limits()
        self._connections: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self._kept_bytes = 0
        self._resent = Resent()
        self._answers = 0
        self.told = told or Told()

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Open the door; the server is the caller's to close."""
        return await asyncio.start_server(self._meet, host, port, limit=READ_BYTES, backlog=256)

    async def close(self) -> None:
        """Let go of everybody, and wait until each has been answered or has gone."""
        for other in list(self._connections):
            other.close()
        if self._talks:
            await asyncio.wait(self._talks, timeout=CLOSE_WITHIN_S)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = (writer.get_extra_info("peername") or ("",))[0]
        if not self._may_speak(address):
            self.told.refused += 1
            log.warning("monitor_turned_away", peer=address)
            writer.close()
            return
        self._connections.add(writer)
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            # before anything is read: who may not speak at all learns nothing of the certificate
            if self._tls is None or await self._is_agreed(writer, address):
                await self._talk(reader, writer)
        except (OSError, TimeoutError):
            pass  # it went away, or was too slow; what was not answered is sent again
        finally:
            self._connections.discard(writer)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _is_agreed(self, writer: asyncio.StreamWriter, address: str) -> bool:
        """The two sides agreed on TLS; where they did not, the log says why."""
        try:
            await writer.start_tls(self._tls, ssl_handshake_timeout=HANDSHAKE_WITHIN_S)  # type: ignore[arg-type]
        except (OSError, TimeoutError) as trouble:
            self.told.refused += 1
            log.warning("monitor_tls_refused", peer=address, why=reason_of(trouble))
            return False
        return True

    def _may_speak(self, address: str) -> bool:
        if len(self._connections) >= self._limits.connections:
            return False
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in network for network in self._allow)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer, loop = Framer(), asyncio.get_running_loop()
        begun_s = loop.time()
        kept = 0
        try:
            while True:
                left_s = begun_s + self._limits.frame_within_s - loop.time()
                patience_s = max(0.001, left_s) if framer.is_inside else self._limits.idle_s
                data = await asyncio.wait_for(reader.read(READ_BYTES), patience_s)
                if not data:
                    return
                was_inside = framer.is_inside
                for message in framer.feed(data):
                    was_inside = False
                    await self._send(writer, await self._answered(message))
                begun_s = begun_s if was_inside else loop.time()
                self._kept_bytes += framer.kept_bytes - kept
                kept = framer.kept_bytes
                if self._kept_bytes > self._limits.kept_bytes:
                    raise TooLong("Too much is waiting here: send this message again later.")
        except TooLong as refusal:
            await self._send(writer, self._refusal(Header(), trouble(SEGMENTS, str(refusal))))
        finally:
            self._kept_bytes -= kept

    async def _send(self, writer: asyncio.StreamWriter, message: bytes) -> None:
        writer.write(framed(message))
        await asyncio.wait_for(writer.drain(), self._limits.answer_within_s)

    async def _answered(self, message: bytes) -> bytes:
        """The answer to one message, once it can be given."""
        received_at = self._now()
        self.told.messages += 1
        try:
            report = await self._read(message, self._resent.first_at(message, received_at))
        except NotUnderstood as refusal:
            return self._refusal(refusal.header, refusal.why)
        for sample in report.samples[:1]:
            self.told.heard(sample.device_key)
        try:
            await asyncio.wrap_future(self._writer.hand_over(report))
        except NotStored:
            why = trouble(INTERNAL, "The record could not be written: send this message again.")
            return self._said(report.header, Code.NOT_STORED, why)
        return self._said(report.header, Code.STORED)

    async def _read(self, message: bytes, at: datetime) -> Report:
        if len(message) > LARGE_BYTES:
            return await asyncio.to_thread(read, message, at)
        return read(message, at)

    def _refusal(self, header: Header, why: Trouble) -> bytes:
        self.told.refused += 1
        return self._said(header, Code.NOT_UNDERSTOOD, why)

    def _said(self, header: Header, code: Code, why: Trouble | None = None) -> bytes:
        self._answers += 1
        return answer(header, code, at=self._now(), number=self._answers, why=why)
