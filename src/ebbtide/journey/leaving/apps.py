"""Django's view of the stage leaving."""

from django.apps import AppConfig


class LeavingConfig(AppConfig):
    name = "ebbtide.journey.leaving"
    label = "leaving"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic

        # who may read the calls of the day after may hear that one was made
        register_topic("calls", resource="leaving.next_day_call", verb="read")
