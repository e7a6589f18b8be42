"""Four people press Accept at the same moment: one decision, one visit, one record, three refusals in words."""

import os
import threading
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from ebbtide.ground.database import DatabaseTrouble, attach
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.digests import forget_shapes
from ebbtide.ground.people.models import Patient
from ebbtide.journey.access.actions import accept_request
from ebbtide.journey.access.models import EvaluationVisit, TriageDecision
from tests.builders import a_clinic, an_act, an_actor
from tests.ground.ledger.open_record import OpenRecord, _empty
from tests.journey.access.arrange import a_clinician, a_request, a_room
from tests.journey.access.test_accept import an_acceptance


@pytest.fixture
def committed(django_db_setup, django_db_blocker, tmp_path):
    """Real commits, which threads can see; the administrator empties everything after it, for the ledger's triggers refuse us."""
    try:
        server = attach(Path(os.environ["EBBTIDE_DATA"]).parent / "d")
    except (DatabaseTrouble, KeyError):
        pytest.skip("the tests run on a database whose administrator is somebody else")
    made = OpenRecord(make_conninfo(server.superuser_url, dbname=connection.settings_dict["NAME"]), tmp_path)
    forget_shapes()
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            _empty(made)
            forget_shapes()


def test_two_people_at_once_give_one_decision(committed):
    clinic = a_clinic()
    row = a_request(clinic)
    pairs = [(an_actor("prescriber"), a_clinician(), a_room(clinic, name=f"Room {n}")) for n in range(4)]
    outcomes: list[str] = []
    gate = threading.Barrier(len(pairs))

    def answer(actor, clinician, room):
        try:
            gate.wait()
            accept_request(an_act(actor), an_acceptance(row, clinician, room))
            outcomes.append("accepted")
        except Refused as refused:
            outcomes.append(refused.rule)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ACC-ANSWERED"] * 3 + ["accepted"]
    assert (TriageDecision.objects.count(), EvaluationVisit.objects.count(), Patient.objects.count()) == (
        1,
        1,
        1,
    )
