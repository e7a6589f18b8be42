"""Django's view of the nurse station."""

from django.apps import AppConfig


class NurseStationConfig(AppConfig):
    name = "ebbtide.desks.nurse_station"
    label = "nurse_station"
