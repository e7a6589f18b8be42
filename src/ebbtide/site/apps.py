"""Django's view of the site: only wiring."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


def _assert_durable(connection: Any, **_: Any) -> None:
    from ebbtide.ground.database import assert_durable

    assert_durable(connection.connection)


class SiteConfig(AppConfig):
    name = "ebbtide.site"
    label = "ebbtide_site"

    def ready(self) -> None:
        from ebbtide.site.logs import configure

        configure()
        connection_created.connect(_assert_durable, dispatch_uid="ebbtide_assert_durable")
