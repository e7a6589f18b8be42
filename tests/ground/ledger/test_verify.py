"""Tampering by somebody with every right is found, and named."""

import json
from datetime import timedelta

import psycopg
import pytest

from ebbtide.ground.ledger import merkle
from ebbtide.ground.ledger.digests import SAID, said_digest
from ebbtide.ground.ledger.heads import NO_HEAD, head_of, heads_file, read_heads
from ebbtide.ground.ledger.models import Batch, Entry, Seal
from ebbtide.ground.ledger.readings import record_reading
from ebbtide.ground.ledger.sealing import leaf_of
from ebbtide.ground.people.actions import (
    AddResource,
    OpenClinic,
    SetSetting,
    add_resource,
    open_clinic,
    set_setting,
)
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, ClinicSetting, Resource
from ebbtide.ground.policy.actors import system
from tests.builders import NOW, an_act
from tests.ground.ledger.open_record import OpenRecord, seal_all

CHAIRS = 4


def a_small_clinic() -> Clinic:
    """One clinic, four chairs, a setting, a reading: seven entries, in batches of one, five and one; one not sealed."""
    clinic = Clinic(name="Harbour", time_zone="America/Chicago", phone="+1", email="a@b.example")
    open_clinic(an_act(system(clinic)), OpenClinic(clinic=clinic))
    seal_all(NOW)
    by = system(clinic)
    for number in range(CHAIRS):
        add_resource(an_act(by), AddResource(clinic=clinic, kind="chair", name=f"Chair {number}"))
    set_setting(an_act(by), SetSetting(clinic=clinic, name="hold_min", value=20, reason="Opening."))
    seal_all(NOW + timedelta(seconds=10))
    record_reading(by, patient_id=new_id(), page="chart.show")
    seal_all(NOW + timedelta(seconds=20))
    set_setting(an_act(by), SetSetting(clinic=clinic, name="hold_min", value=25, reason="Busy days."))
    return clinic


def test_it_proves_a_record_that_nobody_touched(record: OpenRecord) -> None:
    a_small_clinic()
    proof = record.proof()
    assert proof.faults == ()
    assert proof.sentence == "Intact: 8 entries, 7 sealed in 3 batches, 1 not sealed yet, 7 rows proved."


def test_it_proves_an_empty_record(record: OpenRecord) -> None:
    assert (
        record.proof().sentence
        == "Intact: 0 entries, 0 sealed in 0 batches, 0 not sealed yet, 0 rows proved."
    )


def test_it_proves_a_row_that_actions_changed_again(record: OpenRecord) -> None:
    clinic = a_small_clinic()
    clinic.name = "Harbour Pain Clinic"

    from dataclasses import dataclass

    from ebbtide.ground.ledger.action import ACTIONS, Done, action

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Rename:
        clinic: Clinic

    @action("ground.clinic", "create", about=lambda c: c.clinic)
    def rename(act, command: Rename) -> Done:
        command.clinic.save()
        return Done(value=command.clinic)

    try:
        rename(an_act(system(clinic)), Rename(clinic=clinic))
    finally:
        ACTIONS.pop(rename.declared.name)
    assert record.faults() == []


# what somebody does, and the words that must name it
ROW_TAMPERING = {
    "edit a row": (
        "UPDATE people_resource SET name = 'x' WHERE name = 'Chair 2'",
        "people_resource {}: changed since entry 4 of",
    ),
    "remove a row": (
        "DELETE FROM people_resource WHERE name = 'Chair 2'",
        "people_resource {}: removed since entry 4 of",
    ),
    "empty a table": (
        "TRUNCATE people_resource CASCADE",
        "people_resource: 4 rows were removed (the whole table is empty)",
    ),
    "add a row": (
        "INSERT INTO people_resource (id, clinic_id, kind, name) SELECT gen_random_uuid(), id, 'chair', 'x' FROM people_clinic",
        "people_resource 5: added outside the record's actions: no entry speaks for it",
    ),
}


@pytest.mark.parametrize("what", ROW_TAMPERING)
def test_it_names_the_row(record: OpenRecord, what: str) -> None:
    a_small_clinic()
    chair = Resource.objects.get(name="Chair 2").pk
    statement, words = ROW_TAMPERING[what]
    assert record.tamper(statement)
    (fault,) = record.faults()
    assert fault.startswith(words.format(chair))


