"""`ebbtide ledger verify`: proves that the record is as its actions wrote it, and names what is not."""

import argparse
import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ebbtide.site.commands.common import (
    CommandRefused,
    add_data_argument,
    data_folder,
    django_on,
    refuse,
    say,
)
from ebbtide.site.environment import SettingRefused

if TYPE_CHECKING:
    from ebbtide.ground.ledger.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to prove, and where it lies."""
    parser.add_argument("what", choices=["verify"], help="verify: prove the record and name every fault")
    add_data_argument(parser)
    parser.add_argument(
        "--database-url",
        metavar="URL",
        default=None,
        help="another PostgreSQL than the embedded one (DATABASE_URL)",
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when the record is intact, 1 when something is wrong, 2 when it cannot be read."""
    if args.database_url:
        os.environ["DATABASE_URL"] = args.database_url
    try:
        # what the start of a stopped server says belongs beside the report, not into it
        with contextlib.redirect_stdout(sys.stderr):
            report = _proved(data_folder(args))
    except (CommandRefused, SettingRefused) as refusal:
        return refuse(f"ebbtide ledger verify: {refusal}")
    say(_as_json(report) if args.json else _as_lines(report))
    return 0 if report.intact else 1


def _proved(folder: Path) -> "Report":
    import psycopg

    with django_on(folder) as addresses:
        from ebbtide.ground.ledger.verify import verify

        try:
            with psycopg.connect(addresses.app_url, autocommit=True) as connection:
                return verify(connection, data_folder=folder)
        except psycopg.Error as error:
            words = str(error).strip().splitlines()[0]
            raise CommandRefused(f"The record cannot be read: {words}") from error


def _as_lines(report: "Report") -> str:
    return "\n".join([*(str(fault) for fault in report.faults), *report.notes, report.sentence])


def _as_json(report: "Report") -> str:
    return json.dumps({"intact": report.intact, **asdict(report)}, indent=2)
