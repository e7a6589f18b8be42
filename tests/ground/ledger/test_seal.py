"""Sealing takes what is older than every running transaction, once, in order, and writes the head outside."""

import stat
import threading
from datetime import timedelta

import psycopg
from django.db import connection, transaction

from ebbtide.ground.ledger import sealing
from ebbtide.ground.ledger.heads import NO_HEAD, heads_file, read_heads
from ebbtide.ground.ledger.models import Batch, Entry, Seal
from ebbtide.ground.ledger.sealing import seal
from ebbtide.ground.people.actions import AddResource, OpenClinic, add_resource, open_clinic
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy.actors import system
from tests.builders import NOW, an_act
from tests.ground.ledger.open_record import OpenRecord, seal_all, wait_for_elders


def opened() -> Clinic:
    clinic = Clinic(name="Harbour", time_zone="America/Chicago", phone="+1", email="a@b.example")
    return open_clinic(an_act(system(clinic)), OpenClinic(clinic=clinic))


def chair(clinic: Clinic, name: str = "Chair") -> None:
    add_resource(an_act(system(clinic)), AddResource(clinic=clinic, kind="chair", name=name))


def test_it_seals_what_is_committed_and_chains_it(record: OpenRecord) -> None:
    clinic = opened()
    first = seal_all(NOW)
    chair(clinic)
    chair(clinic)
    second = seal_all(NOW + timedelta(seconds=10))
    assert first is not None
    assert second is not None
    assert (first.previous_head, second.previous_head) == (NO_HEAD, first.head)
    assert (first.count, second.count) == (1, 2)
    assert [head.head for head in read_heads(heads_file())] == [first.head, second.head]
    assert stat.S_IMODE(heads_file().stat().st_mode) == 0o600


def test_it_seals_nothing_when_there_is_nothing(record: OpenRecord) -> None:
    assert seal_all(NOW) is None
    opened()
    assert seal_all(NOW) is not None
    assert seal_all(NOW) is None
    assert Batch.objects.count() == 1


def test_it_leaves_an_entry_whose_elders_may_still_appear(record: OpenRecord) -> None:
    clinic = opened()
    seal_all(NOW)
    with psycopg.connect(record.superuser_url) as slow:
        slow.execute("SELECT pg_current_xact_id()")  # a transaction that began earlier and is still running
        slow.execute("SELECT nextval('ledger_entry_id_seq')")
        chair(clinic)
        assert seal(NOW) is None
        slow.rollback()
    batch = seal_all(NOW)
    assert batch is not None
    assert batch.count == 1


def test_it_seals_an_entry_that_commits_late_under_an_early_id(record: OpenRecord) -> None:
    clinic = opened()
    wait_for_elders()  # the other worker's transactions stand behind the clinic's entry now, and the slow one behind them
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            chair(clinic, "slow")
            begun.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    begun.wait(10)
    chair(clinic, "quick")
    quick = seal(NOW)  # takes only the clinic's entry: the quick one is younger than the slow transaction
    go_on.set()
    thread.join(10)
    rest = seal_all(NOW)
    assert quick is not None
    assert rest is not None
    assert (quick.count, rest.count) == (1, 2)
    assert list(
        Seal.objects.filter(batch=rest).order_by("position").values_list("entry_id", flat=True)
    ) == sorted(Entry.objects.exclude(seal__batch=quick).values_list("id", flat=True))
    assert record.faults() == []


def test_it_seals_what_came_from_another_server(record: OpenRecord) -> None:
    opened()
    record.tamper("UPDATE ledger_entry SET xid = xid + 1000000")
    assert seal_all(NOW) is not None


def test_it_waits_for_nobody_when_another_sealer_is_at_it(record: OpenRecord) -> None:
    opened()
    with psycopg.connect(record.superuser_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.SEALING_LOCK])
        assert seal(NOW) is None
    assert seal_all(NOW) is not None


def test_it_writes_the_head_it_could_not_write_before(record: OpenRecord, monkeypatch) -> None:
    clinic = opened()
    with monkeypatch.context() as broken:
        broken.setattr(sealing, "append_heads", lambda *_: None)
        seal_all(NOW)
    assert read_heads(heads_file()) == []
    chair(clinic)
    seal_all(NOW)
    assert [head.number for head in read_heads(heads_file())] == [1, 2]


def test_it_seals_many_in_several_batches(record: OpenRecord, monkeypatch) -> None:
    monkeypatch.setattr(sealing, "MAX_ENTRIES", 2)
    clinic = opened()
    for _ in range(4):
        chair(clinic)
    assert [batch.count for _ in range(3) if (batch := seal_all(NOW))] == [2, 2, 1]
    assert record.faults() == []


def test_a_round_ends_although_more_comes_meanwhile(record: OpenRecord, monkeypatch) -> None:
    """Monitors write all the time: whoever seals until nothing is ready never ends, and each look takes longer."""
    clinic = opened()
    wait_for_elders()
    looks = []

    def looked(now, **told):
        looks.append(now)
        found = seal(now, **told)
        chair(clinic, f"Chair {len(looks)}")
        return found

    monkeypatch.setattr(sealing, "seal", looked)
    sealing.seal_ready(NOW)
    assert len(looks) == 1
    assert Seal.objects.count() == 1


def test_a_round_seals_more_than_one_batch_holds(record: OpenRecord, monkeypatch) -> None:
    monkeypatch.setattr(sealing, "MAX_ENTRIES", 2)
    clinic = opened()
    for _ in range(4):
        chair(clinic)
    wait_for_elders()
    sealing.seal_ready(NOW)
    assert Seal.objects.count() == 5
    assert record.faults() == []


def test_what_lies_too_far_back_is_found_when_the_whole_ledger_is_looked_through(
    record: OpenRecord, monkeypatch
) -> None:
    clinic = opened()
    assert seal_all(NOW) is not None
    chair(clinic)
    wait_for_elders()
    monkeypatch.setattr(sealing, "LOOK_BACK_ENTRIES", -1)  # as if the newest sealed one were younger
    sealing.seal_ready(NOW)
    assert Seal.objects.count() == 1
    sealing.seal_ready(NOW, from_the_first=True)
    assert Seal.objects.count() == 2
    assert record.faults() == []
