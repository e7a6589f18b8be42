"""Changing the registry: an exposure is recorded after its infusion, and a de-identified file is taken out."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ebbtide.ground.documents.files import write_file
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import given_exposure
from ebbtide.journey.registry import rules
from ebbtide.journey.registry.dataset import Filters, data_set
from ebbtide.journey.registry.dictionary import VERSION
from ebbtide.journey.registry.exposure import exposure_of
from ebbtide.journey.registry.models import Export, ExportFormat, Exposure
from ebbtide.journey.registry.queries import given_by, newest_exposure, source_for
from ebbtide.journey.registry.writing import bundle


@contextmanager
def ruled() -> Iterator[None]:
    """A rule of the stage that is not kept refuses the act."""
    try:
        yield
    except rules.NotYet as broken:
        raise Refused(broken.rule, broken.sentence) from broken


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExposure:
    session: Session


@action("registry.exposure", "create", about=lambda command: command.session)
def record_exposure(act: Act, command: RecordExposure) -> Done[Exposure]:
    """What the infusion gave and what each offered model says of it; the next version when the log was corrected since."""
    session = command.session
    one_at_a_time("exposure", session.pk)
    found = given_exposure(session)
    with ruled():
        rules.check_infusion_ended(started=found is not None, stopped=found is not None)
    assert found is not None  # noqa: S101 - for the type checker: the rule has refused
    given = given_by(session, found)
    figures = exposure_of(given)
    newest = newest_exposure(session)
    told: dict[str, Any] = {
        "drug": session.order.drug,
        "mg": figures.mg,
        "mg_per_kg": figures.mg_per_kg,
        "weight_kg": given.weight_kg,
        "age_y": given.age_y,
        "hours": figures.hours,
        "started_at": found.started_at,
        "stopped_at": found.stopped_at,
        "predicted": figures.predicted,
        "engine_version": figures.engine_version,
    }
    row = Exposure.objects.create(
        session=session, version=newest.version + 1 if newest else 1, computed_at=act.recorded_at, **told
    )
    return Done(value=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDataset:
    clinic: Clinic
    format: ExportFormat
    filters: Filters


@action("registry.export", "create", about=lambda command: command.clinic)
def export_dataset(act: Act, command: ExportDataset) -> Done[Export]:
    """One de-identified file: written first, then the row with its counts and its hash, so that no row names a lost file."""
    if act.by.staff_id is None:
        raise Refused("REG-STAFF", "A file is taken out by a person who answers for it: sign in as staff.")
    export_id = new_id()
    found = data_set(source_for(command.clinic, at=act.at), command.filters, purpose=str(export_id))
    with ruled():
        rules.check_something_leaves(rows=len(found.rows), suppressed=found.rows_suppressed)
    content = bundle(found, form=command.format, filters=command.filters.told)
    write_file(export_id, content)
    row = Export.objects.create(
        id=export_id,
        clinic=command.clinic,
        format=command.format,
        filters=command.filters.told,
        k=found.k,
        rows=len(found.rows),
        people=found.people,
        rows_generalised=found.rows_generalised,
        rows_suppressed=found.rows_suppressed,
        people_suppressed=found.people_suppressed,
        rows_without_permission=found.rows_without_permission,
        dictionary_version=VERSION,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        made_by=Staff.objects.get(pk=act.by.staff_id),
        made_at=act.at,
    )
    return Done(value=row)
