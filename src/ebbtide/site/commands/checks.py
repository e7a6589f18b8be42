"""`ebbtide checks`: watch the open sessions. The clinic's own supervisor runs it; alone it needs DATABASE_URL."""

import argparse


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It has none: what it watches is in the record."""


def run(_args: argparse.Namespace) -> int:
    """Until Ctrl-C; the exit status."""
    from ebbtide.journey.infusion.watching.__main__ import main

    return main()
