"""The FHIR door's drafts: what a bundle would add to the record, before anybody decides. Pure values.

What identifies a person is left out of every `repr`, so that no log and no traceback can carry it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from ebbtide.evidence.inputs import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number under which another system knows the person."""

    system: str
    value: str = field(repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """Who the bundle is about. `deceased` may be known without a date."""

    reference: str
    family_name: str = field(default="", repr=False)
    given_names: str = field(default="", repr=False)
    born_on: date | None = field(default=None, repr=False)
    gender: str = ""
    language: str = ""
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    address: tuple[str, ...] = field(default=(), repr=False)
    identifiers: tuple[Identifier, ...] = ()
    deceased: bool = False
    deceased_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDraft:
    """One fact as the bundle tells it; nobody has confirmed it.

    For a set (problems, medication classes) `value` is one member. `source_key` is the same on every import of the
    same resource, so a second import can see that it changes nothing.
    """

    name: str
    value: Scalar = field(repr=False)
    unit: str | None
    observed_at: datetime | None
    resource: str
    source_key: str
    system: str = ""
    code: str = ""
    text: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A resource, or a part of one, that was not taken, and why."""

    resource: str
    why: str
    code: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """A code that no rule speaks of, with how often it stands in what was taken or looked at."""

    system: str
    code: str
    text: str = field(repr=False)
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ToJudge:
    """A concept that a code makes possible; it counts only when a clinician confirms it."""

    concept: str
    system: str
    code: str
    resource: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The whole of a bundle, sorted: who it is, what was taken, what was left, and what needs a clinician."""

    person: PersonDraft
    taken: tuple[FactDraft, ...]
    left: tuple[LeftOut, ...]
    unmapped: tuple[Unmapped, ...]
    to_judge: tuple[ToJudge, ...]
