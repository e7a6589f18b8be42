"""What monitors sent becomes durable: once, under the right person or nobody, with a digest that speaks for it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.policy import Denied
from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion.actions import samples as room
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.arrivals import Reason, SetAside
from ebbtide.journey.infusion.models import Batch, GatewayBeat, Quarantined, Sample
from ebbtide.journey.infusion.vitals import batches_that_do_not_match, gateway_silent_s
from tests.builders import NOW, a_clinic, an_act, an_actor
from tests.journey.infusion.monitors import Chair, a_device, a_sample

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def odd(reason=Reason.UNKNOWN_CODE, *, key="SIM-CHAIR-1", code="1^X^Y", at=NOW) -> SetAside:
    return SetAside(device_key=key, reason=reason, received_at=at, code=code, seen={"value": "7"})


def test_it_keeps_a_reading_for_the_session_of_its_monitor() -> None:
    chair = Chair()
    batch = chair.store(a_sample("spo2", 97.0), a_sample("hr", None, state="probe_off"))
    rows = {row.signal: row for row in Sample.objects.all()}
    assert {(r.value, r.state, r.session_id, r.batch_id) for r in rows.values()} == {
        (97.0, "value", chair.session.id, batch.id),
        (None, "probe_off", chair.session.id, batch.id),
    }
    assert (batch.samples, batch.messages) == (2, 1)


def test_it_keeps_a_reading_that_comes_again_once() -> None:
    chair = Chair()
    chair.store(a_sample(value=97.0))
    again = chair.store(a_sample(value=97.0), a_sample(value=42.0))
    assert again.samples == 0
    assert [row.value for row in Sample.objects.all()] == [97.0]


def test_it_ends_the_same_whatever_the_order() -> None:
    chair = Chair()
    told = [a_sample("hr", 60.0 + n, at=NOW + n * SECOND) for n in range(6)]
    for sample in [*reversed(told), *told]:
        chair.store(sample)
    assert list(Sample.objects.order_by("observed_at").values_list("value", flat=True)) == [
        60,
        61,
        62,
        63,
        64,
        65,
    ]


def test_it_gives_a_reading_to_whom_the_monitor_was_on_at_that_instant() -> None:
    chair = Chair()
    bound = chair.devices[0].bindings.get()
    bound.until_at = NOW + 5 * SECOND
    bound.save()
    chair.bind(chair.devices[0], at=NOW + 9 * SECOND)
    chair.store(*(a_sample(at=NOW + n * SECOND) for n in (-120, 0, 4, 5, 7, 9)))
    found = dict(Sample.objects.values_list("observed_at", "session_id"))
    mine = chair.session.id
    assert [found[NOW + n * SECOND] for n in (-120, 0, 4, 5, 7, 9)] == [None, mine, mine, None, None, mine]


def test_it_keeps_what_an_unbound_monitor_sends_as_nobodys() -> None:
    chair = Chair(monitors=0)
    a_device(chair.clinic)
    chair.store(a_sample())
    assert Sample.objects.get().session_id is None


@pytest.mark.parametrize("fields", [{"key": "STRANGER"}, {"key": "SIM-CHAIR-1", "retired_at": NOW}])
def test_w14_a_device_that_nobody_knows_writes_into_a_patients_chart(fields) -> None:
    """Unknown or retired: nothing of it is kept as a reading, and who sent it stands in the quarantine."""
    chair = Chair(monitors=0)
    a_device(chair.clinic, **{"key": "SIM-CHAIR-1", **{k: v for k, v in fields.items() if k != "key"}})
    chair.store(a_sample(key=fields["key"]))
    assert not Sample.objects.exists()
    assert [(q.device_key, q.reason) for q in Quarantined.objects.all()] == [
        (fields["key"], "unknown_device")
    ]


def test_it_refuses_a_device_of_another_clinic() -> None:
    chair = Chair(monitors=0)
    a_device(a_clinic(name="Other"))
    chair.store(a_sample())
    assert not Sample.objects.exists()


def test_it_sets_aside_once_an_hour() -> None:
    chair = Chair()
    for minutes in (0, 1, 59, 61):
        chair.store(set_aside=[odd(at=NOW + timedelta(minutes=minutes)), odd(Reason.UNIT)])
    assert sorted(Quarantined.objects.values_list("reason", flat=True)) == [
        "unit",
        "unknown_code",
        "unknown_code",
    ]


def test_it_does_not_write_down_a_flood_one_by_one(monkeypatch) -> None:
    monkeypatch.setattr(room, "MOST_AN_HOUR", 3)
    chair = Chair()
    for n in range(9):
        chair.store(set_aside=[odd(code=f"{n}")])
    assert list(Quarantined.objects.order_by("id").values_list("reason", flat=True)) == [
        "unknown_code"
    ] * 3 + ["too_many"]


def test_it_speaks_for_every_row_that_it_wrote() -> None:
    chair = Chair()
    batch = chair.store(a_sample(), a_sample("temp", 36.7), set_aside=[odd()])
    spoken = {(row["t"], row["k"]) for row in Entry.objects.latest("id").rows}
    aside = Quarantined.objects.get()
    assert spoken == {("infusion_batch", str(batch.pk)), ("infusion_quarantined", str(aside.pk))}
    assert batches_that_do_not_match(Batch.objects.all()) == []


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE infusion_sample SET value = 71 WHERE value = 97.25",
        "DELETE FROM infusion_sample WHERE signal = 'hr'",
        "UPDATE infusion_sample SET session_id = NULL WHERE signal = 'hr'",
    ],
)
def test_it_notices_a_row_that_was_changed_behind_its_back(harm) -> None:
    chair = Chair()
    batch = chair.store(a_sample(value=97.25), a_sample("hr", 72.0))
    whole = chair.store(a_sample(at=NOW + SECOND))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE infusion_sample DISABLE TRIGGER USER")
        cursor.execute(harm)
    assert batches_that_do_not_match([batch, whole]) == [batch.id]


def test_the_database_refuses_to_change_what_was_sent() -> None:
    chair = Chair()
    chair.store(a_sample())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for harm in (
        "UPDATE infusion_sample SET value = 1",
        "DELETE FROM infusion_sample",
        "TRUNCATE infusion_sample",
    ):
        with (
            pytest.raises(Exception, match="never changed, removed or emptied"),
            transaction.atomic(),
            connection.cursor() as c,
        ):
            c.execute(harm)


def test_it_answers_a_batch_that_comes_again_with_the_first() -> None:
    chair = Chair()
    first = chair.store(a_sample(), key="samples/1")
    assert chair.store(a_sample(), key="samples/1").pk == first.pk
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("role", ["front_desk", "operator", "auditor"])
def test_it_lets_nobody_else_send(role) -> None:
    chair = Chair()
    with pytest.raises(Denied):
        store_samples(
            an_act(an_actor(role, clinic=chair.clinic)),
            StoreSamples(clinic=chair.clinic, messages=1, samples=()),
        )


def test_it_lets_a_gateway_write_to_its_own_clinic_only() -> None:
    chair, other = Chair(), a_clinic(name="Other")
    with pytest.raises(Denied):
        store_samples(an_act(integration(other)), StoreSamples(clinic=chair.clinic, messages=1, samples=()))


def test_it_tells_the_pages_the_newest_of_each_signal(
    django_capture_on_commit_callbacks, monkeypatch
) -> None:
    told = {}
    monkeypatch.setattr(room, "announce_values", told.update)
    chair = Chair()
    chair.store(
        a_sample(value=96.0),
        a_sample(value=98.0, at=NOW + SECOND),
        a_sample("hr", 71.0),
        a_sample(key="STRANGER"),
    )
    ((topic, values),) = told.items()
    assert topic == f"vitals:{chair.session.id}"
    device = chair.devices[0].id
    assert {name: one["value"] for name, one in values.items()} == {f"{device}/spo2": 98, f"{device}/hr": 71}
    assert (values[f"{device}/spo2"]["stale_s"], values[f"{device}/spo2"]["device"]) == (15, "Monitor 1")


def test_it_tells_nothing_new_of_what_was_there(monkeypatch) -> None:
    chair = Chair()
    chair.store(a_sample())
    told = {}
    monkeypatch.setattr(room, "announce_values", told.update)
    chair.store(a_sample())
    assert told == {}


@pytest.mark.parametrize("new", [("hr", "rr"), ("hr",), ()])
def test_of_what_comes_partly_again_it_tells_what_is_new(new, monkeypatch) -> None:
    """Also of a batch that says one thing twice: it is one reading, and told once."""
    chair = Chair()
    chair.store(*(a_sample(signal, 70.0) for signal in ("hr", "rr") if signal not in new))
    told = {}
    monkeypatch.setattr(room, "announce_values", told.update)
    batch = chair.store(a_sample("hr", 71.0), a_sample("rr", 14.0), a_sample("rr", 15.0))
    device = chair.devices[0].id
    (values,) = told.values() or [{}]
    assert set(values) == {f"{device}/{signal}" for signal in new}
    assert batch.samples == len(new)
    assert [values[name]["value"] for name in values if name.endswith("/rr")] == [14] * ("rr" in new)


def test_it_notes_that_it_lives() -> None:
    clinic = a_clinic()
    assert gateway_silent_s(NOW) == float("inf")
    room.note_beat("hl7v2", clinic, at=NOW, devices=2, messages=7)
    room.note_beat("hl7v2", clinic, at=NOW + 2 * SECOND, devices=2, messages=9)
    assert GatewayBeat.objects.get().messages == 9
    assert gateway_silent_s(NOW + 12 * SECOND) is None
    assert gateway_silent_s(NOW + 13 * SECOND) == 11


def test_it_makes_the_months_that_will_be_needed() -> None:
    assert room.make_months(NOW) == 0  # the migration made fifteen
    later = NOW.replace(year=2029)
    assert room.make_months(later) == 3
    chair = Chair()
    chair.store(a_sample(at=later))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM infusion_sample")
        assert cursor.fetchone() == ("infusion_sample_2029_11",)
