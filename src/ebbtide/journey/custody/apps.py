"""Django's view of the stage custody."""

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "ebbtide.journey.custody"
    label = "custody"
    default_auto_field = "django.db.models.BigAutoField"
