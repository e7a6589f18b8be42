"""Brings the record up to date before the doors open: one Python, one import of Django, two database roles."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import nullcontext

import django
import psycopg
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection

from ebbtide.ground.database import APPLICATION_ROLE, DatabaseTrouble, assert_durable, grant_application
from ebbtide.site import environment
from ebbtide.site.serve.first_shape import drawn_near
from ebbtide.site.serve.migrations import is_empty, migrations_missing, migrations_unknown
from ebbtide.site.serve.options import ServeTrouble, TooNew

REFUSED = 3  # exit status: the last line on stderr is the one for the person
DEMONSTRATION = "demo_seed"


def main() -> int:
    """Migrate and grant as the owner, then fill the demonstration as the application."""
    django.setup()
    status = in_a_fork(bring_up_to_date)
    if status == 0 and os.environ.get("EBBTIDE_DEMO") == "1" and DEMONSTRATION in get_commands():
        status = exit_status_of(fill_the_demonstration)
    return status


def fill_the_demonstration() -> None:
    """Its people and their courses; and the planner knows how many there are before the autovacuum next comes round.

    Nobody has been told that any of it is kept, so its commits need not wait for the disk one by one: the owner's
    commit below waits, and what was written before it is on the disk with it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    call_command(DEMONSTRATION)
    connection.close()
    with psycopg.connect(os.environ["EBBTIDE_OWNER_URL"], autocommit=True) as as_owner:
        as_owner.execute("ANALYZE")


def bring_up_to_date() -> None:
    """The record has this program's shape, and the application has its rights and no other."""
    owner_url = os.environ["EBBTIDE_OWNER_URL"]
    settings.DATABASES["default"] |= environment.database("EBBTIDE_OWNER_URL")
    check_not_newer()
    if migrations_missing(connection):
        with drawn_near() if is_empty(connection) else nullcontext():
            call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    collect()
    if os.environ["DATABASE_URL"] != owner_url:
        grant(owner_url)
    with psycopg.connect(os.environ["DATABASE_URL"]) as as_application:
        assert_durable(as_application)


def collect() -> None:
    """Stylesheets, scripts and fonts in one folder, compressed, so that a phone loads a page in few bytes."""
    settings.STATIC_ROOT = settings.COLLECTED
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)


def check_not_newer() -> None:
    """No newer Ebbtide has written this record."""
    unknown = sorted(migrations_unknown(connection))
    if unknown:
        room, name = unknown[-1]
        raise TooNew(
            f"The record was written by a newer Ebbtide: it knows the step {room}.{name}, this one does not. "
            "Start it with the newer Ebbtide; nothing was changed."
        )


def grant(owner_url: str) -> None:
    """The application's rights, as the rooms ask for them."""
    from ebbtide.site.serve.rights import rights_of_the_application

    rights = rights_of_the_application()
    application = environment.database("DATABASE_URL")["USER"] or APPLICATION_ROLE
    grant_application(
        owner_url, append_only=rights.append_only, deletable=rights.deletable, application=application
    )


def in_a_fork(work: Callable[[], None]) -> int:
    """Run this in a fork, which shares the imports and none of the database connections; its exit status."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os._exit(exit_status_of(work))


def exit_status_of(work: Callable[[], object]) -> int:
    """Do it; a refusal is one line, anything else is a traceback for the log and status 1."""
    try:
        work()
    except (ServeTrouble, DatabaseTrouble) as trouble:
        sys.stderr.write(f"{trouble}\n")
        return REFUSED
    except Exception:  # noqa: BLE001 - the outermost frame of this process: it must end with a status
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
