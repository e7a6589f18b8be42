"""An exposure is what the log says after the stop; a correction of the log is the next version, and nothing is recorded twice."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.registry.actions import RecordExposure, record_exposure
from ebbtide.journey.registry.models import Exposure
from ebbtide.journey.registry.queries import waiting_sessions
from ebbtide.journey.registry.tasks import record_exposures
from tests.builders import NOW, a_clinic, an_act, an_actor
from tests.journey.registry.arrange import DAY, MINUTE, TreatedClinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return TreatedClinic()


@pytest.fixture
def session(house):
    episode = house.person(infusions=1, recorded=False)
    return Session.objects.get(visit__series__episode=episode)


def test_it_keeps_what_the_log_gave(house, session) -> None:
    row = house.record(session)
    row.refresh_from_db()
    assert (row.mg, row.mg_per_kg, row.hours) == (Decimal(35), Decimal("0.500"), Decimal("0.667"))
    assert (row.version, row.drug, row.age_y) == (1, "racemate", 47)
    assert (row.stopped_at - row.started_at) == timedelta(minutes=40)
    kamp = row.predicted["kamp_2020"]
    assert (kamp["reading"], kamp["site"]) == ("predicted", "arterial")
    assert kamp["peak_ng_per_ml"] > 0


def test_it_writes_the_next_version_when_the_log_is_corrected(house, session) -> None:
    house.record(session, at=NOW)
    stop = Entry.objects.get(session=session, kind="stop")
    house.entry(
        session,
        "stop",
        stop.observed_at - 20 * MINUTE,
        {"reason": "complete"},
        replaces=stop,
        recorded_at=NOW + MINUTE,
    )
    assert list(waiting_sessions(house.clinic)) == [session]
    second = house.record(session, at=NOW + 2 * MINUTE)
    assert (second.version, second.mg) == (2, Decimal("17.5"))
    assert not waiting_sessions(house.clinic)
    assert Exposure.objects.get(version=1).mg == Decimal(35)


def test_it_refuses_an_infusion_that_is_not_stopped(house, session) -> None:
    stop = Entry.objects.get(session=session, kind="stop")
    house.entry(session, "stop", stop.observed_at, {}, replaces=stop, withdrawn=True)
    assert not waiting_sessions(house.clinic)
    with pytest.raises(Refused, match="not been started and stopped"):
        house.record(session)


def test_it_acts_once_for_one_key(house, session) -> None:
    assert house.record(session, key="one").pk == house.record(session, key="one").pk
    assert Exposure.objects.count() == 1


@pytest.mark.parametrize(
    ("result", "reading"), [("positive", "outside_model_range"), ("negative", "predicted")]
)
def test_it_shows_no_concentration_in_a_pregnancy_that_was_known(house, session, result, reading) -> None:
    Fact.objects.create(
        patient=session.visit.series.episode.patient, name="pregnancy_test_result", value=result, unit="",
        observed_at=session.opened_at - DAY, recorded_at=NOW, origin="typed", recorded_by="x",
    )  # fmt: skip
    assert house.record(session).predicted["kamp_2020"]["reading"] == reading


def test_it_lets_a_director_record_and_a_nurse_not(house, session) -> None:
    with pytest.raises(Denied):
        record_exposure(an_act(an_actor(house.nurse)), RecordExposure(session=session))
    record_exposure(an_act(an_actor(house.director)), RecordExposure(session=session))


def test_the_job_records_what_is_missing_in_every_clinic_once(house, session) -> None:
    far = TreatedClinic(name="Elsewhere")
    far.person(infusions=2, recorded=False)
    a_clinic(name="Empty")
    for _ in range(2):
        record_exposures(timestamp=0)
    assert Exposure.objects.filter(session__chair__clinic=house.clinic).count() == 1
    assert Exposure.objects.filter(session__chair__clinic=far.clinic).count() == 2


def test_the_job_goes_on_when_one_infusion_cannot_be_read(house, session) -> None:
    start = Entry.objects.get(session=session, kind="start")
    house.entry(session, "start", start.observed_at + 90 * MINUTE, {"rate_mg_per_h": "52.5"}, replaces=start)
    house.person(infusions=1, recorded=False)
    record_exposures(timestamp=0)
    assert Exposure.objects.count() == 1
