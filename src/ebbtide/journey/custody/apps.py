"""Django's view of the stage custody."""

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "ebbtide.journey.custody"
    label = "custody"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic

        # who may read the register may hear that it changed
        register_topic("custody", resource="custody.ledger", verb="read")
