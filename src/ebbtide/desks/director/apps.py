"""Django's view of the director room."""

from django.apps import AppConfig


class DirectorConfig(AppConfig):
    name = "ebbtide.desks.director"
    label = "director"
