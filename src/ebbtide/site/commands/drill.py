"""`ebbtide drill`: an emergency on a chair of the running demonstration, so that people and checks can be practised with."""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

from ebbtide.site.commands.common import (
    CommandRefused,
    add_data_argument,
    data_folder,
    is_demonstration,
    refuse,
    say,
    share_the_clock,
)

END = "end"
LONGEST_MIN = 240


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is played, where, and for how long."""
    add_data_argument(parser)
    parser.add_argument(
        "kind", nargs="?", help="which emergency; end ends what is played there; without it: what there is"
    )
    parser.add_argument("--chair", type=int, metavar="N", help="the number of the chair")
    parser.add_argument(
        "--minutes", type=float, metavar="N", help="how long it lasts (as long as its script says)"
    )


def run(args: argparse.Namespace) -> int:
    """0 when it was asked for, or when there was nothing but a list to show."""
    try:
        for line in _lines(args):
            say(line)
    except CommandRefused as refusal:
        return refuse(str(refusal))
    return 0


def _lines(args: argparse.Namespace) -> Iterator[str]:
    if args.kind is None:
        yield from _list()
        return
    lasts_s = _lasts_s(args)
    folder = _demonstration(data_folder(args))
    chair = _chair(folder, args.chair)
    if args.kind == END:
        yield from _end(folder, chair)
    else:
        yield from _begin(folder, chair, args.kind, lasts_s)


def _list() -> Iterator[str]:
    from ebbtide.twin.monitors.emergencies import the_emergencies

    for one in the_emergencies().values():
        yield f"{one.id}: {one.words}"
    yield "Play one on a chair: ebbtide drill hypertension --chair 2. End it: ebbtide drill end --chair 2."


def _lasts_s(args: argparse.Namespace) -> int:
    """How long the drill lasts (s); 0 for one that ends."""
    from ebbtide.twin.monitors.emergencies import ScriptRefused, emergency_named

    try:
        script_s = 0 if args.kind == END else emergency_named(args.kind).lasts_s
    except ScriptRefused as refusal:
        raise CommandRefused(f"{str(refusal)[:-1]}, and {END}.") from refusal
    if args.minutes is None:
        return script_s
    if not (math.isfinite(args.minutes) and 0 < args.minutes <= LONGEST_MIN):
        raise CommandRefused(f"A drill lasts above 0 and at most {LONGEST_MIN} minutes: change --minutes.")
    return math.ceil(float(args.minutes) * 60)


def _demonstration(folder: Path) -> Path:
    """The folder, when it holds a demonstration that is open now."""
    from ebbtide.ground.database.folder import is_held, layout_of

    if not (folder / "kind").exists():
        raise CommandRefused(f"There is no clinic in {folder}. Name its folder with --data or EBBTIDE_DATA.")
    if not is_demonstration(folder):
        raise CommandRefused(
            f"{folder} holds a real clinic, and a drill would put invented readings into its record. Drills are played "
            "in the demonstration: ebbtide serve --demo"
        )
    if not is_held(layout_of(folder).lock):
        raise CommandRefused(f"The demonstration in {folder} is closed. Open it with: ebbtide serve --demo")
    return folder


def _chair(folder: Path, number: int | None) -> int:
    from ebbtide.twin.monitors.drills import chairs_of

    there = chairs_of(folder)
    if not there:
        raise CommandRefused(
            "No simulated monitor plays in this demonstration: open it with its monitor gateway."
        )
    listed = ", ".join(map(str, there))
    if number is None:
        raise CommandRefused(f"Name the chair with --chair. Chairs with a simulated monitor: {listed}.")
    if number not in there:
        raise CommandRefused(f"Chair {number} has no simulated monitor. Chairs with one: {listed}.")
    return number


def _begin(folder: Path, chair: int, kind: str, lasts_s: int) -> Iterator[str]:
    from ebbtide.ground import clock
    from ebbtide.twin.monitors.drills import Drill, beside_of, chairs_of, order
    from ebbtide.twin.monitors.emergencies import emergency_named

    script = emergency_named(kind)
    share_the_clock(folder)
    order(folder, chair, Drill(kind=kind, begins_at=clock.now(), lasts_s=lasts_s))
    yield f"{script.title}, on chair {chair}, from now, for {lasts_s / 60:g} min. {script.words}"
    if script.beside:
        yield f"The second monitor is {beside_of(chair, len(chairs_of(folder)))}: put it on the person at chair {chair}."
    yield from _expected(kind, lasts_s)
    yield f"End it: ebbtide drill {END} --chair {chair}"


def _expected(kind: str, lasts_s: int) -> Iterator[str]:
    """What the checks say, while the limits on live values are on and as they ship."""
    from ebbtide.journey.infusion.checks.limits import default_limits
    from ebbtide.twin.monitors.emergencies import emergency_named

    limits = {one.id: one for one in sorted(default_limits().limits, key=lambda one: one.disclosed_s)}
    for one in emergency_named(kind).raises:
        limit = limits[one.limit]
        if one.from_s < lasts_s:
            yield f"Expect: {limit.title} ({one.priority}) within {one.from_s + limit.disclosed_s:.0f} s."


def _end(folder: Path, chair: int) -> Iterator[str]:
    """It ends as every drill does: the signs come back within a minute, and a last measurement shows it."""
    from ebbtide.ground import clock
    from ebbtide.twin.monitors.drills import order, ordered
    from ebbtide.twin.monitors.emergencies import BACK_S

    share_the_clock(folder)
    played = ordered(folder).get(chair)
    ended = None if played is None else played.ended(clock.now())
    if ended is None:
        yield f"No drill is played on chair {chair}."
        return
    order(folder, chair, ended)
    yield f"The drill on chair {chair} ends: its signs come back within {BACK_S} s."
