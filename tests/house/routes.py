"""Walking the URL table: every route of ours, with what it declares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ebbtide.ground.policy.guard import Declared

# sign-in, second factor and passkeys are allauth's own doors: open to whoever proves who they are, and they show no record
NOT_OURS = ("account/",)


@dataclass(frozen=True)
class Route:
    path: str
    name: str
    view: Callable[..., Any]
    converters: tuple[str, ...]

    @property
    def declared(self) -> Declared | None:
        return getattr(self.view, "declared", None)


def routes(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[Route]:
    """Every route, depth first."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry, path, inner)
        elif isinstance(entry, URLPattern) and not path.startswith(NOT_OURS):
            yield Route(
                path=path,
                name=f"{space}{entry.name}",
                view=entry.callback,
                converters=tuple(entry.pattern.converters),
            )


def ours() -> list[Route]:
    return list(routes())
