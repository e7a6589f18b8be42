"""Django's view of the stage assessment."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "ebbtide.journey.assessment"
    label = "assessment"
    default_auto_field = "django.db.models.BigAutoField"
