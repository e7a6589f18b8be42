"""Every page of ours that can be opened with at most one row's id, with an address that exists in this record."""

from collections.abc import Iterator

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse


def pages(
    resolver: URLResolver | None = None, space: str = "", prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Name and address."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from pages(entry, f"{space}{entry.namespace}:" if entry.namespace else space, path)
        elif isinstance(entry, URLPattern) and hasattr(entry.callback, "declared") and "stream" not in path:
            name = f"{space}{entry.name}"
            address = _address(name, set(entry.pattern.converters), entry.callback.declared.about)
            if address:
                yield name, address


def _address(name: str, wanted: set[str], about: type[Model] | None) -> str | None:
    if not wanted:
        return reverse(name)
    if about is None or wanted != {"id"}:
        return None
    ids = about._default_manager.order_by("-pk").values_list("id", flat=True)
    return reverse(name, kwargs={"id": ids[0]}) if ids else None
