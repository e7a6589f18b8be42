"""A real browser for tests: the system's Chromium, or a skip with a word; and a server inside the test's transaction."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection
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
    connection.inc_thread_sharing()
    server = _Server(("localhost", 0), QuietWSGIRequestHandler, connections_override={"default": connection})
    server.set_app(_OneAfterAnother())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        connection.dec_thread_sharing()
