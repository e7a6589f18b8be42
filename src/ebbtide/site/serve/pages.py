"""How the web server computes pages: on a few threads that stay, each page in one go; streams stay with the event loop."""

import contextvars
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

STREAMS = "/live/"
THREADS = 4  # one computes; the others wait for the database, a password's hash, a paper that is being set
Answer = TypeVar("Answer")


class PagesAndStreams(ASGIHandler):
    """Django's handler for streams; a page skips its crossings between threads, which cost more than some pages do.

    Django computes a page that is no coroutine on a new thread, returns to the event loop for the view and crosses
    again, and each new thread makes its own view of the database. Here a page is one call on a thread that stays.
    """

    def __init__(self, *, threads: int = THREADS) -> None:
        super().__init__()
        self._pages = BaseHandler()
        self._pages.load_middleware()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(STREAMS):
            await super().__call__(scope, receive, send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        # a context of its own: nothing that one page noted is known to the next on the same thread
        run = contextvars.copy_context().run
        loop = get_running_loop()
        response = await loop.run_in_executor(self._threads, run, self._answer, scope, body)
        try:
            await self.send_response(response, send)
        finally:
            body.close()
            if response.streaming:
                await loop.run_in_executor(self._threads, run, response.close)

    def on_a_thread(self, work: Callable[[], Answer]) -> Answer:
        """Run something where pages are computed."""
        return self._threads.submit(work).result()

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()

    def _answer(self, scope: Any, body: Any) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = refused if request is None else self._pages.get_response(request)
        response._handler_class = self.__class__  # Django names it when it says it is done
        if response.streaming:
            response.block_size = self.chunk_size  # of files
        else:
            response.close()  # the connection goes back to the pool; the words of the page are in memory
        answer: HttpResponseBase = response
        return answer
