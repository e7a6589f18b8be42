"""Who acts: a person signed in, a machine, or Ebbtide itself."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ebbtide.ground.people.models import Account, Clinic, Patient, Staff

STAFF_ROLES = frozenset(
    {"front_desk", "nurse", "prescriber", "director", "researcher", "auditor", "operator"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Someone the policy can decide about. `name` is for the screen, never for a log."""

    roles: frozenset[str]
    clinic_id: UUID | None
    account_id: UUID | None = None
    staff_id: UUID | None = None
    patient_id: UUID | None = None
    name: str = ""
    # the one row (a check-in, or a session at the chair) that this actor's link opens; nothing else is within their reach
    invitation_id: UUID | None = None
    # when this person last typed a password or touched a passkey; guards the step_up condition
    authenticated_at: datetime | None = field(default=None, compare=False)

    @property
    def identity(self) -> str:
        """What the ledger and the receipts call this actor."""
        if self.invitation_id is not None:
            return f"link:{self.invitation_id}"
        return str(self.account_id) if self.account_id else "+".join(sorted(self.roles))

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF_ROLES)

    def has(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))


def visitor(clinic: Clinic | None) -> Actor:
    """Somebody on the public pages, not signed in."""
    return Actor(roles=frozenset({"visitor"}), clinic_id=clinic.id if clinic else None)


def link_holder(patient: Patient, *, invitation_id: UUID) -> Actor:
    """Whoever holds the link of one check-in: a patient who may answer this one, and see their own curve after it [design].

    Nobody proved who they are: the link came to the person's own mailbox, and it opens nothing but its own questions.
    """
    return Actor(
        roles=frozenset({"patient"}),
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        invitation_id=invitation_id,
    )


def system(clinic: Clinic) -> Actor:
    """Ebbtide itself, acting in one clinic."""
    return Actor(roles=frozenset({"system"}), clinic_id=clinic.id, name="Ebbtide")


def integration(clinic: Clinic) -> Actor:
    """Another machine speaking to one clinic, through a door of its own (the monitors' gateway)."""
    return Actor(roles=frozenset({"integration"}), clinic_id=clinic.id, name="Gateway")


def of_staff(staff: Staff, *, authenticated_at: datetime | None = None) -> Actor:
    """A staff member with the roles they hold now; none of them once they have left or are disabled."""
    here = staff.left_at is None and staff.account.is_active
    return Actor(
        roles=frozenset(staff.roles) if here else frozenset(),
        clinic_id=staff.clinic_id,
        account_id=staff.account_id,
        staff_id=staff.id,
        name=staff.name,
        authenticated_at=authenticated_at,
    )


def of_account(account: Account, *, authenticated_at: datetime | None = None) -> Actor:
    """The actor behind an account: staff first, else patient, else nobody."""
    if not account.is_active:
        return Actor(roles=frozenset(), clinic_id=None, account_id=account.id)
    staff = getattr(account, "staff", None)
    if staff is not None:
        return of_staff(staff, authenticated_at=authenticated_at)
    patient = getattr(account, "patient", None)
    if patient is not None:
        return Actor(
            roles=frozenset({"patient"}),
            clinic_id=patient.clinic_id,
            account_id=account.id,
            patient_id=patient.id,
            name=patient.name,
            authenticated_at=authenticated_at,
        )
    return Actor(roles=frozenset(), clinic_id=None, account_id=account.id)
