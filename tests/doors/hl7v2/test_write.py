"""The writer: what waits is one transaction, a bad message takes no other with it, and a cut is tried once more."""

import errno
import time
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError

from ebbtide.doors.hl7v2 import writer as room
from ebbtide.doors.hl7v2.__main__ import CannotListen, _why, networks
from ebbtide.doors.hl7v2.reading import read
from ebbtide.doors.hl7v2.writer import NotStored, Waiting, Writer
from ebbtide.journey.infusion.models import Batch, GatewayBeat, Quarantined, Sample
from tests.builders import a_clinic
from tests.doors.hl7v2.messages import AT, message, obx
from tests.journey.infusion.monitors import a_device


class Record:
    """In the action's place: it keeps what it is given, and fails as it is told."""

    def __init__(self, *troubles: Exception, poison: float | None = None) -> None:
        self.troubles = list(troubles)
        self.poison = poison
        self.stored: list[tuple[str, list[float]]] = []
        self.keys: list[str] = []

    def store(self, act, command) -> None:
        self.keys.append(act.key)
        if self.troubles:
            raise self.troubles.pop(0)
        values = [sample.value for sample in command.samples]
        if self.poison in values:
            raise DataError("this one")
        self.stored.append((act.by.identity, values))


@pytest.fixture
def settled(monkeypatch):
    """Settle some messages by a writer without a thread; the record, and what each was told."""

    def settle(record: Record, *values: str):
        monkeypatch.setattr(room, "store_samples", record.store)
        monkeypatch.setattr(room, "TRY_AGAIN_AFTER_S", 0)
        monkeypatch.setattr(Writer, "_of_this_record", lambda self: a_clinic_without_a_row())
        monkeypatch.setattr(room.connection, "close", lambda: None)
        batch = [Waiting(read(message(obx(value=value), control=value), AT)) for value in values]
        Writer()._settle(batch)
        return [one.done.exception() for one in batch]

    return settle


def a_clinic_without_a_row():
    from ebbtide.ground.people.models import Clinic

    return Clinic(name="Harbour")


def test_it_stores_what_waits_in_one_act(settled) -> None:
    record = Record()
    assert settled(record, "95", "96", "97") == [None, None, None]
    assert record.stored == [("integration", [95, 96, 97])]


def test_it_lets_a_bad_message_take_no_other_with_it(settled) -> None:
    record = Record(poison=96)
    told = settled(record, "95", "96", "97")
    assert [type(trouble) for trouble in told] == [type(None), NotStored, type(None)]
    assert record.stored == [("integration", [95]), ("integration", [97])]


def test_it_tries_once_more_under_the_same_key_when_it_was_cut_off(settled) -> None:
    record = Record(OperationalError("cut"))
    assert settled(record, "95") == [None]
    assert len(record.keys) == 2
    assert len(set(record.keys)) == 1


def test_it_stores_nothing_when_the_record_is_away(settled) -> None:
    told = settled(Record(OperationalError("cut"), OperationalError("cut")), "95", "96")
    assert [type(trouble) for trouble in told] == [NotStored, NotStored]


def test_it_takes_every_message_that_arrived_meanwhile(monkeypatch) -> None:
    made = Writer()
    for value in ("95", "96"):
        made.hand_over(read(message(obx(value=value)), AT))
    made._beat_due_s = time.monotonic() + 1
    batch, ending = made._gather()
    assert (len(batch), ending) == (2, False)
    made._waiting.put(None)
    assert made._gather() == ([], True)


def test_it_leaves_out_a_message_whose_sender_went_away() -> None:
    made = Writer()
    made.hand_over(read(message(obx()), AT)).cancel()
    made._beat_due_s = time.monotonic()
    assert made._gather() == ([], False)


@pytest.mark.django_db
def test_it_writes_for_the_clinic_of_this_record() -> None:
    clinic = a_clinic()
    a_device(clinic)
    made = Writer()
    report = read(message(obx(value="97"), obx(code="1^X^Y")), AT)
    made._settle([Waiting(report)])
    assert (Batch.objects.get().clinic_id, Sample.objects.get().value) == (clinic.id, 97)
    assert Quarantined.objects.get().reason == "unknown_code"
    assert made.stored == 1


@pytest.mark.django_db
def test_it_beats_and_makes_room_once_a_day(monkeypatch) -> None:
    made_at = []
    monkeypatch.setattr(room, "make_months", made_at.append)
    a_clinic()
    made = Writer(heard_of=lambda: 3)
    made._beat()
    made._beat()
    beat = GatewayBeat.objects.get()
    assert (beat.name, beat.devices, beat.messages) == ("hl7v2", 3, 0)
    assert len(made_at) == 1


@pytest.mark.django_db
def test_it_stores_nothing_before_there_is_a_clinic() -> None:
    one = Waiting(read(message(obx()), AT + timedelta(seconds=1)))
    made = Writer()
    made._settle([one])
    made._beat()
    assert isinstance(one.done.exception(), NotStored)


def test_it_reads_who_may_speak() -> None:
    assert [str(network) for network in networks("10.0.7.0/24, 192.0.2.5")] == ["10.0.7.0/24", "192.0.2.5/32"]
    with pytest.raises(CannotListen, match="EBBTIDE_MLLP_ALLOW is '10.0.7.1/24'"):
        networks("10.0.7.1/24")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EADDRINUSE, "Port 2575 for the monitors is taken"),
        (errno.EADDRNOTAVAIL, "cannot listen on 10.9.9.9, port 2575"),
    ],
)
def test_it_says_in_one_line_why_it_cannot_listen(number, words) -> None:
    said = _why(OSError(number, "x"), "10.9.9.9", 2575)
    assert words in said
    assert "\n" not in said
