"""`ebbtide downtime-kit FILE`: blank forms for every chair as one PDF. No word about any person is in it."""

import argparse
from pathlib import Path

from ebbtide.site.commands.common import (
    CommandRefused,
    add_data_argument,
    data_folder,
    django_on,
    refuse,
    say,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path, help="a PDF that does not exist yet")
    parser.add_argument("--clinic", metavar="NAME", help="which clinic; needed where there are several")
    add_data_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the forms were written, 2 with one line when not."""
    if args.file.exists():
        return refuse(f"{args.file} exists already: name a new file.")
    try:
        with django_on(data_folder(args)):
            return _print(args)
    except CommandRefused as refusal:
        return refuse(str(refusal))


def _print(args: argparse.Namespace) -> int:
    from ebbtide.desks.nurse_station.downtime import kit_for
    from ebbtide.ground import clock
    from ebbtide.ground.people.models import Clinic

    found = Clinic.objects.filter(**({"name": args.clinic} if args.clinic else {}))
    if len(found) != 1:
        names = ", ".join(Clinic.objects.order_by("name").values_list("name", flat=True)) or "none"
        return refuse(f"Which clinic? Name one with --clinic. Here are: {names}.")
    args.file.write_bytes(kit_for(found[0], at=clock.now()))
    say(f"Wrote {args.file}. Print it now and keep a set at every chair.")
    return 0
