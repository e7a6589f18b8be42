"""`ebbtide restore BACKUP`: into an empty data folder, or with --prove only to show that it works."""

import argparse
from pathlib import Path

from ebbtide.site.commands.common import add_data_argument, data_folder, refuse, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which backup, and where to."""
    parser.add_argument("backup", type=Path, help="the folder that ebbtide backup wrote")
    parser.add_argument(
        "--prove", action="store_true", help="restore into a folder of its own, compare, and throw it away"
    )
    add_data_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the restored record is the one that was backed up, 2 with one line when not."""
    from ebbtide.ground.database import DatabaseTrouble
    from ebbtide.site.keeping.manifest import BackupRefused
    from ebbtide.site.keeping.proof import note_proof
    from ebbtide.site.keeping.restore import prove, restore

    folder = data_folder(args)
    try:
        if args.prove:
            manifest = prove(backup=args.backup, data_folder=folder, say=say)
        else:
            manifest = restore(backup=args.backup, into=folder, say=say)
            note_proof(folder, backup_made_at=manifest.made_at, tables=len(manifest.record))
    except (BackupRefused, DatabaseTrouble) as refusal:
        return refuse(str(refusal))
    rows = sum(int(count) for count, _ in manifest.record.values())
    word = "The backup is proved" if args.prove else f"Restored into {folder}"
    say(f"{word}: {rows} rows of {len(manifest.record)} tables and {len(manifest.files)} files are the same.")
    return 0
