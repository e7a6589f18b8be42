"""Django's view of the live room."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "ebbtide.ground.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"
