"""Django's view of the public room."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "ebbtide.desks.public"
    label = "public"
