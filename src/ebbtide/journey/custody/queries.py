"""Reading the custody: what is in hand for a visit, what the safe holds, the register, open variances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, F, Min, Q, QuerySet, Sum, Value, When

from ebbtide.ground.ledger.models import Receipt
from ebbtide.ground.people.models import Clinic, Resource, Staff
from ebbtide.ground.policy import Actor, may, visible
from ebbtide.ground.policy.table import table
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.models import (
    Account,
    AccountKind,
    Movement,
    MovementKind,
    Undrawn,
    Variance,
    Vial,
)
from ebbtide.journey.custody.rules import Amount, Part, VialState, VisitBalance, vial_state

USABLE = frozenset({VialState.SEALED, VialState.OPENED})
REGISTER_ROWS_MAX = 400  # rows of one page; a longer span is asked for day by day [design]


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


def left_in_safe(clinic: Clinic) -> dict[UUID, int]:
    """What the safe of a clinic holds, by vial (µg), asked in one go."""
    into, out = Q(to_account__kind=AccountKind.SAFE), Q(from_account__kind=AccountKind.SAFE)
    rows = (
        Movement.objects.filter(into | out, clinic=clinic)
        .values("vial_id")
        .annotate(left_ug=Sum(Case(When(into, then=F("amount_ug")), default=-F("amount_ug"))))
    )
    return {row["vial_id"]: row["left_ug"] for row in rows if row["left_ug"]}


def held_for(session: Account, drug: str) -> tuple[Part, ...]:
    """What a visit's syringes and bags hold of one drug, in the order in which its vials were drawn."""
    left = left_in(session)
    drawn = (
        Movement.objects.filter(to_account=session, vial__in=left, vial__drug=drug)
        .values("vial_id")
        .annotate(first_at=Min("moved_at"), first_recorded_at=Min("recorded_at"))
        .order_by("first_at", "first_recorded_at", "vial_id")
    )
    return tuple(Part(vial=row["vial_id"], amount_ug=left[row["vial_id"]]) for row in drawn)


def drawn_last(session: Account, drug: str) -> UUID | None:
    """The vial of a drug that was drawn last for a visit, also when nothing of it is left."""
    drawn = Movement.objects.filter(to_account=session, kind=MovementKind.DRAW, vial__drug=drug)
    row = drawn.order_by("-recorded_at").first()
    return None if row is None else row.vial_id


# which rows are of the drug that the visit's order names, asked together with them
OF_THE_ORDER = Q(vial__drug=F("visit__series__order__drug"))


def of_visit(visit: Visit) -> QuerySet[Movement]:
    """Every row that touches a visit's syringes and bags, also what another visit handed on to it."""
    return Movement.objects.filter(Q(visit=visit) | Q(to_account__visit=visit))


def balance_of(visit: Visit, drug: str = "") -> VisitBalance:
    """What became of a drug that was drawn for a visit (µg): of the order's, unless another is named; zero when none was."""
    which = Q(vial__drug=drug) if drug else OF_THE_ORDER
    rows = standing(of_visit(visit).filter(which))
    return balances(visit, rows).get(drug, VisitBalance()) if drug else _only(balances(visit, rows))


def _only(found: dict[str, VisitBalance]) -> VisitBalance:
    return next(iter(found.values()), VisitBalance())


def balances(visit: Visit, rows: QuerySet[Movement] | None = None) -> dict[str, VisitBalance]:
    """The balance of each drug that was drawn for a visit."""
    found = standing(of_visit(visit)) if rows is None else rows
    sums: dict[str, dict[tuple[str, bool], int]] = {}
    for row in found.values("vial__drug", "kind", "from_account__visit_id").annotate(sum_ug=Sum("amount_ug")):
        leaves = row["from_account__visit_id"] == visit.pk
        sums.setdefault(row["vial__drug"], {})[row["kind"], leaves] = row["sum_ug"]
    return {drug: _balance(of) for drug, of in sorted(sums.items())}


