"""The twin room: `demo_seed`, which the start of a demonstration runs on an empty record."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ebbtide.ground import clock
from ebbtide.twin.seed import NoDemonstration, seed


class Command(BaseCommand):
    help = "Fill an empty record with the demonstration clinic; a record that has a clinic stays as it is."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            seeded = seed(now=clock.now())
        except NoDemonstration as refused:
            raise CommandError(str(refused)) from refused
        if seeded is not None:
            self.stdout.write(
                f"The demonstration has {seeded.people} invented people and {seeded.accounts} accounts."
            )
