"""A ward of so many chairs: copies of one running session of a demonstration that is thrown away afterwards, each with a monitor.

They are made by the database's superuser beside all rules, because nobody checks in a thousand people for a measurement; what
is measured then goes through the product's own doors.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from ebbtide.ground.database import attach
from ebbtide.site.serve.demo_clock import of_folder
from tools.bench.running import Clinic

KEY = "BENCH-"
TEMPLATE = """
SELECT s.id, s.visit_id, v.series_id, r.episode_id, e.patient_id FROM infusion_session s
JOIN course_visit v ON v.id = s.visit_id JOIN course_series r ON r.id = v.series_id JOIN access_episode e ON e.id = r.episode_id
WHERE EXISTS (SELECT FROM infusion_entry n WHERE n.session_id = s.id AND n.kind = 'start')
AND NOT EXISTS (SELECT FROM infusion_entry n WHERE n.session_id = s.id AND n.kind = 'stop') ORDER BY s.opened_at LIMIT 1
"""
# nobody starts a thousand infusions in the same second: what is due is due at each chair at another time
EARLIER = "make_interval(secs => mod(n * 7919, 600))"
# each copy has ids made of its number, so that its rows find each other
COPIES = (
    ("people_patient", "patient_id", "'record_number', 'BENCH-' || n, 'source_key', 'bench/' || n, 'account_id', null"),
    ("access_episode", "episode_id", "'patient_id', md5('people_patient' || n)::uuid, 'request_id', gen_random_uuid()"),
    ("course_series", "series_id", "'episode_id', md5('access_episode' || n)::uuid, 'order_id', gen_random_uuid()"),
    ("course_visit", "visit_id", "'series_id', md5('course_series' || n)::uuid"),
    ("infusion_session", "session_id", f"'visit_id', md5('course_visit' || n)::uuid, 'opened_at', t.opened_at - {EARLIER}"),
)  # fmt: skip
COPY = """
INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object('id', md5('{table}' || n)::uuid, {new}))).*
FROM {table} t, generate_series(1, %(count)s) n WHERE t.id = %(id)s
"""
ENTRIES = f"""
INSERT INTO infusion_entry SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', gen_random_uuid(), 'session_id', md5('infusion_session' || n)::uuid, 'observed_at', t.observed_at - {EARLIER}
))).*
FROM infusion_entry t, generate_series(1, %(count)s) n
WHERE t.session_id = %(session_id)s AND t.replaces_id IS NULL
AND NOT EXISTS (SELECT FROM infusion_entry later WHERE later.replaces_id = t.id)
"""
DEVICES = """
INSERT INTO infusion_device (id, clinic_id, key, name, interval_s, simulated, added_by, added_at)
SELECT md5('infusion_device' || n)::uuid, p.clinic_id, %(key)s || n, 'Bench ' || n, '{}', true, 'bench', %(at)s
FROM people_patient p, generate_series(0, %(count)s) n WHERE p.id = %(patient_id)s
"""
# the first monitor is on the real session, and was on it before the simulated one: its values are the ones that are shown
BINDINGS = """
INSERT INTO infusion_binding (id, device_id, session_id, chair_id, from_at, ended_why, bound_by_id)
SELECT gen_random_uuid(), md5('infusion_device' || n)::uuid,
CASE WHEN n = 0 THEN s.id ELSE md5('infusion_session' || n)::uuid END, s.chair_id, s.opened_at, '', s.opened_by_id
FROM infusion_session s, generate_series(0, %(count)s) n WHERE s.id = %(session_id)s
"""
WATCHED = "SELECT count(*) FROM infusion_checkkept WHERE session_id = ANY(SELECT session_id FROM infusion_binding WHERE device_id = ANY(SELECT id FROM infusion_device WHERE key LIKE 'BENCH-%%')) AND kept_at > %s - interval '20 s'"
PLACES = """
SELECT d.key, b.session_id::text, e.patient_id::text FROM infusion_device d JOIN infusion_binding b ON b.device_id = d.id
JOIN infusion_session s ON s.id = b.session_id JOIN course_visit v ON v.id = s.visit_id
JOIN course_series r ON r.id = v.series_id JOIN access_episode e ON e.id = r.episode_id
WHERE d.key LIKE 'BENCH-%' ORDER BY length(d.key), d.key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A monitor, the session it is on, and the person: the topic under which pages hear of its checks."""

    key: str
    session: str
    patient: str


def shown_in(data: Path) -> datetime:
    """The time that the demonstration shows now."""
    shown = of_folder(data)
    return datetime.now(tz=UTC) if shown is None else shown.reads(time.time())  # noqa: TID251 - the real time


def superuser(clinic: Clinic) -> "psycopg.Connection[Any]":
    return psycopg.connect(attach(clinic.data).superuser_url, autocommit=True)


def furnished(clinic: Clinic, chairs: int) -> list[Place]:
    """So many chairs at work, the first one real, once the process of the checks watches all of them."""
    with superuser(clinic) as mighty:
        mighty.execute("SET session_replication_role = replica")
        found = mighty.execute(TEMPLATE).fetchone()
        if found is None:
            raise RuntimeError("The demonstration has no running session to copy.")
        names = ("session_id", "visit_id", "series_id", "episode_id", "patient_id")
        told: dict[str, Any] = dict(zip(names, found, strict=True))
        told |= {"count": chairs - 1, "key": KEY, "at": shown_in(clinic.data)}
        for table, name, new in COPIES:
            mighty.execute(COPY.format(table=table, new=new), {**told, "id": told[name]})
        for statement in (ENTRIES, DEVICES, BINDINGS):
            mighty.execute(statement, told)
        mighty.execute("ANALYZE")
        rows = mighty.execute(PLACES).fetchall()
        _wait_until_watched(mighty, clinic, chairs)
    return [Place(key=key, session=session, patient=patient) for key, session, patient in rows]


def _wait_until_watched(mighty: "psycopg.Connection[Any]", clinic: Clinic, chairs: int) -> None:
    until_s = time.monotonic() + 60 + chairs / 4
    while True:
        row = mighty.execute(WATCHED, [shown_in(clinic.data)]).fetchone()
        if row is not None and row[0] >= chairs:
            return
        if time.monotonic() > until_s:
            raise RuntimeError(f"Only {row and row[0]} of {chairs} chairs are watched by the checks.")
        time.sleep(0.5)
