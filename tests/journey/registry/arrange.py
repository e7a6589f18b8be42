"""People who were treated: visits done, a log with a start and a stop, a consent, scores around the course."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from uuid import uuid4

from ebbtide.ground.documents.models import Document
from ebbtide.journey.assessment.models import Consent, ConsentWithdrawal
from ebbtide.journey.careplan.queries import age_years
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.outcomes.models import Score
from ebbtide.journey.registry.actions import RecordExposure, record_exposure
from ebbtide.journey.registry.exposure import Given, exposure_of
from ebbtide.journey.registry.models import Exposure
from ebbtide.pharmacology.previews import ENGINE_VERSION
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import constant_infusion
from tests.builders import (
    NOW,
    a_chair,
    a_clinic,
    a_nurse_place,
    a_patient,
    a_signed_order,
    a_staff,
    an_act,
    an_actor,
    an_episode,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RATE = "52.5"  # mg/h: 35 mg in 40 min


@cache
def figures_of(age_y):
    """The exposure of the builders' order in somebody of 70 kg."""
    return exposure_of(
        Given(
            schedule=constant_infusion(amount_mg=35.0, over_h=40 / 60),
            mg=Decimal(35),
            hours=Decimal(40) / 60,
            drug=Drug.RACEMIC,
            weight_kg=Decimal(70),
            age_y=age_y,
            crps_course=False,
        )
    )


def a_score(episode, instrument, value, *, at, point, **fields):
    return Score(
        episode=episode, instrument=instrument, point=point, value=Decimal(str(value)), status="complete",
        observed_at=at, recorded_at=at, **fields,
    )  # fmt: skip


class TreatedClinic:
    """One clinic with a chair and a nurse, and as many treated people as a test asks for."""

    def __init__(self, **fields):
        self.clinic = a_clinic(**fields)
        self.nurse = a_staff("nurse", clinic=self.clinic)
        self.chair = a_chair(self.clinic)
        self.place = a_nurse_place(self.nurse)
        self.director = a_staff("director", clinic=self.clinic)
        self.doctor = a_staff("prescriber", clinic=self.clinic)
        self.system = an_actor("system", clinic=self.clinic)
        # one paper for all, and no file behind it: these tests read none
        self.paper = Document.objects.create(
            clinic=self.clinic, kind="consent", title="Consent", media_type="application/pdf", sha256="0" * 64,
            size_bytes=1, made_at=NOW, made_by="x",
        )  # fmt: skip

    def person(self, *, days_ago=40, infusions=2, complaint="crps", permitted=True, recorded=True, **fields):
        """Somebody whose last infusion was so many days ago; their episode."""
        patient = a_patient(clinic=self.clinic, **fields)
        episode = an_episode(patient, complaint=complaint)
        if permitted is not None:
            self.consent(episode, withdrawn=not permitted)
        self.course(episode, days_ago=days_ago, infusions=infusions, recorded=recorded)
        return episode

    def consent(self, episode, *, withdrawn=False):
        row = Consent.objects.create(
            episode=episode,
            text_version="1",
            text_sha256="0" * 64,
            language="en",
            understood=["off_label", "registry"],
            how="screen",
            signed_name="Alma Reyes",
            document=self.paper,
            signed_at=NOW - 90 * DAY,
            expires_on=(NOW + 90 * DAY).date(),
        )
        if withdrawn:
            ConsentWithdrawal.objects.create(consent=row, recorded_by="x", withdrawn_at=NOW)

    def course(self, episode, *, days_ago=40, infusions=2, recorded=True, status="done"):
        """A series of daily infusions, the last one so many days ago."""
        order = a_signed_order(episode, infusions=infusions, by=self.doctor)
        series = Series.objects.create(
            episode=episode, order=order, booked_by=order.written_by, booked_at=NOW - 90 * DAY
        )
        sessions = []
        for number in range(1, infusions + 1):
            at = NOW - (days_ago + infusions - number) * DAY
            sessions.append(self.session(series, number=number, at=at, status=status))
            if recorded:
                self.keep(sessions[-1])
        return sessions

    def session(self, series, *, number, at, status="done", minutes=40):
        visit = Visit.objects.create(
            series=series,
            number=number,
            chair=self.chair,
            nurse_place=self.place,
            starts_at=at - 10 * MINUTE,
            ends_at=at + 80 * MINUTE,
            status=status,
        )
        session = Session.objects.create(
            visit=visit, order=series.order, chair=self.chair, opened_by=self.nurse, opened_at=at - 8 * MINUTE
        )
        self.entry(session, "start", at, {"rate_mg_per_h": RATE})
        self.entry(session, "stop", at + minutes * MINUTE, {"reason": "complete"})
        return session

    def entry(self, session, kind, at, body, **fields):
        return Entry.objects.create(
            id=uuid4(), session=session, kind=kind, body=body, observed_at=at, recorded_at=fields.pop("recorded_at", at),
            author=self.nurse, **fields,
        )  # fmt: skip

    def harm(self, session, severity="mild", **fields):
        return self.entry(
            session,
            "adverse_event",
            session.opened_at + 20 * MINUTE,
            {"event": "Nausea", "severity": severity},
            **fields,
        )

    def record(self, session, *, at=NOW, key=""):
        return record_exposure(an_act(self.system, at=at, key=key), RecordExposure(session=session))

    def keep(self, session):
        """The exposure as the action would write it, worked out once for all people of one age."""
        patient = session.visit.series.episode.patient
        age_y, start = age_years(patient.birth_date, at=NOW), session.opened_at + 8 * MINUTE
        told = {"weight_kg": session.order.weight_kg, "age_y": age_y}
        figures = figures_of(age_y)
        return Exposure.objects.create(
            session=session, version=1, drug="racemate", mg=figures.mg, mg_per_kg=figures.mg_per_kg, hours=figures.hours,
            started_at=start, stopped_at=start + 40 * MINUTE, predicted=figures.predicted, engine_version=ENGINE_VERSION,
            computed_at=NOW, **told,
        )  # fmt: skip

    def score(self, episode, instrument, value, *, at, point="VISIT", **fields):
        row = a_score(episode, instrument, value, at=at, point=point, **fields)
        row.save(force_insert=True)
        return row

    def relief(self, episode, *, before=8, after=4, pgic=2, days_ago=40, infusions=2):
        """A week of pain before the course, a week to day 21, and the impression of change."""
        ended = NOW - days_ago * DAY
        first = ended - (infusions - 1) * DAY
        days = [(first - n * DAY, before, "BASE") for n in range(1, 8)]
        days += [(ended + n * DAY, after, "DIARY") for n in range(15, 22)]
        rows = [a_score(episode, "NRS11", value, at=at, point=point) for at, value, point in days]
        if pgic is not None:
            rows.append(a_score(episode, "PGIC", pgic, at=ended + 21 * DAY, point="FU-D21"))
        Score.objects.bulk_create(rows)
        return episode
