"""Django's view of the stage infusion."""

from django.apps import AppConfig


class InfusionConfig(AppConfig):
    name = "ebbtide.journey.infusion"
    label = "infusion"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic
        from ebbtide.journey.infusion.models import Session

        # one chairside page listens to its patient; the boards listen to the clinic's chairs
        register_topic("session", resource="infusion.session_log", verb="read", about_patient=True)
        register_topic("chairs", resource="infusion.session_log", verb="read")
        # vital signs travel with their values; so does the gateway's beat, which says nothing of a person
        register_topic("vitals", resource="infusion.vitals", about=Session, carries=True)
        register_topic("gateway", resource="infusion.device", carries=True)
        # that somebody answered a check of this session, for the process of the checks; and that process's beat
        register_topic("checks", resource="infusion.protocol_check", about=Session)
        register_topic("checking", resource="infusion.device", carries=True)
