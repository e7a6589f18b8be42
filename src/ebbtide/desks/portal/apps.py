"""Django's view of the portal room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "ebbtide.desks.portal"
    label = "portal"
