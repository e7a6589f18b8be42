"""One true row of every model that a route or an action can be about, belonging to a given patient."""

import hashlib
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db.models import Model

from ebbtide.ground.documents.files import write_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import (
    Assignment,
    Clinic,
    ClinicSetting,
    Credential,
    Occupancy,
    Patient,
    Resource,
    Staff,
)
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, TriageDecision
from ebbtide.journey.assessment.models import (
    Consent,
    ConsentWithdrawal,
    Evaluation,
    Fact,
    Import,
    ListConfirmation,
)
from ebbtide.journey.careplan.models import (
    DoubleCheck,
    OrderSignature,
    OrderVersion,
    OrderWithdrawal,
    Protocol,
)
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.custody.models import (
    Account,
    Count,
    Destruction,
    LossRecord,
    Movement,
    RegisterReport,
    Undrawn,
    Variance,
    VarianceClosing,
    VarianceNote,
    Vial,
)
from ebbtide.journey.infusion.models import Binding, Device, Session
from ebbtide.journey.infusion.models import Entry as LogEntry
from ebbtide.journey.leaving.models import Departure, LaterEvent, NextDayCall, Recovery, ReleaseDecision
from ebbtide.journey.outcomes.models import AlertClosed, Answer, Invitation, SafetyAlert, Score
from ebbtide.journey.registry.models import Export, Exposure
from ebbtide.pharmacology.previews import ENGINE_VERSION
from tests.builders import NOW, a_staff


def _resource(clinic: Clinic, kind: str) -> Resource:
    found = Resource.objects.filter(clinic=clinic, kind=kind).first()
    return found or Resource.objects.create(clinic=clinic, kind=kind, name=kind)


def _staff(clinic: Clinic) -> Staff:
    return Staff.objects.filter(clinic=clinic).first() or a_staff("prescriber", clinic=clinic)


def a_request(patient: Patient) -> Request:
    return Request.objects.create(
        clinic=patient.clinic,
        channel="web",
        status="received",
        given_name="Alma",
        family_name="Reyes",
        phone="+13125550142",
        complaint="crps",
        received_at=NOW,
        patient=patient,
    )


def a_decision(patient: Patient) -> TriageDecision:
    return TriageDecision.objects.create(
        request=a_request(patient),
        outcome="accept",
        reason="fits",
        next_step="evaluation",
        decided_by=_staff(patient.clinic),
        decided_at=NOW,
    )


def an_episode(patient: Patient) -> Episode:
    return Episode.objects.create(
        patient=patient, request=a_request(patient), complaint="crps", opened_at=NOW
    )


def an_evaluation_visit(patient: Patient) -> EvaluationVisit:
    return EvaluationVisit.objects.create(
        episode=an_episode(patient),
        clinician=_staff(patient.clinic),
        room=_resource(patient.clinic, "room"),
        starts_at=NOW + timedelta(days=1),
        ends_at=NOW + timedelta(days=1, hours=1),
    )


def an_import(patient: Patient) -> Import:
    return Import.objects.create(
        patient=patient,
        file_sha256="0" * 64,
        taken=0,
        already_there=0,
        left=[],
        unmapped=[],
        imported_at=NOW,
        imported_by="x",
    )


def a_fact(patient: Patient, **fields: Any) -> Fact:
    made = {
        "name": "weight_kg",
        "value": 72,
        "unit": "kg",
        "observed_at": NOW,
        "recorded_at": NOW,
        "origin": "measured",
        "recorded_by": "x",
    }
    return Fact.objects.create(patient=patient, **{**made, **fields})


def a_list_confirmation(patient: Patient) -> ListConfirmation:
    return ListConfirmation.objects.create(
        patient=patient, name="problems", members=[], confirmed_by=_staff(patient.clinic), confirmed_at=NOW
    )


def an_evaluation(patient: Patient) -> Evaluation:
    return Evaluation.objects.create(
        episode=an_episode(patient),
        stage="assessment",
        as_of=NOW,
        pack_version="t",
        pack_sha256="0" * 64,
        verdict="clear",
        findings=[],
        needs_data=[],
        overrides={},
        decision="suitable",
        signed_by=_staff(patient.clinic),
        signed_at=NOW,
        valid_until=NOW + timedelta(days=30),
    )


def a_document(patient: Patient) -> Document:
    content = b"%PDF-1.7"
    document = Document.objects.create(
        clinic=patient.clinic,
        patient=patient,
        kind="consent",
        title="Consent",
        media_type="application/pdf",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        made_at=NOW,
        made_by="x",
    )
    write_file(document.id, content)
    return document


