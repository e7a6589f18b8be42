"""Django's view of the chart room."""

from django.apps import AppConfig


class ChartConfig(AppConfig):
    name = "ebbtide.desks.chart"
    label = "chart"