def test_it_finds_an_older_state_of_a_row_put_back(record: OpenRecord) -> None:
    a_small_clinic()
    first, second = ClinicSetting.objects.order_by("id")
    record.tamper("UPDATE people_clinicsetting SET value = %s WHERE id = %s", "20", second.id)
    assert len(record.faults()) == 1
    assert str(second.id) in record.faults()[0]
    assert first.value == 20


ENTRY_TAMPERING = {
    "edit an entry": ("UPDATE ledger_entry SET actor = 'x' WHERE id = 3", ["entry 3: changed since it was written"]),
    "backdate an entry": (
        "UPDATE ledger_entry SET at = at - interval '1 day' WHERE id = 3", ["entry 3: changed since it was written"]),
    "remove a sealed entry": (
        "DELETE FROM ledger_entry WHERE id = 3", ["entry 3: removed; a receipt and batch 2 still name it"]),
    "remove an entry not sealed yet": (
        "DELETE FROM ledger_entry WHERE id = 8", ["entry 8: removed; a receipt still name it"]),
    "remove a seal": ("DELETE FROM ledger_seal WHERE entry_id = 3", ["batch 2: the entry at place 2 of 5 was removed"]),
    "remove a receipt": (
        "DELETE FROM ledger_receipt WHERE entry_id = 3", ["entry 3: its receipt was removed, so the same act could be repeated"]),
    "remove a reading": ("DELETE FROM ledger_reading", ["entry 7: its receipt was removed, so the same act could be repeated"]),
    "change a receipt": (
        "UPDATE ledger_receipt SET key = 'y' WHERE entry_id = 3",
        ["entry 3: its receipt names another act: the receipt was changed"]),
    "change a shape": ("""UPDATE ledger_shape SET columns = '["id"]' WHERE "table" = 'people_clinic'""", ["shape "]),
    "remove the last batch": (
        "DELETE FROM ledger_batch WHERE number = 3",
        ["batch 3: removed; 1 entries are still sealed in it", "batch 3: cut off; its head stands in ledger-heads.log"]),
    "remove a batch in the middle": (
        "DELETE FROM ledger_batch WHERE number = 2", ["batch 2: removed; 5 entries are still sealed in it", "batch 2: removed from the chain"]),
    "change a batch": ("UPDATE ledger_batch SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", ["batch 2: changed since it was sealed"]),
    "exchange two seals": (
        ("UPDATE ledger_seal SET position = 99 WHERE entry_id = 3; UPDATE ledger_seal SET position = 1 WHERE entry_id = 4; "
         "UPDATE ledger_seal SET position = 2 WHERE entry_id = 3"),
        ["batch 2: one of the 5 entries 2 to 6 was rewritten, exchanged"]),
}  # fmt: skip


@pytest.mark.parametrize("what", ENTRY_TAMPERING)
def test_it_names_the_entry_or_batch(record: OpenRecord, what: str) -> None:
    a_small_clinic()
    statement, words = ENTRY_TAMPERING[what]
    assert record.tamper(statement)
    faults = record.faults()
    for expected in words:
        assert any(fault.startswith(expected) for fault in faults), faults


def rewrite_digest(record: OpenRecord, entry_id: int, **changed: object) -> None:
    """Change an entry and make its own digest fit again."""
    entry = Entry.objects.get(id=entry_id)
    said = {name: getattr(entry, name) for name in SAID} | changed
    columns = ", ".join(f"{name} = %s" for name in changed)
    record.tamper(
        f"UPDATE ledger_entry SET {columns}, digest = %s WHERE id = %s",
        *changed.values(),
        said_digest(said),
        entry_id,
    )


def rewrite_chain(record: OpenRecord) -> None:
    """Make every root, link and head fit the entries as they are now."""
    previous_head = NO_HEAD
    for batch in Batch.objects.order_by("number"):
        places = (
            Seal.objects.filter(batch=batch).order_by("position").values_list("entry_id", "entry__digest")
        )
        root = merkle.root([leaf_of(*place) for place in places]).hex()
        head = head_of(
            number=batch.number,
            count=batch.count,
            root=root,
            previous_head=previous_head,
            sealed_at=batch.sealed_at,
        )
        record.tamper(
            "UPDATE ledger_batch SET root = %s, previous_head = %s, head = %s WHERE number = %s",
            root,
            previous_head,
            head,
            batch.number,
        )
        previous_head = head


