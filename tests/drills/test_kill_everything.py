"""kill -9 of every process while all are at work: what was acknowledged is there, and the clinic opens by itself."""

import asyncio
import http.client
import random
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tools.bench.running import Clinic, running_clinic
from tools.bench_chair.night import none_lost

from ebbtide.ground.database import attach
from ebbtide.journey.infusion.session import SessionState
from tests.drills.charting import (
    Chair,
    Charted,
    Nurse,
    chart_again,
    chart_until_dead,
    check_folds,
    check_logged,
    folded,
    logged,
    running_chairs,
)
from tests.drills.clinics import Desk, command, kill_everything, processes_of, session_cookie
from tests.drills.test_kill_gateway import (
    Sent,
    add_devices,
    feed_all,
    kept,
    shown_in,
    take_devices_away,
    wait_until_heard,
)
from tests.moulds import a_copy

DESKS = 4
CHAIRS = 2  # the demonstration always opens with two at work
KEPT = "SELECT r.key, count(q.id) FROM ledger_receipt r LEFT JOIN access_request q ON q.id::text = r.result_id WHERE r.key = ANY(%s) GROUP BY r.key"


@dataclass
class Typed:
    """What the desks sent: answered with the redirect, not answered or with an error by a dying clinic, or oddly.

    The database may die a moment before the pages: what they then say is an error and acknowledges nothing.
    """

    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    odd: list[tuple[int, str]] = field(default_factory=list)
    dying: threading.Event = field(default_factory=threading.Event)

    @property
    def everything(self) -> set[str]:
        return self.acknowledged | self.unanswered


def type_until_dead(desk: Desk, typed: Typed) -> None:
    """Type requests one after the other until the clinic no longer answers."""
    while True:
        key = f"drill/{uuid4()}"
        try:
            status, to = desk.type_request(key)
        except (OSError, http.client.HTTPException):
            typed.unanswered.add(key)
            desk.close()
            return
        if status in {302, 303} and to.startswith("/request/"):
            typed.acknowledged.add(key)
        elif typed.dying.is_set():
            typed.unanswered.add(key)
        else:
            typed.odd.append((status, to))