def a_consent(patient: Patient) -> Consent:
    return Consent.objects.create(
        episode=an_episode(patient),
        text_version="1",
        text_sha256="0" * 64,
        language="en",
        understood={},
        how="screen",
        signed_name="Alma Reyes",
        document=a_document(patient),
        witnessed_by=_staff(patient.clinic),
        signed_at=NOW,
        expires_on=(NOW + timedelta(days=90)).date(),
    )


def a_protocol(clinic: Clinic) -> Protocol:
    found = Protocol.objects.filter(clinic=clinic).first()
    return found or Protocol.objects.create(
        clinic=clinic, key="CHR-5X40", body={}, pack_version="t", approved_at=NOW
    )


def an_order(patient: Patient) -> OrderVersion:
    return OrderVersion.objects.create(
        order_id=uuid4(),
        version=1,
        episode=an_episode(patient),
        protocol=a_protocol(patient.clinic),
        template="TPL-CHR-5X40",
        drug="racemate",
        weight=a_fact(patient),
        weight_kg=Decimal(72),
        vial_mg_per_ml=Decimal(50),
        dose_mg=Decimal(36),
        bag_volume_ml=Decimal(100),
        diluent="sodium chloride 0.9 %",
        steps=[{"kind": "rate", "value": "36", "minutes": 40, "stop_if": None}],
        infusions=5,
        gap_days_min=1,
        gap_days_max=1,
        goal="walk to the shop",
        review_on=(NOW + timedelta(days=28)).date(),
        written_by=_staff(patient.clinic),
        written_at=NOW,
    )


def a_signature(patient: Patient) -> OrderSignature:
    return OrderSignature.objects.create(
        order=an_order(patient), preview={}, signed_by=_staff(patient.clinic), signed_at=NOW
    )


def a_series(patient: Patient) -> Series:
    return Series.objects.create(
        episode=(order := a_signature(patient).order).episode,
        order=order,
        booked_by=_staff(patient.clinic),
        booked_at=NOW,
    )


def a_visit(patient: Patient) -> Visit:
    return Visit.objects.create(
        series=a_series(patient),
        number=1,
        chair=_resource(patient.clinic, "chair"),
        nurse_place=_resource(patient.clinic, "nurse_place"),
        starts_at=NOW + timedelta(days=2),
        ends_at=NOW + timedelta(days=2, hours=2),
    )


def an_account(clinic: Clinic, kind: str, visit: Visit | None = None) -> Account:
    return Account.objects.get_or_create(clinic=clinic, kind=kind, visit=visit)[0]


def a_vial(patient: Patient) -> Vial:
    return Vial.objects.create(
        clinic=patient.clinic,
        drug="racemate",
        mg_per_ml=50,
        volume_ml=10,
        content_ug=500_000,
        lot="L",
        expires_on=(NOW + timedelta(days=365)).date(),
        label=f"V-{Vial.objects.count()}",
        supplier="x",
        received_by=_staff(patient.clinic),
        received_at=NOW,
    )


def a_movement(patient: Patient, *, kind: str = "draw", **fields: Any) -> Movement:
    clinic, visit, vial = patient.clinic, a_visit(patient), a_vial(patient)
    safe, by = an_account(clinic, "safe"), _staff(clinic)
    moved = {
        "clinic": clinic,
        "vial": vial,
        "amount_ug": 500_000,
        "by": by,
        "moved_at": NOW,
        "recorded_at": NOW,
    }
    received = {"kind": "receive", "from_account": an_account(clinic, "supplier"), "to_account": safe}
    Movement.objects.create(**moved, **received)
    to = an_account(clinic, "variance") if kind == "variance" else an_account(clinic, "session", visit)
    where = {"from_account": safe, "to_account": to, "visit": None if kind == "variance" else visit}
    return Movement.objects.create(**moved, **where, kind=kind, **fields)


def a_variance(patient: Patient) -> Variance:
    return Variance.objects.create(
        movement=a_movement(patient, kind="variance", witness=a_staff("nurse", clinic=patient.clinic)),
        searched="x",
        owner=_staff(patient.clinic),
        due_on=NOW.date(),
        posted_at=NOW,
    )


def an_entry(patient: Patient) -> Entry:
    return Entry.objects.create(
        clinic_id=patient.clinic_id,
        actor="x",
        roles="system",
        action="t",
        resource="t",
        verb="create",
        patient_id=patient.id,
        at=NOW,
        recorded_at=NOW,
        key="k",
        device="",
        rows=[],
        digest="0" * 64,
    )


def a_session(patient: Patient) -> Session:
    visit = a_visit(patient)
    return Session.objects.create(
        visit=visit,
        order=visit.series.order,
        chair=visit.chair,
        opened_by=_staff(patient.clinic),
        opened_at=NOW,
    )


