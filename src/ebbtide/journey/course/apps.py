"""Django's view of the stage course."""

from django.apps import AppConfig


class CourseConfig(AppConfig):
    name = "ebbtide.journey.course"
    label = "course"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ebbtide.ground.live.topics import register_topic

        # who may read bookings may hear that the clinic's day changed
        register_topic("day", resource="course.booking", verb="read")
