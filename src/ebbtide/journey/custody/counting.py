"""Changing the counts: what is there is typed before the books are shown, and kept as it was typed; a second person signs."""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor
from ebbtide.journey.custody.count_queries import Place, countable
from ebbtide.journey.custody.models import Count, CountKind, CountLine, CountSecond
from ebbtide.journey.custody.posting import check, day_of, staff_of, topics, witnessing
from ebbtide.journey.custody.rules import UG_PER_MG, broken_by_second


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One line as it was typed: so many sealed vials of one kind, or so much left in one opened vial."""

    drug: str
    mg_per_ml: Decimal
    volume_ml: Decimal
    vial: UUID | None = None
    sealed_vials: int | None = None
    left_ug: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCount:
    clinic: Clinic
    kind: str
    lines: tuple[Counted, ...]


@action("custody.count_sheet", "create", about=lambda command: command.clinic)
def record_count(act: Act, command: RecordCount) -> Done[Count]:
    """Keep a count beside what the books held at that moment, whether they agree or not; nothing is moved by it."""
    clinic = command.clinic
    asked = {place.key: place for place in countable(clinic)}
    counted = {(line.drug, line.mg_per_ml, line.volume_ml, line.vial): line for line in command.lines}
    if command.kind not in CountKind.values or set(asked) != set(counted):
        raise Refused(
            "CUS-COUNT-CHANGED",
            "What is to be counted has changed since you opened the page: count the lines that are new, and send it again.",
        )
    count = Count.objects.create(
        clinic=clinic,
        kind=command.kind,
        by_id=staff_of(act),
        counted_at=act.at,
        recorded_at=act.recorded_at,
    )
    lines = CountLine.objects.bulk_create(_line(count, asked[key], line) for key, line in counted.items())
    return Done(value=count, rows=lines, announce=topics(clinic.pk))


def _line(count: Count, place: Place, line: Counted) -> CountLine:
    full_ug = int(place.mg_per_ml * place.volume_ml * UG_PER_MG)
    typed = line.left_ug if place.vial else line.sealed_vials
    if typed is None or typed < 0:
        raise Refused("CUS-COUNT", "Enter what you found on each line; nothing there is 0.")
    return CountLine(
        count=count,
        drug=place.drug,
        mg_per_ml=place.mg_per_ml,
        volume_ml=place.volume_ml,
        vial=place.vial,
        counted_vials=None if place.vial else typed,
        counted_ug=typed if place.vial else typed * full_ug,
        expected_vials=None if place.vial else place.sealed_vials,
        expected_ug=place.held_ug,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignCount:
    """A second person counted again and found the same."""

    count: Count
    words: str
    second: Actor = field(metadata={"secret": True})


@action("custody.count_sheet", "create", about=lambda command: command.count)
def sign_count(act: Act, command: SignCount) -> Done[CountSecond]:
    """The second signature under a count, by somebody else than who counted, and on the same day."""
    count = command.count
    one_at_a_time("count", count.pk)
    second = witnessing(act, command.second, resource="custody.count", about=count.clinic)
    check(broken_by_second(by=count.by_id, second=second, touched=(), alone=False))
    if day_of(count.clinic, count.counted_at) != day_of(count.clinic, act.at):
        raise Refused("CUS-COUNT-OLD", "This count is of another day: count again, both of you.")
    if CountSecond.objects.filter(count=count).exists():
        raise Refused(
            "CUS-COUNT-SIGNED", "This count is signed by a second person already: nothing was changed."
        )
    row = CountSecond.objects.create(
        count=count, by_id=second, words=command.words.strip()[:240], signed_at=act.at
    )
    return Done(value=row, announce=topics(count.clinic_id))
