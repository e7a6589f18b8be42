"""The evidence room's protocols: published regimens as numbers, an archive and not recommendations. No clock.

Numbers are `Decimal`, because doses are charted from them. None means not published: it is never filled by guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ebbtide.evidence.errors import EvidenceError, PackRefused
from ebbtide.evidence.files import PackFile, marks_of, read_packaged

PROTOCOLS_FILE = "protocols.yaml"
SETTINGS = ("outpatient", "inpatient")
DRUGS = ("racemate", "s_ketamine")


class ProtocolUnknown(EvidenceError):
    """A protocol was named that the archive does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a minimum to a maximum; None where the paper gives none. `mean` where only that was published."""

    minimum: Decimal | None
    maximum: Decimal | None
    mean: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSpan:
    """A rate that starts and rises, or climbs in steps. `start_max` is the upper end of a range of start rates."""

    start: Decimal | None
    maximum: Decimal | None
    start_max: Decimal | None = None
    steps: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Published ceilings; None where none was published."""

    rate_mg_per_h: Decimal | None = None
    infusion_mg: Decimal | None = None
    course_mg: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotOffer:
    """In which setting the product must not let a protocol be ordered, and why."""

    outpatient: bool
    inpatient: bool
    why: str | None

    def in_setting(self, setting: str) -> bool:
        """Whether it must not be offered there."""
        return {"outpatient": self.outpatient, "inpatient": self.inpatient}[setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One published regimen."""

    id: str
    indication: str
    drug: str
    setting: str
    dose_mg_per_kg: Span | None
    dose_mg: Decimal | None
    dose_is_minimum: bool
    rate_mg_per_kg_h: RateSpan | None
    rate_mg_per_h: RateSpan | None
    caps: Caps
    duration_min: Span | None
    infusions: Span
    gap_days: Span | None
    do_not_offer: DoNotOffer
    co_medication: tuple[str, ...]
    result: str
    schedule: str
    warning: str
    confirm_before_default: bool
    cumulative_mg_70kg: Decimal | None
    source: str
    mark: tuple[str, ...]
    mark_by_field: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A ceiling across protocols. Without a `level` the order form's policy judges it; `caution` never blocks."""

    id: str
    what: str
    level: str | None
    numbers: Mapping[str, Decimal]
    why: str
    source: str
    mark: tuple[str, ...]
    mark_note: str

    def number(self, name: str) -> Decimal:
        """One of the limit's numbers, by its name with its unit."""
        return self.numbers[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A protocol as the product offers it first: it may narrow it and never widens it."""

    id: str
    order: int
    protocol: str
    title: str
    evidence_note: str
    gap_days: Span | None
    span_days_max: int | None
    hard_cap_rate_mg_per_h: Decimal | None
    cap_note: str
    director_sets: tuple[str, ...]
    needs: tuple[str, ...]
    mark: tuple[str, ...]
    mark_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateNote:
    """A note shown for some indications, whatever the protocol."""

    id: str
    show_for: frozenset[str]
    note: str
    mark: tuple[str, ...]
    mark_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A protocol that may be ordered, with the template that narrows it, if it has one."""

    protocol: Protocol
    template: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolPack:
    """The archive of one version."""

    version: str
    sha256: str
    protocols: Mapping[str, Protocol]
    limits: Mapping[str, Limit]
    templates: tuple[Template, ...]
    notes: tuple[TemplateNote, ...]

    def protocol(self, protocol_id: str) -> Protocol:
        """The protocol of this id."""
        try:
            return self.protocols[protocol_id]
        except KeyError:
            raise ProtocolUnknown(f"The archive holds no protocol {protocol_id!r}. Choose another.") from None

    def offered(self, setting: str = "outpatient") -> tuple[Offer, ...]:
        """What may be ordered in a setting: the templates first, in their order, then the rest of the archive."""
        allowed = {name: row for name, row in self.protocols.items() if _allowed(row, setting)}
        first = [
            Offer(protocol=allowed[template.protocol], template=template)
            for template in self.templates
            if template.protocol in allowed
        ]
        shown = {offer.protocol.id for offer in first}
        return (*first, *(Offer(protocol=row) for name, row in allowed.items() if name not in shown))


def _allowed(protocol: Protocol, setting: str) -> bool:
    return protocol.setting == setting and not protocol.do_not_offer.in_setting(setting)


@lru_cache(maxsize=1)
def load_protocols() -> ProtocolPack:
    """The archive that ships with the product, read and checked once per process."""
    return build_protocols(read_packaged(PROTOCOLS_FILE))


def build_protocols(pack: PackFile) -> ProtocolPack:
    """The archive from its file; refuses an unknown setting or drug, and a template without its protocol."""
    protocols = {str(row["id"]): _protocol(row) for row in pack.part("protocols")}
    templates = sorted((_template(row) for row in pack.part("templates")), key=lambda one: one.order)
    orphans = [template.id for template in templates if template.protocol not in protocols]
    strange = [row.id for row in protocols.values() if row.setting not in SETTINGS or row.drug not in DRUGS]
    if orphans or strange:
        raise PackRefused(f"{pack.name}: check {', '.join([*orphans, *strange])}: protocol, setting or drug.")
    return ProtocolPack(
        version=pack.version,
        sha256=pack.sha256,
        protocols=protocols,
        limits={str(row["id"]): _limit(row) for row in pack.part("limits")},
        templates=tuple(templates),
        notes=tuple(_note(row) for row in pack.part("template_notes")),
    )


def _decimal(value: object) -> Decimal | None:
    """A published number exactly as it was printed."""
    return None if value is None else Decimal(str(value))


def _span(row: Mapping[str, Any] | None) -> Span | None:
    if row is None:
        return None
    return Span(
        minimum=_decimal(row.get("min")), maximum=_decimal(row.get("max")), mean=_decimal(row.get("mean"))
    )


def _rate(row: Mapping[str, Any] | None) -> RateSpan | None:
    if row is None:
        return None
    steps = tuple(Decimal(str(step)) for step in row.get("steps", []))
    return RateSpan(
        start=steps[0] if steps else _decimal(row.get("start")),
        maximum=steps[-1] if steps else _decimal(row.get("max")),
        start_max=_decimal(row.get("start_max")),
        steps=steps,
    )


def _protocol(row: Mapping[str, Any]) -> Protocol:
    infusions = _span(row["infusions"])
    assert infusions is not None  # noqa: S101  (every protocol of the archive counts its infusions)
    caps = row.get("caps", {})
    refused = row["do_not_offer"]
    return Protocol(
        id=str(row["id"]),
        indication=str(row["indication"]),
        drug=str(row["drug"]),
        setting=str(row["setting"]),
        dose_mg_per_kg=_span(row.get("dose_mg_per_kg")),
        dose_mg=_decimal(row.get("dose_mg")),
        dose_is_minimum=bool(row.get("dose_is_minimum", False)),
        rate_mg_per_kg_h=_rate(row.get("rate_mg_per_kg_h")),
        rate_mg_per_h=_rate(row.get("rate_mg_per_h")),
        caps=Caps(**{name: _decimal(value) for name, value in caps.items()}),
        duration_min=_span(row.get("duration_min")),
        infusions=infusions,
        gap_days=_span(row.get("gap_days")),
        do_not_offer=DoNotOffer(**refused),
        co_medication=tuple(row.get("co_medication", [])),
        result=str(row.get("result", "")),
        schedule=str(row.get("schedule", "")),
        warning=str(row.get("warning", "")),
        confirm_before_default=bool(row.get("confirm_before_default", False)),
        cumulative_mg_70kg=_decimal(row.get("cumulative_mg_70kg")),
        source=str(row["source"]),
        mark=marks_of(row["mark"], where=f"Protocol {row['id']}"),
        mark_by_field=row.get("mark_by_field", {}),
    )


def _limit(row: Mapping[str, Any]) -> Limit:
    return Limit(
        id=str(row["id"]),
        what=str(row["what"]),
        level=row.get("level"),
        numbers={name: Decimal(str(value)) for name, value in row.items() if isinstance(value, int | float)},
        why=str(row.get("why", "")),
        source=str(row["source"]),
        mark=marks_of(row["mark"], where=f"Limit {row['id']}"),
        mark_note=str(row.get("mark_note", "")),
    )


def _template(row: Mapping[str, Any]) -> Template:
    return Template(
        id=str(row["id"]),
        order=int(row["order"]),
        protocol=str(row["protocol"]),
        title=str(row["title"]),
        evidence_note=str(row["evidence_note"]),
        gap_days=_span(row.get("gap_days")),
        span_days_max=row.get("span_days", {}).get("max"),
        hard_cap_rate_mg_per_h=_decimal(row.get("hard_cap", {}).get("rate_mg_per_h")),
        cap_note=str(row.get("cap_note", "")),
        director_sets=tuple(row.get("director_sets", [])),
        needs=tuple(row.get("needs", [])),
        mark=marks_of(row["mark"], where=f"Template {row['id']}"),
        mark_note=str(row.get("mark_note", "")),
    )


def _note(row: Mapping[str, Any]) -> TemplateNote:
    return TemplateNote(
        id=str(row["id"]),
        show_for=frozenset(row["show_for"]),
        note=str(row["note"]),
        mark=marks_of(row["mark"], where=f"Note {row['id']}"),
        mark_note=str(row.get("mark_note", "")),
    )