def test_it_finds_an_entry_whose_digest_was_made_to_fit(record: OpenRecord) -> None:
    a_small_clinic()
    rewrite_digest(record, 3, device="x")
    assert record.faults() == [
        "batch 2: one of the 5 entries 2 to 6 was rewritten, exchanged or put elsewhere after it was sealed"
    ]


def test_it_finds_two_entries_that_changed_places(record: OpenRecord) -> None:
    a_small_clinic()
    record.tamper(
        "; ".join(
            f"UPDATE ledger_entry SET id = {new} WHERE id = {old}" for old, new in ((3, 99), (4, 3), (99, 4))
        )
    )
    assert any(fault.startswith("batch 2: one of the 5 entries 2 to 6") for fault in record.faults())


def test_it_finds_a_chain_rewritten_as_a_whole_by_the_heads_outside(record: OpenRecord) -> None:
    a_small_clinic()
    rewrite_digest(record, 3, device="x")
    rewrite_chain(record)
    said = "not the batch whose head was written outside the database: the chain was rewritten"
    assert record.faults() == [f"batch 2: {said}", f"batch 3: {said}"]


def test_it_finds_a_record_cut_back_to_an_earlier_day(record: OpenRecord) -> None:
    a_small_clinic()
    for statement in (
        "DELETE FROM ledger_seal WHERE batch_id = 3",
        "DELETE FROM ledger_batch WHERE number = 3",
        "DELETE FROM ledger_reading",
        "DELETE FROM ledger_entry WHERE id = 7",
    ):
        record.tamper(statement)
    assert record.faults() == ["batch 3: cut off; its head stands in ledger-heads.log"]


def test_it_says_that_the_heads_file_is_gone_but_not_for_a_head_on_its_way(record: OpenRecord) -> None:
    a_small_clinic()
    path = heads_file()
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2]))
    proof = record.proof()
    assert proof.intact
    assert proof.notes == ("The head of batch 3 is not written outside the database yet.",)
    path.unlink()
    assert record.faults() == [f"batch {n}: its head is missing in ledger-heads.log" for n in (1, 2, 3)]


def test_it_writes_a_head_that_a_power_cut_tore(record: OpenRecord) -> None:
    clinic = a_small_clinic()
    path = heads_file()
    text = path.read_text()
    path.write_text(text[:-20])
    add_resource(an_act(system(clinic)), AddResource(clinic=clinic, kind="chair", name="New"))
    assert seal_all(NOW) is not None
    assert sorted(head.number for head in read_heads(path)) == [1, 2, 3, 4]
    assert record.faults() == []


def test_it_finds_a_column_taken_away(record: OpenRecord) -> None:
    a_small_clinic()
    spoken = Entry.objects.order_by("id")[0].rows
    record.tamper("UPDATE ledger_shape SET columns = columns || '[\"secret\"]' WHERE id = %s", spoken[0]["s"])
    assert any("the column secret is gone" in fault for fault in record.faults())


def test_it_lists_the_first_faults_and_counts_the_rest(record: OpenRecord) -> None:
    clinic = a_small_clinic()
    record.tamper(
        "INSERT INTO people_resource (id, clinic_id, kind, name) SELECT gen_random_uuid(), %s, 'chair', 'x' FROM generate_series(1, 60)",
        clinic.id,
    )
    faults = record.faults()
    assert len(faults) == 51
    assert faults[-1] == "people_resource: 10 more faults like these"


def test_it_reads_rows_as_the_actions_wrote_them_whatever_the_readers_time_zone(record: OpenRecord) -> None:
    a_small_clinic()
    from ebbtide.ground.ledger.verify import verify

    with psycopg.connect(
        record.superuser_url, autocommit=True, options="-c TimeZone=Asia/Tokyo -c intervalstyle=iso_8601"
    ) as reader:
        assert verify(reader, data_folder=record.data_folder).intact


def test_it_keeps_who_and_why_beside_the_row_history(record: OpenRecord) -> None:
    clinic = a_small_clinic()
    with psycopg.connect(record.superuser_url) as reader:
        rows = reader.execute(
            "SELECT c.metadata FROM people_clinicevent e JOIN pghistory_context c ON c.id = e.pgh_context_id WHERE e.pgh_obj_id = %s",
            [clinic.id],
        ).fetchall()
    (metadata,) = rows[0]
    assert (metadata if isinstance(metadata, dict) else json.loads(metadata))[
        "action"
    ] == "ground.people.open_clinic"
    assert metadata["actor"] == "system"
