"""An open loop of requests: one is sent at every tick, whether or not the last has been answered, as real people would."""

import asyncio
import time
from collections import deque

PAGE_END = b"\r\n\r\n"


BROWSERS = 24  # fifty pages a second are many people, and each browser has a connection of its own


class Asker:
    """Connections to one server, kept open and taken in turn: the one that rested longest is next."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.cookie = cookie
        self.idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def open(self, browsers: int) -> None:
        """So many browsers are there before the first page is asked for."""
        for _ in range(browsers):
            self.idle.append(await asyncio.open_connection("127.0.0.1", self.port))

    async def ask(self, path: str) -> tuple[int, int]:
        """Status and bytes of one page; a kept connection that the server has closed meanwhile is opened again."""
        try:
            return await self._ask(path)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.idle.clear()
            return await self._ask(path)

    async def _ask(self, path: str) -> tuple[int, int]:
        reader, writer = (
            self.idle.popleft() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        )
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\nAccept: text/html\r\n\r\n".encode()
        )
        head = (await reader.readuntil(PAGE_END)).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        lengths = [
            line.split(":", 1)[1] for line in head.splitlines() if line.lower().startswith("content-length:")
        ]
        size = int(lengths[0]) if lengths else 0
        await reader.readexactly(size)
        self.idle.append((reader, writer))
        return status, size


async def _open_loop(
    port: int, cookie: str, paths: list[str], *, per_second: float, seconds: float
) -> list[tuple[float, int]]:
    asker = Asker(port, cookie)
    await asker.open(BROWSERS)
    begun = time.perf_counter()

    async def one(number: int) -> tuple[float, int]:
        due = begun + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        status, _ = await asker.ask(paths[number % len(paths)])
        # from the moment it was due: a server that falls behind is not excused
        return (time.perf_counter() - due) * 1000, status

    return await asyncio.gather(*(one(n) for n in range(int(per_second * seconds))))


def open_loop(
    port: int, cookie: str, paths: list[str], *, per_second: float, seconds: float
) -> list[tuple[float, int]]:
    """Milliseconds and status of each request."""
    return asyncio.run(_open_loop(port, cookie, paths, per_second=per_second, seconds=seconds))
