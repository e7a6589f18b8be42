"""The twin room: what every part of a person's story shares: the house, the person, and who cares for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ebbtide.ground.ledger.action import Act
from ebbtide.twin.cast import Invented
from ebbtide.twin.house import House

# a story yields the instant of its next act, and does that act when it is resumed
Story = Iterator[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One person's way through one house."""

    house: House
    person: Invented

    def act(self, who: str, at: datetime, what: str) -> Act:
        """An act of a member of staff for this person."""
        return self.house.act(who, at, f"{self.person.number}/{what}")

    @property
    def doctor(self) -> str:
        """Who triages, evaluates and orders."""
        return "doctor" if self.person.number % 2 else "doctor2"

    @property
    def nurse(self) -> str:
        """Whose care team the person is on."""
        return "nurse" if self.person.number % 3 else "nurse2"
