"""Django's view of the stage registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "ebbtide.journey.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
