"""Nurses who chart at the running chairs until the clinic is dead: what was acknowledged stands in the log as it was sent."""

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
from tools.bench.running import Clinic
from tools.bench_monitor.ward import shown_in

from ebbtide.ground.database import attach
from ebbtide.journey.infusion.events import Event, Kind, read_body
from ebbtide.journey.infusion.session import Phase, SessionState, fold
from tests.drills.clinics import Browser

PEOPLE, SIGN_IN = "/demo/", "/demo/sign-in"
RUNNING = """
SELECT s.id::text, a.email FROM infusion_session s JOIN people_staff n ON n.id = s.opened_by_id JOIN people_account a ON a.id = n.account_id
WHERE EXISTS (SELECT FROM infusion_entry e WHERE e.session_id = s.id AND e.kind = 'start')
AND NOT EXISTS (SELECT FROM infusion_entry e WHERE e.session_id = s.id AND e.kind = 'stop') ORDER BY s.opened_at
"""
# whatever stands in the log, and how many receipts lead to it: the id alone can be there no more than once
LOGGED = """
SELECT e.id::text, e.session_id::text, e.kind, e.body, count(r.id) FROM infusion_entry e
LEFT JOIN ledger_receipt r ON r.result_id = e.id::text AND r.result_model = 'infusion.Entry'
WHERE e.session_id = ANY(%s) GROUP BY e.id
"""
FOLDED = "SELECT id, kind, observed_at, recorded_at, body FROM infusion_entry WHERE session_id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One entry as it was sent: from the chairside page, or from a tablet that says itself when it was."""

    id: str
    session: str
    kind: Kind
    body: dict[str, str | int]
    tablet_number: int | None
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """A session that runs, its own nurse signed in, and the numbers of the tablet that stands there."""

    session: str
    cookie: str
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def address(self) -> str:
        return f"/infusion/sessions/{self.session}"

    def next_entry(self, at: datetime) -> Written:
        """Another one in turn: vital signs, pain, a note; each by the page and then, the next time, by the tablet."""
        number = next(self.numbers)
        kind, body = _what(number)
        return Written(
            id=str(uuid4()), session=self.session, kind=kind, body=body, observed_at=at,
            tablet_number=number if number % 2 else None,
        )  # fmt: skip


def _what(number: int) -> tuple[Kind, dict[str, str | int]]:
    signs: dict[str, str | int] = {
        "hr_per_min": str(60 + number % 40),
        "sbp_mmHg": "124",
        "dbp_mmHg": "78",
    }
    pain: dict[str, str | int] = {"name": "NRS11", "value": number % 11}
    note: dict[str, str | int] = {"text": f"Drill: note {number}."}
    return ((Kind.OBSERVATION, signs), (Kind.SCALE, pain), (Kind.NOTE, note))[number % 3]


@dataclass
class Charted:
    """What the nurses sent, by the entry's id: acknowledged, not answered or with a dying clinic's error, or oddly."""

    acknowledged: dict[str, Written] = field(default_factory=dict)
    unanswered: dict[str, Written] = field(default_factory=dict)
    odd: list[tuple[int, str]] = field(default_factory=list)

    @property
    def everything(self) -> dict[str, Written]:
        return self.acknowledged | self.unanswered


class Nurse(Browser):
    """One browser at a chair."""

    def __init__(self, port: int, chair: Chair) -> None:
        super().__init__(port, chair.cookie, f"{chair.address}/log/{Kind.NOTE}")
        self.chart = self.field("chart")
        self.chair = chair

    def write(self, one: Written) -> tuple[int, bool]:
        """Status, and whether the answer says that this very entry is kept."""
        return self._from_page(one) if one.tablet_number is None else self._from_tablet(one)

    def _from_page(self, one: Written) -> tuple[int, bool]:
        told = {
            "csrfmiddlewaretoken": self.token, "chart": self.chart, "key": f"drill/{one.id}", "entry": one.id, **one.body,
        }  # fmt: skip
        status, headers, _ = self.ask("POST", f"{self.chair.address}/log/{one.kind}", urlencode(told))
        return status, status in {302, 303} and headers.get("Location", "") == self.chair.address

    def _from_tablet(self, one: Written) -> tuple[int, bool]:
        told = {
            "id": one.id, "kind": one.kind, "body": one.body, "observed_at": one.observed_at.isoformat(),
            "tablet": "drill", "tablet_number": one.tablet_number,
        }  # fmt: skip
        headers = {"X-CSRFToken": self.token, "Ebbtide-Chart": self.chart, "Content-Type": "application/json"}
        status, _, kept = self.ask("POST", f"{self.chair.address}/entries", json.dumps(told), headers)
        return status, status == 200 and json.loads(kept)["id"] == one.id


