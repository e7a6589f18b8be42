"""Reading the clinic: people with roles and credentials, places, settings with who approved them, protocols, the ledger's state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from ebbtide.desks.director.values import Value, values
from ebbtide.evidence.protocols import load_protocols
from ebbtide.ground.ledger.models import Batch, Entry
from ebbtide.ground.people.models import Clinic, ClinicSetting, Credential, Resource, ResourceKind, Staff
from ebbtide.ground.policy import Actor, visible
from ebbtide.ground.policy.table import table
from ebbtide.journey.careplan.models import Protocol
from ebbtide.journey.infusion.switches import SWITCHES, Switch, counts, in_words

SOON_DAYS = 60  # a credential that expires within this many days is marked [design]
LOG_SHOWN = 50
ENTRIES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A credential and how many days it still counts; below zero it has expired."""

    kind: str
    number: str
    expires_on: date
    days_left: int

    @property
    def expired(self) -> bool:
        return self.days_left < 0

    @property
    def soon(self) -> bool:
        return 0 <= self.days_left <= SOON_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: UUID
    name: str
    roles: Sequence[str]
    licences: Sequence[Licence]


CREDENTIALS = ArraySubquery(
    Credential.objects.filter(staff=OuterRef("pk"))
    .order_by("expires_on")
    .values(row=JSONObject(kind="kind", number="number", expires_on="expires_on"))
)


def people_of(clinic: Clinic, *, today: date) -> list[Person]:
    """Everybody who works here now, with roles and credentials (one query)."""
    labels = table().roles
    rows = Staff.objects.filter(clinic=clinic, left_at__isnull=True).annotate(credential_rows=CREDENTIALS)
    return [
        Person(
            id=row.id,
            name=row.name,
            roles=[labels[role].partition(" (")[0].partition(";")[0] for role in row.roles],
            licences=[_licence(one, today) for one in row.credential_rows],
        )
        for row in rows.order_by("name")
    ]


def _licence(row: Mapping[str, Any], today: date) -> Licence:
    expires_on = date.fromisoformat(row["expires_on"])
    return Licence(
        kind=row["kind"], number=row["number"], expires_on=expires_on, days_left=(expires_on - today).days
    )


def places_of(clinic: Clinic) -> list[Resource]:
    """Chairs and rooms."""
    rows = Resource.objects.filter(clinic=clinic, kind__in=[ResourceKind.CHAIR, ResourceKind.ROOM])
    return list(rows.order_by("kind", "name", "number"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting as it stands: the clinic's value with who approved it and when, or the default."""

    value: Value
    words: str
    row: ClinicSetting | None


def setting_rows(actor: Actor, *, at: datetime) -> list[ClinicSetting]:
    """Every value that was ever set, newest first (one query)."""
    rows = visible(actor, ClinicSetting.objects.all(), "ground.setting", at=at)
    return list(rows.select_related("approved_by").order_by("-set_at", "-id"))


def settings_in_groups(rows: Sequence[ClinicSetting]) -> list[tuple[str, list[Shown]]]:
    """Each setting that a director can change, in its group, as it stands."""
    newest: dict[str, ClinicSetting] = {}
    for row in rows:
        newest.setdefault(row.name, row)
    groups: dict[str, list[Shown]] = {}
    for value in values().values():
        found = newest.get(value.name)
        words = value.in_words(found.value if found else value.default)
        groups.setdefault(value.group, []).append(Shown(value=value, words=words, row=found))
    return list(groups.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the settings log."""

    label: str
    words: str
    row: ClinicSetting


def changes(rows: Sequence[ClinicSetting]) -> list[Change]:
    """The newest changes in words; a name that this version does not know is shown as it is."""
    known = values()
    switches = {switch.setting: switch for switch in SWITCHES.values()}

    def change(row: ClinicSetting) -> Change:
        if row.name in switches:
            return Change(label=switches[row.name].title, words=in_words(row.value), row=row)
        value = known.get(row.name)
        words = value.in_words(row.value) if value else str(row.value)
        return Change(label=value.label if value else row.name, words=words, row=row)

    return [change(row) for row in rows[:LOG_SHOWN]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSwitch:
    """One switch of the chair, whether it is on, and the newest signature under it."""

    switch: Switch
    on: bool
    row: ClinicSetting | None


def switches_of(rows: Sequence[ClinicSetting]) -> list[ShownSwitch]:
    """The switches of the chair as they stand, from the rows that were read already, newest first."""
    newest: dict[str, ClinicSetting] = {}
    for row in rows:
        newest.setdefault(row.name, row)
    return [
        ShownSwitch(switch=one, on=counts(one, newest.get(one.setting)), row=newest.get(one.setting))
        for one in SWITCHES.values()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The protocol library, and which of the archive is not in it."""

    protocols: Sequence[Protocol]
    missing: Sequence[str]
    pack_version: str


def shelf_of(clinic: Clinic) -> Shelf:
    """The approved protocols beside the archive of this version (one query)."""
    rows = list(
        Protocol.objects.filter(clinic=clinic).select_related("approved_by").order_by("key", "version")
    )
    pack, known = load_protocols(), {row.key for row in rows}
    return Shelf(
        protocols=rows, missing=[key for key in pack.protocols if key not in known], pack_version=pack.version
    )


def ledger_entries(actor: Actor, *, at: datetime) -> list[Entry]:
    """The newest acts: of the whole clinic, or one's own where the policy says own."""
    seen = visible(actor, Entry.objects.all(), "ground.audit_trail", at=at)
    if not actor.has("director", "auditor"):
        seen = Entry.objects.filter(Q(clinic_id=actor.clinic_id), actor=actor.identity)
    return list(seen.order_by("-id")[:ENTRIES_SHOWN])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """The last sealed batch, and how many entries wait for the next."""

    batch: Batch | None
    unsealed: int


def sealing() -> Sealing:
    """How far the ledger is sealed (two queries)."""
    return Sealing(
        batch=Batch.objects.order_by("-number").first(),
        unsealed=Entry.objects.filter(seal__isnull=True).count(),
    )
