"""One monitor's line to the gateway: it sends, waits for the answer, and comes back when it was cut off."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

START, END = b"\x0b", b"\x1c\r"
ANSWER_WITHIN_S = 10.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """MSA-1 of the answer, and how long it took from the last byte (s)."""

    code: str
    took_s: float


class Line:
    """A connection that is opened when it is needed. A message is sent until it is answered AA or AR."""

    def __init__(
        self, host: str, port: int, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._host, self._port, self._pause = host, port, pause
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.cuts = 0

    async def send(self, message: bytes) -> Answered:
        """Send it, again and again when it must be, until the gateway has it or refuses it."""
        tries = 0
        while True:
            try:
                answered = await self._once(message)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await self.close()
                self.cuts += 1
            else:
                if answered.code != "AE":
                    return answered
            await self._pause(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    async def _once(self, message: bytes) -> Answered:
        if self._open is None:
            self._open = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._open
        loop = asyncio.get_running_loop()
        writer.write(START + message + END)
        await writer.drain()
        sent_s = loop.time()
        frame = await asyncio.wait_for(reader.readuntil(END), ANSWER_WITHIN_S)
        return Answered(code=code_of(frame), took_s=loop.time() - sent_s)

    async def close(self) -> None:
        """Hang up."""
        held, self._open = self._open, None
        if held is not None:
            held[1].close()
            with contextlib.suppress(OSError):
                await held[1].wait_closed()


def code_of(frame: bytes) -> str:
    """MSA-1 of an answer; AE, so that it is sent again, when there is none."""
    for segment in frame.strip(START + END).split(b"\r"):
        if segment.startswith(b"MSA|"):
            return segment.split(b"|")[1].decode("ascii", "replace")
    return "AE"
