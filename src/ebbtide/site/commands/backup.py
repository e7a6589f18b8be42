"""`ebbtide backup FOLDER`: database, uploads and keys into one folder."""

import argparse
from pathlib import Path

from ebbtide.site.commands.common import (
    CommandRefused,
    add_data_argument,
    data_folder,
    database_of,
    refuse,
    say,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and which clinic."""
    parser.add_argument(
        "folder", type=Path, help="an empty folder; it will hold keys: keep it closed and apart"
    )
    add_data_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the backup is whole, 2 with one line when not."""
    from ebbtide.site.keeping.backup import back_up
    from ebbtide.site.keeping.manifest import BackupRefused

    folder = data_folder(args)
    try:
        with database_of(folder) as addresses:
            manifest = back_up(data_folder=folder, owner_url=addresses.owner_url, to=args.folder)
    except (BackupRefused, CommandRefused) as refusal:
        return refuse(str(refusal))
    rows = sum(int(count) for count, _ in manifest.record.values())
    say(
        f"Backed up {rows} rows of {len(manifest.record)} tables and {len(manifest.files)} files into {args.folder}."
    )
    say(f"Prove it: ebbtide restore {args.folder} --prove")
    return 0