def _balance(sums: dict[tuple[str, bool], int]) -> VisitBalance:
    def net(kind: str) -> int:
        return sums.get((kind, True), 0) - sums.get((kind, False), 0)

    return VisitBalance(
        drawn_ug=sums.get((MovementKind.DRAW, False), 0),
        given_ug=sums.get((MovementKind.GIVE, True), 0),
        wasted_ug=sums.get((MovementKind.WASTE, True), 0),
        returned_ug=sums.get((MovementKind.RETURN, True), 0),
        variance_ug=net(MovementKind.VARIANCE),
        handed_on_ug=net(MovementKind.TRANSFER),
    )


def order_and_chair(visit: Visit) -> tuple[OrderVersion, Resource]:
    """The order and the chair of a visit, asked together."""
    row = Visit.objects.select_related("series__order", "chair").get(pk=visit.pk)
    return row.series.order, row.chair


def left_in_vial(vial: Vial) -> int:
    """What the safe holds of one vial (µg)."""
    safe = Account.objects.filter(clinic=vial.clinic_id, kind=AccountKind.SAFE).first()
    return 0 if safe is None else left_in(safe).get(vial.pk, 0)


def is_blind(actor: Actor) -> bool:
    """Whether this person counts the safe, and so is not told beforehand what is expected in it."""
    return "blind_until_counted" in may(actor, "read", "custody.ledger").conditions


def sent_before(actor: Actor, key: str) -> bool:
    """Whether this press was done already: then its receipt answers, and nobody types a second code for it."""
    return bool(key) and Receipt.objects.filter(actor=actor.identity, key=key).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class VialLine:
    """One vial of the safe: its state for everybody, what is left for those who do not count it."""

    vial: Vial
    state: VialState
    left: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeGroup:
    """The vials of one drug and strength, the one that expires first on top, and their total."""

    drug: str
    mg_per_ml: Decimal
    lines: tuple[VialLine, ...]
    total: Amount


# one row of a vial, as it changes what the safe holds of it
LEFT_IN_SAFE = Case(
    When(movements__to_account__kind=AccountKind.SAFE, then=F("movements__amount_ug")),
    When(movements__from_account__kind=AccountKind.SAFE, then=-F("movements__amount_ug")),
    default=Value(0, output_field=BigIntegerField()),
)


def safe_lines(clinic: Clinic, *, today: date) -> list[VialLine]:
    """Every vial of which the safe still holds something: first expired, first out."""
    vials = (
        Vial.objects.filter(clinic=clinic)
        .annotate(left_ug=Sum(LEFT_IN_SAFE))
        .filter(left_ug__gt=0)
        .order_by("drug", "mg_per_ml", "expires_on", "received_at", "label")
    )
    return [
        VialLine(
            vial=vial,
            left=Amount(ug=vial.left_ug, mg_per_ml=vial.mg_per_ml),
            state=vial_state(
                left_ug=vial.left_ug,
                content_ug=vial.content_ug,
                expires_on=vial.expires_on,
                today=today,
            ),
        )
        for vial in vials
    ]


def safe_balance(clinic: Clinic, *, today: date) -> list[SafeGroup]:
    """What the safe holds, by drug and strength, vial by vial."""
    groups = []
    for (drug, mg_per_ml), lines in groupby(
        safe_lines(clinic, today=today), key=lambda line: (line.vial.drug, line.vial.mg_per_ml)
    ):
        found = tuple(lines)
        total = Amount(ug=sum(line.left.ug for line in found), mg_per_ml=mg_per_ml)
        groups.append(SafeGroup(drug=drug, mg_per_ml=mg_per_ml, lines=found, total=total))
    return groups


def usable_for(visit: Visit, *, today: date, drug: str = "") -> list[VialLine]:
    """The vials that may be drawn for a visit, the one to take first on top; of the order's drug unless another is named."""
    order = visit.series.order
    return [
        line
        for line in safe_lines(visit.series.episode.patient.clinic, today=today)
        if line.vial.drug == (drug or order.drug)
        and (drug or line.vial.mg_per_ml == order.vial_mg_per_ml)
        and line.state in USABLE
    ]


