"""Django's view of the stage careplan."""

from django.apps import AppConfig


class CareplanConfig(AppConfig):
    name = "ebbtide.journey.careplan"
    label = "careplan"
    default_auto_field = "django.db.models.BigAutoField"
