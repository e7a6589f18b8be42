"""What a tablet needs to keep the chairside page: the service worker at the root of the site, and the web manifest."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from ebbtide.ground.policy import guarded

SCRIPT = Path(__file__).resolve().parent / "static" / "js" / "sw.js"
PAPER, TIDE = "#fbfaf7", "#1f5fa8"  # foam and tide of tokens.css: a manifest knows no stylesheet


@cache
def _script() -> bytes:
    return SCRIPT.read_bytes()


@require_safe
@guarded.public("a script that is the same for everybody; it says nothing of anybody")
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker. A worker reaches what lies under its own address, so it stands at the root."""
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-store"  # a browser asks each time whether there is a new one
    return response


@require_safe
@guarded.public("name and icon of the program; it says nothing of anybody")
def manifest(request: HttpRequest) -> HttpResponse:
    """How the pages look when they are installed on a tablet."""
    icons = [
        {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": purpose}
        for purpose in ("any", "maskable")
    ]
    told = {
        "name": "Ebbtide",
        "short_name": "Ebbtide",
        "id": "/",
        "start_url": "/home/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": TIDE,
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")
