"""The twin room: filling the demonstration, once, through the same actions as everybody, in the order of time."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from ebbtide.ground.ledger.check_rows import ledgered_models
from ebbtide.ground.ledger.digests import learn_shapes, register_shapes
from ebbtide.ground.people.models import Clinic
from ebbtide.twin.accounts import DemoAccount, new_password, write_accounts
from ebbtide.twin.cast import Invented, cast
from ebbtide.twin.house import open_house
from ebbtide.twin.story import story_of
from ebbtide.twin.way import Story


class NoDemonstration(RuntimeError):
    """Somebody asked for the demonstration where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What was made."""

    people: int
    accounts: int


def check_demonstration() -> None:
    """Invented people and known passwords exist under --demo, and nowhere else.

    Raises:
        NoDemonstration: this is a real clinic, or may become one.
    """
    if not settings.EBBTIDE_DEMO:
        raise NoDemonstration(
            "This is no demonstration: invented people and known passwords exist only under --demo. Nothing was changed."
        )


def seed(*, now: datetime) -> Seeded | None:
    """Fill an empty record with the demonstration, all of it or nothing; None when the record has a clinic already.

    Raises:
        NoDemonstration: outside --demo.
    """
    check_demonstration()
    if Clinic.objects.exists():
        return None
    company = cast()
    register_shapes(ledgered_models())
    learn_shapes()
    with transaction.atomic():
        house, accounts = open_house(now, password=new_password())
        play((story_of(house, person) for person in company), until=now)
        accounts += [_portal_account(person, house.password) for person in company if person.portal]
        # last, so that it names accounts only once all of them stand; a failed commit leaves a file that nobody can use
        write_accounts(accounts)
    return Seeded(people=len(company), accounts=len(accounts))


def play(stories: Iterable[Story], *, until: datetime) -> None:
    """Let every story do its acts, all of them together in the order of their instants; none lies ahead."""
    waiting = [(next(story), number, story) for number, story in enumerate(stories)]
    heapq.heapify(waiting)
    while waiting:
        at, number, story = heapq.heappop(waiting)
        if at > until:
            raise RuntimeError(f"Story {number + 1} wants to act at {at:%Y-%m-%d %H:%M}, which lies ahead.")
        following = next(story, None)
        if following is not None and following < at:
            raise RuntimeError(f"Story {number + 1} goes back in time, from {at:%Y-%m-%d %H:%M}.")
        if following is not None:
            heapq.heappush(waiting, (following, number, story))


def _portal_account(person: Invented, password: str) -> DemoAccount:
    name = f"{person.given_name} {person.family_name}"
    return DemoAccount(role="patient", name=name, email=person.email, password=password, totp_secret="")
