"""The guard at every door: a route declares its resource and verb, or says why it is open; undeclared ones fail the build."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, ForeignKey, Model, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ebbtide.ground import clock
from ebbtide.ground.people.paths import follow
from ebbtide.ground.policy.actors import Actor
from ebbtide.ground.policy.composed import Compose, find
from ebbtide.ground.policy.decisions import Denied, StepUpNeeded, assignments, check_may, may, visible


class ClinicRequest(HttpRequest):
    """A request after the actor middleware: it knows who asks."""

    actor: Actor
    reading: tuple[UUID, str] | None


View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a route says of itself. `open_because` is set exactly when no resource guards it."""

    resource: str = ""
    verb: str = ""
    about: type[Model] | None = None
    open_because: str = ""


def _refuse(request: ClinicRequest, why: str) -> HttpResponseBase:
    if request.actor.account_id is None:
        return redirect_to_login(request.get_full_path())
    raise Denied(why)


def _find(request: ClinicRequest, declared: Declared, row_id: UUID) -> Model:
    row: Model | None = find(_row_of(declared), request.actor, row_id, clock.now())
    if row is None:
        # the same answer whether it does not exist or is somebody else's
        raise Http404("There is nothing here that you may see.")
    if hasattr(row, "policy_assigned"):
        row.policy_asked_for = request.actor.staff_id  # type: ignore[attr-defined] # read by decisions.py
    return row


@cache
def _row_of(declared: Declared) -> Compose:
    """How the row behind a declared route is looked for: among those to which the reader may do this."""
    assert declared.about is not None  # noqa: S101 - for the type checker; guarded() sets it
    model = declared.about

    def compose(actor: Actor, row_id: UUID, at: datetime) -> QuerySet[Any]:
        rows = visible(actor, model._default_manager.all(), declared.resource, declared.verb, at=at)
        way = model.policy_path.patient  # type: ignore[attr-defined] # declared by every guarded model
        if way and actor.staff_id is not None:
            # a page asks it for each of its buttons: once, together with the row
            rows = rows.annotate(policy_assigned=Exists(assignments(actor.staff_id, OuterRef(way), at)))
        return rows.select_related(*_way_to_clinic(model)).filter(id=row_id)

    return compose


def _way_to_clinic(model: type[Model]) -> list[str]:
    """The relations from a row to its clinic, so that a page has patient and clinic at hand without asking again."""
    path: str = getattr(model, "policy_path").clinic or ""  # noqa: B009 - declared by every guarded model
    first = path.split("__", 1)[0].removesuffix("_id")
    names = {field.name for field in model._meta.get_fields() if isinstance(field, ForeignKey)}
    way = [path.removesuffix("_id")] if path.endswith("_id") and first in names else []
    return [*way, *getattr(model, "opened_with", ())]


class Guard:
    """`@guarded("access.consult_request", "read", about=Request)` or `@guarded.public("why")`."""

    def __call__(
        self, resource: str, verb: str, *, about: type[Model] | None = None
    ) -> Callable[[View], View]:
        """Let in only who may do `verb` to `resource`; with `about`, the URL's `id` becomes the row as second argument."""
        declared = Declared(resource=resource, verb=verb, about=about)

        def wrap(view: View) -> View:
            @wraps(view)
            def door(request: ClinicRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
                decision = may(request.actor, verb, resource)
                if not decision.allowed:
                    return _refuse(request, decision.why)
                if about is None:
                    return view(request, *args, **kwargs)
                row = _find(request, declared, kwargs.pop("id"))
                if verb == "read" and request.actor.is_staff:
                    note_reading(request, row, view.__module__.rsplit(".", 2)[-2] + "." + view.__name__)
                return view(request, row, *args, **kwargs)

            door.declared = declared  # type: ignore[attr-defined]
            return door

        return wrap

    def public(self, open_because: str) -> Callable[[View], View]:
        """A page without a resource: it must say why it is open."""

        def wrap(view: View) -> View:
            view.declared = Declared(open_because=open_because)  # type: ignore[attr-defined]
            return view

        return wrap

    def signed_in(self, open_because: str) -> Callable[[View], View]:
        """A page for anyone who is signed in, showing nothing of the record."""

        def wrap(view: View) -> View:
            @wraps(view)
            def door(request: ClinicRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
                if request.actor.account_id is None:
                    return redirect_to_login(request.get_full_path())
                return view(request, *args, **kwargs)

            door.declared = Declared(open_because=open_because, verb="signed_in")  # type: ignore[attr-defined]
            return door

        return wrap


guarded = Guard()


def note_reading(request: ClinicRequest, row: Model, page: str) -> None:
    """Remember that this person's chart is being read; the ledger's middleware writes it once the page was given."""
    patient_id = follow(row, row.policy_path.patient)  # type: ignore[attr-defined]
    if patient_id is not None:
        request.reading = (patient_id, page)


def allowed(actor: Actor, verb: str, resource: str, about: Any = None) -> bool:
    """Whether to show a button; the action behind it decides again."""
    return may(actor, verb, resource, about).allowed


__all__ = [
    "ClinicRequest",
    "Declared",
    "HttpResponse",
    "StepUpNeeded",
    "allowed",
    "check_may",
    "guarded",
    "note_reading",
]
