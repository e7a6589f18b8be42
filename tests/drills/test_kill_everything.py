"""kill -9 of every process while requests are typed and monitors feed: what was acknowledged is there, and the clinic opens by itself."""

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

from ebbtide.ground.database import attach
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


def rows_of(clinic: Clinic, keys: set[str]) -> dict[str, int]:
    """Each key that has a receipt, and how many requests the receipt leads to."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        return dict(mighty.execute(KEPT, [list(keys)]).fetchall())


def one_round(
    clinic: Clinic, cookie: str, typed: Typed, sent: Sent, *, first_at: datetime, alive_s: float
) -> None:
    """Type from every desk, feed from every monitor, and kill everything in the middle of it."""
    desks = [Desk(clinic.port, cookie) for _ in range(DESKS)]

    def feed_until_dead() -> None:
        asyncio.run(feed_all(clinic.mllp_port, sent, first_at=first_at, seconds=alive_s + 0.5))

    threads = [threading.Thread(target=type_until_dead, args=(desk, typed)) for desk in desks]
    threads.append(threading.Thread(target=feed_until_dead))
    typed.dying.clear()
    for thread in threads:
        thread.start()
    time.sleep(alive_s)
    typed.dying.set()
    assert kill_everything(clinic.data) >= 5  # supervisor, pages, worker, database and its helpers
    for thread in threads:
        thread.join(30)


def requests_in(clinic: Clinic) -> int:
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        (count,) = mighty.execute("SELECT count(*) FROM access_request").fetchone()
        return int(count)


def drill(data: Path, rounds: int) -> tuple[Typed, Sent]:
    """So many rounds; after each the clinic opens by itself and holds every acknowledged request and reading."""
    typed, sent, cookie, before = Typed(), Sent(), "", -1
    # readings that a monitor had kept: a minute apart in each round, and never ahead of the demonstration's clock
    begun_at = shown_in(data).replace(microsecond=0) - timedelta(hours=20)
    for number in range(rounds):
        with running_clinic(data) as clinic:
            cookie = cookie or session_cookie(data, "front_desk")
            if before < 0:
                before = requests_in(clinic)
                add_devices(clinic)
            assert rows_of(clinic, typed.acknowledged) == dict.fromkeys(typed.acknowledged, 1)
            assert sent.acknowledged <= kept(clinic)
            wait_until_heard(clinic)
            first_at = begun_at + timedelta(minutes=number)
            one_round(clinic, cookie, typed, sent, first_at=first_at, alive_s=random.uniform(0.3, 1.5))
        assert not processes_of(data)
    with running_clinic(data) as clinic:
        assert sent.acknowledged <= kept(clinic)
        assert rows_of(clinic, typed.acknowledged) == dict.fromkeys(typed.acknowledged, 1)
        send_again(clinic, cookie, typed)
        assert requests_in(clinic) == before + len(typed.acknowledged)
        take_devices_away(clinic)
        proof = command(data, "ledger", "verify", "--data", data)
        assert (proof.returncode, proof.stdout[:8]) == (0, "Intact: "), proof.stdout + proof.stderr
    return typed, sent


def send_again(clinic: Clinic, cookie: str, typed: Typed) -> None:
    """Who got no answer presses the button again: the request is there once, whether or not the first press arrived."""
    with closing(Desk(clinic.port, cookie)) as desk:
        answers = {key: desk.type_request(key) for key in sorted(typed.unanswered)}
    assert not [answer for answer in answers.values() if answer[0] not in {302, 303}]
    typed.acknowledged |= typed.unanswered
    assert rows_of(clinic, typed.acknowledged) == dict.fromkeys(typed.acknowledged, 1)


def test_it_loses_nothing_that_was_acknowledged(demonstration: Path, place: Path) -> None:
    typed, sent = drill(a_copy(demonstration, place / "d"), rounds=2)
    assert typed.odd == []
    assert len(typed.acknowledged) > DESKS
    assert len(sent.acknowledged) > DESKS


@pytest.mark.nightly
def test_it_loses_nothing_in_fifty_rounds(demonstration: Path, place: Path) -> None:
    begun_s = time.monotonic()
    typed, sent = drill(a_copy(demonstration, place / "d"), rounds=50)
    assert typed.odd == []
    assert len(typed.acknowledged) > 50 * DESKS
    assert len(sent.acknowledged) > 50 * DESKS
    print(
        f"{len(typed.acknowledged)} requests and {len(sent.acknowledged)} messages acknowledged, {time.monotonic() - begun_s:.0f} s"
    )
