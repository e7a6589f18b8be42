"""Pages are computed on a few threads that stay, one after the other knowing nothing of each other; files still flow."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_started
from django.db import connection

from ebbtide.site.serve.pages import PagesAndStreams

pytestmark = pytest.mark.django_db
WAIT_S = 60
noted: ContextVar[str] = ContextVar("noted", default="nothing")


def get(application: PagesAndStreams, path: str, query: bytes = b"") -> tuple[int, bytes]:
    """One request, as the server would hand it over."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": query, "headers": [(b"host", b"localhost")], "server": ("localhost", 80), "scheme": "http",
    }  # fmt: skip

    async def ask() -> tuple[int, bytes]:
        asked = ApplicationCommunicator(application, scope)
        await asked.send_input({"type": "http.request", "body": b""})
        status, body, more = (await asked.receive_output(WAIT_S))["status"], b"", True
        while more:
            part = await asked.receive_output(WAIT_S)
            body, more = body + part.get("body", b""), part.get("more_body", False)
        await asked.wait(WAIT_S)
        return status, body

    return asyncio.run(ask())


@pytest.fixture
def application():
    made = PagesAndStreams(threads=1)
    yield made
    made.close()


@pytest.fixture
def heard():
    """What each page saw when it began: its thread, and what an earlier page had noted."""
    seen: list[tuple[str, str]] = []

    def hear(**_: Any) -> None:
        seen.append((threading.current_thread().name, noted.get()))
        noted.set("a secret of one reader")

    request_started.connect(hear)
    yield seen
    request_started.disconnect(hear)


def test_it_computes_every_page_on_a_thread_that_stays(application, heard) -> None:
    assert [get(application, "/healthz") for _ in range(3)] == [(200, b"ok")] * 3
    assert {thread for thread, _ in heard} == {"page_0"}


def test_it_lets_no_page_know_what_another_noted(application, heard) -> None:
    get(application, "/healthz")
    get(application, "/healthz")
    assert [before for _, before in heard] == ["nothing", "nothing"]


def test_it_gives_the_connection_back_after_each_page(application) -> None:
    assert get(application, "/account/login/")[0] == 200
    assert application.on_a_thread(lambda: connection.connection) is None


def test_it_hands_out_files(application) -> None:
    status, body = get(application, "/static/css/tokens.css")
    assert status == 200
    assert b"--" in body


def test_it_answers_what_is_not_there(application) -> None:
    assert get(application, "/chart/not-there")[0] == 404


def test_it_refuses_a_request_that_is_none(application) -> None:
    assert get(application, "/healthz", b"\xff")[0] == 400


def test_it_leaves_streams_to_django(application, monkeypatch) -> None:
    async def stream(_self: Any, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299})
        await send({"type": "http.response.body", "body": b"as Django does"})

    monkeypatch.setattr("django.core.handlers.asgi.ASGIHandler.__call__", stream)
    assert get(application, "/live/") == (299, b"as Django does")
