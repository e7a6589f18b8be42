"""Django's view of the ledger."""

from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "ebbtide.ground.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_register_shapes, sender=self)


def _register_shapes(**_: Any) -> None:
    from ebbtide.ground.ledger.check_rows import ledgered_models
    from ebbtide.ground.ledger.digests import register_shapes
    from ebbtide.ground.ledger.models import Shape

    if Shape._meta.db_table in connection.introspection.table_names():
        register_shapes(ledgered_models())