def a_monitor(patient: Patient) -> Device:
    return Device.objects.create(
        clinic=patient.clinic, key=str(uuid4()), name="Monitor", added_by="x", added_at=NOW
    )


def a_binding(patient: Patient) -> Binding:
    session = a_session(patient)
    return Binding.objects.create(
        device=a_monitor(patient),
        session=session,
        chair=session.chair,
        from_at=NOW,
        bound_by=_staff(patient.clinic),
    )


def a_log_entry(patient: Patient) -> LogEntry:
    return LogEntry.objects.create(
        id=uuid4(),
        session=a_session(patient),
        kind="note",
        body={"text": "x"},
        observed_at=NOW,
        recorded_at=NOW,
        author=_staff(patient.clinic),
    )


def a_recovery(patient: Patient) -> Recovery:
    return Recovery.objects.create(
        session=a_session(patient),
        phase="recovery",
        observed_at=NOW,
        recorded_at=NOW,
        recorded_by=_staff(patient.clinic),
    )


def a_departure(patient: Patient) -> Departure:
    seen = a_recovery(patient)
    return Departure.objects.create(
        session=seen.session,
        recovery=seen,
        gates=[],
        escort_name="Sam Reyes",
        escort_phone="312 555 0177",
        escort_relation="Brother",
        escort_signed_name="Sam Reyes",
        no_driving_on=(NOW + timedelta(days=1)).date(),
        no_driving_at=time(8),
        no_driving_zone=patient.clinic.time_zone,
        record=a_document(patient),
        instructions=a_document(patient),
        language="en",
        call_due_on=(NOW + timedelta(days=1)).date(),
        discharged_by=_staff(patient.clinic),
        discharged_at=NOW,
    )


def an_exposure(patient: Patient) -> Exposure:
    return Exposure.objects.create(
        session=a_session(patient),
        version=1,
        drug="racemate",
        mg=Decimal(36),
        hours=Decimal("0.667"),
        started_at=NOW,
        stopped_at=NOW + timedelta(minutes=40),
        predicted={},
        engine_version=ENGINE_VERSION,
        computed_at=NOW,
    )


def a_register_report(patient: Patient) -> RegisterReport:
    content = b"When"
    report = RegisterReport.objects.create(
        clinic=patient.clinic,
        form="csv",
        since_on=NOW.date(),
        until_on=NOW.date(),
        rows=0,
        proves=True,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        made_by=_staff(patient.clinic),
        made_at=NOW,
    )
    write_file(report.id, content)
    return report


def an_export(clinic: Clinic) -> Export:
    content = b"PK"
    export = Export.objects.create(
        clinic=clinic,
        format="csv",
        k=11,
        rows=22,
        people=11,
        rows_generalised=0,
        rows_suppressed=0,
        people_suppressed=0,
        dictionary_version="1",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        made_by=_staff(clinic),
        made_at=NOW,
    )
    write_file(export.id, content)
    return export


def an_invitation(patient: Patient) -> Invitation:
    return Invitation.objects.create(
        episode=an_episode(patient),
        point="FU-W1",
        instruments=["PHQ9"],
        due_on=NOW.date(),
        opens_at=NOW,
        closes_at=NOW + timedelta(days=2),
        token_sha256=uuid4().hex,
        made_at=NOW,
    )


def a_score(patient: Patient) -> Score:
    return Score.objects.create(
        episode=an_episode(patient),
        instrument="PEG",
        point="FU-W1",
        value=Decimal("4.33"),
        status="complete",
        detail={"items": [4, 4, 5]},
        observed_at=NOW,
        recorded_at=NOW,
    )


def a_safety_alert(patient: Patient) -> SafetyAlert:
    invitation = an_invitation(patient)
    answer = Answer.objects.create(
        invitation=invitation, instrument="PHQ9", item=9, value=1, how="answered", answered_at=NOW
    )
    return SafetyAlert.objects.create(
        episode=invitation.episode,
        kind="self_harm",
        rule="SUI-PSY-06",
        answer=answer,
        opened_at=NOW,
        due_at=NOW + timedelta(hours=1),
        owner=_staff(patient.clinic),
    )


