"""A browser at the chair: what it sends carries the token that every form there carries, unless the test says another one."""

from typing import Any
from uuid import UUID

from django.core import signing
from django.test import Client
from django.urls import Resolver404, resolve

from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.open_chart import FIELD, HEADER, SALT, TABLET, token
from ebbtide.journey.infusion.queries import patient_id_of

NUMBER = "c4a1"


class TabletClient(Client):
    """Django's client with a tablet's number, filling in the token of the chart that the address names."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.cookies[TABLET] = signing.get_cookie_signer(salt=TABLET + SALT).sign(NUMBER)

    def post(self, path: str, data: Any = None, *given: Any, **more: Any) -> Any:
        session = session_at(path)
        if session is None:
            return super().post(path, data, *given, **more)
        chart = token(session.pk, patient_id_of(session), NUMBER)
        if more.get("content_type") == "application/json":
            more["headers"] = {HEADER: chart, **(more.get("headers") or {})}
        elif data is None or FIELD not in data:
            data = {**(data or {}), FIELD: chart}
        return super().post(path, data, *given, **more)


def session_at(path: str) -> Session | None:
    """The session that an address of the chair writes into; None elsewhere, and where there is none."""
    try:
        found = resolve(path.split("?", maxsplit=1)[0])
    except Resolver404:
        return None
    if not getattr(found.func, "in_open_chart", False):
        return None
    number: UUID = found.kwargs["id"]
    row = found.func.declared.about.objects.filter(pk=number).first()  # type: ignore[attr-defined]
    return row if row is None or isinstance(row, Session) else row.session