def day_bounds(clinic: Clinic, day: date) -> tuple[datetime, datetime]:
    """From when until when a day of the clinic is."""
    zone = ZoneInfo(clinic.time_zone)
    return datetime.combine(day, time(), tzinfo=zone), datetime.combine(
        day + timedelta(days=1), time(), tzinfo=zone
    )


def visits_on(clinic: Clinic, day: date) -> list[tuple[Visit, dict[str, int]]]:
    """The infusion visits of a day, each with what is in hand for it, drug by drug (µg)."""
    start, end = day_bounds(clinic, day)
    visits = list(
        Visit.objects.filter(series__episode__patient__clinic=clinic, starts_at__gte=start, starts_at__lt=end)
        .exclude(status=VisitStatus.CANCELLED)
        .select_related("chair", "series__episode__patient", "series__order")
        .order_by("starts_at")
    )
    held: dict[UUID, dict[str, int]] = {visit.pk: {} for visit in visits}
    rows = Movement.objects.filter(Q(to_account__visit__in=visits) | Q(from_account__visit__in=visits))
    ways = rows.values_list("to_account__visit", "from_account__visit", "vial__drug")
    for into, out, drug, sum_ug in ways.annotate(sum_ug=Sum("amount_ug")):
        for visit_id, sign in ((into, 1), (out, -1)):
            if visit_id in held:
                held[visit_id][drug] = held[visit_id].get(drug, 0) + sign * sum_ug
    return [(visit, {drug: ug for drug, ug in held[visit.pk].items() if ug}) for visit in visits]


