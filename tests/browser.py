"""A real browser for tests: the system's Chromium, or a skip with a word; and a server inside the test's transaction."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from django.test.testcases import QuietWSGIRequestHandler

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Where the system's Chromium is; the test skips where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: tools/chromium.sh says how to get one")
    return found


class _Server(ThreadedWSGIServer):
    daemon_threads = True

    def _close_connections(self) -> None:
        """The one connection is the test's: its rollback takes everything back."""


class _OneAfterAnother:
    """The product, one request at a time, because one connection serves every thread. Streams are answered with an end."""

    def __init__(self) -> None:
        self.product, self.lock = WSGIHandler(), Lock()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/live/"):
            start_response("204 No Content", [])
            return []
        with self.lock:
            answer = self.product(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                answer.close()


@contextmanager
def served_here() -> Iterator[str]:
    """The product on a free port of localhost, inside the test's own transaction; its address."""
    connections["default"].inc_thread_sharing()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    server = _Server(
        ("localhost", 0), QuietWSGIRequestHandler, connections_override={"default": connections["default"]}
    )
    server.set_app(_OneAfterAnother())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
        connections["default"].dec_thread_sharing()
