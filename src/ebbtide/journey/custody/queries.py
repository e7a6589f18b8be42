"""Reading the custody: what is in hand for a visit, what the safe holds, the register, open variances."""

from uuid import UUID

from django.db.models import Case, F, Min, Q, QuerySet, Sum, When

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.models import Account, AccountKind, Movement, MovementKind, Variance, Vial
from ebbtide.journey.custody.rules import Part, VisitBalance


def standing(rows: QuerySet[Movement]) -> QuerySet[Movement]:
    """Movements that count: neither voided nor a void; each pair of them is zero."""
    return rows.exclude(kind=MovementKind.VOID).filter(voided_by__isnull=True)


def left_in(account: Account) -> dict[UUID, int]:
    """What an account holds, by vial (µg); vials of which it holds nothing are left out."""
    rows = (
        Movement.objects.filter(Q(from_account=account) | Q(to_account=account))
        .values("vial_id")
        .annotate(left_ug=Sum(Case(When(to_account=account, then=F("amount_ug")), default=-F("amount_ug"))))
    )
    return {row["vial_id"]: row["left_ug"] for row in rows if row["left_ug"]}


def held_for(session: Account) -> tuple[Part, ...]:
    """What a visit's syringe or bag holds, in the order in which its vials were drawn."""
    left = left_in(session)
    drawn = (
        Movement.objects.filter(to_account=session, vial__in=left)
        .values("vial_id")
        .annotate(first_at=Min("recorded_at"))
        .order_by("first_at", "vial_id")
    )
    return tuple(Part(vial=row["vial_id"], amount_ug=left[row["vial_id"]]) for row in drawn)


def drawn_last(session: Account) -> UUID | None:
    """The vial that was drawn last for a visit, also when nothing of it is left."""
    row = Movement.objects.filter(to_account=session, kind=MovementKind.DRAW).order_by("-recorded_at").first()
    return None if row is None else row.vial_id


def balance_of(visit: Visit) -> VisitBalance:
    """What became of the drug drawn for a visit (µg); all zero when none was drawn."""
    rows = (
        standing(Movement.objects.filter(visit=visit))
        .values("kind", "from_account__kind")
        .annotate(sum_ug=Sum("amount_ug"))
    )
    sums: dict[tuple[str, str], int] = {
        (row["kind"], row["from_account__kind"]): row["sum_ug"] for row in rows
    }
    session = AccountKind.SESSION.value
    return VisitBalance(
        drawn_ug=sums.get((MovementKind.DRAW, AccountKind.SAFE), 0),
        given_ug=sums.get((MovementKind.GIVE, session), 0),
        wasted_ug=sums.get((MovementKind.WASTE, session), 0),
        returned_ug=sums.get((MovementKind.RETURN, session), 0),
        variance_ug=sums.get((MovementKind.VARIANCE, session), 0)
        - sums.get((MovementKind.VARIANCE, AccountKind.VARIANCE), 0),
    )


def left_in_vial(vial: Vial) -> int:
    """What the safe holds of one vial (µg)."""
    safe = Account.objects.filter(clinic=vial.clinic_id, kind=AccountKind.SAFE).first()
    return 0 if safe is None else left_in(safe).get(vial.pk, 0)


def open_variances(clinic: Clinic) -> QuerySet[Variance]:
    """Differences that nobody has closed, the one due first on top; a voided one was found again."""
    rows = Variance.objects.filter(
        movement__clinic=clinic, closing__isnull=True, movement__voided_by__isnull=True
    )
    return rows.select_related("movement__vial", "movement__by", "movement__witness", "owner").order_by(
        "due_on", "id"
    )
