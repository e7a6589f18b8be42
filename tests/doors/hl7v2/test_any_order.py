"""The same readings in any order, doubled and cut into any batches, leave the same rows and the same values on the screen."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from tools.bench_chair.night import none_lost

from ebbtide.doors.hl7v2.reading import read
from ebbtide.journey.infusion.actions import samples as room
from ebbtide.journey.infusion.models import Binding, Device
from ebbtide.journey.infusion.vitals import heard, told_by
from ebbtide.twin.monitors.messages import report
from tests.builders import NOW
from tests.journey.infusion.monitors import Chair

pytestmark = pytest.mark.django_db
A_ROUND, MESSAGES, BATCHES = 100, 6, 8
# rows of the one monitor that the other does not have, by everything but the time of arrival and the batch
ODD = """
SELECT count(*) FROM (
    SELECT left(d.key, -2) AS pair, d.key, s.signal, s.observed_at, s.value, s.unit, s.state, s.session_id,
    count(*) OVER (PARTITION BY left(d.key, -2), s.signal, s.observed_at, s.value, s.unit, s.state, s.session_id) AS twins
    FROM infusion_sample s JOIN infusion_device d ON d.id = s.device_id
) told WHERE twins <> 2
"""


def two_monitors_a_case(chair: Chair, numbers: range) -> dict[str, Device]:
    """Of each case a monitor that is heard in order and one that is not, on the same person; some are taken off midway."""
    devices = Device.objects.bulk_create(
        Device(clinic=chair.clinic, key=f"CASE-{n}-{way}", name="Monitor", added_by="test", added_at=NOW)
        for n in numbers
        for way in "AB"
    )
    Binding.objects.bulk_create(
        Binding(
            device=device,
            session=chair.session,
            chair=chair.session.chair,
            bound_by=chair.nurse,
            from_at=NOW - timedelta(seconds=3),
            until_at=NOW + timedelta(seconds=2) if int(device.key.split("-")[1]) % 3 == 0 else None,
        )
        for device in devices
    )
    return {device.key: device for device in devices}


def a_stream(chance: random.Random, key: str) -> list[bytes]:
    """Readings at a time of their own each, some before the monitor was bound; of some seconds nothing ever comes."""
    seconds = sorted(chance.sample(range(-6, 12), MESSAGES))
    return [
        report(
            key,
            second,
            NOW + timedelta(seconds=second),
            {"hr": 60.0 + chance.randrange(40), "spo2": chance.choice((None, 0.0, -100.0, 97.0))},
        )
        for second in seconds
    ]


def merged(kept: dict, news: dict) -> dict:
    """As vitals.js merges: the newer reading takes the place of the older one, whichever came first."""
    for name, one in news.items():
        if name not in kept or one["observed_at"] >= kept[name]["observed_at"]:
            kept[name] = one
    return kept


def shown(chair: Chair, on_screen: dict, way: str) -> dict:
    """What the screen shows of the monitors of one way, without what names the monitor."""
    keys = {str(d.id): d.key for d in Device.objects.filter(key__endswith=f"-{way}")}
    return {
        (keys[one["device_id"]][:-2], one["signal"]): {k: v for k, v in one.items() if k != "device_id"}
        for one in on_screen.values()
        if one["device_id"] in keys
    }


def a_round(chance: random.Random, first: int, count: int, monkeypatch) -> None:
    chair, numbers = Chair(monitors=0), range(first, first + count)
    two_monitors_a_case(chair, numbers)
    in_order, mixed = [], []
    for number in numbers:
        sent = a_stream(chance, f"CASE-{number}-B")
        sent += chance.sample(sent, chance.randrange(MESSAGES))
        # read before it is mixed, so that one arrival is the same for both; the monitor of way A says the same in order
        samples = [
            sample for content in sent for sample in read(content, NOW + timedelta(seconds=20)).samples
        ]
        in_order += [replace(sample, device_key=f"CASE-{number}-A") for sample in samples[: 2 * MESSAGES]]
        mixed += samples
    chance.shuffle(mixed)
    screen: dict = {}
    monkeypatch.setattr(
        room, "announce_values", lambda told: [merged(screen, news) for news in told.values()]
    )
    chair.store(*in_order, at=NOW)
    cuts = sorted(chance.sample(range(len(mixed)), BATCHES - 1))
    for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True):
        chair.store(*mixed[start:end], at=NOW)
    with connection.cursor() as cursor:
        cursor.execute(ODD)
        assert cursor.fetchone() == (0,)
    record = {f"{one.device_id}/{one.signal}": told_by(one) for one in heard(chair.session)}
    assert shown(chair, record, "A") == shown(chair, record, "B")
    assert shown(chair, screen, "A") == shown(chair, screen, "B")
    for name, one in record.items():  # and the screen of whoever listened is the one of whoever asks again
        assert screen[name] == one


def test_it_ends_in_the_same_state_whatever_the_order_the_doubles_and_the_gaps(monkeypatch) -> None:
    a_round(random.Random(6), 0, 40, monkeypatch)


@pytest.mark.nightly
def test_ten_thousand_streams_end_in_the_same_state(monkeypatch) -> None:
    chance = random.Random(NOW.toordinal())
    with none_lost("monitor_streams_differing", unit="", runs=10_000):
        for first in range(0, 10_000, A_ROUND):
            with connection.cursor() as cursor:
                cursor.execute("SAVEPOINT a_round")
                a_round(chance, first, A_ROUND, monkeypatch)
                cursor.execute("ROLLBACK TO SAVEPOINT a_round")
