"""Django's view of the stage infusion."""

from django.apps import AppConfig


class InfusionConfig(AppConfig):
    name = "ebbtide.journey.infusion"
    label = "infusion"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic

        # one chairside page listens to its patient; the boards listen to the clinic's chairs
        register_topic("session", resource="infusion.session_log", verb="read", about_patient=True)
        register_topic("chairs", resource="infusion.session_log", verb="read")
