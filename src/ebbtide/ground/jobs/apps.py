"""Django's view of the jobs room."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "ebbtide.ground.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
