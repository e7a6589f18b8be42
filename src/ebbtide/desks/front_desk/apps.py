"""Django's view of the front_desk room."""

from django.apps import AppConfig


class FrontDeskConfig(AppConfig):
    name = "ebbtide.desks.front_desk"
    label = "front_desk"
