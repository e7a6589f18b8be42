"""Measurements that need Django on a running demonstration: run as a process of its own, it prints one JSON object."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import login  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from ebbtide.ground import clock  # noqa: E402
from ebbtide.ground.people.models import Patient, Staff  # noqa: E402


def session_of(role: str) -> str:
    """A signed-in session of the first staff member with this role."""
    staff = Staff.objects.select_related("account").filter(roles__contains=[role]).order_by("id").first()
    assert staff is not None
    return session_for(staff)


def session_for(staff: Staff) -> str:
    """A signed-in session of one staff member, as the sign-in page would have made it."""
    request = HttpRequest()
    request.session = SessionStore()
    request.META["SERVER_NAME"] = "localhost"
    login(request, staff.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    request.session["second_factor_enrolled"] = True
    request.session["account_authentication_methods"] = [
        {"method": "password", "at": clock.now().timestamp()}
    ]
    request.session.save()
    return str(request.session.session_key)


def charts(role: str = "prescriber") -> dict[str, Any]:
    """The cookie of somebody who may read charts, and the addresses of every chart."""
    paths = [reverse("chart:show", args=[p]) for p in Patient.objects.values_list("id", flat=True)]
    return {"cookie": f"{settings.SESSION_COOKIE_NAME}={session_of(role)}", "paths": paths}


def monitors(count: str) -> dict[str, Any]:
    """So many sessions of the demonstration, each with a monitor of its own on it, bound as a nurse does it."""
    from tools.bench.chairs import bound_monitors

    return {**charts("director"), "places": bound_monitors(int(count))}


def queries() -> dict[str, Any]:
    """How often every page of ours that can be opened asks the database, for three roles, the worst first."""
    from tools.bench.pages import pages

    found: list[tuple[int, str]] = []
    for role in ("prescriber", "front_desk", "director"):
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = session_of(role)
        for name, path in pages():
            client.get(path)  # the first visit writes the reading; what a page costs is the next one
            with CaptureQueriesContext(connection) as caught:
                status = client.get(path).status_code
            asked = sum(
                1
                for q in caught.captured_queries
                if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
            )
            if status == 200:
                found.append((asked, f"{name} as {role}"))
    return {"pages": sorted(found, reverse=True)}


def bundle(path: str) -> dict[str, Any]:
    """How long one bundle takes from its bytes to durable rows, for a new patient (s)."""
    from tools.bench.bundle import import_once

    content = Path(path).read_bytes()
    begun = time.perf_counter()
    taken = import_once(content)
    return {"seconds": time.perf_counter() - begun, "taken": taken}


if __name__ == "__main__":
    measurements = {"charts": charts, "queries": queries, "bundle": bundle, "monitors": monitors}
    print(json.dumps(measurements[sys.argv[1]](*sys.argv[2:])))
