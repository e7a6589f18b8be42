"""The live room: the stream that tells a page what changed. It carries topics, and values of the topics that have them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import SessionBase
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from ebbtide.ground import clock
from ebbtide.ground.live.listener import REREAD, Subscription, listener
from ebbtide.ground.live.topics import TopicRefused, topics_for
from ebbtide.ground.people.models import Account
from ebbtide.ground.policy import Actor, guarded
from ebbtide.ground.policy.actors import of_account

BEAT_S = 5.0
ASK_AGAIN_S = 30.0
RETRY_MS = 2000  # how soon a browser comes back after a cut


@require_GET
@guarded.public(  # type: ignore[arg-type]
    "an async door asks for itself: who is not signed in gets 401, and each topic is judged by the policy"
)
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Server-Sent Events: `beat` every 5 s, a message with its topic for every change, `values` at most once a second."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.account_id is None:
        return HttpResponse("Sign in to listen.", status=401, content_type="text/plain")
    listening = Listening(account_id=actor.account_id, session=request.session, asked=_asked(request))
    try:
        topics = await listening.allowed()
    except TopicRefused as refused:
        return HttpResponse(str(refused), status=403, content_type="text/plain")
    response = StreamingHttpResponse(_events(listening, topics), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _asked(request: HttpRequest) -> list[str]:
    listed = [
        *request.GET.getlist("topic"),
        *(t for text in request.GET.getlist("topics") for t in text.split(",")),
    ]
    return sorted({topic for topic in listed if topic})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Who listens, in which session, and to what they would like to."""

    account_id: UUID
    session: SessionBase
    asked: list[str]

    async def allowed(self) -> frozenset[str]:
        """The topics that this person may hear at this moment."""
        return await sync_to_async(self._judged, thread_sensitive=False)()

    def _judged(self) -> frozenset[str]:
        close_old_connections()
        try:
            key = self.session.session_key
            account = Account.objects.select_related("staff", "patient").filter(id=self.account_id).first()
            if account is None or key is None or not self.session.exists(key):
                raise TopicRefused("Sign in again to listen.")  # signed out, in this window or another
            return topics_for(of_account(account), self.asked)
        finally:
            close_old_connections()  # back to the pool: a stream lives for hours and must not hold a connection


async def _events(listening: Listening, topics: frozenset[str]) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    judged_s = loop.time()
    # in the request's own thread: back to the pool with what its middleware took
    await sync_to_async(connections.close_all)()
    async with listener().subscribed(topics) as subscription:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(listener().connected.wait(), BEAT_S)
        # what changed between the making of the page and this moment was announced to nobody
        subscription.tell(REREAD)
        yield f"retry: {RETRY_MS}\n\n".encode()
        while True:
            yield await _next_event(subscription)
            if loop.time() - judged_s >= ASK_AGAIN_S:
                judged_s = loop.time()
                try:
                    subscription.topics = await listening.allowed()
                except TopicRefused:
                    yield b"event: refused\ndata: {}\n\n"
                    return


async def _next_event(subscription: Subscription) -> bytes:
    try:
        told = await asyncio.wait_for(subscription.next(), BEAT_S)
    except TimeoutError:
        # a named event and no comment: the page's own timer hears it, and a comment it would not hear
        return b"event: beat\ndata: {}\n\n"
    if not isinstance(told, str):
        # the server's time goes with the values: a page counts their age from there, however wrong its own clock is
        carried = json.dumps({"at": clock.now().isoformat(), "topics": told}, separators=(",", ":"))
        return f"event: values\ndata: {carried}\n\n".encode()
    # an empty topic tells the page to read every region again
    said = {"topic": "" if told == REREAD else told}
    return f"data: {json.dumps(said)}\n\n".encode()
