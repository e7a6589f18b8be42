"""Django's view of the twin room."""

from django.apps import AppConfig


class TwinConfig(AppConfig):
    name = "ebbtide.twin"
    label = "twin"
