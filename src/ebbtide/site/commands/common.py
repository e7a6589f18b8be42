"""What several commands share: the data folder, one clear line for a refusal, and Django on the right database."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ebbtide.ground.database.attach import Addresses
    from ebbtide.ground.people.models import Staff
    from ebbtide.ground.policy import Actor


class CommandRefused(Exception):
    """A command cannot go on; the sentence is the one line that is printed."""


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """--data FOLDER, else EBBTIDE_DATA, else the default of this account."""
    parser.add_argument(
        "--data", type=Path, default=None, metavar="FOLDER", help="the clinic's data folder (EBBTIDE_DATA)"
    )


def data_folder(args: argparse.Namespace) -> Path:
    """The data folder a command works on."""
    from ebbtide.ground.database import default_data_folder

    named = args.data or os.environ.get("EBBTIDE_DATA")
    return Path(named).expanduser() if named else default_data_folder(is_root=os.geteuid() == 0)


def say(line: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"{line}\n")


def refuse(line: str) -> int:
    """One line on stderr, and the exit status of a refusal."""
    sys.stderr.write(f"{line}\n")
    return 2


@contextmanager
def database_of(folder: Path) -> "Iterator[Addresses]":
    """The addresses of the clinic's database: DATABASE_URL, the running server, or one started for this command.

    Raises:
        CommandRefused: there is no clinic in the folder, or its server cannot be reached.
    """
    from ebbtide.ground.database import DatabaseTrouble
    from ebbtide.ground.database.attach import Addresses, attached_or_started

    url = os.environ.get("DATABASE_URL", "")
    if url:
        owner = os.environ.get("EBBTIDE_OWNER_URL", url)
        yield Addresses(owner_url=owner, app_url=url, superuser_url=owner)
        return
    if not (folder / "kind").exists():
        raise CommandRefused(f"There is no clinic in {folder}. Name its folder with --data or EBBTIDE_DATA.")
    try:
        with attached_or_started(folder, say=say) as addresses:
            yield addresses
    except DatabaseTrouble as trouble:
        raise CommandRefused(str(trouble)) from trouble


@contextmanager
def django_on(folder: Path) -> "Iterator[Addresses]":
    """Django, set up as the application role on the clinic's database."""
    with database_of(folder) as addresses:
        os.environ["DATABASE_URL"] = addresses.app_url
        os.environ["EBBTIDE_DATA"] = str(folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
        if is_demonstration(folder):
            os.environ.setdefault("EBBTIDE_DEMO", "1")
            share_the_clock(folder)
        import django

        django.setup()
        try:
            yield addresses
        finally:
            from django.db import connections

            connections.close_all()
            for connection in connections.all(initialized_only=True):
                if hasattr(connection, "close_pool"):
                    connection.close_pool()


def is_demonstration(folder: Path) -> bool:
    """The folder holds the demonstration and no real clinic."""
    kind = folder / "kind"
    return kind.is_file() and kind.read_text(encoding="utf-8").strip() == "demonstration"


def share_the_clock(folder: Path) -> None:
    """What a command writes into a demonstration bears the demonstration's time."""
    from ebbtide.site.serve.demo_clock import of_folder

    shown = of_folder(folder)
    if shown is not None and not os.environ.get("EBBTIDE_CLOCK"):
        os.environ.update(shown.environment())


def staff_by(email: str) -> "Staff":
    """The staff member that `--as EMAIL` names.

    Raises:
        CommandRefused: nobody with this address works here.
    """
    from ebbtide.ground.people.queries import staff_by_email

    staff = staff_by_email(email)
    if staff is None:
        raise CommandRefused(
            f"Nobody with the address {email} works in this clinic. Name a member of staff with --as."
        )
    return staff


def actor_by(email: str) -> "Actor":
    """The actor behind `--as EMAIL`; the terminal counts as a sign-in of this moment."""
    from ebbtide.ground import clock
    from ebbtide.ground.policy.actors import of_staff

    return of_staff(staff_by(email), authenticated_at=clock.now())
