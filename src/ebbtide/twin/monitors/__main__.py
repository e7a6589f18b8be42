"""`python -m ebbtide.twin.monitors`: the demonstration's two monitors, or as many as are asked for."""

import argparse
import asyncio
import contextlib
import heapq
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ebbtide.ground import clock
from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.drills import Desk, announce, key_of
from ebbtide.twin.monitors.following import Followed
from ebbtide.twin.monitors.habits import PLAIN, Habit, habit_named
from ebbtide.twin.monitors.line import Line
from ebbtide.twin.monitors.messages import sent
from ebbtide.twin.monitors.recording import Recording, Row, read

EVERY_S = 1.0
REPLAYED = 2  # the second chair's monitor plays the recording; all others are invented

Signs = Callable[[int], Row | None]


def signs_of(number: int, recording: Recording, followed: Followed | None = None) -> Signs:
    """What this monitor shows, second by second; None while it is silent."""
    key = key_of(number)
    if number == REPLAYED:
        return recording.at

    def signs(second: int) -> Row | None:
        person = followed.person(key, clock.now()) if followed else None
        return None if invented.is_silent(second) else invented.signs(key, second, person=person)

    return signs


async def live(
    number: int,
    signs: Signs,
    line: Line,
    *,
    first_s: float = 0.0,
    habit: Habit = PLAIN,
    desk: Desk | None = None,
) -> None:
    """One monitor's life: a message a second, never two at once. While the line is down its seconds wait with it."""
    desk = desk or Desk(None, count=number)
    loop, order = asyncio.get_running_loop(), itertools.count()
    due_s, waiting = loop.time() + first_s, list[tuple[float, int, bytes]]()
    for second in itertools.count():
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        at = clock.now()
        for key, told in desk.shows(number, at, signs(second)):
            for one in sent(key, second, at, told, habit) if told else ():
                heapq.heappush(waiting, (second + one.after_s, next(order), one.message))
        while waiting and waiting[0][0] <= second:
            await line.send(heapq.heappop(waiting)[2])
        due_s = max(due_s + EVERY_S, loop.time())


async def live_all(
    host: str,
    port: int,
    count: int,
    recording: Recording,
    *,
    habits: Sequence[Habit] = (PLAIN,),
    folder: Path | None = None,
) -> None:
    """All of them, spread over the second as real ones would be; their habits in turn, drills as the folder says."""
    desk = Desk(folder, count=count)
    followed = Followed(key_of(number) for number in range(1, count + 1))
    if os.environ.get("DATABASE_URL"):
        followed.start()
    if folder is not None:
        with contextlib.suppress(OSError):  # without the file nobody can ask for a drill, and the signs go on
            announce(folder, count)
    async with asyncio.TaskGroup() as group:
        for number in range(1, count + 1):
            signs = signs_of(number, recording, followed)
            habit = habits[(number - 1) % len(habits)]
            group.create_task(
                live(number, signs, Line(host, port), first_s=(number - 1) / count, habit=habit, desk=desk)
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m ebbtide.twin.monitors")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("EBBTIDE_MLLP_PORT") or 2575))
    parser.add_argument("--count", type=int, default=2, help="how many monitors (2)")
    parser.add_argument("--replay", type=Path, default=os.environ.get("EBBTIDE_REPLAY_FILE") or None)
    parser.add_argument(
        "--habits", default="plain", help="how they say it, in turn, parted by commas (plain)"
    )
    told = parser.parse_args(argv)
    try:
        recording = read(told.replay and Path(told.replay))
    except (OSError, ValueError) as trouble:
        sys.stderr.write(f"The recording cannot be played: {trouble}\n")
        return 1
    try:
        habits = [habit_named(name) for name in told.habits.split(",")]
    except ValueError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(live_all(told.host, told.port, told.count, recording, habits=habits, folder=_folder()))
    return 0


def _folder() -> Path | None:
    """The demonstration's data folder, where its supervisor started us."""
    named = os.environ.get("EBBTIDE_DATA")
    return Path(named) if named else None


if __name__ == "__main__":
    sys.exit(main())
