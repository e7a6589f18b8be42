"""What a session report is made from: plain values of one session, gathered by whoever reads the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from ebbtide.journey.infusion.session import SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the report is about: the two identifiers, and what FHIR asks beside them."""

    id: UUID
    record_number: str
    family_name: str
    given_name: str
    sex: str
    born_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorMinute:
    """One signal of a monitor, minute by minute from `from_at`: the last reading of each, None where there was none."""

    signal: str
    device: UUID
    from_at: datetime
    until_at: datetime
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A monitor that was bound to the session."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One observation of the recovery or before the infusion: scores as totals of 10, None where they were not taken."""

    id: UUID
    at: datetime
    by: str
    before: bool
    aldrete: int | None
    padss: int | None
    rass: int | None
    dissociation: int | None
    pain: int | None
    sbp_mmhg: int | None
    dbp_mmhg: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Something that went wrong, at the chair or after leaving."""

    id: UUID
    words: str
    severity: str
    done: str
    at: datetime
    recorded_at: datetime
    by: str
    at_the_chair: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One session, from the check-in to the door and what was charted afterwards."""

    session: UUID
    clinic: str
    person: Person
    drug: str
    weight_kg: Decimal
    state: SessionState
    opened_at: datetime
    opened_by: str
    left_at: datetime
    recorded_at: datetime
    discharged_by: str
    paper_sha256: str
    observed: Sequence[Observed] = field(default=())
    harms: Sequence[Harm] = field(default=())
    monitors: Sequence[Monitor] = field(default=())
    minutes: Sequence[MonitorMinute] = field(default=())
