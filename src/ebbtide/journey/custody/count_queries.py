"""Reading for the counts: what is to be counted without what the books hold of it, counts of a clinic, today's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.custody.drugs import drug_words
from ebbtide.journey.custody.models import Count, CountLine, Vial
from ebbtide.journey.custody.queries import day_bounds, left_in_safe
from ebbtide.journey.custody.rules import Amount

PlaceKey = tuple[str, Decimal, Decimal, UUID | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of a count: sealed vials of a kind, or one opened vial; and what the books hold, which a page never asks for."""

    drug: str
    mg_per_ml: Decimal
    volume_ml: Decimal
    vial: Vial | None
    sealed_vials: int
    held_ug: int

    @property
    def key(self) -> PlaceKey:
        return self.drug, self.mg_per_ml, self.volume_ml, self.vial.pk if self.vial else None

    @property
    def drug_name(self) -> str:
        return drug_words(self.drug)


def countable(clinic: Clinic) -> list[Place]:
    """Every kind of vial that was ever received, also where none should be left, then each opened vial."""
    left = left_in_safe(clinic)
    kinds: dict[tuple[str, Decimal, Decimal], list[int]] = {
        kind: []
        for kind in Vial.objects.filter(clinic=clinic)
        .order_by("drug", "mg_per_ml", "volume_ml")
        .values_list("drug", "mg_per_ml", "volume_ml")
        .distinct()
    }
    opened = []
    for vial in Vial.objects.filter(pk__in=left).order_by("drug", "mg_per_ml", "label"):
        if left[vial.pk] == vial.content_ug:
            kinds[vial.drug, vial.mg_per_ml, vial.volume_ml].append(vial.content_ug)
        else:
            opened.append(_opened(vial, left[vial.pk]))
    sealed = [
        Place(
            drug=drug, mg_per_ml=mg_per_ml, volume_ml=volume_ml, vial=None,
            sealed_vials=len(held), held_ug=sum(held),
        )
        for (drug, mg_per_ml, volume_ml), held in kinds.items()
    ]  # fmt: skip
    return [*sealed, *opened]


def _opened(vial: Vial, left_ug: int) -> Place:
    return Place(
        drug=vial.drug,
        mg_per_ml=vial.mg_per_ml,
        volume_ml=vial.volume_ml,
        vial=vial,
        sealed_vials=0,
        held_ug=left_ug,
    )


def with_differences(rows: QuerySet[Count]) -> QuerySet[Count]:
    """Counts, each with `differs`: whether any line of it is not what the books held."""
    differing = CountLine.objects.filter(count=OuterRef("pk")).exclude(counted_ug=F("expected_ug"))
    return rows.annotate(differs=Exists(differing)).select_related("by", "second__by")


def newest_of_day(clinic: Clinic, day: date) -> Count | None:
    """The newest count of a day of the clinic."""
    start, end = day_bounds(clinic, day)
    rows = Count.objects.filter(clinic=clinic, counted_at__gte=start, counted_at__lt=end)
    return with_differences(rows).order_by("-counted_at", "-id").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLine:
    """A line of a count as its page shows it, after it was entered; the vials of the books beside a line that differs."""

    row: CountLine
    counted: Amount
    expected: Amount
    vials: Sequence[Vial] = ()

    @property
    def difference(self) -> Amount:
        return Amount(ug=abs(self.row.difference_ug), mg_per_ml=self.row.mg_per_ml)


def lines_of(count: Count) -> list[CountedLine]:
    """Each line of a count with what the books held then, and where it differs, the vials to look at."""
    rows = list(count.lines.select_related("vial").order_by("drug", "mg_per_ml", "vial__label", "id"))
    near = _vials_to_look_at(count.clinic, [row for row in rows if row.difference_ug])
    return [
        CountedLine(
            row=row,
            counted=Amount(ug=row.counted_ug, mg_per_ml=row.mg_per_ml),
            expected=Amount(ug=row.expected_ug, mg_per_ml=row.mg_per_ml),
            vials=near.get(row.pk, ()),
        )
        for row in rows
    ]


def _vials_to_look_at(clinic: Clinic, rows: Sequence[CountLine]) -> dict[UUID, list[Vial]]:
    if not rows:
        return {}
    left = left_in_safe(clinic)
    sealed = [
        vial
        for vial in Vial.objects.filter(pk__in=left).order_by("label")
        if left[vial.pk] == vial.content_ug
    ]
    return {
        row.pk: [row.vial]
        if row.vial
        else [
            vial
            for vial in sealed
            if (vial.drug, vial.mg_per_ml, vial.volume_ml) == (row.drug, row.mg_per_ml, row.volume_ml)
        ]
        for row in rows
    }
