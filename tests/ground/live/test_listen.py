"""The stream, from a real uvicorn on a real database: who may listen, what is told, and what a gap leads to."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client

from ebbtide.ground.live.announce import announce
from ebbtide.ground.people.models import Account
from tests.builders import a_clinic, a_staff
from tests.ground.ledger.open_record import OpenRecord


@dataclass
class Web:
    """A web process, as the supervisor starts it."""

    port: int
    process: subprocess.Popen
    open: list[http.client.HTTPConnection] = field(default_factory=list)

    def get(self, path: str, cookie: str = "", *, patience_s: float = 30) -> http.client.HTTPResponse:
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience_s)
        self.open.append(caller)
        caller.request("GET", path, headers={"Cookie": cookie})
        return caller.getresponse()

    def stream(self, topics: str, cookie: str) -> "Stream":
        response = self.get(f"/live/stream?topics={topics}", cookie)
        assert response.status == 200, (response.getheader("Location"), response.read())
        return Stream(response)


@dataclass
class Stream:
    response: http.client.HTTPResponse

    def next(self) -> tuple[str, dict]:
        """The next event: its name and what it carries."""
        name = "message"
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    def until(self, wanted: tuple[str, dict], *, most: int = 6) -> bool:
        return any(self.next() == wanted for _ in range(most))


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def web(record: OpenRecord, tmp_path) -> Iterator[Web]:
    port = a_free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "EBBTIDE_DEMO": "1",
        "EBBTIDE_DATA": str(record.data_folder),
        "EBBTIDE_SECRET_KEY": "for this test only",
    }
    command = [sys.executable, "-m", "uvicorn", "ebbtide.site.asgi:application", "--port", str(port), "--lifespan", "off",
               "--timeout-graceful-shutdown", "3", "--log-level", "warning", "--no-access-log"]  # fmt: skip
    made = Web(port, subprocess.Popen(command, env=environment))
    for _ in range(400):
        with contextlib.suppress(OSError):
            made.get("/healthz")
            break
        time.sleep(0.1)
    yield made
    for caller in made.open:
        caller.close()
    made.process.kill()
    made.process.wait()


def database_url() -> str:
    known = connection.settings_dict
    from urllib.parse import quote

    return f"postgresql://{known['USER']}:{quote(known['PASSWORD'])}@/{known['NAME']}?host={quote(known['HOST'], safe='')}&port={known['PORT']}"


def cookie_of(account: Account, settings) -> str:
    settings.SECRET_KEY = "for this test only"
    client = Client()
    client.force_login(account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_set_up"] = session["second_factor_enrolled"] = True
    session.save()
    assert session[SESSION_KEY] == str(account.id)
    return f"sessionid={session.session_key}"


AGAIN = ("message", {"topic": ""})


def tell(topic: str) -> None:
    with transaction.atomic():
        announce(topic)


def test_it_tells_a_page_what_changed_and_beats_between(web: Web, settings) -> None:
    clinic = a_clinic()
    topic = f"queue:{clinic.id}"
    stream = web.stream(topic, cookie_of(a_staff("prescriber", clinic=clinic).account, settings))
    assert stream.next() == AGAIN
    tell(topic)
    assert stream.until(("message", {"topic": topic}))
    tell(f"day:{clinic.id}")  # not asked for
    assert stream.next() == ("beat", {})


def test_it_lets_nobody_listen_who_may_not(web: Web, settings) -> None:
    here, elsewhere = a_clinic(), a_clinic(name="Other")
    cookie = cookie_of(a_staff("prescriber", clinic=here).account, settings)
    operator = cookie_of(a_staff("operator", clinic=here).account, settings)
    asked = {
        (f"queue:{here.id}", ""): 401,
        (f"queue:{elsewhere.id}", cookie): 403,
        ("queue:nothing", cookie): 403,
        (f"unknown:{here.id}", cookie): 403,
        ("", cookie): 403,
        (f"queue:{here.id}", operator): 403,
    }
    assert {who: web.get(f"/live/stream?topics={who[0]}", who[1]).status for who in asked} == asked


def test_it_holds_no_pooled_connection_however_many_pages_are_open(
    web: Web, settings, record: OpenRecord
) -> None:
    clinic = a_clinic()
    topic = f"queue:{clinic.id}"
    cookie = cookie_of(a_staff("prescriber", clinic=clinic).account, settings)
    streams = [web.stream(topic, cookie) for _ in range(24)]  # the pool has 16
    assert all(stream.next() == AGAIN for stream in streams)
    begun_s = time.monotonic()
    tell(topic)
    assert all(stream.until(("message", {"topic": topic})) for stream in streams)
    assert time.monotonic() - begun_s < 3
    assert web.get("/account/login/").status == 200
    assert listeners(record) == 1


def listeners(record: OpenRecord) -> int:
    with psycopg.connect(record.superuser_url) as reader:
        return reader.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'"
        ).fetchone()[0]


def test_it_tells_pages_to_read_again_after_a_gap(web: Web, settings, record: OpenRecord) -> None:
    clinic = a_clinic()
    topic = f"queue:{clinic.id}"
    stream = web.stream(topic, cookie_of(a_staff("prescriber", clinic=clinic).account, settings))
    assert stream.next() == AGAIN
    record.tamper(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    assert stream.until(AGAIN)
    tell(topic)
    assert stream.until(("message", {"topic": topic}))


def test_it_lets_go_of_everything_when_the_last_page_leaves(web: Web, settings, record: OpenRecord) -> None:
    clinic = a_clinic()
    stream = web.stream(
        f"queue:{clinic.id}", cookie_of(a_staff("prescriber", clinic=clinic).account, settings)
    )
    assert stream.next() == AGAIN
    stream.response.close()
    web.open.pop().close()
    deadline_s = time.monotonic() + 8
    while listeners(record) and time.monotonic() < deadline_s:
        time.sleep(0.2)
    assert listeners(record) == 0


def test_it_stops_telling_somebody_who_signed_out(web: Web, settings) -> None:
    clinic = a_clinic()
    cookie = cookie_of(a_staff("prescriber", clinic=clinic).account, settings)
    Session.objects.all().delete()
    assert web.get(f"/live/stream?topics=queue:{clinic.id}", cookie).status == 401


@pytest.mark.nightly
def test_it_ends_an_open_stream_of_somebody_who_signed_out(web: Web, settings) -> None:
    clinic = a_clinic()
    stream = web.stream(
        f"queue:{clinic.id}", cookie_of(a_staff("prescriber", clinic=clinic).account, settings)
    )
    Session.objects.all().delete()
    assert stream.until(("refused", {}), most=12)  # asked again after 30 s


def test_it_does_not_keep_the_server_from_ending(web: Web, settings) -> None:
    clinic = a_clinic()
    stream = web.stream(
        f"queue:{clinic.id}", cookie_of(a_staff("prescriber", clinic=clinic).account, settings)
    )
    assert stream.next() == AGAIN
    begun_s = time.monotonic()
    web.process.send_signal(signal.SIGTERM)
    web.process.wait(10)
    assert time.monotonic() - begun_s < 6
