"""Django's view of the stage access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "ebbtide.journey.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"
