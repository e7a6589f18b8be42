"""Django's view of the stage course."""

from django.apps import AppConfig


class CourseConfig(AppConfig):
    name = "ebbtide.journey.course"
    label = "course"
    default_auto_field = "django.db.models.BigAutoField"