def chart_until_dead(clinic: Clinic, nurse: Nurse, charted: Charted, dying: threading.Event) -> None:
    """Write entries one after the other until the clinic no longer answers."""
    while True:
        one = nurse.chair.next_entry(shown_in(clinic.data))  # the time on the demonstration's wall
        try:
            status, is_kept = nurse.write(one)
        except (OSError, http.client.HTTPException):
            charted.unanswered[one.id] = one
            nurse.close()
            return
        if is_kept:
            charted.acknowledged[one.id] = one
        elif dying.is_set():
            charted.unanswered[one.id] = one
        else:
            charted.odd.append((status, one.kind))


# — who sits where —


def running_chairs(clinic: Clinic) -> list[Chair]:
    """The chairs at work, each with the nurse who opened its session: another one may not write there."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        rows = mighty.execute(RUNNING).fetchall()
    return [Chair(session=session, cookie=signed_in(clinic, email)) for session, email in rows]


def signed_in(clinic: Clinic, email: str) -> str:
    """The cookie of one of the people of demo-accounts.json, who comes in by the demonstration's own door."""
    with closing(Browser(clinic.port, "", PEOPLE)) as door:
        told = urlencode({"csrfmiddlewaretoken": door.token, "email": email})
        status, headers, _ = door.ask("POST", SIGN_IN, told)
        given = re.search(r"sessionid=[^;]+", "\n".join(headers.get_all("Set-Cookie", [])))
    assert given, f"{email} was not signed in: {status}"
    return given[0]


# — what is in the log —

Row = tuple[str, str, dict[str, str | int], int]  # session, kind, body, receipts


def logged(clinic: Clinic, chairs: list[Chair]) -> dict[str, Row]:
    """Every entry of these sessions by its id."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        rows = mighty.execute(LOGGED, [[chair.session for chair in chairs]]).fetchall()
    return {number: (session, kind, body, receipts) for number, session, kind, body, receipts in rows}


def check_logged(clinic: Clinic, chairs: list[Chair], sent: Mapping[str, Written]) -> None:
    """Each of these entries is in its session's log once, as it was sent, and one receipt leads to it."""
    found = logged(clinic, chairs)
    assert {number: found.get(number) for number in sent} == {
        number: (one.session, str(one.kind), one.body, 1) for number, one in sent.items()
    }


def folded(clinic: Clinic, chair: Chair) -> SessionState:
    """The state of this session, from the rows of its log."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        rows = mighty.execute(FOLDED, [UUID(chair.session)]).fetchall()
    return fold(
        Event(
            id=number,
            kind=Kind(kind),
            observed_at=observed_at,
            recorded_at=recorded_at,
            values=read_body(Kind(kind), body),
        )
        for number, kind, observed_at, recorded_at, body in rows
    )


def check_folds(clinic: Clinic, chair: Chair, before: SessionState) -> None:
    """What was charted changed nothing that flows, and the chairside page still shows the session."""
    now = folded(clinic, chair)
    assert (now.phase, now.problems) == (Phase.RUNNING, ())
    assert (now.periods, now.boluses, now.pauses) == (before.periods, before.boluses, before.pauses)
    with closing(Nurse(clinic.port, chair)) as nurse:
        status, _, page = nurse.ask("GET", chair.address)
    assert (status, "chair-buttons" in page) == (200, True)


def chart_again(clinic: Clinic, chairs: list[Chair], charted: Charted) -> None:
    """Who got no answer sends the entry again: it is there once, whether or not it had arrived."""
    for chair in chairs:
        with closing(Nurse(clinic.port, chair)) as nurse:
            mine = [one for one in charted.unanswered.values() if one.session == chair.session]
            answers = [nurse.write(one) for one in mine]
        assert all(is_kept for _, is_kept in answers), answers
    check_logged(clinic, chairs, charted.everything)
