"""Django's view of the live room."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "ebbtide.ground.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic

        # what the rooms of today announce; a later room registers its own in its apps.py
        register_topic("queue", resource="access.consult_request")
        register_topic("day", resource="course.booking")
        register_topic("orders", resource="careplan.order")
        register_topic("assessment", resource="assessment.history", about_patient=True)
        register_topic("mailbox", resource="ground.outgoing_mail")
        register_topic("job", resource="ground.clinic")