OBJECTS: dict[type[Model], Callable[[Patient], Model]] = {
    Clinic: lambda p: p.clinic,
    ClinicSetting: lambda p: ClinicSetting.objects.create(
        clinic=p.clinic, name="x", value=1, reason="x", set_at=NOW
    ),
    Staff: lambda p: _staff(p.clinic),
    Credential: lambda p: Credential.objects.create(
        staff=_staff(p.clinic), kind="ACLS", expires_on=NOW.date()
    ),
    Patient: lambda p: p,
    Assignment: lambda p: Assignment.objects.create(staff=_staff(p.clinic), patient=p, from_at=NOW, why="x"),
    Resource: lambda p: p.resource,
    Occupancy: lambda p: Occupancy.objects.create(
        resource=p.resource, start_min=0, end_min=1, visit_id=uuid4()
    ),
    Request: a_request,
    TriageDecision: a_decision,
    Episode: an_episode,
    EvaluationVisit: an_evaluation_visit,
    Import: an_import,
    Fact: a_fact,
    ListConfirmation: a_list_confirmation,
    Evaluation: an_evaluation,
    Consent: a_consent,
    ConsentWithdrawal: lambda p: ConsentWithdrawal.objects.create(
        consent=a_consent(p), recorded_by="x", withdrawn_at=NOW
    ),
    Document: a_document,
    Protocol: lambda p: a_protocol(p.clinic),
    OrderVersion: an_order,
    OrderSignature: a_signature,
    OrderWithdrawal: lambda p: OrderWithdrawal.objects.create(
        order=an_order(p), reason="x", withdrawn_by=_staff(p.clinic), withdrawn_at=NOW
    ),
    DoubleCheck: lambda p: DoubleCheck.objects.create(
        order=an_order(p),
        weight_kg=72,
        dose_mg=36,
        rate_ml_per_h=150,
        agrees=True,
        differences=[],
        checked_by=_staff(p.clinic),
        checked_at=NOW,
    ),
    Series: a_series,
    Visit: a_visit,
    Account: lambda p: an_account(p.clinic, "safe"),
    Vial: a_vial,
    Movement: a_movement,
    Variance: a_variance,
    VarianceClosing: lambda p: VarianceClosing.objects.create(
        variance=a_variance(p), finding="x", reported=False, closed_by=_staff(p.clinic), closed_at=NOW
    ),
    VarianceNote: lambda p: VarianceNote.objects.create(
        variance=a_variance(p), words="x", by=_staff(p.clinic), noted_at=NOW
    ),
    LossRecord: lambda p: LossRecord.objects.create(
        variance=a_variance(p),
        kind="unknown",
        discovered_on=NOW.date(),
        circumstances="x",
        measures="x",
        by=_staff(p.clinic),
        recorded_at=NOW,
    ),
    Count: lambda p: Count.objects.create(
        clinic=p.clinic,
        kind="daily",
        by=a_staff("nurse", clinic=p.clinic),
        counted_at=NOW,
        recorded_at=NOW,
    ),
    Destruction: lambda p: Destruction.objects.create(
        clinic=p.clinic,
        method="x",
        place="x",
        by=_staff(p.clinic),
        witness=a_staff("nurse", clinic=p.clinic),
        destroyed_at=NOW,
        recorded_at=NOW,
    ),
    Undrawn: lambda p: Undrawn.objects.create(
        visit=a_visit(p),
        drug="midazolam",
        amount_ug=2000,
        given_by_entry=uuid4(),
        by=_staff(p.clinic),
        noted_at=NOW,
    ),
    RegisterReport: a_register_report,
    Session: a_session,
    Device: a_monitor,
    Binding: a_binding,
    LogEntry: a_log_entry,
    Recovery: a_recovery,
    ReleaseDecision: lambda p: ReleaseDecision.objects.create(
        recovery=a_recovery(p), gates=["GATE-BP"], reason="x", decided_by=_staff(p.clinic), decided_at=NOW
    ),
    Departure: a_departure,
    NextDayCall: lambda p: NextDayCall.objects.create(
        departure=a_departure(p), outcome="reached", called_by=_staff(p.clinic), called_at=NOW
    ),
    LaterEvent: lambda p: LaterEvent.objects.create(
        departure=a_departure(p),
        kind="fall",
        severity="mild",
        observed_at=NOW,
        recorded_at=NOW,
        late=False,
        recorded_by=_staff(p.clinic),
    ),
    Invitation: an_invitation,
    Score: a_score,
    SafetyAlert: a_safety_alert,
    AlertClosed: lambda p: AlertClosed.objects.create(
        alert=a_safety_alert(p), note="x", closed_by=_staff(p.clinic), closed_at=NOW
    ),
    Exposure: an_exposure,
    Export: lambda p: an_export(p.clinic),
    OutgoingMail: lambda p: OutgoingMail.objects.create(
        clinic=p.clinic, to="a@example.org", subject="x", body="x", purpose="x", made_at=NOW
    ),
    Entry: an_entry,
}
