"""assessment: the act that takes in a file: what is new is appended unconfirmed, and a second time changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ebbtide.evidence.errors import EvidenceError
from ebbtide.evidence.vocabulary import check_value, input_spec
from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.actions.banner import banners
from ebbtide.journey.assessment.actions.turns import one_at_a_time, topics
from ebbtide.journey.assessment.history import WORDS_MAX_CHARS, as_stored
from ebbtide.journey.assessment.models import Fact, Import, Origin


class Draft(Protocol):
    """A fact as a file tells it; the doors bring them."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def observed_at(self) -> datetime | None: ...
    @property
    def source_key(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFacts:
    """What one file holds about one person, sorted by the door that read it."""

    patient: Patient
    taken: tuple[Draft, ...]
    left: tuple[Mapping[str, Any], ...]
    unmapped: tuple[Mapping[str, Any], ...]
    file_sha256: str
    to_judge: tuple[Mapping[str, Any], ...] = ()


@action("assessment.import", "create", about=lambda command: command.patient)
def import_facts(act: Act, command: ImportFacts) -> Done[Import]:
    """Append what is new, unconfirmed; what is there already stays as it is, and what was left says why."""
    one_at_a_time(command.patient)
    sources = Fact.objects.filter(patient=command.patient).exclude(source_key="")
    there = dict(sources.values_list("source_key", "value"))
    fresh = [draft for draft in command.taken if draft.source_key not in there]
    seen_before = [draft for draft in command.taken if draft.source_key in there]
    changed = [_changed(draft) for draft in seen_before if as_stored(draft.value) != there[draft.source_key]]
    refused = [_unfit(draft) for draft in fresh if not _fits(draft)]
    row = Import.objects.create(
        patient=command.patient,
        file_sha256=command.file_sha256,
        taken=len(fresh) - len(refused),
        already_there=len(seen_before),
        left=[*command.left, *changed, *refused],
        unmapped=list(command.unmapped),
        to_judge=list(command.to_judge),
        imported_at=act.at,
        imported_by=act.by.identity,
    )
    facts = Fact.objects.bulk_create([_imported(act, row, draft) for draft in fresh if _fits(draft)])
    return Done(value=row, rows=[*facts, *banners(command.patient)], announce=topics(command.patient))


def _fits(draft: Draft) -> bool:
    try:
        check_value(draft.name, draft.value)
    except EvidenceError:
        return False
    return True


def _unfit(draft: Draft) -> dict[str, Any]:
    return _note(draft, f"its value cannot be a {draft.name.replace('_', ' ')}")


def _changed(draft: Draft) -> dict[str, Any]:
    return _note(
        draft, "the file says something else than it did before; correct the entry by hand if it is true"
    )


def _note(draft: Draft, why: str) -> dict[str, Any]:
    return {"resource": draft.source_key.partition("#")[0], "why": why, "code": "", "text": draft.text}


def _imported(act: Act, row: Import, draft: Draft) -> Fact:
    return Fact(
        patient_id=row.patient_id, name=draft.name, value=as_stored(draft.value), unit=input_spec(draft.name).unit or "",
        words=draft.text[:WORDS_MAX_CHARS], observed_at=draft.observed_at, recorded_at=act.recorded_at,
        origin=Origin.IMPORTED, source_key=draft.source_key, recorded_by=act.by.identity, imported_in=row,
    )  # fmt: skip