def register(clinic: Clinic, since: datetime, until: datetime) -> QuerySet[Movement]:
    """Every movement of a span, newest first, with all that its line names."""
    return (
        Movement.objects.filter(clinic=clinic, moved_at__gte=since, moved_at__lt=until)
        .select_related(
            "vial",
            "from_account",
            "to_account",
            "by",
            "witness",
            "voids",
            "voided_by",
            "visit__series__episode__patient",
        )
        .order_by("-moved_at", "-recorded_at", "-id")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """One line of the register, and what the safe held of that drug after it; None for who counts the safe."""

    row: Movement
    amount: Amount
    safe_ug_after: int | None

    @property
    def safe_mg_after(self) -> Decimal | None:
        return None if self.safe_ug_after is None else Decimal(self.safe_ug_after) / 1000


def register_lines(actor: Actor, clinic: Clinic, day: date, *, drug: str = "") -> list[RegisterLine]:
    """The register of one day as this person may see it: who counts the safe sees the lines of visits alone."""
    since, until = day_bounds(clinic, day)
    rows = visible(actor, register(clinic, since, until), "custody.ledger")
    if drug:
        rows = rows.filter(vial__drug=drug)
    if is_blind(actor):
        seen = rows.filter(visit__isnull=False)[:REGISTER_ROWS_MAX]
        return [_line(row, None) for row in seen]
    return _with_safe(rows[:REGISTER_ROWS_MAX], _safe_by_drug(clinic, until))


def _line(row: Movement, safe_ug_after: int | None) -> RegisterLine:
    amount = Amount(ug=row.amount_ug, mg_per_ml=row.vial.mg_per_ml)
    return RegisterLine(row=row, amount=amount, safe_ug_after=safe_ug_after)


def _with_safe(rows: Sequence[Movement] | QuerySet[Movement], safe: dict[str, int]) -> list[RegisterLine]:
    # newest first: each line shows what was there after it, and the next older one is worked out from that
    lines = []
    for row in rows:
        drug = row.vial.drug
        lines.append(_line(row, safe.get(drug, 0)))
        change = (row.to_account.kind == AccountKind.SAFE) - (row.from_account.kind == AccountKind.SAFE)
        safe[drug] = safe.get(drug, 0) - change * row.amount_ug
    return lines


def _safe_by_drug(clinic: Clinic, until: datetime) -> dict[str, int]:
    rows = (
        Movement.objects.filter(clinic=clinic, moved_at__lt=until)
        .filter(Q(from_account__kind=AccountKind.SAFE) | Q(to_account__kind=AccountKind.SAFE))
        .values("vial__drug")
        .annotate(
            sum_ug=Sum(
                Case(When(to_account__kind=AccountKind.SAFE, then=F("amount_ug")), default=-F("amount_ug"))
            )
        )
    )
    return {row["vial__drug"]: row["sum_ug"] for row in rows}


def lines_of_visit(visit: Visit) -> list[RegisterLine]:
    """What happened to the drug of one visit, newest first."""
    rows = of_visit(visit).select_related(
        "vial", "from_account", "to_account", "by", "witness", "voids", "voided_by"
    )
    return [_line(row, None) for row in rows.order_by("-recorded_at", "-id")]


def lines_of_vial(vial: Vial) -> list[RegisterLine]:
    """What happened to one vial, newest first."""
    rows = Movement.objects.filter(vial=vial).select_related(
        "vial",
        "from_account",
        "to_account",
        "by",
        "witness",
        "voids",
        "voided_by",
        "visit__series__episode__patient",
    )
    return [_line(row, None) for row in rows.order_by("-recorded_at", "-id")]


def in_hand(visit: Visit, drug: str = "") -> list[tuple[Vial, int]]:
    """What is in hand for a visit, vial by vial, in the order of drawing (µg); of every drug unless one is named."""
    session = Account.objects.filter(visit=visit).first()
    left = {} if session is None else left_in(session)
    rows = Vial.objects.filter(pk__in=left, **({"drug": drug} if drug else {}))
    return [(vial, left[vial.pk]) for vial in rows.order_by("drug", "label")]


def strength_in_hand(visit: Visit, drug: str) -> Decimal | None:
    """The one strength of a drug in hand (mg/mL); None when it differs or nothing is in hand: then only mg is typed."""
    found = {vial.mg_per_ml for vial, _ in in_hand(visit, drug)}
    return found.pop() if len(found) == 1 else None


def undrawn_of(visit: Visit, drug: str = "") -> QuerySet[Undrawn]:
    """Doses of a visit that the log charts and nobody has drawn yet, the oldest first."""
    rows = Undrawn.objects.filter(visit=visit, ends__isnull=True, ended_by__isnull=True)
    return (rows.filter(drug=drug) if drug else rows).order_by("noted_at", "id")


def undrawn_in(clinic: Clinic) -> QuerySet[Undrawn]:
    """Every dose that was charted and not drawn yet."""
    rows = Undrawn.objects.filter(visit__series__episode__patient__clinic=clinic)
    return (
        rows.filter(ends__isnull=True, ended_by__isnull=True)
        .select_related("by", "visit")
        .order_by("noted_at")
    )


def open_variances(clinic: Clinic) -> QuerySet[Variance]:
    """Differences that nobody has closed, the one due first on top; a voided one was found again."""
    rows = Variance.objects.filter(
        movement__clinic=clinic, closing__isnull=True, movement__voided_by__isnull=True
    )
    return rows.select_related(
        "movement__vial", "movement__by", "movement__witness", "movement__from_account", "owner"
    ).order_by("due_on", "id")


def closed_variances(clinic: Clinic) -> QuerySet[Variance]:
    """Differences that were closed, the newest first."""
    rows = Variance.objects.filter(movement__clinic=clinic, closing__isnull=False)
    return rows.select_related(
        "movement__vial", "movement__from_account", "owner", "closing__closed_by", "closing__second"
    ).order_by("-closing__closed_at")


def possible_owners(clinic: Clinic) -> QuerySet[Staff]:
    """Who may own an investigation: everybody here who may read one."""
    roles = sorted(
        {
            grant.role
            for grant in table().resources["custody.count"].grants
            if "read" in grant.do and grant.role != "auditor"
        }
    )
    return Staff.objects.filter(clinic=clinic, left_at__isnull=True, roles__overlap=roles).order_by("name")
