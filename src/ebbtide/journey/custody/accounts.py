"""The accounts of the custody: found, opened at their first use, and locked in one order. Used inside actions alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Model

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.models import Account, AccountKind
from ebbtide.journey.custody.triggers import VIAL_LOCK

OF_A_CLINIC = tuple(kind for kind in AccountKind if kind != AccountKind.SESSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """A clinic's accounts by kind, and those that had to be opened just now."""

    clinic: Clinic
    by_kind: dict[str, Account]
    opened: tuple[Model, ...]

    def __getitem__(self, kind: str) -> Account:
        return self.by_kind[kind]


def _lock(*names: str) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_vials(vials: Iterable[UUID]) -> None:
    """Hold these vials until the transaction ends, always in one order; the trigger takes the same locks."""
    _lock(*(f"{VIAL_LOCK}{vial}" for vial in sorted(set(vials))))


def lock_visit(visit_id: UUID) -> None:
    """Hold what is in hand for a visit until the transaction ends; always before any vial."""
    _lock(f"custody visit {visit_id}")


def accounts_of(clinic: Clinic) -> Accounts:
    """The six accounts of a clinic; the first act of a clinic opens them."""
    found = _clinic_accounts(clinic)
    if len(found) == len(OF_A_CLINIC):
        return Accounts(clinic=clinic, by_kind=found, opened=())
    _lock(f"custody clinic {clinic.pk}")
    found = _clinic_accounts(clinic)
    opened = [Account(clinic=clinic, kind=kind) for kind in OF_A_CLINIC if kind not in found]
    Account.objects.bulk_create(opened)
    return Accounts(
        clinic=clinic, by_kind={**found, **{row.kind: row for row in opened}}, opened=tuple(opened)
    )


def _clinic_accounts(clinic: Clinic) -> dict[str, Account]:
    return {row.kind: row for row in Account.objects.filter(clinic=clinic, visit__isnull=True)}


def accounts_of_visit(visit: Visit) -> Accounts:
    """The accounts of a visit's clinic and its syringe or bag, which is locked until the transaction ends."""
    clinic = visit.series.episode.patient.clinic
    accounts = accounts_of(clinic)
    lock_visit(visit.pk)
    session, is_new = Account.objects.get_or_create(clinic=clinic, kind=AccountKind.SESSION, visit=visit)
    return Accounts(
        clinic=clinic,
        by_kind={**accounts.by_kind, AccountKind.SESSION.value: session},
        opened=(*accounts.opened, session) if is_new else accounts.opened,
    )
