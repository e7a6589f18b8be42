"""`ebbtide doctor`: looks at this installation and says, line by line, what is well and what is wrong."""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ebbtide.site.commands.common import CommandRefused, add_data_argument, data_folder, django_on, say

FREE_GB = 2  # below this a clinic should make room [design]
PROOF_DAYS = 31  # a proof of restore older than a month is said [design]

Finding = tuple[bool, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which clinic."""
    add_data_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 when nothing is wrong, 1 when something is."""
    folder = data_folder(args)
    wrong = 0
    for well, words in _all(folder):
        say(f"{'well ' if well else 'WRONG'}  {words}")
        wrong += not well
    say("Nothing is wrong." if not wrong else f"{wrong} of the lines above need somebody.")
    return 1 if wrong else 0


def _all(folder: Path) -> Iterator[Finding]:
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or newer is needed)"
    yield _space(folder)
    yield _closed(folder)
    yield _restore(folder)
    try:
        with django_on(folder):
            for look in (_durable, _migrations, _ledger, _mail, _people):
                yield look()
    except CommandRefused as refusal:
        yield False, str(refusal)


def _space(folder: Path) -> Finding:
    place = folder if folder.exists() else folder.parent
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    return free_gb >= FREE_GB, f"{free_gb:.1f} GB are free for {folder} (at least {FREE_GB} GB are wanted)"


def _closed(folder: Path) -> Finding:
    keys = folder / "keys"
    if not keys.exists():
        return True, "no keys are kept here yet"
    loose = [path.name for path in keys.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    return (
        not loose,
        f"the keys are closed to others ({', '.join(loose)} is open)"
        if loose
        else "the keys are closed to others",
    )


def _restore(folder: Path) -> Finding:
    from datetime import datetime

    from ebbtide.ground import clock
    from ebbtide.site.keeping.proof import proof_of

    proof = proof_of(folder)
    if proof is None:
        return False, "no backup was ever proved: ebbtide backup FOLDER, then ebbtide restore FOLDER --prove"
    days = (clock.now() - datetime.fromisoformat(proof["proved_at"])).days
    return days <= PROOF_DAYS, f"a backup was proved {days} days ago"


def _durable() -> Finding:
    from django.db import connection

    names = ("fsync", "full_page_writes", "synchronous_commit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(names)])
        off = [name for name, value in cursor.fetchall() if value == "off"]
    return (
        not off,
        f"the database keeps what it acknowledges ({', '.join(off)} is off)"
        if off
        else "the database keeps what it acknowledges",
    )


def _migrations() -> Finding:
    from django.db import connection

    from ebbtide.site.serve.migrations import migrations_missing, migrations_unknown

    missing, unknown = migrations_missing(connection), migrations_unknown(connection)
    return (
        not missing and not unknown,
        f"the record has this program's shape ({len(missing)} steps missing, {len(unknown)} unknown)",
    )


def _ledger() -> Finding:
    from ebbtide.ground.ledger.models import Batch, Entry

    newest = Batch.objects.order_by("-number").first()
    entries = Entry.objects.count()
    word = "never sealed" if newest is None else f"last sealed {newest.sealed_at:%Y-%m-%d %H:%M} UTC"
    return True, f"the ledger holds {entries} entries, {word}; prove it with: ebbtide ledger verify"


def _mail() -> Finding:
    from ebbtide.doors.mail.backend import trouble

    wrong = trouble()
    return wrong is None, wrong or "mail has a way out, or stays in the demonstration's mailbox"


def _people() -> Finding:
    from ebbtide.ground.people.models import Staff

    directors = Staff.objects.filter(roles__contains=["director"], left_at__isnull=True).count()
    return directors > 0, f"{directors} medical director{'s' if directors != 1 else ''} can sign"