@dataclass
class Told:
    """What everybody told the clinic in all rounds: front desk, nurses and monitors."""

    typed: Typed = field(default_factory=Typed)
    charted: Charted = field(default_factory=Charted)
    sent: Sent = field(default_factory=Sent)

    def figures(self) -> str:
        return (
            f"{len(self.typed.acknowledged)} requests, {len(self.charted.acknowledged)} entries "
            f"and {len(self.sent.acknowledged)} messages acknowledged; "
            f"{len(self.typed.unanswered)} requests and {len(self.charted.unanswered)} entries sent again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who is at work, and what was there before the first round."""

    cookie: str
    chairs: list[Chair]
    requests: int
    entries: int
    states: list[SessionState]

    @classmethod
    def of(cls, clinic: Clinic) -> "House":
        chairs = running_chairs(clinic)
        assert len(chairs) == CHAIRS
        return cls(
            cookie=session_cookie(clinic.data, "front_desk"),
            chairs=chairs,
            requests=requests_in(clinic),
            entries=len(logged(clinic, chairs)),
            states=[folded(clinic, chair) for chair in chairs],
        )


def rows_of(clinic: Clinic, keys: set[str]) -> dict[str, int]:
    """Each key that has a receipt, and how many requests the receipt leads to."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        return dict(mighty.execute(KEPT, [list(keys)]).fetchall())


def requests_in(clinic: Clinic) -> int:
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        (count,) = mighty.execute("SELECT count(*) FROM access_request").fetchone()
        return int(count)


def check_kept(clinic: Clinic, house: House, told: Told) -> None:
    """Everything that was acknowledged is there: each request and each entry once, and each reading."""
    assert rows_of(clinic, told.typed.acknowledged) == dict.fromkeys(told.typed.acknowledged, 1)
    check_logged(clinic, house.chairs, told.charted.acknowledged)
    assert told.sent.acknowledged <= kept(clinic)


def one_round(clinic: Clinic, house: House, told: Told, *, first_at: datetime, alive_s: float) -> None:
    """Type at every desk, chart at every chair, feed from every monitor, and kill everything in the middle of it."""
    dying = told.typed.dying
    dying.clear()
    desks = [Desk(clinic.port, house.cookie) for _ in range(DESKS)]
    nurses = [Nurse(clinic.port, chair) for chair in house.chairs]

    def feed_until_dead() -> None:
        asyncio.run(feed_all(clinic.mllp_port, told.sent, first_at=first_at, seconds=alive_s + 0.5))

    threads = [threading.Thread(target=type_until_dead, args=(desk, told.typed)) for desk in desks]
    threads += [
        threading.Thread(target=chart_until_dead, args=(clinic, nurse, told.charted, dying))
        for nurse in nurses
    ]
    threads.append(threading.Thread(target=feed_until_dead))
    for thread in threads:
        thread.start()
    time.sleep(alive_s)
    dying.set()
    assert kill_everything(clinic.data) >= 5  # supervisor, pages, worker, database and its helpers
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def drill(data: Path, rounds: int) -> Told:
    """So many rounds; after each the clinic opens by itself and holds every acknowledged request, entry and reading."""
    told, house = Told(), None
    # readings that a monitor had kept: a minute apart in each round, and never ahead of the demonstration's clock
    begun_at = shown_in(data).replace(microsecond=0) - timedelta(hours=20)
    for number in range(rounds):
        with running_clinic(data) as clinic:
            if house is None:
                house = House.of(clinic)
                add_devices(clinic)
            check_kept(clinic, house, told)
            wait_until_heard(clinic)
            first_at = begun_at + timedelta(minutes=number)
            one_round(clinic, house, told, first_at=first_at, alive_s=random.uniform(0.3, 1.5))
        assert not processes_of(data)
    assert house is not None
    with running_clinic(data) as clinic:
        check_end(clinic, house, told)
    return told


def check_end(clinic: Clinic, house: House, told: Told) -> None:
    """After the last round: all is there, what got no answer is sent again, nothing is there twice, the ledger agrees."""
    check_kept(clinic, house, told)
    send_again(clinic, house.cookie, told.typed)
    chart_again(clinic, house.chairs, told.charted)
    assert requests_in(clinic) == house.requests + len(told.typed.everything)
    assert len(logged(clinic, house.chairs)) == house.entries + len(told.charted.everything)
    for chair, before in zip(house.chairs, house.states, strict=True):
        check_folds(clinic, chair, before)
    take_devices_away(clinic)
    proof = command(clinic.data, "ledger", "verify", "--data", clinic.data)
    assert (proof.returncode, proof.stdout[:8]) == (0, "Intact: "), proof.stdout + proof.stderr


def send_again(clinic: Clinic, cookie: str, typed: Typed) -> None:
    """Who got no answer presses the button again: the request is there once, whether or not the first press arrived."""
    with closing(Desk(clinic.port, cookie)) as desk:
        answers = {key: desk.type_request(key) for key in sorted(typed.unanswered)}
    assert not [answer for answer in answers.values() if answer[0] not in {302, 303}]
    assert rows_of(clinic, typed.everything) == dict.fromkeys(typed.everything, 1)


def check_told(told: Told, rounds: int) -> None:
    """No answer was odd, and enough was said that it proves something."""
    assert (told.typed.odd, told.charted.odd) == ([], [])
    assert len(told.typed.acknowledged) > rounds * DESKS
    assert len(told.charted.acknowledged) > rounds  # each reads its session's whole log first
    assert len(told.sent.acknowledged) > rounds * DESKS


@pytest.mark.nightly
def test_it_loses_nothing_in_fifty_rounds(demonstration: Path, place: Path) -> None:
    many_rounds(demonstration, place, 50)


@pytest.mark.weekly
def test_it_loses_nothing_in_five_hundred_rounds(demonstration: Path, place: Path) -> None:
    many_rounds(demonstration, place, 500)


def many_rounds(demonstration: Path, place: Path, rounds: int) -> None:
    begun_s = time.monotonic()
    with none_lost("kills_lost", unit="entries", runs=rounds):
        told = drill(a_copy(demonstration, place / "d"), rounds=rounds)
        check_told(told, rounds=rounds)
    print(f"{told.figures()}, {time.monotonic() - begun_s:.0f} s")
